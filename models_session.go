package stytchotp

import "time"

// Session is a login that lasts. Its token and JWT stand beside it in the
// [AuthenticateResponse].
//
// API: https://stytch.com/docs/api-reference/consumer/api/sessions/session-object
type Session struct {
	SessionID             string                 `json:"session_id"`
	UserID                string                 `json:"user_id"`
	StartedAt             time.Time              `json:"started_at"` // zero when unknown, as all times here
	LastAccessedAt        time.Time              `json:"last_accessed_at"`
	ExpiresAt             time.Time              `json:"expires_at"`
	Attributes            Attributes             `json:"attributes"`
	AuthenticationFactors []AuthenticationFactor `json:"authentication_factors"`
	Roles                 []string               `json:"roles"`
	CustomClaims          map[string]any         `json:"custom_claims"`
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

// DeliveryMethod is the way by which a factor reached the user. Only those of
// one-time passcodes have constants; there are some forty others, such as
// "oauth_google", and all pass through unchanged.
type DeliveryMethod string

// The delivery methods of one-time passcodes.
const (
	DeliveryMethodSMS      DeliveryMethod = "sms"
	DeliveryMethodWhatsApp DeliveryMethod = "whatsapp"
	DeliveryMethodEmail    DeliveryMethod = "email"
)

// AuthenticationFactor is one proof that a session rests on. One of the factor
// fields is set, as Type and DeliveryMethod say; a password has none.
type AuthenticationFactor struct {
	Type                FactorType     `json:"type"`
	DeliveryMethod      DeliveryMethod `json:"delivery_method"`
	LastAuthenticatedAt time.Time      `json:"last_authenticated_at"`
	CreatedAt           time.Time      `json:"created_at"`
	UpdatedAt           time.Time      `json:"updated_at"`

	PhoneNumberFactor *PhoneNumberFactor `json:"phone_number_factor"`
	EmailFactor       *EmailFactor       `json:"email_factor"`

	EmbeddableMagicLinkFactor *EmbeddableMagicLinkFactor `json:"embeddable_magic_link_factor"`
	WebAuthnFactor            *WebAuthnFactor            `json:"webauthn_factor"`
	BiometricFactor           *BiometricFactor           `json:"biometric_factor"`
	AuthenticatorAppFactor    *AuthenticatorAppFactor    `json:"authenticator_app_factor"`
	RecoveryCodeFactor        *RecoveryCodeFactor        `json:"recovery_code_factor"`
	CryptoWalletFactor        *CryptoWalletFactor        `json:"crypto_wallet_factor"`
	ImpersonatedFactor        *ImpersonatedFactor        `json:"impersonated_factor"`
	TrustedAuthTokenFactor    *TrustedAuthTokenFactor    `json:"trusted_auth_token_factor"`
	SAMLSSOFactor             *SSOFactor                 `json:"saml_sso_factor"`
	OIDCSSOFactor             *SSOFactor                 `json:"oidc_sso_factor"`

	AmazonOAuthFactor     *OAuthFactor `json:"amazon_oauth_factor"`
	AppleOAuthFactor      *OAuthFactor `json:"apple_oauth_factor"`
	BitbucketOAuthFactor  *OAuthFactor `json:"bitbucket_oauth_factor"`
	CoinbaseOAuthFactor   *OAuthFactor `json:"coinbase_oauth_factor"`
	DiscordOAuthFactor    *OAuthFactor `json:"discord_oauth_factor"`
	FacebookOAuthFactor   *OAuthFactor `json:"facebook_oauth_factor"`
	FigmaOAuthFactor      *OAuthFactor `json:"figma_oauth_factor"`
	GitHubOAuthFactor     *OAuthFactor `json:"github_oauth_factor"`
	GitLabOAuthFactor     *OAuthFactor `json:"git_lab_oauth_factor"`
	GoogleOAuthFactor     *OAuthFactor `json:"google_oauth_factor"`
	HubSpotOAuthFactor    *OAuthFactor `json:"hubspot_oauth_factor"`
	InstagramOAuthFactor  *OAuthFactor `json:"instagram_oauth_factor"`
	LinkedInOAuthFactor   *OAuthFactor `json:"linked_in_oauth_factor"`
	MicrosoftOAuthFactor  *OAuthFactor `json:"microsoft_oauth_factor"`
	SalesforceOAuthFactor *OAuthFactor `json:"salesforce_oauth_factor"`
	ShopifyOAuthFactor    *OAuthFactor `json:"shopify_oauth_factor"`
	SlackOAuthFactor      *OAuthFactor `json:"slack_oauth_factor"`
	SnapchatOAuthFactor   *OAuthFactor `json:"snapchat_oauth_factor"`
	SpotifyOAuthFactor    *OAuthFactor `json:"spotify_oauth_factor"`
	SteamOAuthFactor      *OAuthFactor `json:"steam_oauth_factor"`
	TikTokOAuthFactor     *OAuthFactor `json:"tik_tok_oauth_factor"`
	TwitchOAuthFactor     *OAuthFactor `json:"twitch_oauth_factor"`
	TwitterOAuthFactor    *OAuthFactor `json:"twitter_oauth_factor"`
	YahooOAuthFactor      *OAuthFactor `json:"yahoo_oauth_factor"`

	GitHubOAuthExchangeFactor      *OAuthExchangeFactor            `json:"github_oauth_exchange_factor"`
	GoogleOAuthExchangeFactor      *OAuthExchangeFactor            `json:"google_oauth_exchange_factor"`
	HubSpotOAuthExchangeFactor     *OAuthExchangeFactor            `json:"hubspot_oauth_exchange_factor"`
	MicrosoftOAuthExchangeFactor   *OAuthExchangeFactor            `json:"microsoft_oauth_exchange_factor"`
	SlackOAuthExchangeFactor       *OAuthExchangeFactor            `json:"slack_oauth_exchange_factor"`
	OAuthAccessTokenExchangeFactor *OAuthAccessTokenExchangeFactor `json:"oauth_access_token_exchange_factor"`
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
