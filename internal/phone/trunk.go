package phone

import (
	"regexp/syntax"
	"sync"

	"github.com/nyaruka/phonenumbers/v2"
)

// trunks holds, for each calling code, the digits that a trunk prefix or
// carrier code of its main region can begin with, one bit each, and the zero,
// which people write as "(0)" even where there is no such thing. A number of
// possible length that begins with none of them is in its final form; one
// that does needs a closer look to tell a prefix from an area code.
var trunks = sync.OnceValue(buildTrunks)

func buildTrunks() *[1000]uint16 {
	var table [1000]uint16
	byRegion, nonGeographic := metadataMaps()
	for code := range phonenumbers.GetSupportedCallingCodes() {
		if code < 1 || code >= len(table) {
			continue
		}
		meta := byRegion[phonenumbers.GetRegionCodeForCountryCode(code)]
		if m, ok := nonGeographic[code]; ok {
			meta = m
		}
		table[code] = 1<<0 | firstDigits(meta.GetNationalPrefixForParsing())
	}
	return &table
}

// firstDigits returns the digits that a match of the pattern can begin with.
func firstDigits(pattern string) uint16 {
	const all = 1<<10 - 1
	if pattern == "" {
		return 0
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return all
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return all
	}
	var digits uint16
	for _, at := range follow(program, []uint32{uint32(program.Start)}) { //nolint:gosec // an index of a short program
		for d := range 10 {
			if program.Inst[at].MatchRune('0' + rune(d)) {
				digits |= 1 << d
			}
		}
	}
	return digits
}

// mayHoldTrunk reports whether the national number could begin with a prefix
// that is dialed inside the country only.
func (n number) mayHoldTrunk() bool {
	return trunks()[n.code]&(1<<(n.national[0]-'0')) != 0
}
