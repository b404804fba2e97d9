package stytchotp

import (
	"bytes"
	"encoding/json"
	"time"
)

// Session is a login that lasts. Its token and JWT stand beside it in the
// [AuthenticateResponse].
//
// API: https://stytch.com/docs/api-reference/consumer/api/sessions/session-object
type Session struct {
	SessionID             string                 `json:"session_id"`
	UserID                string                 `json:"user_id"`
	StartedAt             time.Time              `json:"started_at,omitzero"` // zero when unknown, as all times here
	LastAccessedAt        time.Time              `json:"last_accessed_at,omitzero"`
	ExpiresAt             time.Time              `json:"expires_at,omitzero"`
	Attributes            Attributes             `json:"attributes"`
	AuthenticationFactors []AuthenticationFactor `json:"authentication_factors"`
	Roles                 []string               `json:"roles"`
	CustomClaims          Claims                 `json:"custom_claims"`
}

// Claims are the custom claims of a session, by name. Numbers decode as
// [json.Number], which keeps every digit of a large integer. In
// [AuthenticateParams] a nil value deletes a claim.
type Claims map[string]any

// UnmarshalJSON decodes numbers as [json.Number].
func (c *Claims) UnmarshalJSON(b []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	var claims map[string]any
	if err := decoder.Decode(&claims); err != nil {
		return err
	}
	*c = claims
	return nil
}

// FactorType is a kind of authentication factor. A value that is not among the
// constants passes through unchanged.
type FactorType string

// The kinds of authentication factors.
const (
	FactorTypeMagicLink          FactorType = "magic_link"
	FactorTypeOTP                FactorType = "otp"       // a code; go by DeliveryMethod for how it came
	FactorTypeEmailOTP           FactorType = "email_otp" // not documented when a code by e-mail is this and when it is "otp"
	FactorTypeOAuth              FactorType = "oauth"
	FactorTypeWebAuthn           FactorType = "webauthn"
	FactorTypeTOTP               FactorType = "totp"
	FactorTypeCrypto             FactorType = "crypto"
	FactorTypePassword           FactorType = "password"
	FactorTypeSignatureChallenge FactorType = "signature_challenge"
	FactorTypeSSO                FactorType = "sso"
	FactorTypeImported           FactorType = "imported"
	FactorTypeRecoveryCodes      FactorType = "recovery_codes"
	FactorTypeImpersonated       FactorType = "impersonated"
	FactorTypeTrustedAuthToken   FactorType = "trusted_auth_token"
)

