package phone

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// maxInput is how many bytes of input are looked at. A number written with
// full-width digits and punctuation takes three bytes a character.
const maxInput = 128

// Parse turns what a person typed into E.164. A number without a country
// calling code is read as one of defaultRegion, an ISO 3166 alpha-2 code in
// upper or lower case; "" stands for none.
//
// It reads national and international forms; spaces, dashes, dots, brackets
// and invisible marks between the digits; decimal digits of every script; a
// slash after an area code; 00 or the region's own international prefix in
// place of the plus; and tel: links. It refuses letters, extensions, more than
// one number, numbers that cannot be dialed from abroad, numbers that are not
// possible in their country, and anything longer than 128 bytes.
//
// The result passes [Check] and parses to itself. The error is an [*Error].
func Parse(input, defaultRegion string) (string, error) {
	e164, reason := parse(input, defaultRegion)
	if reason != "" {
		return "", refuse(reason)
	}
	return e164, nil
}

func parse(input, defaultRegion string) (string, Reason) {
	region := ""
	if defaultRegion != "" {
		known := false
		if region, known = upperRegion(defaultRegion); !known {
			return "", ReasonUnknownRegion
		}
	}
	if len(input) > maxInput {
		return "", ReasonTooLong
	}
	// Most numbers come from a database or a form that has parsed them.
	if n, ok := split(input); ok && !n.mayHoldTrunk() {
		return input, ""
	}
	rest, context, reason := unlink(input)
	if reason != "" {
		return "", reason
	}
	typed, reason := read(rest)
	switch {
	case reason != "":
		return "", reason
	case context != "" && typed.plus:
		return "", ReasonBadLink
	case context != "":
		return international(context + typed.digits)
	}
	return typed.resolve(region)
}

// resolve finds out which country the digits belong to.
func (r reading) resolve(region string) (string, Reason) {
	after00, has00 := strings.CutPrefix(r.digits, "00")
	switch {
	case r.plus && has00:
		// No calling code begins with a zero: a form put its plus before what
		// the person had typed with 00.
		return international(after00)
	case r.plus:
		return international(r.digits)
	case region == "" && has00:
		return international(after00)
	case region == "":
		return "", ReasonNoCountry
	}
	e164, reason := national(r.digits, region)
	if abroad := r.abroad(region); abroad != "" && outranks(abroad, e164) {
		return abroad, ""
	}
	return e164, reason
}

// abroad reads the digits as an international number that is written without
// its plus, or with 00 in a region that dials abroad in another way, or
// returns "".
func (r reading) abroad(region string) string {
	digits, has00 := strings.CutPrefix(r.digits, "00")
	if code := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region)); !has00 && !strings.HasPrefix(digits, code) {
		return ""
	}
	e164, _ := international(digits)
	if !has00 && !Valid(e164) {
		return ""
	}
	return e164
}

// outranks decides between two readings of the same digits. What is possible
// beats what is not, what is valid beats that, and a mobile beats a landline:
// 4915123456789, typed in Germany, is a mobile with its calling code.
func outranks(abroad, national string) bool { return rank(abroad) > rank(national) }

func rank(e164 string) int {
	switch TypeOf(e164) {
	case TypeMobile, TypeFixedLineOrMobile:
		return 3
	case TypeUnknown:
		return min(len(e164), 1)
	}
	return 2
}

// international reads digits that begin with a country calling code.
func international(digits string) (string, Reason) {
	e164 := "+" + dropRetiredPrefix(digits)
	if len(e164) < 2 {
		return "", ReasonTooShort
	}
	if code, _ := callingCode(e164); code == 0 {
		return "", check(e164[:min(len(e164), 5)])
	}
	if n, ok := split(e164); ok && n.final() {
		return e164, ""
	}
	return settle(e164, "")
}

// national reads digits as they are dialed inside region.
func national(digits, region string) (string, Reason) {
	if region == "MX" {
		digits = dropRetiredMexican(digits)
	}
	return settle(digits, region)
}

// settle takes the prefixes off.
func settle(input, region string) (string, Reason) {
	e164, reason := strip(input, region)
	if reason == "" && Valid(e164) {
		return e164, ""
	}
	without := withoutZero(input, region)
	if without == "" && reason == "" { // it may have come to light only now, behind a trunk prefix
		without = withoutZero(e164, "")
	}
	switch {
	case region != "" && strings.HasPrefix(e164, "+10") && e164 != Sandbox: // nothing in North America begins with a zero
		return "", ReasonImpossible
	case without == "":
		return e164, reason
	case region != "": // it may also be the trunk zero of another country
		return "", cmp.Or(reason, ReasonImpossible)
	}
	// By habit people write a trunk zero, as in +47 (0)21, for countries that
	// have none. No number with it is valid, so nothing else can be meant.
	return without, ""
}

// strip has the library take the prefixes off and repeats that until nothing
// changes, so that the result parses to itself.
func strip(input, region string) (string, Reason) {
	for range 4 {
		parsed, err := phonenumbers.Parse(input, region)
		if err != nil {
			return "", reasonOf(err)
		}
		e164 := phonenumbers.Format(parsed, phonenumbers.E164)
		if reason := check(e164); reason != "" {
			return "", reason
		}
		if n, _ := split(e164); e164 == input || n.final() {
			return e164, ""
		}
		input, region = e164, ""
	}
	return "", ReasonImpossible
}

// withoutZero returns the number that is left without the zero in front of the
// national number, if there is a zero and what is left is valid, or else "".
func withoutZero(input, region string) string {
	if region != "" {
		code := phonenumbers.GetCountryCodeForRegion(region)
		input = "+" + strconv.Itoa(code) + input
	}
	_, digits := callingCode(input)
	if rest, ok := strings.CutPrefix(input[1+digits:], "0"); ok {
		if e164 := input[:1+digits] + rest; Valid(e164) {
			return e164
		}
	}
	return ""
}

// final reports whether nothing is left to take off. A number that is valid as
// it stands stays as it is, even if a digit of it could be taken for a prefix.
func (n number) final() bool {
	return !n.mayHoldTrunk() || phonenumbers.IsValidNumber(n.build())
}

func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return ReasonUnknownCountryCode
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return ReasonTooLong
	case errors.Is(err, phonenumbers.ErrTooShortNSN),
		errors.Is(err, phonenumbers.ErrTooShortAfterIDD),
		errors.Is(err, phonenumbers.ErrNotANumber):
		return ReasonTooShort
	}
	return ReasonImpossible
}

// dropRetiredPrefix removes prefixes that numbers no longer have but address
// books, and WhatsApp, still show: +52 1 was a Mexican mobile until 2019.
func dropRetiredPrefix(digits string) string {
	if national, ok := strings.CutPrefix(digits, "52"); ok {
		return "52" + dropRetiredMexican(national)
	}
	return digits
}

// dropRetiredMexican removes the old long-distance and mobile prefixes. Today
// every Mexican number has ten digits and none begins with 0 or 1.
func dropRetiredMexican(national string) string {
	for _, prefix := range [...]string{"1", "01", "044", "045"} {
		if rest, ok := strings.CutPrefix(national, prefix); ok && len(rest) == 10 {
			return rest
		}
	}
	return national
}
