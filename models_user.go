package stytchotp

import (
	"encoding/json"
	"time"
)

// UserStatus is the state of a user. Other values than the constants can occur:
// the sandbox user has none.
type UserStatus string

// The states of a user.
const (
	UserStatusActive  UserStatus = "active"
	UserStatusPending UserStatus = "pending" // created, and never authenticated
)

// User is a person as Stytch knows them, with all their ways to log in.
//
// API: https://stytch.com/docs/api-reference/consumer/api/users/user-object
type User struct {
	UserID                 string                  `json:"user_id"`
	ExternalID             string                  `json:"external_id"` // your own id of the user
	Status                 UserStatus              `json:"status"`
	Name                   UserName                `json:"name"`
	CreatedAt              time.Time               `json:"created_at,omitzero"` // zero when unknown
	Emails                 []UserEmail             `json:"emails"`
	PhoneNumbers           []UserPhoneNumber       `json:"phone_numbers"`
	Providers              []OAuthProvider         `json:"providers"`
	WebAuthnRegistrations  []WebAuthnRegistration  `json:"webauthn_registrations"`
	BiometricRegistrations []BiometricRegistration `json:"biometric_registrations"`
	TOTPs                  []TOTP                  `json:"totps"`
	CryptoWallets          []CryptoWallet          `json:"crypto_wallets"`
	Password               *UserPassword           `json:"password"` // nil without a password
	Roles                  []string                `json:"roles"`
	IsLocked               bool                    `json:"is_locked"`
	LockCreatedAt          time.Time               `json:"lock_created_at,omitzero"` // zero when not locked
	LockExpiresAt          time.Time               `json:"lock_expires_at,omitzero"` // zero when not locked
	TrustedMetadata        json.RawMessage         `json:"trusted_metadata,omitzero"`
	UntrustedMetadata      json.RawMessage         `json:"untrusted_metadata,omitzero"` // the user can write it
}

// UserName is the name of a user, as far as it is known.
type UserName struct {
	FirstName  string `json:"first_name"`
	MiddleName string `json:"middle_name"`
	LastName   string `json:"last_name"`
}

// UserEmail is an e-mail address of a user.
type UserEmail struct {
	EmailID  string       `json:"email_id"`
	Email    EmailAddress `json:"email"`
	Verified bool         `json:"verified"` // a code or link sent to it was used
}

// UserPhoneNumber is a phone number of a user.
type UserPhoneNumber struct {
	PhoneID     string      `json:"phone_id"`
	PhoneNumber PhoneNumber `json:"phone_number"`
	Verified    bool        `json:"verified"` // a code sent to it was used
}

// OAuthProvider is an account elsewhere that the user logs in with.
type OAuthProvider struct {
	OAuthUserRegistrationID string `json:"oauth_user_registration_id"`
	ProviderType            string `json:"provider_type"`
	ProviderSubject         string `json:"provider_subject"` // the user's id over there
	ProfilePictureURL       string `json:"profile_picture_url"`
	Locale                  string `json:"locale"`
}

// WebAuthnRegistration is a passkey or security key.
type WebAuthnRegistration struct {
	WebAuthnRegistrationID string `json:"webauthn_registration_id"`
	Domain                 string `json:"domain"`
	UserAgent              string `json:"user_agent"`
	AuthenticatorType      string `json:"authenticator_type"`
	Name                   string `json:"name"`
	Verified               bool   `json:"verified"`
}

// BiometricRegistration is a fingerprint or face registered in an app.
type BiometricRegistration struct {
	BiometricRegistrationID string `json:"biometric_registration_id"`
	Verified                bool   `json:"verified"`
}

// TOTP is an authenticator app.
type TOTP struct {
	TOTPID   string `json:"totp_id"`
	Verified bool   `json:"verified"`
}

// CryptoWallet is a wallet that the user logs in with.
type CryptoWallet struct {
	CryptoWalletID      string `json:"crypto_wallet_id"`
	CryptoWalletAddress string `json:"crypto_wallet_address"`
	CryptoWalletType    string `json:"crypto_wallet_type"`
	Verified            bool   `json:"verified"`
}

// UserPassword says that the user has a password.
type UserPassword struct {
	PasswordID    string `json:"password_id"`
	RequiresReset bool   `json:"requires_reset"`
}

// DeviceInfo is what device fingerprinting knows of the device, in the answer to
// an Authenticate with a TelemetryID.
type DeviceInfo struct {
	VisitorID           string                  `json:"visitor_id"`
	VisitorIDDetails    *DeviceAttributeDetails `json:"visitor_id_details"`
	IPAddress           string                  `json:"ip_address"`
	IPAddressDetails    *DeviceAttributeDetails `json:"ip_address_details"`
	IPGeoCity           string                  `json:"ip_geo_city"`
	IPGeoRegion         string                  `json:"ip_geo_region"`
	IPGeoCountry        string                  `json:"ip_geo_country"`
	IPGeoCountryDetails *DeviceAttributeDetails `json:"ip_geo_country_details"`
}

// DeviceAttributeDetails tells whether something about a device is new for the
// user.
type DeviceAttributeDetails struct {
	IsNew       bool      `json:"is_new"`
	FirstSeenAt time.Time `json:"first_seen_at,omitzero"` // zero when unknown
	LastSeenAt  time.Time `json:"last_seen_at,omitzero"`  // zero when unknown
}

// UsersGetParams are the parameters of [UsersService.Get].
type UsersGetParams struct {
	UserID string `json:"user_id"` // required: Stytch's id of the user, or your own (external_id)
}

// UsersDeleteParams are the parameters of [UsersService.Delete].
type UsersDeleteParams struct {
	UserID string `json:"user_id"` // required: Stytch's id of the user, or your own (external_id)
}

// UsersDeletePhoneNumberParams are the parameters of [UsersService.DeletePhoneNumber].
type UsersDeletePhoneNumberParams struct {
	PhoneID string `json:"phone_id"` // required; it is the MethodID of sends to the number
}

// UsersDeleteEmailParams are the parameters of [UsersService.DeleteEmail].
type UsersDeleteEmailParams struct {
	EmailID string `json:"email_id"` // required; it is the MethodID of sends to the address
}

// UsersGetResponse is the answer to [UsersService.Get].
type UsersGetResponse struct {
	ResponseMeta
	User
}

// UsersDeleteResponse is the answer to [UsersService.Delete].
type UsersDeleteResponse struct {
	ResponseMeta
	UserID string `json:"user_id"` // never empty
}

// UsersDeletePhoneNumberResponse is the answer to [UsersService.DeletePhoneNumber].
type UsersDeletePhoneNumberResponse struct {
	ResponseMeta
	UserID string `json:"user_id"` // never empty
	User   User   `json:"user"`    // without the number
}

// UsersDeleteEmailResponse is the answer to [UsersService.DeleteEmail].
type UsersDeleteEmailResponse struct {
	ResponseMeta
	UserID string `json:"user_id"` // never empty
	User   User   `json:"user"`    // without the address
}
