package emulator

import (
	"crypto/sha256"
	"time"
)

// device is what a telemetry id told about the device of a user.
type device struct {
	visitorID string
	address   string
	first     time.Time
	last      time.Time
}

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

// sawDevice notes the device behind a telemetry id. The same id is always the
// same visitor, and new when the user logs in from it for the first time.
func (u *user) sawDevice(telemetryID string, a attributes, now time.Time) *deviceBody {
	sum := sha256.Sum256([]byte(telemetryID))
	visitor := "visitor-" + formatUUID([16]byte(sum[:16]))

	knownVisitor, knownAddress := false, false
	seen := &device{visitorID: visitor, address: a.IPAddress, first: now}
	addressFirst := now
	for _, d := range u.devices {
		if d.address == a.IPAddress {
			knownAddress, addressFirst = true, d.first
		}
		if d.visitorID == visitor {
			knownVisitor, seen = true, d
		}
	}
	if !knownVisitor {
		u.devices = append(u.devices, seen)
		if len(u.devices) > maxDevices {
			u.devices = u.devices[1:]
		}
	}
	seen.last, seen.address = now, a.IPAddress

	body := &deviceBody{
		VisitorID: visitor, VisitorIDDetails: deviceDetail(!knownVisitor, seen.first, now), IPAddress: a.IPAddress,
	}
	if a.IPAddress != "" {
		body.IPAddressDetails = deviceDetail(!knownAddress, addressFirst, now)
	}
	return body
}

func deviceDetail(isNew bool, first, last time.Time) *deviceDetailBody {
	return &deviceDetailBody{IsNew: isNew, FirstSeenAt: timestamp(first), LastSeenAt: timestamp(last)}
}
