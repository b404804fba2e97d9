package stytchotp

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/stytchotp/stytchotp/internal/phone"
)

// PhoneNumber is a phone number in E.164 form, such as "+12025550162". It is a
// plain string: fmt, JSON, SQL drivers and caches take the number itself. slog
// masks it at the top of an attribute, as in "+1********62"; elsewhere log
// [PhoneNumber.Masked].
type PhoneNumber string

// Masked returns the number with all digits hidden but the calling code and the
// last two. It is for display and logs: different numbers have the same masked
// form.
func (n PhoneNumber) Masked() string { return phone.Mask(string(n)) }

// LogValue logs the masked number.
func (n PhoneNumber) LogValue() slog.Value { return slog.StringValue(n.Masked()) }

// ParsePhoneNumber turns what a person typed or pasted into an E.164 number.
//
// It reads national numbers of defaultRegion and international ones of every
// country, with brackets, dots, dashes and spaces of all kinds, a leading 00 or
// the region's own international prefix, and the decimal digits of other scripts. It
// also reads labels ("Mobile:") and quotes around the number, tel:, sms:, callto:,
// whatsapp: and wa.me links, and vCard lines. defaultRegion is an ISO 3166 alpha-2 code
// such as "US"; with "" only international numbers are read.
//
// It does not guess. Digits that are valid as two different numbers are refused with
// the code "ambiguous", unless a plus or the region's own international prefix decides:
// ask for the number with a plus. It also refuses letters, extensions, two numbers in
// one field, a national number without a region, one with a trunk zero that the region
// does not have, masked numbers, and lengths that do not occur in the country.
//
// The error is a [ValidationError] for the field "phone_number", whose Code says why
// (docs/phone.md lists the codes); it answers [ErrInvalidPhoneNumber] and never holds
// the number.
func ParsePhoneNumber(input, defaultRegion string) (PhoneNumber, error) {
	e164, err := phone.Parse(input, defaultRegion)
	if err != nil {
		return "", invalidInput("parse_phone_number", phoneField(err))
	}
	return PhoneNumber(e164), nil
}

// NormalizeCode turns a passcode as a person types or pastes it into digits: it
// drops spaces, dashes, quotes around it and punctuation after it, and reads the
// decimal digits of other scripts. The error is a [ValidationError] for the field
// "code" and never holds the code.
func NormalizeCode(input string) (Secret, error) {
	code, err := phone.NormalizeCode(input)
	if err != nil {
		return "", invalidInput("normalize_code", FieldError{
			Field: "code", Code: phoneReason(err), kind: ErrCodeIncorrect,
			Reason: "is not a usable code: " + strings.TrimPrefix(err.Error(), "invalid passcode: "),
		})
	}
	return Secret(code), nil
}

func invalidInput(op string, f FieldError) error {
	return &ValidationError{Op: op, Fields: []FieldError{f}}
}

// phoneField says why a phone number was refused.
func phoneField(err error) FieldError {
	return FieldError{
		Field:  "phone_number",
		Code:   phoneReason(err),
		Reason: "is not a usable phone number: " + strings.TrimPrefix(err.Error(), "invalid phone number: "),
		kind:   ErrInvalidPhoneNumber,
	}
}

func phoneReason(err error) string {
	if e, ok := errors.AsType[*phone.Error](err); ok {
		return string(e.Reason)
	}
	return "invalid"
}

// PhoneMetadataVersion is the release of libphonenumber's metadata that this program
// links, such as "v9.0.37". [PhoneNumber.Region], [PhoneNumber.Type],
// [PhoneNumber.Valid], the lengths that a send accepts and [SendPolicy] depend on it,
// and it ages: new ranges open every month. An importer raises it by requiring a newer
// github.com/nyaruka/phonenumbers/v2 in their own go.mod.
const PhoneMetadataVersion = phone.MetadataVersion

// PhoneMetadataDate is the day, as in "2026-09-10", on which the oldest release of
// phonenumbers came out that this version can be built with. The metadata of the
// program is of that day or newer.
const PhoneMetadataDate = phone.MetadataDate

// Region returns the ISO 3166 alpha-2 code of the country or territory that the
// number belongs to, "001" for a number of no country, and "" when it cannot be
// told. It goes by the whole number: +1 876 is Jamaica, not the United States.
func (n PhoneNumber) Region() string { return phone.Region(string(n)) }

// Type returns the kind of line that the number leads to, as far as its digits
// tell.
func (n PhoneNumber) Type() NumberType { return NumberType(phone.TypeOf(string(n))) }

// Valid reports whether the number lies in a range that its country assigns. That
// is stricter than what a send needs, and goes by [PhoneMetadataVersion]: a
// range that was opened since is not valid yet.
func (n PhoneNumber) Valid() bool { return phone.Valid(string(n)) }

// National returns the number as people of its country write it, for example
// "(202) 555-0162". It is the whole number: show it only to the person who typed
// it, and log [PhoneNumber.Masked].
func (n PhoneNumber) National() string { return phone.National(string(n)) }

// International returns the number as people of other countries write it, for
// example "+1 202-555-0162". It is the whole number, as with
// [PhoneNumber.National].
func (n PhoneNumber) International() string { return phone.International(string(n)) }

// NumberType is the kind of line that a number leads to.
type NumberType string

// The number types. In North America landlines and mobiles have the same digits
// ([NumberTypeFixedLineOrMobile]), and no digits tell a landline from a VoIP line with
// a landline's number: that takes a lookup, see [Checker].
const (
	NumberTypeFixedLine         = NumberType(phone.TypeFixedLine)
	NumberTypeMobile            = NumberType(phone.TypeMobile)
	NumberTypeFixedLineOrMobile = NumberType(phone.TypeFixedLineOrMobile)
	NumberTypeTollFree          = NumberType(phone.TypeTollFree)
	NumberTypePremiumRate       = NumberType(phone.TypePremiumRate)
	NumberTypeSharedCost        = NumberType(phone.TypeSharedCost)
	NumberTypeVoIP              = NumberType(phone.TypeVoIP)
	NumberTypePersonalNumber    = NumberType(phone.TypePersonalNumber)
	NumberTypePager             = NumberType(phone.TypePager)
	NumberTypeUAN               = NumberType(phone.TypeUAN)
	NumberTypeVoicemail         = NumberType(phone.TypeVoicemail)
	NumberTypeUnknown           = NumberType(phone.TypeUnknown)
)
