package phone

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers/v2"
	"github.com/stretchr/testify/assert"
)

var (
	allPairs = flag.Bool("phone.all", false, "generate forms for every pair of a region and a country, not for a sample")
	perPair  = flag.Int("phone.numbers", 1, "mobiles and landlines of the country for each pair")
	seed     = flag.Uint64("phone.seed", 1, "seed of the generated numbers")
	refusals = flag.Int("phone.refusals", 0, "log one refusal in so many")
)

// generator makes random valid numbers from the patterns of the metadata.
type generator struct {
	random *rand.Rand
	pools  map[string][]string // by region and type
}

const poolSize = 24

func newGenerator() *generator {
	g := &generator{random: rand.New(rand.NewPCG(*seed, 7)), pools: map[string][]string{}}
	byRegion, _ := metadataMaps()
	for _, region := range Regions() {
		meta := byRegion[region]
		g.fill(region, TypeMobile, meta.GetCountryCode(), meta.GetMobile().GetNationalNumberPattern())
		g.fill(region, TypeFixedLine, meta.GetCountryCode(), meta.GetFixedLine().GetNationalNumberPattern())
	}
	return g
}

func (g *generator) fill(region string, typ Type, code int32, pattern string) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || pattern == "" || pattern == "NA" {
		return
	}
	for range 20 * poolSize {
		e164 := fmt.Sprintf("+%d%s", code, g.match(parsed))
		if _, ok := split(e164); !ok || !Valid(e164) || Region(e164) != region {
			continue
		}
		if got := TypeOf(e164); got == typ || got == TypeFixedLineOrMobile {
			g.pools[region+string(typ)] = append(g.pools[region+string(typ)], e164)
		}
		if len(g.pools[region+string(typ)]) == poolSize {
			return
		}
	}
}

// match returns a random string that the expression matches.
func (g *generator) match(re *syntax.Regexp) string {
	repeat := func(least, most int) string {
		var out strings.Builder
		for range least + g.random.IntN(most-least+1) {
			out.WriteString(g.match(re.Sub[0]))
		}
		return out.String()
	}
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		var all []rune
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				all = append(all, r)
			}
		}
		return string(all[g.random.IntN(len(all))])
	case syntax.OpCapture:
		return g.match(re.Sub[0])
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpRepeat:
		return repeat(re.Min, re.Max)
	case syntax.OpConcat:
		var out strings.Builder
		for _, sub := range re.Sub {
			out.WriteString(g.match(sub))
		}
		return out.String()
	case syntax.OpAlternate:
		return g.match(re.Sub[g.random.IntN(len(re.Sub))])
	}
	return ""
}

// number returns a valid number of the region, or "" if it has none of that type.
func (g *generator) number(region string, typ Type) string {
	pool := g.pools[region+string(typ)]
	if len(pool) == 0 {
		return ""
	}
	return pool[g.random.IntN(len(pool))]
}

// form is one way to write a number.
type form struct{ kind, text string }

// The kinds of forms.
const (
	kindPlus     = "plus"
	kindZeros    = "00, where it is the prefix"
	kindOther00  = "00, where another prefix is"
	kindOwn      = "own international prefix"
	kindNational = "national, with its trunk prefix"
	kindNoTrunk  = "national, without its trunk prefix"
	kindBare     = "calling code without plus, at home"
	kindDoubled  = "calling code twice"
	kindZero     = "(0) or trunk prefix after the code"
)

