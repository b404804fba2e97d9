package phone

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckAccepts(t *testing.T) {
	for _, e164 := range []string{
		"+12125550123",
		"+10000000000", // possible and not valid: the sandbox number
		"+447700900123",
		"+390669812345",
		"+4930123456",
		"+2904123",         // Saint Helena: four digits after the code would be too few elsewhere
		"+88213123456",     // no country
		"+861012345678",    // a length that only fixed lines have
		"+5491155501234",   // Argentina: the 9 of mobiles
		"+498912345678901", // fifteen digits, the most there are
	} {
		assert.NoError(t, Check(e164), e164)
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Reason
	}{
		{"", ReasonEmpty},
		{" ", ReasonMissingPlus},
		{"12125550123", ReasonMissingPlus},
		{"0012125550123", ReasonMissingPlus},
		{" +12125550123", ReasonMissingPlus},
		{"tel:+12125550123", ReasonMissingPlus},
		{"\x00+12125550123", ReasonMissingPlus},
		{"\uff0b12125550123", ReasonMissingPlus}, // a full-width plus
		{"sms", ReasonMissingPlus},
		{"+", ReasonTooShort},
		{"+1", ReasonTooShort},
		{"+4", ReasonTooShort},
		{"+1212555012", ReasonTooShort},
		{"+121255501234", ReasonTooLong},
		{"+5550123", ReasonTooShort},
		{"+15550123", ReasonLocalOnly},
		{"++12125550123", ReasonNotDigits},
		{"+1 2125550123", ReasonNotDigits},
		{"+1-212-555-0123", ReasonNotDigits},
		{"+1(212)5550123", ReasonNotDigits},
		{"+12125550123 ", ReasonNotDigits},
		{"+12125550123\n", ReasonNotDigits},
		{"+12125550123\x00", ReasonNotDigits},
		{"+12125550123x5", ReasonNotDigits},
		{"+1800FLOWERS", ReasonNotDigits},
		{"+12125550123;ext=5", ReasonNotDigits},
		{"+1212555012\uff13", ReasonNotDigits}, // a full-width three
		{"+١٢١٢٥٥٥٠١٢٣", ReasonNotDigits},
		{"+1212555012\u200b3", ReasonNotDigits},
		{"+12125550123\xff", ReasonNotDigits},
		{"+0012125550123", ReasonUnknownCountryCode},
		{"+0", ReasonUnknownCountryCode},
		{"+2105550123", ReasonUnknownCountryCode},
		{"+9995550123", ReasonUnknownCountryCode},
		{"+999", ReasonUnknownCountryCode},
		{"+4407700900123", ReasonTooLong}, // the trunk zero is not part of it
		{"+861234567890123", ReasonTooLong},
		{"+3906698123456789", ReasonTooLong},
		{"+" + strings.Repeat("1", 1<<20), ReasonTooLong},
		{"+1" + strings.Repeat("0", 15), ReasonTooLong},
		{"+4989123456789012", ReasonTooLong}, // sixteen digits: no number has so many
	} {
		err := Check(c.in)
		var refused *Error
		if assert.ErrorAs(t, err, &refused, "%.40q", c.in) {
			assert.Equal(t, c.want, refused.Reason, "%.40q", c.in)
			if digits := strings.Trim(c.in, "+ "); len(digits) > 3 {
				assert.NotContains(t, err.Error(), digits)
			}
		}
	}
}

// generated calls f with numbers of every calling code and every length that
// E.164 has room for, and with codes that do not exist.
func generated(each int, f func(code int, national string)) {
	random := rand.New(rand.NewPCG(1, 2))
	for code := 1; code <= 999; code++ {
		n := each
		if _, known := phonenumbers.GetSupportedCallingCodes()[code]; !known {
			n = 1
		}
		for length := 1; length <= 15-len(strconv.Itoa(code)); length++ {
			for range n {
				digits := make([]byte, length)
				for i := range digits {
					digits[i] = '0' + byte(random.IntN(10))
				}
				f(code, string(digits))
			}
		}
	}
}

// The table must say what the library says, for every calling code and length.
// A number that dials locally only is possible to the library and not to us.
func TestCheckAgreesWithTheLibrary(t *testing.T) {
	agreed, rewritten := 0, 0
	generated(6, func(code int, national string) {
		e164 := fmt.Sprintf("+%d%s", code, national)
		got := Check(e164) == nil
		parsed, err := phonenumbers.Parse(e164, "")
		want := err == nil && phonenumbers.IsPossibleNumberWithReason(parsed) == phonenumbers.IS_POSSIBLE

		if want && !got {
			// The library takes a trunk prefix out of the number or puts an area code
			// into it, and calls the other number that this makes possible. Check
			// refuses it, and also a calling code that is written twice and what
			// North America cannot assign.
			other, reason := parse(e164, "")
			if other == e164 || reason == "" && Check(other) != nil {
				t.Fatalf("%s: parses to %s", e164, other)
			}
			rewritten++
			return
		}
		if want != got { // not an assertion: there are many numbers
			t.Fatalf("%s: the library says %v, Check says %v", e164, want, got)
		}
		agreed++
	})
	t.Logf("%d agree; %d the library accepts as another number", agreed, rewritten)
	assert.Greater(t, agreed, 50*rewritten)
}

// Leading zeros, and nothing but zeros, must survive being taken apart.
func TestSplitBuildsTheNumberItWasGiven(t *testing.T) {
	generated(3, func(code int, national string) {
		if !plans()[code].known {
			return
		}
		for _, zeros := range []int{0, 1, 2, len(national)} {
			digits := strings.Repeat("0", zeros) + national[min(zeros, len(national)):]
			n, ok := split(fmt.Sprintf("+%d%s", code, digits))
			if !ok {
				continue
			}
			require.Equal(t, digits, phonenumbers.GetNationalSignificantNumber(n.build()))
			require.Equal(t, strconv.Itoa(code), n.calling)
			require.Equal(t, digits, n.national)
		}
	})
}

func TestCheckAllocatesNothing(t *testing.T) {
	assert.NoError(t, Check("+12125550123"))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = Check("+12125550123") }))
}
