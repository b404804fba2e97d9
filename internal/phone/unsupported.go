package phone

import (
	_ "embed"
	"strings"
	"sync"
)

// UnsupportedSMSDate is the day on which the list behind [UnsupportedSMS] was
// collected. Stytch changes its list without notice.
const UnsupportedSMSDate = "2026-11-20"

// The file names its sources and what it lacks.
//
//go:embed unsupported_sms.txt
var unsupportedSMSFile string

var unsupportedSMS = sync.OnceValue(func() map[string]bool {
	regions := make(map[string]bool)
	for line := range strings.Lines(unsupportedSMSFile) {
		region, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if region != "" && !strings.HasPrefix(region, "#") {
			regions[region] = true
		}
	}
	return regions
})

// UnsupportedSMS reports whether Stytch is known to send no SMS to the region,
// given as ISO 3166 alpha-2 in upper case, not even when a project allows it.
//
// The list is known in part only, roughly from A to M, and speaks of SMS only:
// false does not mean that a region is supported, and nothing is known of
// WhatsApp. It goes by region, not by calling code: +44 is the United Kingdom,
// which is not on the list, and Jersey, which is.
func UnsupportedSMS(region string) bool { return unsupportedSMS()[region] }
