package stytchotp

import (
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stytchotp/stytchotp/internal/phone"
	"github.com/stytchotp/stytchotp/internal/redact"
)

// PhoneNumber is a phone number in E.164 form, such as "+12025550162". It is a
// plain string: fmt, JSON, SQL drivers and caches take the number itself. slog
// masks it at the top of an attribute, as in "+1********62"; elsewhere log
// [PhoneNumber.Masked].
type PhoneNumber string

// EmailAddress is an e-mail address. It is a plain string: fmt, JSON, SQL drivers
// and caches take the address itself. slog masks it at the top of an attribute, as
// in "j***@***.com"; elsewhere log [EmailAddress.Masked].
type EmailAddress string

// Secret is a value that gives access: a code, a session token, a JWT, a
// telemetry id. It is a plain string: fmt, JSON, SQL drivers and caches take the
// value itself. slog masks it at the top of an attribute, as "[redacted]"; do not
// log it elsewhere.
type Secret string

// Masked returns the number with all digits hidden but the calling code and the
// last two. It is for display and logs: different numbers have the same masked
// form.
func (n PhoneNumber) Masked() string { return phone.Mask(string(n)) }

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

// LogValue logs the masked number.
func (n PhoneNumber) LogValue() slog.Value { return slog.StringValue(n.Masked()) }

// LogValue logs the masked address.
func (a EmailAddress) LogValue() slog.Value { return slog.StringValue(a.Masked()) }

// LogValue logs the masked value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Masked()) }
