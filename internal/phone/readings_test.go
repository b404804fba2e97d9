package phone

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// parses checks inputs against a number, or a reason.
func parses(t *testing.T, rows []typed) {
	t.Helper()
	for _, c := range rows {
		got, reason := parse(c.input, c.region)
		if reason != "" {
			got = string(reason)
		}
		assert.Equal(t, c.want, got, "%s %q", c.region, c.input)
	}
}

// Two valid readings are refused, unless a plus or the region's own prefix decides.
func TestTwoReadings(t *testing.T) {
	parses(t, []typed{
		// 00 where the region has another prefix, which the digits also fit.
		{"KR", "0082-010-2000-0000", "ambiguous"}, // or Egypt, by Korea's 008
		{"SG", "0091 81234 56789", "ambiguous"},   // or +1 812, by Singapore's 009
		{"TH", "0081 90-1234-5678", "ambiguous"},  // or +1 901, by Thailand's 008
		{"SG", "0013612345678", "ambiguous"},      // +1 361 or, by 001, Hungary
		{"SG", "+82 10 2000 0000", "+821020000000"},
		{"KR", "00 82 10-2000-0000", "+821020000000"}, // the space ends 00, and not 008
		{"KR", "010-2000-0000", "+821020000000"},

		// The region's own prefix, where nothing else fits.
		{"AU", "0011 32 12 34 56 78", "+3212345678"},
		{"AU", "00113212345678", "ambiguous"},     // or 00 1 1
		{"AU", "001 1 321 234 5678", "ambiguous"}, // 00 1 and 1 once more, by its spaces
		{"SG", "001 36 1 234 5678", "+3612345678"},
		{"SG", "001 361 234 5678", "ambiguous"},
		{"SG", "00 1 361 234 5678", "+13612345678"},

		// A calling code that is written twice, and a number that begins with it.
		{"IN", "+91 91 98765 43210", "+919876543210"}, // twelve digits are in no range of India
		{"FR", "+33 33 6 12 34 56 78", "+33612345678"},
		{"", "+33 0033 6 12 34 56 78", "+33612345678"},
		{"", "+33 +33 6 12 34 56 78", "+33612345678"},
		{"", "+33 33 06 12 34 56 78", "+33612345678"},
		{"", "0033 0033 6 12 34 56 78", "+33612345678"},
		{"US", "+1 1 202 555 0162", "+12025550162"},
		{"", "+33 +34 612 34 56 78", "two_numbers"},
		{"", "+4949 1711234567", "ambiguous"}, // a landline of Leer has these digits
		{"", "+49491711234567", "ambiguous"},
		{"", "+49 +49 171 1234567", "+491711234567"},
		{"", "+49 49 171 1234567", "+491711234567"},
		{"", "+4949112345", "+4949112345"}, // Leer: nothing else is valid

		// Another reading than the one of the plus.
		{"RU", "+8 (495) 123-45-67", "ambiguous"}, // a plus before Russia's 8, or Vietnam
		{"RU", "+84 951 234 567", "+84951234567"},
		{"", "+8 (495) 123-45-67", "+84951234567"},
		{"US", "501 622-1234", "+15016221234"}, // Arkansas; from Belize it needs its plus
		{"US", "436 641 234567", "too_long"},
		{"US", "436 641 2345", "ambiguous"}, // no area code yet, and a number of Austria

		// Italy: a landline with its zero, or a mobile with one too many.
		{"IT", "+39 (0) 393 123 4567", "ambiguous"},
		{"IT", "+39 0 393 123 4567", "ambiguous"},
		{"IT", "0393 123 4567", "ambiguous"},
		{"IT", "039 123456", "+39039123456"}, // Monza
		{"IT", "06 1234 5678", "+390612345678"},
		{"IT", "+39 (0)6 1234 5678", "+390612345678"},
		{"IT", "+3903931234567", "+3903931234567"}, // E.164 is what it is
		{"IT", "+39 393 123 4567", "+393931234567"},

		// The French plan.
		{"FR", "0692 12 34 56", "+262692123456"},
		{"FR", "0690 00 12 34", "+590690001234"},
		{"FR", "0694 20 12 34", "+594694201234"},
		{"FR", "0696 20 12 34", "+596696201234"},
		{"FR", "0639 01 23 45", "+262639012345"},
		{"GP", "06 12 34 56 78", "+33612345678"},
		{"GP", "0690 00 12 34", "+590690001234"},
		{"RE", "0696 20 12 34", "+596696201234"},
		{"MQ", "01 99 00 12 34", "+33199001234"},
	})
}

