package phone

import "strings"

// Sandbox is the number that Stytch's test projects answer without sending a
// message. It has a possible length and cannot be assigned: in North America no area
// code begins with a zero.
const Sandbox = "+10000000000"

// Check returns nil when e164 is a number that a message can be sent to as it
// stands: a plus, then ASCII digits only, beginning with a country calling code that
// exists and having a length that is possible in that country. Otherwise it returns
// an [*Error].
//
// Possible is less than valid: [Sandbox] passes. Check refuses what [Parse] would
// change, such as the trunk zero in +4907…, because the number would be sent as it
// stands: what passes parses to itself. It also refuses a number without its area
// code, which can only be dialed locally, and North American area or exchange codes
// that begin with 0 or 1.
//
// Check allocates nothing unless the number begins like one with a trunk prefix.
func Check(e164 string) error {
	if reason := check(e164); reason != "" {
		return refuse(reason)
	}
	return nil
}

func check(e164 string) Reason {
	p, digits, reason := inspect(e164)
	if reason != "" || p.final(e164[1:1+digits], e164[1+digits:]) {
		return reason
	}
	switch out := settleAbroad(e164); {
	case out.reason == ReasonAmbiguous:
		return ReasonAmbiguous
	case out.e164 != e164:
		return ReasonNotNormalized
	}
	return ""
}

// inspect checks characters and length only, and returns the plan of the calling code and
// how many digits that has.
func inspect(e164 string) (p *plan, digits int, reason Reason) {
	if e164 == "" {
		return nil, 0, ReasonEmpty
	}
	if e164[0] != '+' {
		return nil, 0, maskedOr(e164, ReasonMissingPlus)
	}
	// Longer strings are refused, so look one byte beyond the limit only.
	for i := 1; i < min(len(e164), maxE164+1); i++ {
		if e164[i] < '0' || e164[i] > '9' {
			return nil, 0, maskedOr(e164, ReasonNotDigits)
		}
	}
	if len(e164) > maxE164 {
		return nil, 0, ReasonTooLong
	}
	table := plans()
	code, digits := table.callingCode(e164)
	if digits == 0 {
		if len(e164) < 4 && (len(e164) < 2 || e164[1] != '0') {
			return nil, 0, ReasonTooShort // the calling code itself may be cut off
		}
		return nil, 0, ReasonUnknownCountryCode
	}
	p = &table[code]
	national := e164[1+digits:]
	reason = p.judge(len(national))
	switch {
	case reason != "":
	case code == 1 && e164 != Sandbox && (national[0] < '2' || national[3] < '2'):
		reason = ReasonImpossible // no area or exchange code begins with 0 or 1
	case national[0] == '0' && strings.HasPrefix(national, tooManyZeros):
		reason = ReasonImpossible
	}
	return p, digits, reason
}

// tooManyZeros are more leading zeros than the library keeps apart. No plan has them.
const tooManyZeros = "00000000000"

func maskedOr(s string, other Reason) Reason {
	if masked(s[:min(len(s), maxInput)]) {
		return ReasonMasked
	}
	return other
}

// masked reports whether s is the output of a masking function.
func masked(s string) bool {
	return strings.IndexByte(s, '*') >= 0 || strings.Contains(s, "[redacted]")
}

// callingCode returns the calling code that e164 begins with and how many
// digits it has, or 0, 0. No calling code is the beginning of another, so the
// first that fits is the one. The caller has checked the digits.
func callingCode(e164 string) (code, digits int) { return plans().callingCode(e164) }

func (t *planTable) callingCode(e164 string) (code, digits int) {
	for i := 1; i <= 3 && i < len(e164); i++ {
		code = code*10 + int(e164[i]-'0')
		if code == 0 {
			return 0, 0
		}
		if t[code].known {
			return code, i
		}
	}
	return 0, 0
}

// number is an E.164 string, taken apart by hand.
type number struct {
	plan     *plan
	calling  string // the calling code's digits
	national string // the national significant number
}

// split takes e164 apart; ok says that it passes inspect.
func split(e164 string) (n number, ok bool) {
	p, digits, reason := inspect(e164)
	if reason != "" {
		return number{}, false
	}
	return number{p, e164[1 : 1+digits], e164[1+digits:]}, true
}
