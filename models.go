package stytchotp

import (
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stytchotp/stytchotp/internal/redact"
)

// EmailAddress is an e-mail address. It is a plain string: fmt, JSON, SQL drivers
// and caches take the address itself. slog masks it at the top of an attribute, as
// in "j***@***.com"; elsewhere log [EmailAddress.Masked].
type EmailAddress string

// Secret is a value that gives access: a code, a session token, a JWT, a
// telemetry id. It is a plain string: fmt, JSON, SQL drivers and caches take the
// value itself. slog masks it at the top of an attribute, as "[redacted]"; do not
// log it elsewhere.
type Secret string

// Masked returns the address with everything hidden but its first character and
// its top-level domain. It is for display and logs: different addresses have the
// same masked form.
func (a EmailAddress) Masked() string {
	if a == "" {
		return ""
	}
	local, domain, found := strings.Cut(string(a), "@")
	first, size := utf8.DecodeRuneInString(local)
	if !found || size == len(local) || !unicode.IsPrint(first) || first == utf8.RuneError || strings.Contains(domain, "@") {
		return redact.Placeholder
	}
	tld := ""
	if dot := strings.LastIndexByte(domain, '.'); dot > 0 && redact.Word(domain[dot+1:]) == domain[dot+1:] {
		tld = domain[dot:]
	}
	return string(first) + "***@***" + tld
}

// Masked returns "[redacted]", or "" for an empty value.
func (s Secret) Masked() string {
	if s == "" {
		return ""
	}
	return redact.Placeholder
}

// LogValue logs the masked address.
func (a EmailAddress) LogValue() slog.Value { return slog.StringValue(a.Masked()) }

// LogValue logs the masked value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Masked()) }

// Locale is an IETF BCP 47 language tag for the text of a message, in Stytch's own
// spelling. Without one the text is English. A tag that is not among the constants
// is passed on as it is.
//
// SMS and WhatsApp know all the constants; e-mail knows the first four.
type Locale string

// The languages that messages are known to come in.
const (
	LocaleEnglish             Locale = "en"
	LocaleSpanish             Locale = "es"
	LocaleBrazilianPortuguese Locale = "pt-br"
	LocaleFrench              Locale = "fr"
	LocaleItalian             Locale = "it"
	LocaleGerman              Locale = "de-DE"
	LocaleSimplifiedChinese   Locale = "zh-Hans"
	LocaleCatalan             Locale = "ca-ES"
	LocaleJapanese            Locale = "ja"
	LocaleRussian             Locale = "ru"
	LocaleDutch               Locale = "nl"
	LocalePolish              Locale = "pl"
	LocaleTurkish             Locale = "tr"
	LocalePersian             Locale = "fa"
	LocaleVietnamese          Locale = "vi"
	LocaleCzech               Locale = "cs"
)

// Attributes describe the person's own request to your server. Stytch uses them to
// detect fraud. See [AttributesFromRequest].
type Attributes struct {
	IPAddress string `json:"ip_address,omitzero"` // IPv4 or IPv6
	UserAgent string `json:"user_agent,omitzero"`
}

// maxUserAgentBytes is what AttributesFromRequest keeps of a user agent. Browsers
// send some 150 bytes; Stytch documents no limit.
const maxUserAgentBytes = 512

// AttributesFromRequest returns the address that r came from and its user agent. It
// leaves out of the user agent what a browser never sends: control characters,
// invalid UTF-8 and all beyond 512 bytes. So what a client makes up does not fail
// the send.
//
// It trusts no forwarding header, because any client can send one. Behind a proxy,
// set IPAddress from the header that your proxy controls.
func AttributesFromRequest(r *http.Request) Attributes {
	if r == nil {
		return Attributes{}
	}
	var a Attributes
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	// A Unix socket has no address, and one with a zone is of the local link.
	if ip, err := netip.ParseAddr(host); err == nil && ip.Zone() == "" {
		a.IPAddress = ip.Unmap().String()
	}
	a.UserAgent = clip(printable(r.UserAgent()), maxUserAgentBytes)
	return a
}

// clip returns the first bytes of s, and no part of a character.
func clip(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size]
}

