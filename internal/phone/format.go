package phone

import "github.com/nyaruka/phonenumbers/v2"

// National returns the number as it is written in its own country, such as
// "(212) 555-0123", or "" when e164 is not E.164. It shows the whole number:
// see [Mask] for logs.
func National(e164 string) string { return format(e164, phonenumbers.NATIONAL) }

// International returns the number as it is written abroad, such as
// "+1 212-555-0123", or "" when e164 is not E.164. It shows the whole number:
// see [Mask] for logs.
func International(e164 string) string { return format(e164, phonenumbers.INTERNATIONAL) }

func format(e164 string, as phonenumbers.PhoneNumberFormat) string {
	n, ok := split(e164)
	if !ok {
		return ""
	}
	return phonenumbers.Format(n.build(), as)
}
