package phone

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
// place of the plus; a calling code written twice; tel:, sms:, callto:, whatsapp:
// and wa.me links; vCard lines; and labels and quotes around the number.
//
// A plus is followed as it stands, and so is the region's own international prefix.
// Any other input with two valid readings that differ is refused as
// [ReasonAmbiguous]. Parse also refuses letters, extensions, more than one number,
// masked numbers, numbers that cannot be dialed from abroad, numbers that are not
// possible in their country, and input longer than 128 bytes.
//
// The result passes [Check] and parses to itself. The error is an [*Error].
func Parse(input, defaultRegion string) (string, error) {
	e164, reason := parse(input, defaultRegion)
	if reason != "" {
		return "", refuse(reason)
	}
	return e164, nil
}

// parse is [Parse] with the reason. A number that [Check] refuses is not returned: without
// its trunk zero, +49049600000 is +4949600000, which can be +49600000 with the calling
// code twice.
func parse(input, defaultRegion string) (string, Reason) {
	e164, reason := readInput(input, defaultRegion)
	if reason == "" && e164 != input && check(e164) != "" {
		return "", ReasonAmbiguous
	}
	return e164, reason
}

func readInput(input, defaultRegion string) (string, Reason) {
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
	if n, ok := split(input); ok {
		if n.final() {
			return input, ""
		}
		out := settleAbroad(input)
		return out.e164, out.reason
	}
	if masked(input) {
		return "", ReasonMasked
	}
	pasted, reason := unwrap(input)
	if reason != "" {
		return "", reason
	}
	typed, reason := pasted.read()
	if reason != "" {
		return "", reason
	}
	out := typed.resolve(region)
	switch {
	case typed.xx && region != "BR" && !isBrazilian(out.e164):
		return "", ReasonLetters
	case out.reason != "":
		return "", out.reason
	case pasted.hasExtension(typed, region):
		return "", ReasonExtension
	}
	// A reading may have made a number that is ambiguous by itself.
	if reason := check(out.e164); reason != "" {
		return "", reason
	}
	return out.e164, ""
}

func isBrazilian(e164 string) bool { return len(e164) > 3 && e164[:3] == "+55" }
