package phone

import (
	"slices"
	"strings"
)

// resolve finds out which number the digits are, typed in region.
func (r reading) resolve(region string) found {
	has00 := strings.HasPrefix(r.digits, "00")
	switch {
	case r.plus && has00:
		// No calling code begins with a zero: a form put its plus before what
		// the person had typed with 00.
		return r.from(2).international()
	case r.plus:
		return r.afterPlus(region)
	case region == "" && has00:
		return r.from(2).international()
	case region == "":
		return found{reason: ReasonNoCountry}
	}
	return r.withoutPlus(region)
}

// afterPlus reads an international number. "+8 (495) 123-45-67", typed in Russia, is
// refused: the space is inside Vietnam's calling code, and behind the trunk prefix
// of Russia.
func (r reading) afterPlus(region string) found {
	out := r.international()
	if region == "" || !r.brokenAt(1) || !startsWithTrunk(r.digits, region) {
		return out
	}
	if at := r.national(region); at.valid && at.e164 != out.e164 {
		return found{reason: ReasonAmbiguous}
	}
	return out
}

// startsWithTrunk reports whether digits begin with the one-digit trunk prefix of
// region, and not with its calling code.
func startsWithTrunk(digits, region string) bool {
	d := dialings()[region]
	return len(d.trunk) == 1 && d.trunk != d.code && strings.HasPrefix(digits, d.trunk)
}

// withoutPlus collects all the ways in which digits without a plus can be read in
// region.
func (r reading) withoutPlus(region string) found {
	d := dialings()[region]
	own := d.internationalPrefixes(r.digits)
	if len(own) > 0 {
		return r.behindPrefix(own)
	}
	var all readings
	all.add(r.national(region))
	all.addOverseas(r, region)
	switch {
	case strings.HasPrefix(r.digits, "00"):
		all.addIfPossible(r.from(2).international())
	case strings.HasPrefix(r.digits, d.code):
		all.addIfValid(r.from(0).international())
	}
	out := all.decide()
	if out.e164 != "" && !out.valid && elsewhere(r.digits, d.code) {
		return found{reason: ReasonAmbiguous}
	}
	return out
}

// behindPrefix reads digits that begin with an international prefix of the region, of
// each length in own, and with 00, which people use everywhere.
func (r reading) behindPrefix(own []int) found {
	var all readings
	for _, size := range own {
		all.add(r.from(size).international())
	}
	if strings.HasPrefix(r.digits, "00") && !slices.Contains(own, 2) {
		all.addIfPossible(r.from(2).international())
	}
	if out := all.decide(); out.reason != ReasonAmbiguous {
		return out
	}
	return r.bySeparators(own)
}

// bySeparators decides between the readings of an ambiguous prefix when a separator
// ends the prefix of just one: "00 36 1 …" is not Singapore's 003, and "001 36 1 …" is
// not 00 and +1 361.
func (r reading) bySeparators(own []int) found {
	sizes := own
	switch {
	case r.brokenAt(2) && r.fits(2):
		sizes = []int{2}
	case r.fits(2):
		return found{reason: ReasonAmbiguous}
	}
	for _, size := range sizes {
		if r.brokenAt(size) && !r.brokenWithin(0, size) && r.fits(size) {
			if out := r.from(size).international().judged(); out.valid {
				return out
			}
		}
	}
	return found{reason: ReasonAmbiguous}
}

// fits reports whether the separators agree with an international prefix of so many
// digits: none stands inside the calling code or a North American area code.
func (r reading) fits(prefix int) bool {
	code, size := callingCode("+" + r.digits[prefix:])
	if code == 1 {
		return !r.brokenWithin(prefix+size, prefix+size+3)
	}
	return !r.brokenWithin(prefix, prefix+size)
}

// elsewhere reports digits that are a valid number of another country, written
// without its plus.
func elsewhere(digits, own string) bool {
	if digits[0] == '0' || strings.HasPrefix(digits, own) {
		return false
	}
	return Valid("+" + digits)
}

// national reads digits as they are dialed inside region.
func (r reading) national(region string) found {
	digits := r.digits
	if region == "MX" {
		digits = dropRetiredMexican(digits)
	}
	code := dialings()[region].code
	if code == "1" && len(digits) > 11 {
		return found{reason: ReasonTooLong}
	}
	out := settle(digits, region)
	if out.valid && digits[0] == '0' && r.zeroIsOptional(out.e164, len(code)) {
		return found{reason: ReasonAmbiguous}
	}
	return out
}

// readings holds the readings of one input that differ. The first is that of the
// rule which comes first.
type readings struct {
	all       []found
	ambiguous bool
}

func (rs *readings) add(f found) {
	f = f.judged()
	rs.ambiguous = rs.ambiguous || f.reason == ReasonAmbiguous
	if !slices.Contains(rs.all, f) {
		rs.all = append(rs.all, f)
	}
}

func (rs *readings) addIfPossible(f found) {
	if f.e164 != "" || f.reason == ReasonAmbiguous || len(rs.all) == 0 {
		rs.add(f)
	}
}

func (rs *readings) addIfValid(f found) {
	f = f.judged()
	if f.valid || f.reason == ReasonAmbiguous {
		rs.add(f)
	}
}

func (rs *readings) anyValid() bool {
	for _, f := range rs.all {
		if f.valid {
			return true
		}
	}
	return false
}

// addOverseas adds the readings of a national number in the other parts of the
// French plan: 0692 12 34 56, dialed in Paris, is on Réunion.
func (rs *readings) addOverseas(r reading, region string) {
	if rs.anyValid() || len(r.digits) != 10 || r.digits[0] != '0' {
		return
	}
	code := dialings()[region].code
	if _, french := frenchPlan[code]; !french {
		return
	}
	for other := range frenchPlan {
		if other != code {
			rs.addIfValid(reading{digits: other + r.digits[1:], plus: true}.international())
		}
	}
}

// frenchPlan holds the calling codes whose numbers are dialed with ten digits from
// each of them.
//
//nolint:gochecknoglobals // constant
var frenchPlan = map[string]struct{}{"33": {}, "262": {}, "590": {}, "594": {}, "596": {}, "508": {}}

// decide returns the one valid reading, or the first that is possible when there is
// none, and refuses two.
func (rs *readings) decide() found {
	var valid, possible, first *found
	for i := range rs.all {
		f := &rs.all[i]
		switch {
		case f.valid && valid != nil:
			return found{reason: ReasonAmbiguous}
		case f.valid:
			valid = f
		case f.e164 != "" && possible == nil:
			possible = f
		case first == nil:
			first = f
		}
	}
	switch {
	case rs.ambiguous:
		return found{reason: ReasonAmbiguous}
	case valid != nil:
		return *valid
	case possible != nil:
		return *possible
	}
	return *first
}
