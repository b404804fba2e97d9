package phone

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// settle takes prefixes off, of a national number of region or, with "", of a number
// that begins with a plus.
func settle(input, region string) found {
	out := strip(input, region)
	if out.valid {
		return out
	}
	without := withoutZero(input, region)
	if without == "" && out.reason == "" { // the zero may stand behind a trunk prefix
		without = withoutZero(out.e164, "")
	}
	switch {
	case without == "":
		return out
	case region != "": // it may also be the trunk zero of another country
		return found{reason: cmp.Or(out.reason, ReasonImpossible)}
	}
	// By habit people write a trunk zero, as in +47 (0)21, for countries that
	// have none. No number with it is valid, so nothing else can be meant.
	return found{e164: without, valid: true}
}

// strip has the library take the prefixes off and repeats that until nothing
// changes, so that the result parses to itself.
func strip(input, region string) found {
	if strings.Contains(input, tooManyZeros) {
		return found{reason: ReasonImpossible}
	}
	for range 4 {
		parsed, err := phonenumbers.Parse(input, region)
		if err != nil {
			return found{reason: reasonOf(err)}
		}
		e164 := phonenumbers.Format(parsed, phonenumbers.E164)
		if _, _, reason := inspect(e164); reason != "" {
			return found{reason: reason}
		}
		valid := phonenumbers.IsValidNumber(parsed)
		if valid || e164 == input || !mayHoldTrunk(e164) {
			return found{e164: e164, valid: valid, known: true}
		}
		input, region = e164, ""
	}
	return found{reason: ReasonImpossible}
}

func mayHoldTrunk(e164 string) bool {
	n, ok := split(e164)
	return ok && n.mayHoldTrunk()
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