// SMSSendParams are the parameters of [SMSService.Send]. A zero field is not sent.
type SMSSendParams struct {
	PhoneNumber       PhoneNumber `json:"phone_number"`                // required
	ExpirationMinutes int         `json:"expiration_minutes,omitzero"` // 1 to 10; 2 without it
	Attributes        Attributes  `json:"attributes,omitzero"`
	Locale            Locale      `json:"locale,omitzero"`          // English without it
	UserID            string      `json:"user_id,omitzero"`         // attach the number to this user
	SessionToken      Secret      `json:"session_token,omitzero"`   // or to the user of this session
	SessionJWT        Secret      `json:"session_jwt,omitzero"`     // or of this one
	EnableAutofill    bool        `json:"enable_autofill,omitzero"` // append what phones need to fill the code in
	// AutofillSessionDurationMinutes is the session that the app intends to start
	// with a code filled in, 5 to 527040; only with EnableAutofill. Both fields
	// are documented for Stytch's frontend SDKs; what the backend API makes of
	// them is not known.
	AutofillSessionDurationMinutes int `json:"autofill_session_duration_minutes,omitzero"`
}

// SMSLoginOrCreateParams are the parameters of [SMSService.LoginOrCreate]. A zero
// field is not sent.
type SMSLoginOrCreateParams struct {
	PhoneNumber         PhoneNumber `json:"phone_number"`                // required
	ExpirationMinutes   int         `json:"expiration_minutes,omitzero"` // 1 to 10; 2 without it
	Attributes          Attributes  `json:"attributes,omitzero"`
	CreateUserAsPending bool        `json:"create_user_as_pending,omitzero"` // a new user is pending until the code is checked
	Locale              Locale      `json:"locale,omitzero"`                 // English without it
	EnableAutofill      bool        `json:"enable_autofill,omitzero"`        // append what phones need to fill the code in
	// AutofillSessionDurationMinutes is the session that the app intends to start
	// with a code filled in, 5 to 527040; only with EnableAutofill. Both fields
	// are documented for Stytch's frontend SDKs; what the backend API makes of
	// them is not known.
	AutofillSessionDurationMinutes int `json:"autofill_session_duration_minutes,omitzero"`
}

// WhatsAppSendParams are the parameters of [WhatsAppService.Send]. A zero field is
// not sent.
type WhatsAppSendParams struct {
	PhoneNumber       PhoneNumber `json:"phone_number"`                // required
	ExpirationMinutes int         `json:"expiration_minutes,omitzero"` // 1 to 10; 2 without it
	Attributes        Attributes  `json:"attributes,omitzero"`
	Locale            Locale      `json:"locale,omitzero"`        // English without it
	UserID            string      `json:"user_id,omitzero"`       // attach the number to this user
	SessionToken      Secret      `json:"session_token,omitzero"` // or to the user of this session
	SessionJWT        Secret      `json:"session_jwt,omitzero"`   // or of this one
}

// WhatsAppLoginOrCreateParams are the parameters of
// [WhatsAppService.LoginOrCreate]. A zero field is not sent.
type WhatsAppLoginOrCreateParams struct {
	PhoneNumber         PhoneNumber `json:"phone_number"`                // required
	ExpirationMinutes   int         `json:"expiration_minutes,omitzero"` // 1 to 10; 2 without it
	Attributes          Attributes  `json:"attributes,omitzero"`
	CreateUserAsPending bool        `json:"create_user_as_pending,omitzero"` // a new user is pending until the code is checked
	Locale              Locale      `json:"locale,omitzero"`                 // English without it
}

// EmailSendParams are the parameters of [EmailService.Send]. A zero field is not
// sent.
type EmailSendParams struct {
	Email             EmailAddress `json:"email"`                       // required
	ExpirationMinutes int          `json:"expiration_minutes,omitzero"` // 1 to 10; 2 without it
	Attributes        Attributes   `json:"attributes,omitzero"`
	Locale            Locale       `json:"locale,omitzero"`             // English without it
	LoginTemplateID   string       `json:"login_template_id,omitzero"`  // a template for people who log in
	SignupTemplateID  string       `json:"signup_template_id,omitzero"` // a template for people who sign up
	UserID            string       `json:"user_id,omitzero"`            // attach the address to this user
	SessionToken      Secret       `json:"session_token,omitzero"`      // or to the user of this session
	SessionJWT        Secret       `json:"session_jwt,omitzero"`        // or of this one
}

// EmailLoginOrCreateParams are the parameters of [EmailService.LoginOrCreate]. A
// zero field is not sent.
type EmailLoginOrCreateParams struct {
	Email               EmailAddress `json:"email"`                       // required
	ExpirationMinutes   int          `json:"expiration_minutes,omitzero"` // 1 to 10; 2 without it
	Attributes          Attributes   `json:"attributes,omitzero"`
	CreateUserAsPending bool         `json:"create_user_as_pending,omitzero"` // a new user is pending until the code is checked
	Locale              Locale       `json:"locale,omitzero"`                 // English without it
	LoginTemplateID     string       `json:"login_template_id,omitzero"`      // a template for people who log in
	SignupTemplateID    string       `json:"signup_template_id,omitzero"`     // a template for people who sign up
}

