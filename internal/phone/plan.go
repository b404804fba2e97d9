package phone

import (
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers/v2"
)

// maxE164 is the longest E.164 string in bytes: a plus and fifteen digits.
const maxE164 = 16

// plan is what the check needs to know of one country calling code. Lengths
// are those of the national significant number, one bit each.
type plan struct {
	known    bool
	code     int // the calling code
	possible uint32
	local    uint32 // dialed without area code, no use abroad
	shortest uint8
	longest  uint8
	// trunk holds the digits that a trunk prefix or carrier code of the main region can
	// begin with, one bit each, and the zero, which people write as "(0)" even where
	// there is no such prefix. A number of possible length that begins with none of them
	// is in its final form; one that does needs a closer look to tell a prefix from an
	// area code.
	trunk uint16
}

// plans returns the table, which is read from the metadata once, at first use: asking
// the library about every number takes thirty times as long.
var plans = sync.OnceValue(buildPlans)

// planTable holds the plan of each calling code at the index that is the code.
type planTable [1000]plan

func buildPlans() *planTable {
	var table planTable
	byRegion, nonGeographic := metadataMaps()
	for code := range phonenumbers.GetSupportedCallingCodes() {
		if code < 1 || code >= len(table) {
			continue
		}
		// Regions that share a calling code share the lengths of its main
		// region; the library decides in the same way.
		meta := byRegion[phonenumbers.GetRegionCodeForCountryCode(code)]
		if m, ok := nonGeographic[code]; ok {
			meta = m
		}
		table[code] = planOf(meta)
		table[code].code = code
	}
	return &table
}

func metadataMaps() (byRegion map[string]*phonenumbers.PhoneMetadata, nonGeographic map[int]*phonenumbers.PhoneMetadata) {
	byRegion = make(map[string]*phonenumbers.PhoneMetadata)
	nonGeographic = make(map[int]*phonenumbers.PhoneMetadata)
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		// The metadata is part of the program, so this is a broken build. No calling
		// code is known then, and every number is refused.
		return byRegion, nonGeographic
	}
	for _, meta := range all.GetMetadata() {
		if meta.GetId() == nonGeographicRegion {
			nonGeographic[int(meta.GetCountryCode())] = meta
		} else {
			byRegion[meta.GetId()] = meta
		}
	}
	return byRegion, nonGeographic
}

func planOf(meta *phonenumbers.PhoneMetadata) plan {
	p := plan{known: true, trunk: 1<<0 | firstDigits(meta.GetNationalPrefixForParsing())}
	general := meta.GetGeneralDesc()
	for _, n := range general.GetPossibleLength() {
		if n < 1 || n > 31 {
			continue
		}
		p.possible |= 1 << n
		if p.shortest == 0 || uint8(n) < p.shortest {
			p.shortest = uint8(n)
		}
		p.longest = max(p.longest, uint8(n))
	}
	for _, n := range general.GetPossibleLengthLocalOnly() {
		if n >= 1 && n <= 31 {
			p.local |= 1 << n
		}
	}
	return p
}

// final reports whether the national number cannot hold anything that has to be taken
// off: no trunk prefix and no second calling code.
func (p *plan) final(calling, national string) bool {
	return p.trunk&(1<<(national[0]-'0')) == 0 && !strings.HasPrefix(national, calling)
}

// judge says why no national number of this many digits exists, or "".
func (p *plan) judge(digits int) Reason {
	bit := uint32(1) << min(digits, 31)
	switch {
	case p.possible&bit != 0:
		return ""
	case p.local&bit != 0:
		return ReasonLocalOnly
	case digits < int(p.shortest):
		return ReasonTooShort
	case digits > int(p.longest):
		return ReasonTooLong
	}
	return ReasonImpossibleLength
}
