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

// sandboxPhoneNumber is answered by test projects without a message being sent. No
// country could have such a number.
const sandboxPhoneNumber = "+10000000000"

// checker collects everything that is wrong with the params of a call. No text it
// writes repeats a value.
type checker struct {
	live   bool
	fields []FieldError
}

func (c *checker) add(field, reason string) {
	c.fields = append(c.fields, FieldError{Field: field, Reason: reason})
}

func (c *checker) refuse(field, reason string, kind error) {
	c.fields = append(c.fields, FieldError{Field: field, Reason: reason, kind: kind})
}

func (c *checker) required(field, value string) {
	if value == "" {
		c.add(field, "is required")
	}
}

func (c *checker) phone(n PhoneNumber) {
	const field = "phone_number"
	if c.live && n == sandboxPhoneNumber {
		c.refuse(field, "is the sandbox number, which works in test projects only", ErrInvalidPhoneNumber)
		return
	}
	if err := phone.Check(string(n)); err != nil {
		c.refuse(field, "is not an E.164 phone number: "+strings.TrimPrefix(err.Error(), "invalid phone number: "), ErrInvalidPhoneNumber)
	}
}

func (c *checker) email(a EmailAddress) {
	const field = "email"
	if a == "" {
		c.refuse(field, "is required", ErrInvalidEmail)
		return
	}
	parsed, err := mail.ParseAddress(string(a))
	if err != nil || parsed.Address != string(a) || len(a) > maxEmailBytes {
		c.refuse(field, "is not an e-mail address", ErrInvalidEmail)
	}
}

// message checks what all sends have in common.
func (c *checker) message(expirationMinutes int, attributes Attributes) {
	if expirationMinutes != 0 && (expirationMinutes < minExpirationMinutes || expirationMinutes > maxExpirationMinutes) {
		c.add("expiration_minutes", fmt.Sprintf("must be between %d and %d", minExpirationMinutes, maxExpirationMinutes))
	}
	c.attributes(attributes)
}

func (c *checker) attributes(a Attributes) {
	if a.IPAddress == "" {
		return
	}
	if _, err := netip.ParseAddr(a.IPAddress); err != nil {
		c.add("attributes.ip_address", "is not an IP address")
	}
}

func (c *checker) autofill(enabled bool, sessionMinutes int) {
	const field = "autofill_session_duration_minutes"
	if sessionMinutes != 0 && !enabled {
		c.add(field, "needs enable_autofill")
	}
	c.sessionDuration(field, sessionMinutes)
}

func (c *checker) sessionDuration(field string, minutes int) {
	if minutes != 0 && (minutes < minSessionMinutes || minutes > maxSessionMinutes) {
		c.add(field, fmt.Sprintf("must be between %d and %d", minSessionMinutes, maxSessionMinutes))
	}
}

func (c *checker) code(code Secret) {
	const field = "code"
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	switch {
	case code == "":
		c.add(field, "is required")
	case len(code) > maxCodeDigits || strings.ContainsFunc(string(code), notDigit):
		c.add(field, "must be digits only")
	}
}

func (c *checker) customClaims(claims map[string]any) {
	const field = "session_custom_claims"
	if len(claims) == 0 {
		return
	}
	encoded, err := json.Marshal(claims)
	switch {
	case err != nil:
		c.add(field, "cannot be encoded as JSON")
	case len(encoded) > maxCustomClaimsBytes:
		c.add(field, fmt.Sprintf("must encode to at most %d bytes", maxCustomClaimsBytes))
	}
}
