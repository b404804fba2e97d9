package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/stytchotp/stytchotp/internal/phone"
)

// reader takes the fields out of a request's body and remembers the first thing
// that is wrong. Every method may be called after that; it then does no harm.
type reader struct {
	fields map[string]json.RawMessage
	asked  map[string]bool
	err    *apiError
}

func (r *reader) fail(err *apiError) {
	if r.err == nil {
		r.err = err
	}
}

// take returns the raw value, or nothing when it is missing or null.
func (r *reader) take(name string) json.RawMessage {
	r.asked[name] = true
	if raw := r.fields[name]; string(raw) != "null" {
		return raw
	}
	return nil
}

// text returns a string field, or "" when it is missing. A value of another type
// is an error of the given type.
func (r *reader) text(name, kind string) string {
	raw := r.take(name)
	if raw == nil {
		return ""
	}
	var value string
	if json.Unmarshal(raw, &value) != nil {
		r.fail(wrongType(kind, name, "a string"))
	}
	return value
}

// integer returns a whole number from low to high, or zero when it is missing.
func (r *reader) integer(name, kind string, low, high int) int {
	raw := r.take(name)
	if raw == nil {
		return 0
	}
	value, err := strconv.Atoi(string(raw))
	if err != nil || value < low || value > high {
		r.fail(failure(kind))
		return 0
	}
	return value
}

func (r *reader) boolean(name string) bool {
	raw := r.take(name)
	if raw == nil {
		return false
	}
	var value bool
	if json.Unmarshal(raw, &value) != nil {
		r.fail(wrongType("bad_request", name, "true or false"))
	}
	return value
}

// object returns the fields of an object, or nil when it is missing.
func (r *reader) object(name, kind string) map[string]json.RawMessage {
	raw := r.take(name)
	if raw == nil {
		return nil
	}
	var value map[string]json.RawMessage
	if json.Unmarshal(raw, &value) != nil {
		r.fail(wrongType(kind, name, "an object"))
	}
	return value
}

// inside returns a reader of an object field, whose problems become r's.
func (r *reader) inside(name string, read func(inner *reader)) {
	inner := &reader{fields: r.object(name, "bad_request"), asked: map[string]bool{}}
	read(inner)
	if inner.err != nil {
		r.fail(inner.err)
	}
}

// unknown returns the names of fields that the call does not have, in order and
// shortened to what is worth showing.
func (r *reader) unknown() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		if !r.asked[name] && len(names) < 10 {
			names = append(names, clip(name, 64))
		}
	}
	return names
}

func wrongType(kind, name, want string) *apiError {
	if kind != "bad_request" {
		return failure(kind)
	}
	return explain(kind, name+" must be "+want+".")
}

func (r *reader) phoneNumber() string {
	number := r.text("phone_number", "invalid_phone_number")
	if !isNumber(number) {
		r.fail(failure("invalid_phone_number"))
	}
	return number
}

func (r *reader) email() string {
	address := strings.ToLower(r.text("email", "invalid_email"))
	if !isEmail(address) {
		r.fail(failure("invalid_email"))
	}
	return address
}

// attributes are what the caller knows about the person's device.
type attributes struct {
	IPAddress string `json:"ip_address"`
	UserAgent string `json:"user_agent"`
}

func (r *reader) attributes() attributes {
	var a attributes
	r.inside("attributes", func(inner *reader) {
		a.IPAddress = inner.text("ip_address", "invalid_ip_address")
		a.UserAgent = inner.text("user_agent", "invalid_user_agent")
		if _, err := netip.ParseAddr(a.IPAddress); a.IPAddress != "" && err != nil {
			inner.fail(failure("invalid_ip_address"))
		}
		if len(a.UserAgent) > 4096 || strings.ContainsFunc(a.UserAgent, isControl) {
			inner.fail(failure("invalid_user_agent"))
		}
	})
	return a
}

func (r *reader) locale(channel string) string {
	tag := r.text("locale", "invalid_locale")
	if tag == "" {
		return "en"
	}
	if !knownLocale(channel, tag) {
		r.fail(failure("invalid_locale"))
	}
	return tag
}

// userID returns a user id or an external id, both of which are accepted.
func (r *reader) userID() string {
	id := r.text("user_id", "invalid_user_id")
	r.checkUserID(id)
	return id
}