// AuthenticationFactor is one proof that a session rests on. One of the factor
// fields is set, as Type and DeliveryMethod say; a password has none.
type AuthenticationFactor struct {
	Type FactorType `json:"type"`
	// DeliveryMethod is the channel of a one-time passcode; other factors have
	// some forty other values, such as "oauth_google", which pass through
	// unchanged.
	DeliveryMethod      Channel   `json:"delivery_method"`
	LastAuthenticatedAt time.Time `json:"last_authenticated_at,omitzero"`
	CreatedAt           time.Time `json:"created_at,omitzero"`
	UpdatedAt           time.Time `json:"updated_at,omitzero"`

	PhoneNumberFactor *PhoneNumberFactor `json:"phone_number_factor,omitzero"`
	EmailFactor       *EmailFactor       `json:"email_factor,omitzero"`

	EmbeddableMagicLinkFactor *EmbeddableMagicLinkFactor `json:"embeddable_magic_link_factor,omitzero"`
	WebAuthnFactor            *WebAuthnFactor            `json:"webauthn_factor,omitzero"`
	BiometricFactor           *BiometricFactor           `json:"biometric_factor,omitzero"`
	AuthenticatorAppFactor    *AuthenticatorAppFactor    `json:"authenticator_app_factor,omitzero"`
	RecoveryCodeFactor        *RecoveryCodeFactor        `json:"recovery_code_factor,omitzero"`
	CryptoWalletFactor        *CryptoWalletFactor        `json:"crypto_wallet_factor,omitzero"`
	ImpersonatedFactor        *ImpersonatedFactor        `json:"impersonated_factor,omitzero"`
	TrustedAuthTokenFactor    *TrustedAuthTokenFactor    `json:"trusted_auth_token_factor,omitzero"`
	SAMLSSOFactor             *SSOFactor                 `json:"saml_sso_factor,omitzero"`
	OIDCSSOFactor             *SSOFactor                 `json:"oidc_sso_factor,omitzero"`

	AmazonOAuthFactor     *OAuthFactor `json:"amazon_oauth_factor,omitzero"`
	AppleOAuthFactor      *OAuthFactor `json:"apple_oauth_factor,omitzero"`
	BitbucketOAuthFactor  *OAuthFactor `json:"bitbucket_oauth_factor,omitzero"`
	CoinbaseOAuthFactor   *OAuthFactor `json:"coinbase_oauth_factor,omitzero"`
	DiscordOAuthFactor    *OAuthFactor `json:"discord_oauth_factor,omitzero"`
	FacebookOAuthFactor   *OAuthFactor `json:"facebook_oauth_factor,omitzero"`
	FigmaOAuthFactor      *OAuthFactor `json:"figma_oauth_factor,omitzero"`
	GitHubOAuthFactor     *OAuthFactor `json:"github_oauth_factor,omitzero"`
	GitLabOAuthFactor     *OAuthFactor `json:"git_lab_oauth_factor,omitzero"`
	GoogleOAuthFactor     *OAuthFactor `json:"google_oauth_factor,omitzero"`
	HubSpotOAuthFactor    *OAuthFactor `json:"hubspot_oauth_factor,omitzero"`
	InstagramOAuthFactor  *OAuthFactor `json:"instagram_oauth_factor,omitzero"`
	LinkedInOAuthFactor   *OAuthFactor `json:"linked_in_oauth_factor,omitzero"`
	MicrosoftOAuthFactor  *OAuthFactor `json:"microsoft_oauth_factor,omitzero"`
	SalesforceOAuthFactor *OAuthFactor `json:"salesforce_oauth_factor,omitzero"`
	ShopifyOAuthFactor    *OAuthFactor `json:"shopify_oauth_factor,omitzero"`
	SlackOAuthFactor      *OAuthFactor `json:"slack_oauth_factor,omitzero"`
	SnapchatOAuthFactor   *OAuthFactor `json:"snapchat_oauth_factor,omitzero"`
	SpotifyOAuthFactor    *OAuthFactor `json:"spotify_oauth_factor,omitzero"`
	SteamOAuthFactor      *OAuthFactor `json:"steam_oauth_factor,omitzero"`
	TikTokOAuthFactor     *OAuthFactor `json:"tik_tok_oauth_factor,omitzero"`
	TwitchOAuthFactor     *OAuthFactor `json:"twitch_oauth_factor,omitzero"`
	TwitterOAuthFactor    *OAuthFactor `json:"twitter_oauth_factor,omitzero"`
	YahooOAuthFactor      *OAuthFactor `json:"yahoo_oauth_factor,omitzero"`

	GitHubOAuthExchangeFactor      *OAuthExchangeFactor            `json:"github_oauth_exchange_factor,omitzero"`
	GoogleOAuthExchangeFactor      *OAuthExchangeFactor            `json:"google_oauth_exchange_factor,omitzero"`
	HubSpotOAuthExchangeFactor     *OAuthExchangeFactor            `json:"hubspot_oauth_exchange_factor,omitzero"`
	SlackOAuthExchangeFactor       *OAuthExchangeFactor            `json:"slack_oauth_exchange_factor,omitzero"`
	OAuthAccessTokenExchangeFactor *OAuthAccessTokenExchangeFactor `json:"oauth_access_token_exchange_factor,omitzero"`
}

// PhoneNumberFactor is the number that a code was sent to.
type PhoneNumberFactor struct {
	PhoneID     string      `json:"phone_id"`
	PhoneNumber PhoneNumber `json:"phone_number"`
}

// EmailFactor is the address that a code or link was sent to.
type EmailFactor struct {
	EmailID      string       `json:"email_id"`
	EmailAddress EmailAddress `json:"email_address"`
}

// OAuthFactor is an account elsewhere that the user logged in with.
type OAuthFactor struct {
	ID              string `json:"id"`
	EmailID         string `json:"email_id"`
	ProviderSubject string `json:"provider_subject"` // the user's id over there
}

// OAuthExchangeFactor is a login elsewhere that was exchanged for this one.
type OAuthExchangeFactor struct {
	EmailID string `json:"email_id"`
}

// OAuthAccessTokenExchangeFactor is an access token of a connected app.
type OAuthAccessTokenExchangeFactor struct {
	ClientID string `json:"client_id"`
}

// SSOFactor is a login by SAML or OIDC.
type SSOFactor struct {
	ID         string `json:"id"`
	ProviderID string `json:"provider_id"`
	ExternalID string `json:"external_id"` // the user's id at the identity provider
}