// forms returns the ways to write e164, typed in region.
func (g *generator) forms(e164, region, country string) []form {
	n, _ := split(e164)
	d := dialings()[region]
	abroad := []form{{kindPlus, "+"}}
	if own := g.ownPrefix(region); own == "00" {
		abroad = append(abroad, form{kindZeros, "00"})
	} else {
		abroad = append(abroad, form{kindOther00, "00"}, form{kindOwn, own})
		if slices.Contains(d.internationalPrefixes("00999"), 2) {
			abroad[1].kind = kindZeros
		}
	}
	pick := func(all ...string) string { return all[g.random.IntN(len(all))] }
	var all []form
	for _, prefix := range abroad {
		all = append(all, form{prefix.kind, prefix.text + pick(e164[1:], n.calling+" "+n.national, " "+strings.TrimPrefix(International(e164), "+"))})
	}
	prefix := pick("+", "00", abroad[len(abroad)-1].text)
	all = append(all, form{kindDoubled, prefix + pick(
		n.calling+n.calling+n.national, n.calling+" "+n.calling+" "+n.national, n.calling+"00"+n.calling+n.national)})
	all = append(all, form{kindDoubled, "+" + n.calling + "+" + n.calling + n.national})
	if trunk := dialings()[country].trunk; trunk == "0" || trunk == "8" {
		all = append(all,
			form{kindZero, prefix + n.calling + " (" + trunk + ") " + n.national},
			form{kindZero, prefix + n.calling + trunk + n.national})
	} else if trunk == "" {
		all = append(all, form{kindZero, prefix + n.calling + " (0) " + n.national})
	}
	if region == country {
		all = append(all, form{kindNational, National(e164)}, form{kindNoTrunk, n.national}, form{kindBare, n.calling + n.national})
	}
	return all
}

// ownPrefix returns one of the region's international prefixes: the preferred one, or
// a random one of digits.
func (g *generator) ownPrefix(region string) string {
	d := dialings()[region]
	if d.prefix == nil {
		return d.abroad
	}
	byRegion, _ := metadataMaps()
	if preferred := strings.ReplaceAll(byRegion[region].GetPreferredInternationalPrefix(), "~", ""); preferred != "" && g.random.IntN(2) == 0 {
		return preferred
	}
	parsed, err := syntax.Parse(byRegion[region].GetInternationalPrefix(), syntax.Perl)
	if err != nil {
		return d.abroad
	}
	return g.match(parsed)
}

// tally counts the outcomes of one kind of form.
type tally struct{ right, refused, wrong int }

func (t *tally) count(got, want string) {
	switch got {
	case want:
		t.right++
	case "":
		t.refused++
	default:
		t.wrong++
	}
}

// plainLibrary parses as the library's documentation shows it.
func plainLibrary(input, region string) string {
	n, err := phonenumbers.Parse(input, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// Numbers with known truth, in the forms that people use, never become another number.
// docs/phone.md has the table of a long run.
func TestNoFormBecomesAnotherNumber(t *testing.T) {
	g := newGenerator()
	ours, library := map[string]*tally{}, map[string]*tally{}
	shown := 0
	for _, region := range Regions() {
		for _, country := range Regions() {
			if !*allPairs && country != region && g.random.IntN(40) > 0 {
				continue
			}
			for i := range 2 * *perPair {
				e164 := g.number(country, []Type{TypeMobile, TypeFixedLine}[i%2])
				if e164 == "" {
					continue
				}
				for _, f := range g.forms(e164, region, country) {
					if ours[f.kind] == nil {
						ours[f.kind], library[f.kind] = &tally{}, &tally{}
					}
					got, reason := parse(f.text, region)
					ours[f.kind].count(got, e164)
					library[f.kind].count(plainLibrary(f.text, region), e164)
					if got != "" && got != e164 && shown < 60 {
						shown++
						t.Errorf("%s %q is %s, not %s (%s)", region, f.text, got, e164, f.kind)
					}
					if got == "" && *refusals > 0 && rand.IntN(*refusals) == 0 {
						t.Logf("%s %q %s (%s)", region, f.text, reason, e164)
					}
				}
			}
		}
	}
	report(t, ours, library)
}

// report logs the table and checks the shares. What has two readings by its nature is
// refused more often: see docs/phone.md.
func report(t *testing.T, ours, library map[string]*tally) {
	t.Helper()
	for _, kind := range []struct {
		name    string
		refused float64
	}{
		{kindPlus, 0.002},
		{kindZeros, 0.004},
		{kindNational, 0.01},
		{kindNoTrunk, 0.03},
		{kindBare, 0.03},
		{kindDoubled, 0.01},
		{kindZero, 0.01},
		{kindOwn, 0.02},
		{kindOther00, 0.05},
	} {
		a, b := ours[kind.name], library[kind.name]
		t.Logf("| %s | %d | %d | %d | %d | %d | %d |", kind.name, a.right, a.refused, a.wrong, b.right, b.refused, b.wrong)
		assert.Zero(t, a.wrong, kind.name)
		assert.LessOrEqual(t, float64(a.refused), kind.refused*float64(a.right+a.refused), "refused: %s", kind.name)
	}
}
