package phone

// Reason is a short, stable code for why a number or a passcode was refused.
// Programs use it for translations, metrics and tests.
type Reason string

// The reasons that [Check], [Parse] and [NormalizeCode] give.
const (
	// ReasonEmpty: there was nothing, or nothing but blanks and punctuation.
	ReasonEmpty Reason = "empty"
	// ReasonMissingPlus: an E.164 number begins with a plus; this one does not.
	ReasonMissingPlus Reason = "missing_plus"
	// ReasonNotDigits: there is a character that is neither a digit nor
	// anything that people write between digits.
	ReasonNotDigits Reason = "not_digits"
	// ReasonLetters: there are letters, as in a vanity number or a label.
	ReasonLetters Reason = "letters"
	// ReasonExtension: there is an extension or subaddress; no message can
	// reach one.
	ReasonExtension Reason = "extension"
	// ReasonTwoNumbers: there is more than one number.
	ReasonTwoNumbers Reason = "two_numbers"
	// ReasonBadLink: a tel: link that does not hold a complete number.
	ReasonBadLink Reason = "bad_link"
	// ReasonNoCountry: a national number, and no region to read it in.
	ReasonNoCountry Reason = "no_country"
	// ReasonUnknownRegion: the default region is no ISO 3166 alpha-2 code that
	// has a numbering plan.
	ReasonUnknownRegion Reason = "unknown_region"
	// ReasonUnknownCountryCode: no country calling code begins like this.
	ReasonUnknownCountryCode Reason = "unknown_country_code"
	// ReasonTooShort: the country has no number this short.
	ReasonTooShort Reason = "too_short"
	// ReasonTooLong: the country, or every country, has shorter numbers only.
	ReasonTooLong Reason = "too_long"
	// ReasonImpossibleLength: the country has shorter and longer numbers, but
	// none of this length.
	ReasonImpossibleLength Reason = "impossible_length"
	// ReasonLocalOnly: the number can be dialed inside its own area only,
	// because the area code is missing.
	ReasonLocalOnly Reason = "local_only"
	// ReasonMasked: digits are hidden behind asterisks or "[redacted]".
	ReasonMasked Reason = "masked"
	// ReasonAmbiguous: two numbers can be meant. The person has to write the number
	// with a plus and the calling code once, without a trunk zero.
	ReasonAmbiguous Reason = "ambiguous"
	// ReasonNotNormalized: [Check] only. A digit has to be taken out first, such as
	// the trunk zero in +4901711234567. [Parse] does that.
	ReasonNotNormalized Reason = "not_normalized"
	// ReasonImpossible: nothing but prefixes, a trunk zero that the country does not
	// have, or a North American area or exchange code that begins with 0 or 1.
	ReasonImpossible Reason = "impossible"
)

// text returns the reason as a fixed sentence. A sentence built from input could leak
// it.
func (r Reason) text() string {
	switch r {
	case ReasonEmpty:
		return "it is empty"
	case ReasonMissingPlus:
		return "it does not begin with a plus and a country calling code"
	case ReasonNotDigits:
		return "it contains a character that does not belong there"
	case ReasonLetters:
		return "it contains letters"
	case ReasonExtension:
		return "it has an extension, which no message can reach"
	case ReasonTwoNumbers:
		return "it is more than one number"
	case ReasonBadLink:
		return "the tel: link does not hold a complete number"
	case ReasonNoCountry:
		return "it has no country calling code and no region was given"
	case ReasonUnknownRegion:
		return "the default region is unknown"
	case ReasonUnknownCountryCode:
		return "no country has its calling code"
	case ReasonTooShort:
		return "it is too short"
	case ReasonTooLong:
		return "it is too long"
	case ReasonImpossibleLength:
		return "its country has no numbers of this length"
	case ReasonLocalOnly:
		return "its area code is missing"
	case ReasonMasked:
		return "it is masked: digits are hidden, so use the value before it was masked"
	case ReasonAmbiguous:
		return "it can be read as two numbers: write it with a plus and the country calling code once, without a trunk zero"
	case ReasonNotNormalized:
		return "it has a digit that does not belong to it, such as a trunk zero: parse it first"
	}
	return "no number begins like this"
}

// Error says why a number or a passcode was refused. Its text is made of fixed
// sentences and never contains what was refused, so it can be logged.
type Error struct {
	// Reason is the stable code.
	Reason Reason

	passcode bool
}

// Error returns the reason as a sentence, without the number.
func (e *Error) Error() string {
	if e.passcode {
		return "invalid passcode: " + e.Reason.text()
	}
	return "invalid phone number: " + e.Reason.text()
}

func refuse(r Reason) error { return &Error{Reason: r} }