func (r *reader) checkUserID(id string) {
	r.refuseLive("user_id", id)
	if strings.HasPrefix(id, "user-test-") && !isTestID(id, "user") || len(id) > 128 || strings.ContainsFunc(id, notExternalID) {
		r.fail(failure("invalid_user_id"))
	}
}

func (r *reader) templateID(name string) string {
	id := r.text(name, "invalid_template_id")
	if len(id) > 128 || strings.ContainsFunc(id, notExternalID) {
		r.fail(failure("invalid_template_id"))
	}
	return id
}

func (r *reader) methodID() string {
	id := r.text("method_id", "invalid_method_id")
	r.refuseLive("method_id", id)
	if !isTestID(id, "phone-number") && !isTestID(id, "email") {
		r.fail(failure("invalid_method_id"))
	}
	return id
}

func (r *reader) code() string {
	code := r.text("code", "invalid_code")
	if !isCode(code) {
		r.fail(failure("invalid_code"))
	}
	return code
}

// refuseLive tells a developer that an id comes from another environment.
func (r *reader) refuseLive(name, id string) {
	for _, prefix := range []string{"user-live-", "phone-number-live-", "email-live-"} {
		if strings.HasPrefix(id, prefix) {
			r.fail(explain("live_id_used_in_test_environment", name+" belongs to the live environment."))
		}
	}
}

// normalize gives a recipient the form it is stored under: an address in lower case,
// and a number as E.164, so that "+1 202 555 0162" finds its messages. Blanks stay, so
// that they do not count as no recipient, which stands for all.
func normalize(recipient string) string {
	trimmed := strings.TrimSpace(recipient)
	switch {
	case trimmed == "":
		return recipient
	case isAddress(trimmed):
		return strings.ToLower(trimmed)
	case strings.ContainsAny(trimmed, " -.()"):
		if e164, err := phone.Parse(trimmed, ""); err == nil {
			return e164
		}
	}
	return trimmed
}

// CheckRecipient returns an error that says what a recipient is, unless recipient is a
// phone number or an e-mail address that a message can go to, in any form that
// [MessageQuery] takes.
func CheckRecipient(recipient string) error {
	normal := normalize(recipient)
	switch {
	case isNumber(normal), isEmail(normal):
		return nil
	case strings.TrimSpace(recipient) == "":
		return errors.New("emulator: the recipient is empty; give a phone number like +12025550162 or an e-mail address")
	}
	return fmt.Errorf("emulator: %q is neither a phone number like +12025550162 nor an e-mail address", clip(recipient, 254))
}

func isAddress(recipient string) bool { return strings.Contains(recipient, "@") }

// isNumber reports a phone number in E.164 that a message can be sent to as it stands.
func isNumber(number string) bool { return phone.Check(number) == nil }

// isEmail reports an address, in lower case, that messages can go to.
func isEmail(address string) bool {
	parsed, err := mail.ParseAddress(address)
	_, domain, _ := strings.Cut(address, "@")
	return err == nil && parsed.Address == address && len(address) <= 254 &&
		strings.Contains(domain, ".") && !strings.ContainsAny(address, "\" []") && !strings.ContainsFunc(address, isInvisible)
}

// isInvisible reports a character that is not seen where an address is shown, or that a
// terminal takes for a command.
func isInvisible(r rune) bool {
	return r == unicode.ReplacementChar || unicode.In(r, unicode.C, unicode.Z, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func isCode(code string) bool {
	return len(code) == 6 && !strings.ContainsFunc(code, func(c rune) bool { return c < '0' || c > '9' })
}

// isTestID reports an id like user-test-, followed by a UUID.
func isTestID(id, kind string) bool {
	uuid, found := strings.CutPrefix(id, kind+"-test-")
	return found && isUUID(uuid)
}

// isProjectID reports the shape of a project id. Any name may stand in place of
// its UUID, because developers like to choose one.
func isProjectID(id string) bool {
	name, found := strings.CutPrefix(id, "project-test-")
	return found && name != "" && len(name) <= 64 && !strings.ContainsFunc(name, notExternalID)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}

func notExternalID(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-|", c)
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// clip shortens s to at most n bytes and takes control characters out of it.
func clip(s string, n int) string {
	s = strings.Map(func(c rune) rune {
		if isControl(c) {
			return -1
		}
		return c
	}, s)
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
