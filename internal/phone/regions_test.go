package phone

import (
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var allTypes = []Type{
	TypeFixedLine, TypeMobile, TypeFixedLineOrMobile, TypeTollFree, TypePremiumRate, TypeSharedCost,
	TypeVoIP, TypePersonalNumber, TypePager, TypeUAN, TypeVoicemail,
}

// examples calls f with every example number of the metadata: each region and
// type, and the numbers of no region, for which region is "001".
func examples(f func(region string, t Type, e164 string)) {
	for _, region := range Regions() {
		for _, t := range allTypes {
			if e164 := Example(region, t); e164 != "" {
				f(region, t, e164)
			}
		}
	}
	for code := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		n := phonenumbers.GetExampleNumberForNonGeoEntity(code)
		e164 := phonenumbers.Format(n, phonenumbers.E164)
		f(nonGeographicRegion, TypeOf(e164), e164)
	}
}

// dialedInsideOnly is the one example that is no E.164 number: Canada's
// 310-1234 has seven digits, no area code, and cannot be dialed from abroad.
const dialedInsideOnly = "+13101234"

// optionalZero is how Gabon writes +241 06031234 and +241 6031234. Both are valid.
const optionalZero = "06 03 12 34"

func TestEveryExampleParsesToItself(t *testing.T) {
	regions, seen := map[string]bool{}, 0
	examples(func(region string, typ Type, e164 string) {
		if e164 == dialedInsideOnly {
			_, err := Parse(e164, "")
			assert.EqualError(t, err, refuse(ReasonLocalOnly).Error())
			return
		}
		home, forms := region, []string{e164, International(e164), "00" + e164[1:]}
		if region == nonGeographicRegion {
			home, forms = "", []string{e164, International(e164), "00" + e164[1:]}
		} else {
			forms = append(forms, National(e164))
		}
		for _, written := range forms {
			if written == optionalZero {
				continue
			}
			got, err := Parse(written, home)
			assert.NoError(t, err, "%s %s %q", region, typ, written)
			assert.Equal(t, e164, got, "%s %s %q", region, typ, written)
		}
		regions[region] = true
		seen++
	})
	t.Logf("%d example numbers of %d regions", seen, len(regions))
	assert.Len(t, regions, len(Regions())+1)
}

// A number must have its own region, or a policy that allows one country
// allows its neighbors. Where the plan itself does not divide a range, the
// region that the metadata asks first gets it.
func TestEveryExampleKeepsItsRegion(t *testing.T) {
	undivided := map[string][]string{
		"AU": {"CC", "CX"}, "FI": {"AX"}, "BL": {"MF"}, "GP": {"BL", "MF"}, "IT": {"VA"},
		"MA": {"EH"}, "NO": {"SJ"}, "RE": {"YT"}, "RU": {"KZ"}, "SH": {"TA"},
	}
	examples(func(region string, typ Type, e164 string) {
		got := Region(e164)
		if got == region || e164 == dialedInsideOnly {
			return
		}
		if e164 == "+447924123456" {
			// The metadata gives 07924 to the Isle of Man and to Great Britain.
			assert.Equal(t, "GB", got)
			return
		}
		if n, _ := split(e164); n.calling == "1" || n.calling == "44" {
			// Area codes divide these two; what has none, such as +1 800, is
			// shared and counts for the first region.
			assert.NotContains(t, []Type{TypeFixedLine, TypeMobile, TypeFixedLineOrMobile}, typ, e164)
			return
		}
		assert.Contains(t, undivided[got], region, "%s %s goes to %s", typ, e164, got)
	})
}

func TestEveryExampleHasItsType(t *testing.T) {
	examples(func(region string, typ Type, e164 string) {
		if e164 == dialedInsideOnly {
			return
		}
		require.True(t, Valid(e164), e164)
		got := TypeOf(e164)
		if typ == TypeFixedLine || typ == TypeMobile || typ == TypeFixedLineOrMobile {
			assert.Contains(t, []Type{TypeFixedLine, TypeMobile, TypeFixedLineOrMobile}, got, "%s %s", region, e164)
			assert.False(t, typ == TypeMobile && got == TypeFixedLine, "%s %s", region, e164)
			return
		}
		if Region(e164) == region { // another region may class the same digits differently
			assert.Equal(t, typ, got, "%s %s", region, e164)
		}
	})
}

func TestRegion(t *testing.T) {
	for _, c := range []struct{ in, region string }{
		{"+12125550123", "US"},
		{"+14165550123", "CA"},
		{"+18765550123", "JM"},
		{"+12425550123", "BS"},
		{"+16715550123", "GU"},
		{"+447911123456", "GG"}, // a British mobile prefix that belongs to Guernsey
		{"+447400123456", "GB"},
		{"+390669812345", "VA"},
		{"+390612345678", "IT"},
		{"+77012345678", "KZ"},
		{"+79161234567", "RU"},
		{"+4779123456", "SJ"},
		{"+4721234567", "NO"},
		{"+4930123456", "DE"},
		{"+88213123456", "001"},
		{"+80012345678", "001"},
		{"+10000000000", ""}, // no region of +1 claims it
		{"", ""},
		{"+", ""},
		{"+1212555012", ""},
		{"12125550123", ""},
		{"+1212555012x", ""},
		{"+999123456789", ""},
	} {
		assert.Equal(t, c.region, Region(c.in), c.in)
	}
}

func TestRegions(t *testing.T) {
	for _, region := range []string{"US", "GB", "GG", "XK", "AC"} {
		assert.True(t, KnownRegion(region), region)
	}
	for _, region := range []string{"", "us", "USA", "UK", "ZZ", "001", "AQ", "U\x00", strings.Repeat("U", 1000)} {
		assert.False(t, KnownRegion(region), "%.10q", region)
	}
	all := Regions()
	assert.True(t, slices.IsSorted(all))
	assert.Greater(t, len(all), 240)
	for _, region := range all {
		assert.True(t, KnownRegion(region), region)
	}

	assert.Equal(t, []string{"GB", "GG", "IM", "JE"}, RegionsSharingCode("GB"))
	assert.Equal(t, []string{"GB", "GG", "IM", "JE"}, RegionsSharingCode("JE"))
	assert.Contains(t, RegionsSharingCode("US"), "JM")
	assert.True(t, slices.IsSorted(RegionsSharingCode("US")))
	assert.Equal(t, []string{"FR"}, RegionsSharingCode("FR"))
	for _, region := range []string{"", "UK", "001", "gb"} {
		assert.Nil(t, RegionsSharingCode(region), region)
	}
	RegionsSharingCode("JE")[0] = "XX"
	assert.Equal(t, "GB", RegionsSharingCode("GB")[0], "callers must not reach the library's own list")
}
