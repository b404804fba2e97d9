package phone

import "github.com/nyaruka/phonenumbers/v2"

// Type is the kind of line that a number leads to, as far as its digits tell.
type Type string

// The types of [TypeOf]. In North America and some other plans, landlines and
// mobiles have the same digits. No plan tells a landline from a VoIP line with a
// landline's number.
const (
	TypeFixedLine         Type = "fixed_line"
	TypeMobile            Type = "mobile"
	TypeFixedLineOrMobile Type = "fixed_line_or_mobile"
	TypeTollFree          Type = "toll_free"
	TypePremiumRate       Type = "premium_rate"
	TypeSharedCost        Type = "shared_cost"
	TypeVoIP              Type = "voip"
	TypePersonalNumber    Type = "personal_number"
	TypePager             Type = "pager"
	TypeUAN               Type = "uan" // a company's number in all of its country
	TypeVoicemail         Type = "voicemail"
	TypeUnknown           Type = "unknown"
)

// TypeOf returns the type of the number, and [TypeUnknown] for one that is not
// valid or not E.164.
func TypeOf(e164 string) Type {
	n, ok := split(e164)
	if !ok {
		return TypeUnknown
	}
	return typeOf(phonenumbers.GetNumberType(n.build()))
}

func typeOf(t phonenumbers.PhoneNumberType) Type {
	switch t {
	case phonenumbers.FIXED_LINE:
		return TypeFixedLine
	case phonenumbers.MOBILE:
		return TypeMobile
	case phonenumbers.FIXED_LINE_OR_MOBILE:
		return TypeFixedLineOrMobile
	case phonenumbers.TOLL_FREE:
		return TypeTollFree
	case phonenumbers.PREMIUM_RATE:
		return TypePremiumRate
	case phonenumbers.SHARED_COST:
		return TypeSharedCost
	case phonenumbers.VOIP:
		return TypeVoIP
	case phonenumbers.PERSONAL_NUMBER:
		return TypePersonalNumber
	case phonenumbers.PAGER:
		return TypePager
	case phonenumbers.UAN:
		return TypeUAN
	case phonenumbers.VOICEMAIL:
		return TypeVoicemail
	}
	return TypeUnknown
}

// Valid reports whether the number lies in a range that its country assigns, as far
// as [MetadataVersion] knows. It does not say that the number is in use.
func Valid(e164 string) bool {
	n, ok := split(e164)
	return ok && phonenumbers.IsValidNumber(n.build())
}

// Example returns a number of the region that shows what numbers of that type
// look like, in E.164, or "" if there is none. It is for placeholders in forms
// and for tests; it may be in use.
func Example(region string, t Type) string {
	for code := range phonenumbers.UNKNOWN {
		if typeOf(code) != t {
			continue
		}
		if n := phonenumbers.GetExampleNumberForTypeInRegion(region, code); n != nil {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
	}
	return ""
}