// A rule holds behind every spelling of the prefix.
func TestSpellingOfThePrefix(t *testing.T) {
	prefixes := []struct{ region, prefix string }{
		{"", "+"}, {"", "00"}, {"", "+00"}, {"DE", "00"}, {"US", "011"}, {"CA", "011"}, {"JP", "010"}, {"AU", "0011"}, {"RU", "8 10"}, {"US", "+"}, {"US", "00"}, {"AU", "00"},
	}
	for _, p := range prefixes {
		parses(t, []typed{
			{p.region, p.prefix + " 52 1 55 1234 5678", "+525512345678"},
			{p.region, p.prefix + " 52 044 55 1234 5678", "+525512345678"},
			{p.region, p.prefix + " 49 (0)171 3920012", "+491713920012"},
			{p.region, p.prefix + "4901713920012", "+491713920012"},
			{p.region, p.prefix + " 81 080 1234 5678", "+818012345678"},
			{p.region, p.prefix + " 7 8 912 345 67 89", "+79123456789"},
			{p.region, p.prefix + " 47 (0)21 23 45 67", "+4721234567"},
			{p.region, p.prefix + " 36 06 20 123 4567", "+36201234567"},
			{p.region, p.prefix + " 54 11 15 2345 6789", "+5491123456789"},
			{p.region, p.prefix + " 34 34 612 34 56 78", "+34612345678"},
		})
	}
}

// What people paste, and what nothing may come of.
func TestPasted(t *testing.T) {
	const number = "+12025550162"
	for _, input := range []string{
		"Mobile: +1 202 555 0162", "Mobile:+1 202 555 0162", "Tel. +1 202 555 0162", "Tel.: +1 202 555 0162", "TEL: (202) 555-0162",
		"Mobile phone: 202-555-0162", "my number: 202-555-0162", "Cell - 202 555 0162", "T: +1 202 555 0162", "Téléphone : +1 202 555 0162",
		"Handy: +1 202 555 0162", "Móvil: +1 202 555 0162", "電話：+1 202 555 0162", "Телефон: +1 202 555 0162", "\u200fهاتف: +1 202 555 0162",
		`"+1 202 555 0162"`, "'+1 202 555 0162'", "'+12025550162", "“+1 202 555 0162”", "«+1 202 555 0162»", "„+1 202 555 0162“", "‘202 555 0162’", "`+12025550162`",
		"<+12025550162>", "<tel:+12025550162>", `"tel:+12025550162"`, "「+1 202 555 0162」",
		"+1 202 555 0162:", "+1 202 555 0162.", "+1 202 555 0162;", "+1 202 555 0162。", "+1 202 555 0162，", "+1 202 555 0162!", `+1 202 555 0162",`,
		"sms:+12025550162", "SMS:+1-202-555-0162", "sms:+12025550162?body=Hi%20there%205", "sms:+12025550162?&body=5", "smsto:+12025550162",
		"callto:+12025550162", "callto://+12025550162", "whatsapp:+12025550162", "tel:202-555-0162",
		"https://wa.me/12025550162", "http://wa.me/12025550162", "wa.me/12025550162", "https://wa.me/+12025550162", "https://wa.me/12025550162?text=Hi%205", "https://wa.me/12025550162/",
		"https://api.whatsapp.com/send?phone=12025550162", "https://api.whatsapp.com/send/?phone=%2B12025550162&text=5", "https://web.whatsapp.com/send?text=a&phone=12025550162", "whatsapp://send?phone=12025550162",
		"TEL:+12025550162", "TEL;TYPE=CELL:+1 202 555 0162", "TEL;TYPE=cell,voice;PREF=1:+1-202-555-0162", `TEL;TYPE="voice,home":+1 202 555 0162`,
		"TEL;VALUE=uri;TYPE=cell:tel:+1-202-555-0162", "item1.TEL;type=pref:+1 (202) 555-0162", "tel;type=CELL:202 555 0162", "item2.TEL:202 555 0162\r\n",
	} {
		parses(t, []typed{{"US", input, number}})
	}
	parses(t, []typed{
		{"BR", "0xx11 96123-4567", "+5511961234567"},
		{"BR", "(0xx11) 96123-4567", "+5511961234567"},
		{"BR", "0 XX 11 96123-4567", "+5511961234567"},
		{"PT", "+55 0xx11 96123-4567", "+5511961234567"},
		{"BR", "xx11 96123-4567", "letters"},
		{"US", "0xx11 96123-4567", "letters"},

		{"GB", "https://wa.me/447700900123", "+447700900123"},
		{"US", "https://wa.me/447700900123", "+447700900123"},
		{"GB", "https://wa.me/07700900123", "unknown_country_code"},
		{"US", "https://wa.me/qr/ABCD12345", "letters"},
		{"US", "https://wa.me/", "empty"},
		{"US", "https://example.com/12025550162", "letters"},
		{"US", "https://api.whatsapp.com/send?text=12025550162", "letters"},
		{"US", "Fax: +1 202 555 0162", "letters"},
		{"US", "TEL;TYPE=FAX:+1 202 555 0162", "letters"},
		{"US", "PIN: 202 555 0162", "letters"},
		{"US", "Ext.: 2025550162", "letters"},
		{"US", "Order no. 202 555 0162", "letters"},
		{"US", "Mobile: ", "letters"},
		{"US", "sms:+12025550162,+12025550163", "two_numbers"},
		{"US", "Tel: 202 555 0162 Fax: 202 555 0163", "letters"},
		{"US", "TEL;VALUE=uri:tel:+12025550162;ext=5", "extension"},
		{"US", "\"\"", "empty"},

		// A short group at the end.
		{"AT", "0664 123456 (12)", "extension"},
		{"AT", "0664 123456-12", "extension"},
		{"AT", "0664 123456\t12", "extension"},
		{"AT", "01 234567-12", "+43123456712"}, // extensions of landlines are dialed
		{"DE", "(030) 23125-123", "+493023125123"},
		{"", "+1\t202\t555\t0162", number},
		{"US", "202-555-01-62", number},
		{"US", "(202) 555 (0162)", number},

		// Digits do not get lost.
		{"US", "1112205552637", "too_long"},
		{"US", "11112205552637", "too_long"},
		{"US", "112025550162", number},
	})
}

