package phone

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// dialing is how a region dials.
type dialing struct {
	code   string         // its calling code
	trunk  string         // its national prefix, "" where there is none
	abroad string         // its international prefix, where there is just one
	prefix *regexp.Regexp // its international prefixes, where there are several
}

// longestPrefix bounds the international prefixes that are tried: the longest, of
// Australian carriers, has eight digits.
const longestPrefix = 8

// dialings holds the dialing of each region, read from the metadata at first use.
var dialings = sync.OnceValue(func() map[string]dialing {
	byRegion, _ := metadataMaps()
	table := make(map[string]dialing, len(byRegion))
	for region, meta := range byRegion {
		d := dialing{code: strconv.Itoa(int(meta.GetCountryCode())), trunk: meta.GetNationalPrefix()}
		prefix := meta.GetInternationalPrefix()
		if strings.Trim(prefix, "0123456789") == "" {
			d.abroad = prefix
		} else if compiled, err := regexp.Compile("^(?:" + prefix + ")$"); err == nil {
			d.prefix = compiled
		}
		table[region] = d
	}
	return table
})

// internationalPrefixes returns the lengths of the region's international prefixes
// that digits begin with. Several can fit: 00 and 001 in Hong Kong.
func (d dialing) internationalPrefixes(digits string) []int {
	if d.prefix == nil {
		if d.abroad != "" && strings.HasPrefix(digits, d.abroad) {
			return []int{len(d.abroad)}
		}
		return nil
	}
	var sizes []int
	for size := 1; size <= min(longestPrefix, len(digits)-1); size++ {
		if d.prefix.MatchString(digits[:size]) {
			sizes = append(sizes, size)
		}
	}
	return sizes
}
