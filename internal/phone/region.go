package phone

import "github.com/nyaruka/phonenumbers/v2"

// nonGeographicRegion stands for numbers that belong to no country: satellite
// phones, international free-phone and the like.
const nonGeographicRegion = "001"

// Region returns the ISO 3166 alpha-2 code of the region that the number
// belongs to, "001" for a number that belongs to none (satellite phones,
// international services), and "" when e164 is not E.164 or when its calling
// code is shared and no region of it claims the number.
func Region(e164 string) string {
	n, ok := split(e164)
	if !ok {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n.build())
}

// CallingCode returns the digits of the country calling code, without the
// plus, or "" when e164 is not E.164. It allocates nothing.
func CallingCode(e164 string) string {
	n, _ := split(e164)
	return n.calling
}

// build makes the library's own form of the number, without its parser.
func (n number) build() *phonenumbers.PhoneNumber {
	code := int32(n.code)
	var value uint64
	for i := range len(n.national) {
		value = value*10 + uint64(n.national[i]-'0')
	}
	built := &phonenumbers.PhoneNumber{CountryCode: &code, NationalNumber: &value}

	// Leading zeros are part of the number in some countries and a uint64
	// cannot hold them, so the library counts them beside it. The last digit
	// is never counted.
	zeros := 0
	for zeros < len(n.national)-1 && n.national[zeros] == '0' {
		zeros++
	}
	if zeros > 0 {
		leading, count := true, int32(zeros)
		built.ItalianLeadingZero, built.NumberOfLeadingZeros = &leading, &count
	}
	return built
}