// A masked value is refused with a reason that names the mask.
func TestMaskedValues(t *testing.T) {
	for _, input := range []string{"+1********62", Mask("+12025550162"), "+1 202 ***-0162", "*", "[redacted]", "+1[redacted]", "+1 202 555 01＊＊", "(***) ***-0162"} {
		_, err := Parse(input, "US")
		assert.EqualError(t, err, refuse(ReasonMasked).Error(), input)
		if input != "+1 202 555 01＊＊" {
			assert.EqualError(t, Check(input), refuse(ReasonMasked).Error(), input)
		}
	}
	_, err := NormalizeCode("****12")
	assert.EqualError(t, err, (&Error{Reason: ReasonMasked, passcode: true}).Error())
}

func TestCheckRefusesWhatParseRepairs(t *testing.T) {
	for e164, want := range map[string]Reason{
		"+4901711234567":  ReasonNotNormalized,
		"+8108012345678":  ReasonNotNormalized,
		"+9109876543210":  ReasonNotNormalized,
		"+91919876543210": ReasonNotNormalized, // the calling code twice
		"+49491711234567": ReasonAmbiguous,
		"+10612345678":    ReasonImpossible,
		"+11125550123":    ReasonImpossible,
		"+12120550123":    ReasonImpossible,
		"+12121550123":    ReasonImpossible,
		Sandbox:           "",
		"+14362345678":    "", // not assigned yet
		"+390612345678":   "",
		"+3903931234567":  "",
		"+12025550162":    "",
	} {
		assert.Equal(t, want, check(e164), e164)
	}
	parses(t, []typed{
		{"US", "0612345678", "impossible"},
		{"US", "(112) 555-0123", "impossible"},
		{"US", "212 155 0123", "impossible"},
		{"", "+1 212 055 0123", "impossible"},
	})
}

// What passes Check parses to itself, for the generated numbers of every region with
// a trunk prefix or a calling code too many.
func TestWhatPassesCheckParsesToItself(t *testing.T) {
	g, passed, refused := newGenerator(), 0, 0
	for _, region := range Regions() {
		for _, typ := range []Type{TypeMobile, TypeFixedLine} {
			for range 8 {
				e164 := g.number(region, typ)
				if e164 == "" {
					continue
				}
				n, _ := split(e164)
				for _, extra := range []string{"", "0", "1", "8", "06", "15", n.calling, "00" + n.calling, dialings()[region].trunk} {
					sent := "+" + n.calling + extra + n.national
					if Check(sent) != nil {
						refused++
						continue
					}
					passed++
					for _, in := range []string{"", region, "US"} {
						got, reason := parse(sent, in)
						if got != sent { // not an assertion: there are many numbers
							t.Fatalf("%s %s: %s %s", in, sent, got, reason)
						}
					}
				}
			}
		}
	}
	t.Logf("%d pass, %d are refused", passed, refused)
	assert.Greater(t, passed, 3000)
	assert.Greater(t, refused, 5000)
}
