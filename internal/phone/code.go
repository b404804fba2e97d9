package phone

const (
	maxCodeInput  = 64 // bytes that are looked at
	maxCodeDigits = 16
)

// NormalizeCode turns a passcode as a person typed or pasted it into ASCII
// digits: it drops blanks, line ends, dashes, dots, brackets and invisible marks,
// quotes around the code and punctuation after it, and reads the decimal digits of
// every script. It refuses everything else, more than 16 digits and more than 64 bytes,
// with an [*Error] that does not contain the code. It does not check how many digits
// the code has.
func NormalizeCode(s string) (string, error) {
	code, reason := normalizeCode(s)
	if reason != "" {
		return "", &Error{Reason: reason, passcode: true}
	}
	return code, nil
}

func normalizeCode(s string) (string, Reason) {
	if len(s) > maxCodeInput {
		return "", ReasonTooLong
	}
	if masked(s) {
		return "", ReasonMasked
	}
	whole := s
	s = trimEnd(trimStart(s))
	var digits [maxCodeDigits]byte
	n := 0
	for _, r := range s {
		switch kind, value := classify(r); {
		case kind == digit && n == maxCodeDigits:
			return "", ReasonTooLong
		case kind == digit:
			digits[n] = '0' + value
			n++
		case kind == letter:
			return "", ReasonLetters
		case kind != separator && r != '\n' && r != '\r':
			return "", ReasonNotDigits
		}
	}
	switch {
	case n == 0:
		return "", ReasonEmpty
	case n == len(whole): // nothing but ASCII digits: no copy is needed
		return whole, ""
	}
	return string(digits[:n]), ""
}
