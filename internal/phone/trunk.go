package phone

import "regexp/syntax"

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
	for _, at := range follow(program, []uint32{uint32(program.Start)}) {
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
	return n.plan.trunk&(1<<(n.national[0]-'0')) != 0
}
