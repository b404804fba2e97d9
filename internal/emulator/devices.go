package emulator

import (
	"crypto/sha256"
	"time"
)

type deviceBody struct {
	VisitorID        string            `json:"visitor_id"`
	VisitorIDDetails *deviceDetailBody `json:"visitor_id_details"`
	IPAddress        string            `json:"ip_address"`
	IPAddressDetails *deviceDetailBody `json:"ip_address_details"`
	IPGeoCity        string            `json:"ip_geo_city"`
	IPGeoRegion      string            `json:"ip_geo_region"`
	IPGeoCountry     string            `json:"ip_geo_country"`
	IPGeoDetails     *deviceDetailBody `json:"ip_geo_country_details"`
}

type deviceDetailBody struct {
	IsNew       bool   `json:"is_new"`
	FirstSeenAt string `json:"first_seen_at"`
	LastSeenAt  string `json:"last_seen_at"`
}

// sawDevice notes the device behind a telemetry id, and its address. The same id is
// always the same visitor, and new when the user logs in from it for the first time.
func (u *user) sawDevice(telemetryID string, a attributes, now time.Time) *deviceBody {
	if u.canned {
		u = &user{} // the sandbox's user never changes
	}
	sum := sha256.Sum256([]byte(telemetryID))
	visitor := "visitor-" + formatUUID([16]byte(sum[:16]))
	body := &deviceBody{VisitorID: visitor, VisitorIDDetails: u.visitors.see(visitor, now), IPAddress: a.IPAddress}
	if a.IPAddress != "" {
		body.IPAddressDetails = u.addresses.see(a.IPAddress, now)
	}
	return body
}

// sightings are the visitors, or the addresses, that a user came with, in the order
// in which they were first seen.
type sightings []sighting

type sighting struct {
	name  string
	first time.Time
}

// see notes name, unless it is known, and says since when it is. The one known for
// longest makes room for it.
func (s *sightings) see(name string, now time.Time) *deviceDetailBody {
	for _, known := range *s {
		if known.name == name {
			return &deviceDetailBody{FirstSeenAt: timestamp(known.first), LastSeenAt: timestamp(now)}
		}
	}
	if len(*s) == maxSightings {
		*s = (*s)[1:]
	}
	*s = append(*s, sighting{name, now})
	return &deviceDetailBody{IsNew: true, FirstSeenAt: timestamp(now), LastSeenAt: timestamp(now)}
}
