package phone

import (
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers/v2"
)

// shadowed maps each region whose mobiles the metadata does not tell from those of
// another region to that region. A landline range may be its own.
//
//nolint:gochecknoglobals // constant
var shadowed = map[string]string{
	"AX": "FI", "BL": "GP", "CC": "AU", "CX": "AU", "EH": "MA", "MF": "GP", "SJ": "NO", "VA": "IT",
}

// ShadowedBy returns the region that the mobiles of region count for when the metadata
// gives region no mobiles of its own, and "" for all other regions.
func ShadowedBy(region string) string { return shadowed[region] }

// minClaim is how many digits of a national number a region has to know before an
// unknown range counts as its own: an area code in North America.
const minClaim = 3

// Owners returns the regions that the number may belong to. That is [Region] when it is
// known. A number of a shared calling code that is in no known range belongs to the
// regions whose numbers begin most like it, and with an unknown area code to the
// code's main region. It returns nil for what is not E.164.
//
// +1 876 with any rest belongs to Jamaica and never to the United States, which gets
// +1 436, an area code that no region has yet.
func Owners(e164 string) []string {
	if region := Region(e164); region != "" {
		return []string{region}
	}
	n, ok := split(e164)
	if !ok {
		return nil
	}
	all := phonenumbers.GetRegionCodesForCountryCode(n.plan.code)
	if len(all) == 0 {
		return nil
	}
	longest, owners := minClaim, []string(nil)
	for _, region := range all {
		switch claim := claims()[region].matched(n.national); {
		case claim > longest, claim == longest && owners == nil:
			longest, owners = claim, []string{region}
		case claim == longest:
			owners = append(owners, region)
		}
	}
	if owners == nil {
		return []string{all[0]}
	}
	return slices.DeleteFunc(owners, func(region string) bool {
		return slices.Contains(owners, shadowed[region])
	})
}

// isFictional reports the numbers that Ofcom reserves for drama and that are in no
// range of the metadata.
func isFictional(e164 string) bool {
	return len(e164) == len("+447700900123") &&
		(strings.HasPrefix(e164, "+447700900") || strings.HasPrefix(e164, "+441632960"))
}

// claim holds the patterns of a region's landlines and mobiles.
type claim []*syntax.Prog

// claims holds the claim of each region that shares its calling code.
var claims = sync.OnceValue(func() map[string]claim {
	byRegion, _ := metadataMaps()
	table := make(map[string]claim)
	for region, meta := range byRegion {
		if len(phonenumbers.GetRegionCodesForCountryCode(int(meta.GetCountryCode()))) < 2 {
			continue
		}
		for _, kind := range []*phonenumbers.PhoneNumberDesc{meta.GetFixedLine(), meta.GetMobile()} {
			if parsed, err := syntax.Parse(kind.GetNationalNumberPattern(), syntax.Perl); err == nil {
				if program, err := syntax.Compile(parsed.Simplify()); err == nil {
					table[region] = append(table[region], program)
				}
			}
		}
	}
	return table
})

// matched returns how many leading digits the patterns can match.
func (c claim) matched(digits string) int {
	longest := 0
	for _, program := range c {
		at := follow(program, []uint32{uint32(program.Start)})
		n := 0
		for n < len(digits) && len(at) > 0 {
			if at = step(program, at, rune(digits[n])); len(at) > 0 {
				n++
			}
		}
		longest = max(longest, n)
	}
	return longest
}

// step returns the instructions that can follow after r is matched at one of at.
func step(program *syntax.Prog, at []uint32, r rune) []uint32 {
	var next []uint32
	for _, i := range at {
		if program.Inst[i].MatchRune(r) {
			next = append(next, program.Inst[i].Out)
		}
	}
	return follow(program, next)
}

// follow returns the instructions that match a rune and that can be reached from at
// without one.
func follow(program *syntax.Prog, at []uint32) []uint32 {
	var reached []uint32
	seen := make([]bool, len(program.Inst))
	for len(at) > 0 {
		i := at[len(at)-1]
		at = at[:len(at)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		switch in := &program.Inst[i]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			at = append(at, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			at = append(at, in.Out)
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			reached = append(reached, i)
		}
	}
	return reached
}
