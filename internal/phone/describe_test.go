package phone

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTypeOf(t *testing.T) {
	for e164, want := range map[string]Type{
		"+12125550123":    TypeFixedLineOrMobile, // North America does not say
		"+442079460018":   TypeFixedLine,
		"+447400123456":   TypeMobile,
		"+18005550123":    TypeTollFree,
		"+19005550123":    TypePremiumRate,
		"+33891123456":    TypePremiumRate,
		"+4918012345":     TypeSharedCost,
		"+883510012345":   TypeVoIP,
		"+447012345678":   TypePersonalNumber,
		"+447640123456":   TypePager,
		"+445512345678":   TypeUAN,
		"+41860123456789": TypeVoicemail,
		"+10000000000":    TypeUnknown,
		"":                TypeUnknown,
		"+1":              TypeUnknown,
		"garbage":         TypeUnknown,
	} {
		assert.Equal(t, want, TypeOf(e164), e164)
		assert.Equal(t, want != TypeUnknown, Valid(e164), e164)
	}
}

func TestExample(t *testing.T) {
	assert.NotEmpty(t, Example("US", TypeMobile))
	for _, c := range []struct {
		region string
		typ    Type
	}{{"ZZ", TypeMobile}, {"", TypeMobile}, {"001", TypeVoIP}, {"US", TypeUnknown}, {"US", "satellite"}, {"us", TypeMobile}} {
		assert.Empty(t, Example(c.region, c.typ), "%v", c)
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ e164, national, international string }{
		{"+12125550123", "(212) 555-0123", "+1 212-555-0123"},
		{"+442079460018", "020 7946 0018", "+44 20 7946 0018"},
		{"+390612345678", "06 1234 5678", "+39 06 1234 5678"},
		{"+5491123456789", "011 15-2345-6789", "+54 9 11 2345-6789"},
		{"+10000000000", "0000000000", "+1 0000000000"},
		{"", "", ""},
		{"+1", "", ""},
		{"12125550123", "", ""},
		{"<script>", "", ""},
	} {
		assert.Equal(t, c.national, National(c.e164), c.e164)
		assert.Equal(t, c.international, International(c.e164), c.e164)
	}
}

func TestMask(t *testing.T) {
	for e164, want := range map[string]string{
		"+12125550123":          "+1********23",
		"+447700900123":         "+44********23",
		"+35696961234":          "+356******34",
		"+10000000000":          "+1********00",
		"+2904123":              "+290**23",
		"":                      "",
		"+":                     "*",
		"+1":                    "**",
		"12125550123":           "***********",
		"+1 212 555 0123":       "***************",
		"+4407700900123":        "**************",
		"me@example.com":        "**************",
		"+999123456789":         "*************",
		"\u0661\u0662":          "****",
		strings.Repeat("1", 99): strings.Repeat("*", 64),
	} {
		assert.Equal(t, want, Mask(e164), e164)
	}
	examples(func(_ string, _ Type, e164 string) {
		masked := Mask(e164)
		assert.Len(t, masked, len(e164))
		kept := len(masked) - strings.Count(masked, "*")
		n, _ := split(e164)
		assert.LessOrEqual(t, kept, 1+len(n.calling)+2, e164)
		assert.GreaterOrEqual(t, strings.Count(masked, "*"), 2, e164)
	})
}

func TestNormalizeCode(t *testing.T) {
	for in, want := range map[string]string{
		"123456":                               "123456",
		"123 456":                              "123456",
		" 123-456\r\n":                         "123456",
		"1 2 3 4 5 6":                          "123456",
		"(123)456.":                            "123456",
		"١٢٣٤٥٦":                               "123456",
		"۱۲۳۴۵۶":                               "123456",
		"१२३४५६":                               "123456",
		"\uff11\uff12\uff13\uff14\uff15\uff16": "123456",
		"\u202a123456\u202c":                   "123456",
		"123\u00a0456\u200b":                   "123456",
		"123\u2013456":                         "123456",
		"000000":                               "000000",
		"123456,":                              "123456",
		`"123456"`:                             "123456",
		"“123456”":                             "123456",
		"'123456":                              "123456",
		"123456。":                              "123456",
		"123456:":                              "123456",
		"123456!":                              "123456",
		"1":                                    "1",
		"1234567890123456":                     "1234567890123456",
	} {
		got, err := NormalizeCode(in)
		assert.NoError(t, err, in)
		assert.Equal(t, want, got, in)
	}
	for in, want := range map[string]Reason{
		"":                            ReasonEmpty,
		"- -":                         ReasonEmpty,
		"12345678901234567":           ReasonTooLong,
		strings.Repeat(" ", 65) + "1": ReasonTooLong,
		strings.Repeat("9", 1<<20):    ReasonTooLong,
		"12345G":                      ReasonLetters,
		"G-123456":                    ReasonLetters,
		"12345б":                      ReasonLetters,
		"Code: 123456":                ReasonLetters,
		"123456\"7":                   ReasonNotDigits,
		"+123456":                     ReasonNotDigits,
		"123,456":                     ReasonNotDigits,
		"123/456":                     ReasonNotDigits,
		"#123456":                     ReasonNotDigits,
		"123456\x00":                  ReasonNotDigits,
		"123456\xff":                  ReasonNotDigits,
		"12345\u00b2":                 ReasonNotDigits,
	} {
		got, err := NormalizeCode(in)
		assert.Empty(t, got)
		var refused *Error
		if assert.ErrorAs(t, err, &refused, "%.20q", in) {
			assert.Equal(t, want, refused.Reason, "%.20q", in)
			assert.Contains(t, err.Error(), "passcode")
			assert.NotContains(t, err.Error(), "123")
		}
	}
}

func TestUnsupportedSMS(t *testing.T) {
	for _, region := range []string{"BS", "BM", "KY", "GU", "JE", "HK", "CN", "AQ", "BV", "XK", "MK"} {
		assert.True(t, UnsupportedSMS(region), region)
	}
	for _, region := range []string{"US", "CA", "GB", "GG", "DE", "JM", "NO", "", "us", "gu", "#", "001"} {
		assert.False(t, UnsupportedSMS(region), region)
	}
	// Every line of the file counts, and names a region that exists.
	noPlan := map[string]bool{"AQ": true, "BV": true} // no numbers there
	for region := range unsupportedSMS() {
		assert.True(t, KnownRegion(region) || noPlan[region], region)
	}
	assert.Len(t, unsupportedSMS(), 76)
	assert.Contains(t, unsupportedSMSFile, "Collected: "+UnsupportedSMSDate)
}

func TestEveryReasonHasItsSentence(t *testing.T) {
	assert.EqualError(t, Check("+1212555012"), "invalid phone number: it is too short")
	_, err := NormalizeCode("12345x")
	assert.EqualError(t, err, "invalid passcode: it contains letters")

	seen := map[string]Reason{}
	for _, r := range []Reason{
		ReasonEmpty, ReasonMissingPlus, ReasonNotDigits, ReasonLetters, ReasonExtension, ReasonTwoNumbers,
		ReasonBadLink, ReasonNoCountry, ReasonUnknownRegion, ReasonUnknownCountryCode, ReasonTooShort,
		ReasonTooLong, ReasonImpossibleLength, ReasonLocalOnly, ReasonImpossible,
		ReasonMasked, ReasonAmbiguous, ReasonNotNormalized,
	} {
		text := refuse(r).Error()
		assert.Empty(t, seen[text], "%s and %s", r, seen[text])
		assert.Regexp(t, `^[a-z_]+$`, string(r))
		seen[text] = r
	}
}
