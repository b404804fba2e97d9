package phone

import (
	"sync"

	"github.com/nyaruka/phonenumbers/v2"
)

// maxE164 is the longest E.164 string in bytes: a plus and fifteen digits.
const maxE164 = 16

// plan is what the check needs to know of one country calling code. Lengths
// are those of the national significant number, one bit each.
type plan struct {
	known    bool
	possible uint32
	local    uint32 // dialed without area code, no use abroad
	shortest uint8
	longest  uint8
}

// plans holds the plan of each calling code, at the index that is the code.
// It is read from the metadata once, at first use, because asking the
// library about every number costs thirty times as much.
var plans = sync.OnceValue(buildPlans)

func buildPlans() *[1000]plan {
	var table [1000]plan
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
	}
	return &table
}

func metadataMaps() (byRegion map[string]*phonenumbers.PhoneMetadata, nonGeographic map[int]*phonenumbers.PhoneMetadata) {
	byRegion = make(map[string]*phonenumbers.PhoneMetadata)
	nonGeographic = make(map[int]*phonenumbers.PhoneMetadata)
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		// The metadata is part of the program and was read when it started.
		// Without it no calling code is known and every number is refused.
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
	p := plan{known: true}
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

// judge says why no national number of this many digits exists, or "".
func (p plan) judge(digits int) Reason {
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
