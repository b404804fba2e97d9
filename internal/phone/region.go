package phone

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// nonGeographicRegion stands for numbers that belong to no country: satellite
// phones, international free-phone and the like.
const nonGeographicRegion = "001"

// Region returns the ISO 3166 alpha-2 code of the region that the number
// belongs to, "001" for a number that belongs to none (satellite phones,
// international services), and "" when e164 is not E.164 or when its calling
// code is shared and no region of it claims the number: see [Owners].
//
// Numbers that a plan does not divide among the regions of a calling code go
// to the main one: +1 800 to the US, mobiles of Åland to Finland, and those of
// the Isle of Man that begin with +44 7924 to the United Kingdom. Numbers that
// Ofcom reserves for drama belong to the United Kingdom.
func Region(e164 string) string {
	n, ok := split(e164)
	if !ok {
		return ""
	}
	region := phonenumbers.GetRegionCodeForNumber(n.build())
	if region == "" && isFictional(e164) {
		return "GB"
	}
	return region
}

// KnownRegion reports whether iso is the ISO 3166 alpha-2 code, in upper case,
// of a region with a numbering plan. "001" is not one.
func KnownRegion(iso string) bool {
	return phonenumbers.GetCountryCodeForRegion(iso) != 0
}

// upperRegion accepts lower case, which locale tags and URLs often have.
func upperRegion(iso string) (string, bool) {
	if KnownRegion(iso) {
		return iso, true
	}
	if len(iso) != 2 {
		return "", false
	}
	iso = strings.ToUpper(iso)
	return iso, KnownRegion(iso)
}

// Regions returns every region with a numbering plan, sorted.
func Regions() []string {
	all := make([]string, 0, 256)
	for region := range phonenumbers.GetSupportedRegions() {
		all = append(all, region)
	}
	slices.Sort(all)
	return all
}

// RegionsSharingCode returns the region and all others with its calling code, in
// alphabetical order, or nil for an unknown region.
func RegionsSharingCode(region string) []string {
	all := slices.Clone(phonenumbers.GetRegionCodesForCountryCode(phonenumbers.GetCountryCodeForRegion(region)))
	slices.Sort(all)
	return all
}

// build makes the library's own form of the number, without its parser.
func (n number) build() *phonenumbers.PhoneNumber {
	code := int32(n.plan.code)
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
