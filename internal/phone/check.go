package phone

// Sandbox is the number that Stytch's test projects answer without a message
// being sent. It is possible, and nobody's: in North America no number begins
// with a zero.
const Sandbox = "+10000000000"

// Check returns nil when e164 has the form of E.164: a plus, then ASCII digits
// and nothing else, beginning with a country calling code that exists and
// having a length that is possible in that country. Otherwise it returns an
// [*Error].
//
// Possible is less than valid: [Sandbox] passes. A number that only becomes
// possible when something is taken out of it, such as the trunk prefix in +44
// 07…, is refused, since it would be sent as it stands; [Parse] takes such
// things out. So is one without its area code, which can be dialed locally but
// not from abroad.
//
// Check allocates nothing unless it refuses.
func Check(e164 string) error {
	if reason := check(e164); reason != "" {
		return refuse(reason)
	}
	return nil
}

func check(e164 string) Reason {
	if e164 == "" {
		return ReasonEmpty
	}
	if e164[0] != '+' {
		return ReasonMissingPlus
	}
	// What no number can be is not looked at further than one byte beyond.
	for i := 1; i < min(len(e164), maxE164+1); i++ {
		if e164[i] < '0' || e164[i] > '9' {
			return ReasonNotDigits
		}
	}
	if len(e164) > maxE164 {
		return ReasonTooLong
	}
	code, digits := callingCode(e164)
	if digits == 0 {
		if len(e164) < 4 && (len(e164) < 2 || e164[1] != '0') {
			return ReasonTooShort // the calling code itself may be cut off
		}
		return ReasonUnknownCountryCode
	}
	return plans()[code].judge(len(e164) - 1 - digits)
}

// callingCode returns the calling code that e164 begins with and how many
// digits it has, or 0, 0. No calling code is the beginning of another, so the
// first that fits is the one. The digits must have been looked at before.
func callingCode(e164 string) (code, digits int) {
	table := plans()
	for i := 1; i <= 3 && i < len(e164); i++ {
		code = code*10 + int(e164[i]-'0')
		if code == 0 {
			return 0, 0
		}
		if table[code].known {
			return code, i
		}
	}
	return 0, 0
}

// number is an E.164 string, taken apart by hand.
type number struct {
	code     int
	calling  string // the calling code's digits
	national string // the national significant number
}

// split takes e164 apart; ok says that it passes [Check].
func split(e164 string) (n number, ok bool) {
	if check(e164) != "" {
		return number{}, false
	}
	code, digits := callingCode(e164)
	return number{code, e164[1 : 1+digits], e164[1+digits:]}, true
}
