package stytchotp

import (
	"fmt"
	"io"

	"github.com/stytchotp/stytchotp/internal/redact"
)

// Params and responses print and encode as their type and a JSON object without
// what must not be shown: that covers every fmt verb, and both slog handlers at any
// depth, since what they cannot log by itself they format or encode. To send a
// value on, take it out of its field.

// Format shows only whether there are attributes, since they say where a person
// is. Their JSON is what goes on the wire.
func (a Attributes) Format(s fmt.State, _ rune) {
	if a == (Attributes{}) {
		_, _ = io.WriteString(s, "stytchotp.Attributes{}")
		return
	}
	_, _ = io.WriteString(s, "stytchotp.Attributes{"+redact.Placeholder+"}")
}

// Format prints v without what must not be shown, whatever the verb.
func (v SMSSendParams) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v SMSSendParams) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v SMSLoginOrCreateParams) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v SMSLoginOrCreateParams) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v WhatsAppSendParams) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v WhatsAppSendParams) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v WhatsAppLoginOrCreateParams) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v WhatsAppLoginOrCreateParams) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v EmailSendParams) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v EmailSendParams) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v EmailLoginOrCreateParams) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v EmailLoginOrCreateParams) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v AuthenticateParams) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v AuthenticateParams) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v ResponseMeta) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v ResponseMeta) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v SMSSendResponse) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v SMSSendResponse) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v SMSLoginOrCreateResponse) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v SMSLoginOrCreateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v WhatsAppSendResponse) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v WhatsAppSendResponse) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v WhatsAppLoginOrCreateResponse) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v WhatsAppLoginOrCreateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v EmailSendResponse) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v EmailSendResponse) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v EmailLoginOrCreateResponse) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v EmailLoginOrCreateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v AuthenticateResponse) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v AuthenticateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v User) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v User) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v UserName) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v UserName) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v UserEmail) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v UserEmail) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v UserPhoneNumber) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v UserPhoneNumber) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v OAuthProvider) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v OAuthProvider) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v WebAuthnRegistration) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v WebAuthnRegistration) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v BiometricRegistration) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v BiometricRegistration) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v TOTP) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v TOTP) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v CryptoWallet) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v CryptoWallet) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v UserPassword) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v UserPassword) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v DeviceInfo) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v DeviceInfo) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v DeviceAttributeDetails) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v DeviceAttributeDetails) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v Session) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v Session) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v AuthenticationFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v AuthenticationFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v PhoneNumberFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v PhoneNumberFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v EmailFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v EmailFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v OAuthFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v OAuthFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v OAuthExchangeFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v OAuthExchangeFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v OAuthAccessTokenExchangeFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v OAuthAccessTokenExchangeFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v SSOFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v SSOFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v EmbeddableMagicLinkFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v EmbeddableMagicLinkFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v WebAuthnFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v WebAuthnFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v BiometricFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v BiometricFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v AuthenticatorAppFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v AuthenticatorAppFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v RecoveryCodeFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v RecoveryCodeFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v CryptoWalletFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v CryptoWalletFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v ImpersonatedFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v ImpersonatedFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints v without what must not be shown, whatever the verb.
func (v TrustedAuthTokenFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes v without what must not be shown.
func (v TrustedAuthTokenFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }
