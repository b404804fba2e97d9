package emulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stytchotp/stytchotp/internal/phone"
)

// defaultCountries is what a new project may send to, and more countries.
func defaultCountries(more []string) map[string]map[string]bool {
	countries := map[string]map[string]bool{}
	for _, channel := range []string{ChannelSMS, ChannelWhatsApp} {
		countries[channel] = map[string]bool{"US": true, "CA": true}
		for _, country := range more {
			countries[channel][strings.ToUpper(country)] = true
		}
	}
	return countries
}

// CheckCountries returns what is wrong with codes of countries.
func CheckCountries(countries ...string) error {
	for _, country := range countries {
		switch {
		case len(country) != 2 || strings.Trim(strings.ToUpper(country), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
			return errors.New("emulator: a country is two letters, such as GB")
		case !phone.KnownRegion(strings.ToUpper(country)):
			return fmt.Errorf("emulator: %q is no ISO 3166 alpha-2 code of a region with phone numbers, such as GB", country)
		}
	}
	return nil
}

// AllowCountries lets a channel, sms or whatsapp, send to more countries, named
// by their ISO 3166 alpha-2 codes. US and CA are allowed from the start.
func (e *Emulator) AllowCountries(channel string, countries ...string) error {
	return e.changeCountries(channel, countries, func(allowed map[string]bool) map[string]bool { return allowed })
}

// SetCountries makes countries the only ones that a channel sends to.
func (e *Emulator) SetCountries(channel string, countries ...string) error {
	return e.changeCountries(channel, countries, func(map[string]bool) map[string]bool { return map[string]bool{} })
}

func (e *Emulator) changeCountries(channel string, countries []string, start func(map[string]bool) map[string]bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.countries[channel] == nil {
		return errors.New("emulator: countries are allowed for sms and whatsapp only")
	}
	if err := CheckCountries(countries...); err != nil {
		return err
	}
	allowed := start(e.countries[channel])
	for _, country := range countries {
		allowed[strings.ToUpper(country)] = true
	}
	e.countries[channel] = allowed
	e.publishLocked(Event{Kind: EventConfig})
	return nil
}

// Countries returns the countries that a channel sends to, in order.
func (e *Emulator) Countries(channel string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.countries[channel]))
}

// mayReachLocked reports whether the channel may send to recipient. A number in no known
// range, whose region is "", passes when all regions are allowed that it can belong to.
func (e *Emulator) mayReachLocked(channel, recipient, region string) bool {
	switch {
	case channel == ChannelEmail || isSandbox(recipient):
		return true
	case region != "":
		return e.countries[channel][region]
	}
	owners := phone.Owners(recipient)
	return len(owners) > 0 && !slices.ContainsFunc(owners, func(owner string) bool { return !e.countries[channel][owner] })
}

// unreachable is the answer to a number that the channel may not send to. One in no
// known range is not a number of another country.
func unreachable(region string) *apiError {
	if region == "" {
		return failure("invalid_phone_number")
	}
	return failure("invalid_phone_number_country_code")
}

// RegionToAllow returns the country that has to be allowed before the call of a request
// can succeed, or "" when it was not refused for that, or is allowed since.
func (e *Emulator) RegionToAllow(r Request) string {
	region := regionOf(r.Recipient)
	if r.ErrorType != "invalid_phone_number_country_code" || CheckCountries(region) != nil { // no country, as of +800
		return ""
	}
	channel := ChannelSMS
	if strings.HasPrefix(r.Operation, "otps.whatsapp.") {
		channel = ChannelWhatsApp
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.countries[channel][region] {
		return ""
	}
	return region
}

// regionOf returns the region that a phone number belongs to, and "" for an e-mail
// address and for a number in no known range.
func regionOf(recipient string) string {
	if isAddress(recipient) {
		return ""
	}
	return phone.Region(recipient)
}
