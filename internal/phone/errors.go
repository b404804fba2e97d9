package phone

// Reason is a short, stable code for why a number or passcode was refused. It
// is meant for programs: translations, metrics, tests.
type Reason string

// The reasons that [Check], [Parse] and [NormalizeCode] give.
const (
	// ReasonEmpty: there was nothing, or nothing but blanks.
	ReasonEmpty Reason = "empty"
	// ReasonMissingPlus: an E.164 number begins with a plus; this one does not.
	ReasonMissingPlus Reason = "missing_plus"
	// ReasonNotDigits: there is a character that is not a digit and cannot be
	// taken for punctuation.
	ReasonNotDigits Reason = "not_digits"
	// ReasonUnknownCountryCode: no country calling code begins like this.
	ReasonUnknownCountryCode Reason = "unknown_country_code"
	// ReasonTooShort: the country has no number this short.
	ReasonTooShort Reason = "too_short"
	// ReasonTooLong: the country has no number this long, or nobody has.
	ReasonTooLong Reason = "too_long"
	// ReasonImpossibleLength: the country has shorter and longer numbers, but
	// none of this length.
	ReasonImpossibleLength Reason = "impossible_length"
	// ReasonLocalOnly: the number can be dialled inside its own area only,
	// because the area code is missing.
	ReasonLocalOnly Reason = "local_only"
)

// text is what a reason says in an error. Fixed sentences only: a sentence
// that is built from input could leak it.
func (r Reason) text() string {
	switch r {
	case ReasonEmpty:
		return "it is empty"
	case ReasonMissingPlus:
		return "it does not begin with a plus and a country calling code"
	case ReasonNotDigits:
		return "it contains a character that is not a digit"
	case ReasonUnknownCountryCode:
		return "no country has its calling code"
	case ReasonTooShort:
		return "it is too short for its country"
	case ReasonTooLong:
		return "it is too long for its country"
	case ReasonImpossibleLength:
		return "its country has no numbers of this length"
	case ReasonLocalOnly:
		return "its area code is missing"
	}
	return "it cannot be a phone number"
}

// Error says why a number or a passcode was refused. Its text is made of fixed
// sentences and never contains what was refused, so it can be logged.
type Error struct {
	// Reason is the stable code.
	Reason Reason
}

// Error returns the reason as a sentence without the number.
func (e *Error) Error() string {
	return "invalid phone number: " + e.Reason.text()
}

func refuse(r Reason) error { return &Error{Reason: r} }
