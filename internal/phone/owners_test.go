package phone

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nyaruka/phonenumbers/v2"
	"github.com/stretchr/testify/assert"
)

func TestOwners(t *testing.T) {
	for e164, want := range map[string][]string{
		"+12025550162":  {"US"},
		"+16135550123":  {"CA"},
		"+18765230123":  {"JM"},
		"+4930123456":   {"DE"},
		"+14362345678":  {"US"}, // area codes that the metadata does not have
		"+16212345678":  {"US"},
		"+16792345678":  {"US"},
		"+15555555555":  {"US"},
		"+18762222222":  {"JM"}, // exchanges that it does not have
		"+12422222222":  {"BS"},
		"+447700900123": {"GB"}, // fictional
		"+441632960001": {"GB"},
		"+61512345678":  {"AU"},
		"+882123456789": {"001"},
		Sandbox:         {"US"},
		"":              nil,
		"+1":            nil,
		"+1********62":  nil,
	} {
		assert.Equal(t, want, Owners(e164), e164)
	}
}

// A number that begins like the numbers of a territory never counts for the main region
// of its calling code alone.
func TestOwnersLetNoTerritoryIn(t *testing.T) {
	g := newGenerator()
	unknown := 0
	for _, region := range Regions() {
		main := mainRegion(region)
		if main == region || region == "CA" || ShadowedBy(region) != "" {
			continue
		}
		for _, typ := range []Type{TypeMobile, TypeFixedLine} {
			for range 20 {
				e164 := g.number(region, typ)
				if e164 == "" {
					continue
				}
				n, _ := split(e164)
				cut := len(e164) - len(n.national) + 4 // the area code and a digit stay
				for range 5 {
					other := e164[:cut] + fmt.Sprintf("%0*d", len(e164)-cut, g.random.IntN(1000000))[:len(e164)-cut]
					if Check(other) != nil || Region(other) != "" || isFictional(other) {
						continue
					}
					unknown++
					assert.NotEqual(t, []string{main}, Owners(other), "%s %s", region, other)
				}
			}
		}
	}
	t.Logf("%d numbers in no known range", unknown)
	assert.Greater(t, unknown, 100)
}

func mainRegion(region string) string {
	code := phonenumbers.GetCountryCodeForRegion(region)
	return phonenumbers.GetRegionCodeForCountryCode(code)
}

// A region that is not in the list has mobiles of its own, or no numbers that a message
// reaches, and one that is in it has none.
func TestShadowedRegions(t *testing.T) {
	g := newGenerator()
	for _, region := range Regions() {
		own := g.number(region, TypeMobile) != ""
		if by := ShadowedBy(region); by != "" {
			assert.False(t, own, region)
			assert.True(t, slices.Contains(RegionsSharingCode(region), by), region)
			continue
		}
		if region == "AC" || region == "TA" {
			continue
		}
		assert.True(t, own, region)
	}
}
