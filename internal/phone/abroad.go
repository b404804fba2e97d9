package phone

import "strings"

// found is the outcome of one way to read an input.
type found struct {
	e164   string // "" when there is a reason
	reason Reason
	valid  bool // e164 lies in a range that its country assigns
	known  bool // valid says so also when it is false
}

// judged returns f with valid filled in, which is what takes time.
func (f found) judged() found {
	if !f.known {
		f.valid = f.valid || f.e164 != "" && Valid(f.e164)
		f.known = true
	}
	return f
}

// international reads digits that begin with a country calling code.
func (r reading) international() found {
	e164 := "+" + dropRetiredPrefix(r.digits)
	if len(e164) < 2 {
		return found{reason: ReasonTooShort}
	}
	code, size := callingCode(e164)
	if code == 0 {
		_, _, reason := inspect(e164[:min(len(e164), 5)])
		return found{reason: reason}
	}
	if n, ok := split(e164); ok && n.final() {
		return found{e164: e164}
	} else if ok {
		without := ""
		if r.loneZeroAt(size) && !mayRing(e164) {
			without = withoutZero(e164, "")
		}
		switch {
		case without != "":
			return settleAbroad(without)
		case r.zeroIsOptional(e164, size):
			return found{reason: ReasonAmbiguous}
		}
	}
	if r.brokenAt(size) && r.brokenAt(2*size) { // "+49 49 171 …": the second code is a group
		if once := undouble(e164, size); once != "" {
			return settleAbroad(once)
		}
	}
	return settleAbroad(e164)
}

// zeroIsOptional reports a number that is valid with its leading zero and without, and
// whose spelling does not tell which is meant: "+39 (0) 393 123 4567" is a landline of
// Monza or a mobile with a zero too many. size is that of the calling code.
func (r reading) zeroIsOptional(e164 string, size int) bool {
	const italianMobile = 10
	national := e164[1+size:]
	switch {
	case national[0] != '0':
		return false
	case r.plus && r.loneZeroAt(size):
	case e164[:1+size] == "+39":
		// 039 123456 is how Italy writes a landline. Its mobiles have ten digits, so
		// eleven can be one with a zero.
		if len(national) != italianMobile+1 {
			return false
		}
	case r.plus:
		return false // the zero stands where the plan has it
	}
	return Valid(e164) && withoutZero(e164, "") != ""
}

// mayRing reports a landline or a mobile.
func mayRing(e164 string) bool {
	switch TypeOf(e164) {
	case TypeFixedLine, TypeMobile, TypeFixedLineOrMobile:
		return true
	}
	return false
}

// settleAbroad takes prefixes off a number that begins with a plus and a calling
// code. A number that is valid as it stands stays as it is, unless it is also the
// calling code twice and another valid number.
func settleAbroad(e164 string) found {
	_, size := callingCode(e164)
	if tooManyOnes(e164[1:1+size], e164[1+size:]) {
		return found{reason: ReasonTooLong}
	}
	single := undouble(e164, size)
	if single != "" && strings.HasPrefix(e164[1+size:], "00") {
		return found{e164: single, valid: true} // no number goes on with 00
	}
	if Valid(e164) {
		if single != "" {
			return found{reason: ReasonAmbiguous}
		}
		return found{e164: e164, valid: true}
	}
	out := settle(e164, "")
	switch {
	case single == "" || single == out.e164:
		return out
	case out.valid:
		return found{reason: ReasonAmbiguous}
	}
	return found{e164: single, valid: true}
}

// undouble returns the valid number that is left of a number whose calling code is
// written twice, as in +49 49 171 1234567 or +49 0049 171 1234567, or "".
func undouble(e164 string, size int) string {
	code, national := e164[1:1+size], e164[1+size:]
	national = strings.TrimPrefix(national, "00")
	rest, doubled := strings.CutPrefix(national, code)
	if !doubled || rest == "" {
		return ""
	}
	once := "+" + code + rest
	if n, ok := split(once); ok && n.final() {
		if Valid(once) {
			return once
		}
		return ""
	}
	if out := settle(once, ""); out.valid {
		return out.e164
	}
	return ""
}

// final reports whether there is nothing to take off, see [plan.final].
func (n number) final() bool { return n.plan.final(n.calling, n.national) }

// tooManyOnes reports more ones in front of a North American number than people
// write: the calling code, and once more the calling code or the trunk prefix.
func tooManyOnes(code, national string) bool {
	return code == "1" && len(national) > 11 && !strings.HasPrefix(national, "00")
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
