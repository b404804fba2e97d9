package phone

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers/v2"
	"github.com/stretchr/testify/require"
)

// requireSilent fails when the error is not ours or says anything of the input.
func requireSilent(t *testing.T, err error, input string) {
	t.Helper()
	var refused *Error
	require.ErrorAs(t, err, &refused)
	require.NotEmpty(t, refused.Reason)
	require.Contains(t, []string{
		(&Error{Reason: refused.Reason}).Error(), (&Error{Reason: refused.Reason, passcode: true}).Error(),
	}, err.Error(), "an error must be one of the fixed sentences")
	if digits := strings.Trim(input, "+- "); strings.ContainsAny(digits, "0123456789") {
		require.NotContains(t, err.Error(), digits)
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"", "+", "+1", "+12125550123", "+10000000000", "+447700900123", "+4407700900123", "+390669812345", "+88213123456", "+1\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if err := Check(in); err != nil {
			requireSilent(t, err, in)
			if _, ok := split(in); ok { // a number of possible length that Parse changes
				e164, reason := parse(in, "")
				require.NotEqual(t, in, e164)
				require.True(t, reason != "" || Check(e164) == nil)
				return
			}
			require.Empty(t, Region(in)+National(in)+International(in))
			require.NotRegexp(t, `[^*]`, Mask(in))
			return
		}
		require.Regexp(t, `^\+[1-9][0-9]{4,14}$`, in)
		parsed, err := phonenumbers.Parse(in, "")
		require.NoError(t, err)
		require.True(t, phonenumbers.IsPossibleNumber(parsed))
		require.Len(t, Mask(in), len(in))
	})
}

func FuzzParse(f *testing.F) {
	for _, list := range [][]typed{typedNumbers, typedElsewhere, typedOddly, refusedInputs} {
		for _, c := range list {
			f.Add(c.input, c.region)
		}
	}
	for _, input := range hostile() {
		if len(input) < 1000 {
			f.Add(input, "US")
		}
	}
	f.Fuzz(func(t *testing.T, input, region string) {
		got, err := Parse(input, region)
		if err != nil {
			require.Empty(t, got)
			requireSilent(t, err, input)
			return
		}
		require.NoError(t, Check(got))
		again, err := Parse(got, region)
		require.NoError(t, err)
		require.Equal(t, got, again)
		if strings.Trim(input, "+0123456789") == "" && len(input) < maxInput/4 {
			// Separators only decide between readings, so they can make a number
			// ambiguous that was not, and the other way around.
			spaced, reason := parse(scatter(rand.New(rand.NewPCG(1, 1)), input), region)
			if reason != ReasonAmbiguous && input[0] != '0' {
				require.Empty(t, reason)
				require.Equal(t, got, spaced)
			}
		}
	})
}

func FuzzNormalizeCode(f *testing.F) {
	for _, seed := range []string{"", "123456", "123 456", "١٢٣٤٥٦", "\u202a123456\u202c", "G-123456", "1\x002", "12345678901234567"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := NormalizeCode(in)
		if err != nil {
			require.Empty(t, got)
			requireSilent(t, err, in)
			return
		}
		require.Regexp(t, `^[0-9]{1,16}$`, got)
		again, err := NormalizeCode(got)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}

// Digits of every script must have the value that Unicode gives them: each run
// of ten begins at a multiple of ten from where its range begins.
func TestDigitsOfEveryScript(t *testing.T) {
	seen := 0
	for r := rune(0x80); r <= 0x10ffff; r++ {
		kind, value := classify(r)
		if kind != digit {
			continue
		}
		seen++
		want := phonenumbers.NormalizeDigitsOnly(string(r))
		require.Equal(t, want, string('0'+rune(value)), "%U", r)
	}
	require.Greater(t, seen, 600)
}
