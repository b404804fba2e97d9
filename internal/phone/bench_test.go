package phone

import (
	"math"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers/v2"
)

var benchNumbers = [...]string{"+12125550123", "+447700900123", "+4930123456", "+393123456789"}

func BenchmarkCheck(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		if Check(benchNumbers[i%4]) != nil {
			b.Fatal("refused")
		}
	}
}

// BenchmarkParseFull is what BenchmarkCheck is measured against: the library's
// own way to the same answer.
func BenchmarkParseFull(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		n, err := phonenumbers.Parse(benchNumbers[i%4], "")
		if err != nil || !phonenumbers.IsPossibleNumber(n) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, input, region string }{
		{"E164", "+12125550123", "US"},
		{"E164Italy", "+390612345678", "IT"}, // the zero may be a prefix: a closer look
		{"E164Argentina", "+5491123456789", "AR"},
		{"International", "+1 (212) 555-0123", ""},
		{"NationalUS", "(212) 555-0123", "US"},
		{"NationalGB", "07700 900123", "GB"},
		{"NationalDE", "0171 3920012", "DE"},
		{"NationalAR", "011 15-2345-6789", "AR"},
		{"Arabic", "٠٥١٢٣٤٥٦٧٨", "SA"},
		{"Refused", "1-800-FLOWERS", "US"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse(c.input, c.region)
			}
		})
	}
}

// BenchmarkHostile fails when an input costs more than twenty times what a
// normal national number costs.
func BenchmarkHostile(b *testing.B) {
	normal := cost(1000, func() { _, _ = Parse("(212) 555-0123", "US") })
	for name, input := range hostile() {
		for _, region := range []string{"", "US", "DE", "AR"} {
			b.Run(name+"/"+region, func(b *testing.B) {
				parse := func() { _, _ = Parse(input, region) }
				parse() // patterns compile once a country
				for b.Loop() {
					parse()
				}
				b.StopTimer()
				ratio := cost(20, parse) / normal
				b.ReportMetric(ratio, "x-normal")
				if ratio > 20 {
					b.Errorf("%.1f times a normal parse", ratio)
				}
			})
		}
	}
}

// cost returns the nanoseconds that f takes when nothing comes between: the least of
// ten averages.
func cost(runs int, f func()) float64 {
	least := math.MaxFloat64
	for range 10 {
		start := time.Now()
		for range runs {
			f()
		}
		least = min(least, float64(time.Since(start))/float64(runs))
	}
	return least
}

func BenchmarkDescribe(b *testing.B) {
	const e164 = "+12125550123"
	for name, f := range map[string]func(){
		"Region":        func() { _ = Region(e164) },
		"Valid":         func() { _ = Valid(e164) },
		"TypeOf":        func() { _ = TypeOf(e164) },
		"Mask":          func() { _ = Mask(e164) },
		"National":      func() { _ = National(e164) },
		"NormalizeCode": func() { _, _ = NormalizeCode("123 456") },
		"Unsupported":   func() { _ = UnsupportedSMS("US") },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