// AuthenticateParams are the parameters of [OTPsService.Authenticate]. A zero
// field is not sent.
type AuthenticateParams struct {
	MethodID   string              `json:"method_id"`           // required: MethodID of the response to the send
	Code       Secret              `json:"code"`                // required: digits; a string, because it may begin with 0
	Attributes Attributes          `json:"attributes,omitzero"` // compared with those of the send as Options ask
	Options    AuthenticateOptions `json:"options,omitzero"`

	SessionToken Secret `json:"session_token,omitzero"` // a session to extend
	SessionJWT   Secret `json:"session_jwt,omitzero"`   // or the same one by its JWT
	// SessionDurationMinutes is how long the session lasts from now, 5 to 527040
	// (366 days). Without it no session is started or extended.
	SessionDurationMinutes int `json:"session_duration_minutes,omitzero"`
	// SessionCustomClaims are added to the session, at most 4 KB as JSON; a nil
	// value deletes a claim. They need SessionDurationMinutes.
	SessionCustomClaims Claims `json:"session_custom_claims,omitzero"`
	TelemetryID         Secret `json:"telemetry_id,omitzero"` // of Stytch's device fingerprinting
}

// AuthenticateOptions demand that the code is checked from where it was asked for.
type AuthenticateOptions struct {
	IPMatchRequired        bool `json:"ip_match_required"`
	UserAgentMatchRequired bool `json:"user_agent_match_required"`
}

// ResponseMeta is what every response has.
type ResponseMeta struct {
	RequestID  string `json:"request_id"`  // Stytch's id of the call: log it, support asks for it
	StatusCode int    `json:"status_code"` // the HTTP status
	// Header is the header of the answer.
	Header http.Header `json:"-"`
	// Raw is the body of the answer, with fields that this version does not know.
	// It holds secrets when the response does.
	Raw json.RawMessage `json:"-"`
}

func (m *ResponseMeta) meta() *ResponseMeta { return m }

// SMSSendResponse is the answer to [SMSService.Send].
type SMSSendResponse struct {
	ResponseMeta
	UserID   string `json:"user_id"`
	PhoneID  string `json:"phone_id"`
	MethodID string `json:"method_id"` // hand it to Authenticate; never empty
}

// SMSLoginOrCreateResponse is the answer to [SMSService.LoginOrCreate].
type SMSLoginOrCreateResponse struct {
	ResponseMeta
	UserID      string `json:"user_id"`
	PhoneID     string `json:"phone_id"`
	MethodID    string `json:"method_id"`    // hand it to Authenticate; never empty
	UserCreated bool   `json:"user_created"` // keep it from people who are not signed in
}

// WhatsAppSendResponse is the answer to [WhatsAppService.Send].
type WhatsAppSendResponse struct {
	ResponseMeta
	UserID   string `json:"user_id"`
	PhoneID  string `json:"phone_id"`
	MethodID string `json:"method_id"` // hand it to Authenticate; never empty
}

// WhatsAppLoginOrCreateResponse is the answer to [WhatsAppService.LoginOrCreate].
type WhatsAppLoginOrCreateResponse struct {
	ResponseMeta
	UserID      string `json:"user_id"`
	PhoneID     string `json:"phone_id"`
	MethodID    string `json:"method_id"`    // hand it to Authenticate; never empty
	UserCreated bool   `json:"user_created"` // keep it from people who are not signed in
}

// EmailSendResponse is the answer to [EmailService.Send].
type EmailSendResponse struct {
	ResponseMeta
	UserID   string `json:"user_id"`
	EmailID  string `json:"email_id"`
	MethodID string `json:"method_id"` // hand it to Authenticate; never empty
}

// EmailLoginOrCreateResponse is the answer to [EmailService.LoginOrCreate].
type EmailLoginOrCreateResponse struct {
	ResponseMeta
	UserID      string `json:"user_id"`
	EmailID     string `json:"email_id"`
	MethodID    string `json:"method_id"`    // hand it to Authenticate; never empty
	UserCreated bool   `json:"user_created"` // keep it from people who are not signed in
}

// AuthenticateResponse is the answer to [OTPsService.Authenticate].
type AuthenticateResponse struct {
	ResponseMeta
	UserID        string      `json:"user_id"` // never empty
	MethodID      string      `json:"method_id"`
	SessionToken  Secret      `json:"session_token"` // empty without a session
	SessionJWT    Secret      `json:"session_jwt"`   // empty without a session; lives 5 minutes
	Session       *Session    `json:"session"`       // nil without a session
	User          User        `json:"user"`
	ResetSessions bool        `json:"reset_sessions"` // drop the user's other sessions that you keep yourself
	UserDevice    *DeviceInfo `json:"user_device"`    // nil without a TelemetryID
}
