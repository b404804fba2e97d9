package phone

import (
	"slices"

	"github.com/nyaruka/phonenumbers/v2"
)

// RegionsSharingCode returns the region and all others with its calling code, in
// alphabetical order, or nil for an unknown region.
func RegionsSharingCode(region string) []string {
	if !KnownRegion(region) {
		return nil
	}
	all := slices.Clone(phonenumbers.GetRegionCodesForCountryCode(phonenumbers.GetCountryCodeForRegion(region)))
	slices.Sort(all)
	return all
}
