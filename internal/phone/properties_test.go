package phone

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// blanks are what may stand between two digits without meaning. A bracket, a tab or a
// dash before the last digits can announce an extension, so none is here.
var blanks = []string{
	" ", "  ", ".", ")", "]", "\u00a0", "\u202f", "\u2013", "\u2011", "\u200e", "\u202c",
	"\u200b", "\ufeff", "\u30fc", "\uff08", "\uff09", "\u3000",
}

// scatter puts blanks into s, never more than Parse would look at.
func scatter(random *rand.Rand, s string) string {
	var out strings.Builder
	for _, r := range s {
		for random.IntN(4) == 0 && out.Len() < maxInput-50 {
			out.WriteString(blanks[random.IntN(len(blanks))])
		}
		out.WriteRune(r)
	}
	return out.String() + blanks[random.IntN(len(blanks))]
}

// rewrite writes the digits of s in another script.
func rewrite(s string, zero rune) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}, s)
}

// someInputs calls f with typed digits: international ones of every calling
// code, national ones of every region, with and without prefixes.
func someInputs(f func(random *rand.Rand, input, region string)) {
	random := rand.New(rand.NewPCG(3, 4))
	generated(1, func(code int, national string) {
		f(random, fmt.Sprintf("+%d%s", code, national), "")
		if code%50 == 0 {
			f(random, fmt.Sprintf("00%d%s", code, national), "US")
		}
	})
	for _, region := range Regions() {
		for range 15 {
			digits := make([]byte, 3+random.IntN(12))
			for i := range digits {
				digits[i] = '0' + byte(random.IntN(10))
			}
			f(random, []string{"", "0", "1", "8", "00"}[random.IntN(5)]+string(digits), region)
		}
	}
}

func TestParseOfParsedIsIdentity(t *testing.T) {
	parsed := 0
	check := func(e164 string) {
		require.NoError(t, Check(e164))
		for _, region := range []string{"", "US", "DE", "AR"} {
			if again, err := Parse(e164, region); err != nil || again != e164 {
				t.Fatalf("%s parses to %q, %v", e164, again, err)
			}
		}
		parsed++
	}
	someInputs(func(_ *rand.Rand, input, region string) {
		if e164, err := Parse(input, region); err == nil {
			check(e164)
		}
	})
	t.Logf("%d numbers", parsed)
	require.Greater(t, parsed, 2000)
}

func TestPunctuationNeverChangesAResult(t *testing.T) {
	zeros := []rune{'0', '\u0660', '\u06f0', '\u0966', '\uff10'}
	someInputs(func(random *rand.Rand, input, region string) {
		want, wantReason := parse(input, region)
		written := scatter(random, rewrite(input, zeros[random.IntN(len(zeros))]))
		if got, reason := parse(written, region); got != want || reason != wantReason { // not an assertion: there are many inputs
			t.Fatalf("%q gives %q %s, but %q gives %q %s", input, want, wantReason, written, got, reason)
		}
	})
}

// The cheap path and the long one must come to the same result.
func TestTheCheapPathIsNoShortcut(t *testing.T) {
	someInputs(func(_ *rand.Rand, input, region string) {
		if n, ok := split(input); ok && !n.mayHoldTrunk() {
			slow := settle(input, "")
			require.Empty(t, slow.reason, input)
			require.Equal(t, slow.e164, input)
		}
	})
}

func TestParseOnTheCheapPathAllocatesNothing(t *testing.T) {
	_, _ = Parse("+12125550123", "US")
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = Parse("+12125550123", "US") }))
}

// hostile holds inputs that are as odd or as long as inputs get.
func hostile() map[string]string {
	return map[string]string{
		"empty":           "",
		"megabyte":        strings.Repeat("1", 1<<20),
		"digits":          strings.Repeat("1", maxInput),
		"zeros":           strings.Repeat("0", maxInput),
		"german zeros":    "+49" + strings.Repeat("0", 11) + "3",
		"argentine":       "+54 9 11 15 2345 6789 15",
		"argentine 15":    "01515151515151",
		"brazilian":       "+55 0 15 0 15 0 15 11 9",
		"plusses":         strings.Repeat("+", maxInput-1) + "1",
		"brackets":        strings.Repeat("(", maxInput-11) + "2125550123",
		"spaces":          strings.Repeat(" ", maxInput-10) + "2125550123",
		"slashes":         strings.Repeat("1/", maxInput/2),
		"semicolons":      strings.Repeat(";", maxInput),
		"commas":          strings.Repeat("1,", maxInput/2),
		"letters":         strings.Repeat("a", maxInput),
		"word":            "1" + strings.Repeat("x", maxInput-2) + "1",
		"hashes":          "1" + strings.Repeat("#", maxInput-1),
		"bidi":            strings.Repeat("\u202e", maxInput/3-4) + "2125550123",
		"mathematical":    strings.Repeat("\U0001d7d0", maxInput/4),
		"not utf-8":       strings.Repeat("\xff", maxInput),
		"surrogates":      strings.Repeat("\xed\xa0\x80", maxInput/3),
		"nul":             strings.Repeat("\x00", maxInput),
		"link":            "tel:" + strings.Repeat("%31", (maxInput-4)/3),
		"parameters":      "tel:1" + strings.Repeat(";phone-context=+", 7),
		"context":         "tel:1;phone-context=+" + strings.Repeat("1", 100),
		"one parameter":   "1;" + strings.Repeat("a", maxInput-3) + "=",
		"percent":         "tel:" + strings.Repeat("%", 100),
		"nested":          strings.Repeat("tel:", 30),
		"newlines":        strings.Repeat("\r\n", maxInput/2),
		"one digit a day": strings.Repeat("1\n", maxInput/2),
	}
}

func TestHostileInputIsRefused(t *testing.T) {
	const number = "2125550123"
	_, reason := parse(strings.Repeat(" ", maxInput-len(number))+number, "US")
	require.Empty(t, reason)
	_, reason = parse(strings.Repeat(" ", maxInput+1-len(number))+number, "US")
	require.Equal(t, ReasonTooLong, reason, "not looked at any more")
	_, reason = read(strings.Repeat("1", maxDigits))
	require.Empty(t, reason)
	_, reason = read(strings.Repeat("1", maxDigits+1))
	require.Equal(t, ReasonTooLong, reason, "a digit must not get lost")

	for name, input := range hostile() {
		for _, region := range []string{"", "US", "AR", "BR", "DE", strings.Repeat("U", 1<<20)} {
			got, err := Parse(input, region)
			if err == nil {
				require.NoError(t, Check(got), name)
			}
		}
		_, _, _ = Check(input), Region(input), TypeOf(input)
		_, _, _ = National(input), International(input), Mask(input)
		if code, err := NormalizeCode(input); err == nil {
			require.LessOrEqual(t, len(code), maxCodeDigits, name)
		}
	}
}

// The tables are made at first use, by the first caller.
func TestConcurrentUse(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, c := range typedElsewhere {
				if got, err := Parse(c.input, c.region); err != nil || got != c.want || Check(got) != nil || Region(got) == "" {
					t.Errorf("%s %q gives %s, %v", c.region, c.input, got, err)
				}
			}
		})
	}
	all.Wait()
}