// EmbeddableMagicLinkFactor is a link that the app delivered itself.
type EmbeddableMagicLinkFactor struct {
	EmbeddedID string `json:"embedded_id"`
}

// WebAuthnFactor is a passkey or security key.
type WebAuthnFactor struct {
	WebAuthnRegistrationID string `json:"webauthn_registration_id"`
	Domain                 string `json:"domain"`
	UserAgent              string `json:"user_agent"`
}

// BiometricFactor is a fingerprint or face registered in an app.
type BiometricFactor struct {
	BiometricRegistrationID string `json:"biometric_registration_id"`
}

// AuthenticatorAppFactor is a code of an authenticator app.
type AuthenticatorAppFactor struct {
	TOTPID string `json:"totp_id"`
}

// RecoveryCodeFactor is a recovery code of an authenticator app.
type RecoveryCodeFactor struct {
	TOTPRecoveryCodeID string `json:"totp_recovery_code_id"`
}

// CryptoWalletFactor is a wallet that the user logged in with.
type CryptoWalletFactor struct {
	CryptoWalletID      string `json:"crypto_wallet_id"`
	CryptoWalletAddress string `json:"crypto_wallet_address"`
	CryptoWalletType    string `json:"crypto_wallet_type"`
}

// ImpersonatedFactor says that a member of the project's team acts as the user.
type ImpersonatedFactor struct {
	ImpersonatorID           string       `json:"impersonator_id"`
	ImpersonatorEmailAddress EmailAddress `json:"impersonator_email_address"`
}

// TrustedAuthTokenFactor is a token of another system that the project trusts.
type TrustedAuthTokenFactor struct {
	TokenID string `json:"token_id"`
}

// SessionsAuthenticateParams are the parameters of [SessionsService.Authenticate]. A
// zero field is not sent.
type SessionsAuthenticateParams struct {
	SessionToken Secret `json:"session_token,omitzero"` // this or SessionJWT is required
	SessionJWT   Secret `json:"session_jwt,omitzero"`   // it may have expired
	// SessionDurationMinutes makes the session last that long from now, 5 to 527040
	// (366 days). Without it the session ends when it would have.
	SessionDurationMinutes int `json:"session_duration_minutes,omitzero"`
	// SessionCustomClaims are added to the session, at most 4 KB as JSON; a nil
	// value deletes a claim. They need SessionDurationMinutes.
	SessionCustomClaims Claims `json:"session_custom_claims,omitzero"`
	// AuthorizationCheck also asks whether the roles of the session allow an action.
	// Stytch refuses one that they do not: PublicCode is "not_authorized".
	AuthorizationCheck AuthorizationCheck `json:"authorization_check,omitzero"`
}

// AuthorizationCheck is an action on a resource of the project's RBAC policy.
type AuthorizationCheck struct {
	ResourceID string `json:"resource_id"`
	Action     string `json:"action"`
}

// AuthorizationVerdict is the answer to an [AuthorizationCheck].
type AuthorizationVerdict struct {
	Authorized    bool     `json:"authorized"`
	GrantingRoles []string `json:"granting_roles"`
}

// SessionsGetParams are the parameters of [SessionsService.Get].
type SessionsGetParams struct {
	UserID string `json:"user_id"` // required: Stytch's id of the user, or your own (external_id)
}

// SessionsRevokeParams are the parameters of [SessionsService.Revoke]. One of the
// fields is required.
type SessionsRevokeParams struct {
	SessionID    string `json:"session_id,omitzero"`
	SessionToken Secret `json:"session_token,omitzero"`
	SessionJWT   Secret `json:"session_jwt,omitzero"` // it may have expired
}

// SessionsAuthenticateResponse is the answer to [SessionsService.Authenticate].
type SessionsAuthenticateResponse struct {
	ResponseMeta
	SessionToken Secret                `json:"session_token"` // empty in some answers to a SessionJWT
	SessionJWT   Secret                `json:"session_jwt"`   // a new one; lives 5 minutes
	Session      *Session              `json:"session"`       // never nil
	User         User                  `json:"user"`
	Verdict      *AuthorizationVerdict `json:"verdict"` // nil without an AuthorizationCheck
}

// SessionsGetResponse is the answer to [SessionsService.Get].
type SessionsGetResponse struct {
	ResponseMeta
	Sessions []Session `json:"sessions"`
}

// SessionsRevokeResponse is the answer to [SessionsService.Revoke].
type SessionsRevokeResponse struct {
	ResponseMeta
}
