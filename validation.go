package stytchotp

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/netip"
	"strings"
	"unicode"

	"github.com/stytchotp/stytchotp/internal/phone"
	"github.com/stytchotp/stytchotp/internal/redact"
)

// The limits that the API documents for its parameters.
const (
	minExpirationMinutes = 1
	maxExpirationMinutes = 10
	minSessionMinutes    = 5
	maxSessionMinutes    = 527040 // 366 days
	maxCustomClaimsBytes = 4096
	maxEmailBytes        = 254 // RFC 5321, section 4.5.3.1.3, less the brackets
	maxLocalBytes        = 64  // RFC 5321, section 4.5.3.1.1
	maxLabelBytes        = 63  // RFC 1035, section 2.3.4
	maxCodeDigits        = 32
)

// checker collects everything that is wrong with the params of a call. No text it
// writes repeats a value.
type checker struct {
	live   bool
	number PhoneNumber // the recipient of an SMS or WhatsApp message
	want   expected    // of the answer
	fields []FieldError
}

func (c *checker) add(field, code, reason string) {
	c.fields = append(c.fields, FieldError{Field: field, Code: code, Reason: reason})
}

// id checks the id of an object of Stytch's that the call is about.
func (c *checker) id(field, value string) {
	if strings.TrimSpace(value) == "" {
		c.add(field, "required", "is required")
		return
	}
	c.data(field, value)
}

// pathID checks an id that becomes part of a path or a query.
func (c *checker) pathID(field, value string) {
	if c.id(field, value); value == "." || value == ".." || strings.TrimSpace(value) != "" && !isID(value) {
		c.add(field, "invalid", "is not an id")
	}
}

// oneOf wants one of the values, given as name, value, name, value.
func (c *checker) oneOf(fields ...string) {
	var names, given []string
	for i := 0; i < len(fields); i += 2 {
		names = append(names, fields[i])
		if strings.TrimSpace(fields[i+1]) != "" {
			given = append(given, fields[i])
			c.data(fields[i], fields[i+1])
		}
	}
	switch {
	case len(given) == 0:
		c.add(names[0], "required", "is required, or "+strings.Join(names[1:], " or "))
	case len(given) > 1:
		c.add(given[1], "conflict", "must not be set beside "+given[0])
	}
}

// data refuses a masked value: a log or a message that shows what [Masked] returns
// was taken for the value.
func (c *checker) data(field, value string) {
	if strings.Contains(value, redact.Placeholder) {
		c.fields = append(c.fields, masked(field, nil))
	}
}

func masked(field string, kind error) FieldError {
	return FieldError{Field: field, Code: "masked", Reason: "is masked: pass the value itself, not what Masked or a log shows", kind: kind}
}

// isMasked reports a phone number or an e-mail address as [Masked] returns it.
func isMasked(recipient string) bool {
	return strings.Contains(recipient, "*") || strings.Contains(recipient, redact.Placeholder)
}

// attach checks what names the user that a recipient is attached to.
func (c *checker) attach(userID string, sessionToken, sessionJWT Secret) {
	c.want.userID = userID
	c.data("user_id", userID)
	c.session(sessionToken, sessionJWT)
}

func (c *checker) session(token, jwt Secret) {
	c.data("session_token", string(token))
	c.data("session_jwt", string(jwt))
}

// between refuses a set value outside its range.
func (c *checker) between(field string, value, least, most int) {
	if value != 0 && (value < least || value > most) {
		c.add(field, "out_of_range", fmt.Sprintf("must be between %d and %d", least, most))
	}
}

func (c *checker) phone(n PhoneNumber) {
	c.number = n
	if isMasked(string(n)) {
		c.fields = append(c.fields, masked("phone_number", ErrInvalidPhoneNumber))
	} else if c.live && n == phone.Sandbox {
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
	case isMasked(string(a)):
		f = masked("email", ErrInvalidEmail)
	case strings.ContainsFunc(string(a), isInvisible):
		f.Code, f.Reason = "invisible_character", "holds an invisible character: remove spaces, controls and zero-width characters"
	case !isEmail(string(a)):
		f.Code, f.Reason = "invalid", "is not an e-mail address"
	default:
		return
	}
	c.fields = append(c.fields, f)
}

// isInvisible reports a character that is not seen where an address is shown, or
// that stands for a byte that is not UTF-8.
func isInvisible(r rune) bool {
	return r == unicode.ReplacementChar || r == '\u2800' || // the blank pattern of Braille
		unicode.In(r, unicode.C, unicode.Z, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// isEmail reports a bare address within the limits of RFC 5321: no display name,
// nothing around it.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || at > maxLocalBytes || len(s) > maxEmailBytes {
		return false
	}
	for label := range strings.SplitSeq(s[at+1:], ".") {
		if len(label) > maxLabelBytes {
			return false
		}
	}
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
	case isMasked(string(code)):
		f = masked("code", ErrCodeIncorrect)
	case strings.ContainsFunc(string(code), notDigit):
		f.Code, f.Reason = "not_digits", "must be digits only"
	case len(code) > maxCodeDigits:
		f.Code, f.Reason = "too_long", "is longer than any code"
	default:
		return
	}
	c.fields = append(c.fields, f)
}

func (c *checker) customClaims(claims Claims) {
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
