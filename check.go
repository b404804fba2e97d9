package stytchotp

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/netip"
	"strings"

	"github.com/stytchotp/stytchotp/internal/phone"
)

// The limits that the API documents for its parameters.
const (
	minExpirationMinutes = 1
	maxExpirationMinutes = 10
	minSessionMinutes    = 5
	maxSessionMinutes    = 527040 // 366 days
	maxCustomClaimsBytes = 4096
	maxEmailBytes        = 254 // RFC 5321, section 4.5.3.1.3, less the brackets
	maxCodeDigits        = 32
)

// checker collects everything that is wrong with the params of a call. No text it
// writes repeats a value.
type checker struct {
	live   bool
	number PhoneNumber // the one a message would go to
	fields []FieldError
}

func (c *checker) add(field, code, reason string) {
	c.fields = append(c.fields, FieldError{Field: field, Code: code, Reason: reason})
}

func (c *checker) required(field, value string) {
	if value == "" {
		c.add(field, "required", "is required")
	}
}

// between refuses a set value outside its range.
func (c *checker) between(field string, value, least, most int) {
	if value != 0 && (value < least || value > most) {
		c.add(field, "out_of_range", fmt.Sprintf("must be between %d and %d", least, most))
	}
}

func (c *checker) phone(n PhoneNumber) {
	c.number = n
	if c.live && n == phone.Sandbox {
		c.fields = append(c.fields, FieldError{
			Field: "phone_number", Code: "sandbox", kind: ErrInvalidPhoneNumber,
			Reason: "is the sandbox number, which works in test projects only",
		})
	} else if err := phone.Check(string(n)); err != nil {
		c.fields = append(c.fields, phoneField(err))
	}
}

func (c *checker) email(a EmailAddress) {
	f := FieldError{Field: "email", kind: ErrInvalidEmail}
	switch {
	case a == "":
		f.Code, f.Reason = "required", "is required"
	case len(a) > maxEmailBytes || !isEmail(string(a)):
		f.Code, f.Reason = "invalid", "is not an e-mail address"
	default:
		return
	}
	c.fields = append(c.fields, f)
}

// isEmail reports a bare address: no display name, nothing around it.
func isEmail(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s
}

// message checks what all sends have in common.
func (c *checker) message(expirationMinutes int, attributes Attributes) {
	c.between("expiration_minutes", expirationMinutes, minExpirationMinutes, maxExpirationMinutes)
	c.attributes(attributes)
}

func (c *checker) attributes(a Attributes) {
	if a.IPAddress == "" {
		return
	}
	if _, err := netip.ParseAddr(a.IPAddress); err != nil {
		c.add("attributes.ip_address", "invalid", "is not an IP address")
	}
}

func (c *checker) autofill(enabled bool, sessionMinutes int) {
	const field = "autofill_session_duration_minutes"
	if sessionMinutes != 0 && !enabled {
		c.add(field, "needs_enable_autofill", "needs enable_autofill")
	}
	c.between(field, sessionMinutes, minSessionMinutes, maxSessionMinutes)
}

func (c *checker) code(code Secret) {
	f := FieldError{Field: "code", kind: ErrCodeIncorrect}
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	switch {
	case code == "":
		f.Code, f.Reason = "required", "is required"
	case strings.ContainsFunc(string(code), notDigit):
		f.Code, f.Reason = "not_digits", "must be digits only"
	case len(code) > maxCodeDigits:
		f.Code, f.Reason = "too_long", "is longer than any code"
	default:
		return
	}
	c.fields = append(c.fields, f)
}

func (c *checker) customClaims(claims map[string]any) {
	const field = "session_custom_claims"
	if len(claims) == 0 {
		return
	}
	encoded, err := json.Marshal(claims)
	switch {
	case err != nil:
		c.add(field, "not_encodable", "cannot be encoded as JSON")
	case len(encoded) > maxCustomClaimsBytes:
		c.add(field, "too_large", fmt.Sprintf("must encode to at most %d bytes", maxCustomClaimsBytes))
	}
}
