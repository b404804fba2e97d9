package stytchotp

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stytchotp/stytchotp/internal/phone"
	"github.com/stytchotp/stytchotp/internal/redact"
)

// PhoneNumber is a phone number in E.164 form, such as "+12025550162". A string
// literal can be assigned to it, string(n) is the number itself, and JSON carries
// the number; whatever is printed or logged is masked, as in "+1********62".
//
// Two things are out of reach for that protection: a number in an unexported field of
// your own struct, when the struct is printed, and a logger that encodes your own
// struct, map or slice as JSON.
type PhoneNumber string

// EmailAddress is an e-mail address. It is masked in print and in logs like a
// [PhoneNumber], as in "j***@***.com".
type EmailAddress string

// Secret is a value that gives access: a code, a session token, a JWT, a
// telemetry id. It prints and logs as "[redacted]"; string(s) is the value, and
// JSON carries the value.
type Secret string

// Masked returns the number with all digits hidden but the calling code and the
// last two.
func (n PhoneNumber) Masked() string { return phone.Mask(string(n)) }

// Masked returns the address with everything hidden but its first character and
// its top-level domain.
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

// Masked returns "[redacted]", or nothing for an empty value.
func (s Secret) Masked() string {
	if s == "" {
		return ""
	}
	return redact.Placeholder
}

// String returns the masked number.
func (n PhoneNumber) String() string { return n.Masked() }

// String returns the masked address.
func (a EmailAddress) String() string { return a.Masked() }

// String returns the masked value.
func (s Secret) String() string { return s.Masked() }

// Format prints the masked number, whatever the verb.
func (n PhoneNumber) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, n.Masked()) }

// Format prints the masked address, whatever the verb.
func (a EmailAddress) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, a.Masked()) }

// Format prints the masked value, whatever the verb.
func (s Secret) Format(st fmt.State, _ rune) { _, _ = io.WriteString(st, s.Masked()) }

// LogValue logs the masked number.
func (n PhoneNumber) LogValue() slog.Value { return slog.StringValue(n.Masked()) }

// LogValue logs the masked address.
func (a EmailAddress) LogValue() slog.Value { return slog.StringValue(a.Masked()) }

// LogValue logs the masked value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Masked()) }
