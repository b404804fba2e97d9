package stytchotp

import (
	"fmt"
	"io"
	"log/slog"

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

// LogValue logs what Format prints: the JSON that a handler would take carries the
// values.
func (a Attributes) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// Format prints without what must not be shown, whatever the verb.
func (p SMSSendParams) Format(s fmt.State, _ rune) { redact.Format(s, p) }

// MarshalJSON encodes without what must not be shown.
func (p SMSSendParams) MarshalJSON() ([]byte, error) { return redact.JSON(p) }

// Format prints without what must not be shown, whatever the verb.
func (p SMSLoginOrCreateParams) Format(s fmt.State, _ rune) { redact.Format(s, p) }

// MarshalJSON encodes without what must not be shown.
func (p SMSLoginOrCreateParams) MarshalJSON() ([]byte, error) { return redact.JSON(p) }

// Format prints without what must not be shown, whatever the verb.
func (p WhatsAppSendParams) Format(s fmt.State, _ rune) { redact.Format(s, p) }

// MarshalJSON encodes without what must not be shown.
func (p WhatsAppSendParams) MarshalJSON() ([]byte, error) { return redact.JSON(p) }

// Format prints without what must not be shown, whatever the verb.
func (p WhatsAppLoginOrCreateParams) Format(s fmt.State, _ rune) { redact.Format(s, p) }

// MarshalJSON encodes without what must not be shown.
func (p WhatsAppLoginOrCreateParams) MarshalJSON() ([]byte, error) { return redact.JSON(p) }

// Format prints without what must not be shown, whatever the verb.
func (p EmailSendParams) Format(s fmt.State, _ rune) { redact.Format(s, p) }

// MarshalJSON encodes without what must not be shown.
func (p EmailSendParams) MarshalJSON() ([]byte, error) { return redact.JSON(p) }

// Format prints without what must not be shown, whatever the verb.
func (p EmailLoginOrCreateParams) Format(s fmt.State, _ rune) { redact.Format(s, p) }

// MarshalJSON encodes without what must not be shown.
func (p EmailLoginOrCreateParams) MarshalJSON() ([]byte, error) { return redact.JSON(p) }

// Format prints without what must not be shown, whatever the verb.
func (p AuthenticateParams) Format(s fmt.State, _ rune) { redact.Format(s, p) }

// MarshalJSON encodes without what must not be shown.
func (p AuthenticateParams) MarshalJSON() ([]byte, error) { return redact.JSON(p) }

// Format prints without what must not be shown, whatever the verb.
func (m ResponseMeta) Format(s fmt.State, _ rune) { redact.Format(s, m) }

// MarshalJSON encodes without what must not be shown.
func (m ResponseMeta) MarshalJSON() ([]byte, error) { return redact.JSON(m) }

// Format prints without what must not be shown, whatever the verb.
func (r SMSSendResponse) Format(s fmt.State, _ rune) { redact.Format(s, r) }

// MarshalJSON encodes without what must not be shown.
func (r SMSSendResponse) MarshalJSON() ([]byte, error) { return redact.JSON(r) }

// Format prints without what must not be shown, whatever the verb.
func (r SMSLoginOrCreateResponse) Format(s fmt.State, _ rune) { redact.Format(s, r) }

// MarshalJSON encodes without what must not be shown.
func (r SMSLoginOrCreateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(r) }

// Format prints without what must not be shown, whatever the verb.
func (r WhatsAppSendResponse) Format(s fmt.State, _ rune) { redact.Format(s, r) }

// MarshalJSON encodes without what must not be shown.
func (r WhatsAppSendResponse) MarshalJSON() ([]byte, error) { return redact.JSON(r) }

// Format prints without what must not be shown, whatever the verb.
func (r WhatsAppLoginOrCreateResponse) Format(s fmt.State, _ rune) { redact.Format(s, r) }

// MarshalJSON encodes without what must not be shown.
func (r WhatsAppLoginOrCreateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(r) }

// Format prints without what must not be shown, whatever the verb.
func (r EmailSendResponse) Format(s fmt.State, _ rune) { redact.Format(s, r) }

// MarshalJSON encodes without what must not be shown.
func (r EmailSendResponse) MarshalJSON() ([]byte, error) { return redact.JSON(r) }

// Format prints without what must not be shown, whatever the verb.
func (r EmailLoginOrCreateResponse) Format(s fmt.State, _ rune) { redact.Format(s, r) }

// MarshalJSON encodes without what must not be shown.
func (r EmailLoginOrCreateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(r) }

// Format prints without what must not be shown, whatever the verb.
func (r AuthenticateResponse) Format(s fmt.State, _ rune) { redact.Format(s, r) }

// MarshalJSON encodes without what must not be shown.
func (r AuthenticateResponse) MarshalJSON() ([]byte, error) { return redact.JSON(r) }

// Format prints without what must not be shown, whatever the verb.
func (v User) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v User) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v UserName) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v UserName) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v UserEmail) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v UserEmail) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v UserPhoneNumber) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v UserPhoneNumber) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v OAuthProvider) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v OAuthProvider) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v WebAuthnRegistration) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v WebAuthnRegistration) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v BiometricRegistration) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v BiometricRegistration) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v TOTP) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v TOTP) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v CryptoWallet) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v CryptoWallet) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v UserPassword) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v UserPassword) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v DeviceInfo) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v DeviceInfo) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v DeviceAttributeDetails) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v DeviceAttributeDetails) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v Session) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v Session) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v AuthenticationFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v AuthenticationFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v PhoneNumberFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v PhoneNumberFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v EmailFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v EmailFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v OAuthFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v OAuthFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v OAuthExchangeFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v OAuthExchangeFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v OAuthAccessTokenExchangeFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v OAuthAccessTokenExchangeFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v SSOFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v SSOFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v EmbeddableMagicLinkFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v EmbeddableMagicLinkFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v WebAuthnFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v WebAuthnFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v BiometricFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v BiometricFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v AuthenticatorAppFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v AuthenticatorAppFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v RecoveryCodeFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v RecoveryCodeFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v CryptoWalletFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v CryptoWalletFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v ImpersonatedFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v ImpersonatedFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }

// Format prints without what must not be shown, whatever the verb.
func (v TrustedAuthTokenFactor) Format(s fmt.State, _ rune) { redact.Format(s, v) }

// MarshalJSON encodes without what must not be shown.
func (v TrustedAuthTokenFactor) MarshalJSON() ([]byte, error) { return redact.JSON(v) }
