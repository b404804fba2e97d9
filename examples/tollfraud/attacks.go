package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

const (
	startsOfAnAttack = 400
	priceOfAMessage  = 0.06 // US dollars, of some countries; others cost much more
)

// attack is what an attacker does: start i is for a number, from an address.
type attack struct {
	name string
	with func(i int) (number, address string)
}

// prefixes begin mobile numbers of eight countries; four digits follow.
func prefixes() []string {
	return []string{"+44740012", "+3361234", "+491512345", "+3461234", "+3931234", "+4851234", "+316123", "+467012"}
}

func attacks() []attack {
	manyAddresses := func(i int) string { return fmt.Sprintf("198.51.%d.%d", i/250, i%250+1) }
	return []attack{
		{"one address, many countries", func(i int) (string, string) {
			country := prefixes()[i%len(prefixes())]
			return pad(country, i), "198.51.100.7"
		}},
		{"many addresses, one country", func(i int) (string, string) { return pad(prefixes()[0], i), manyAddresses(i) }},
		{"many addresses, one number", func(i int) (string, string) { return pad(prefixes()[0], 1), manyAddresses(i) }},
	}
}

// pad returns a number of the length that the country of the prefix has.
func pad(prefix string, i int) string {
	lengths := map[string]int{"+44740012": 13, "+3361234": 12, "+491512345": 14, "+3461234": 12, "+3931234": 13, "+4851234": 12, "+316123": 12, "+467012": 12}
	return fmt.Sprintf("%s%0*d", prefix, lengths[prefix]-len(prefix), i)
}

// simulate makes each attack on a login without limits and on one with them, and prints
// what they cost.
func simulate(ctx context.Context, out io.Writer) error {
	off, on := map[otplogin.Limit]otplogin.Mode{}, map[otplogin.Limit]otplogin.Mode{}
	for _, limit := range []otplogin.Limit{
		otplogin.LimitRecipientHour, otplogin.LimitRecipientDay, otplogin.LimitWait, otplogin.LimitAddressFlows,
		otplogin.LimitAddressHour, otplogin.LimitAddressRegions, otplogin.LimitRegion, otplogin.LimitProjectDay,
	} {
		off[limit], on[limit] = otplogin.Off, otplogin.On
	}
	fmt.Fprintf(out, "\nThree attacks of %d starts each, without limits and with those of otplogin, all on:\n", startsOfAnAttack)
	fmt.Fprintf(out, "  %-30s %17s %17s  %s\n", "", "without", "with", "stopped by")
	for _, a := range attacks() {
		bare, _, err := a.run(ctx, otplogin.Limits{Modes: off})
		if err != nil {
			return err
		}
		limited, by, err := a.run(ctx, otplogin.Limits{Modes: on})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-30s %s %s  %s\n", a.name, cost(bare), cost(limited), by)
	}
	return nil
}

func cost(messages int) string {
	return fmt.Sprintf("%5d = $%8.2f", messages, float64(messages)*priceOfAMessage)
}

// run makes the attack on a new emulator, and returns how many messages went out and
// how many starts each limit stopped.
func (a attack) run(ctx context.Context, limits otplogin.Limits) (messages int, by string, err error) {
	srv, err := otptest.Start()
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = srv.Close() }()
	srv.AllowCountries(stytchotp.ChannelSMS, "GB", "FR", "DE", "ES", "IT", "PL", "NL", "SE")
	logins, err := otplogin.New(srv.Client(), otplogin.Config{Limits: limits})
	if err != nil {
		return 0, "", err
	}
	stopped := map[string]int{}
	for i := range startsOfAnAttack {
		number, address := a.with(i)
		flow, err := logins.Start(ctx, otplogin.StartParams{Recipient: number, IP: address})
		refused, isRefused := errors.AsType[*otplogin.RefusedError](err)
		switch {
		case isRefused:
			stopped[string(refused.Limit)]++
		case err != nil:
			return 0, "", err
		case flow.Joined:
			stopped["joined"]++
		}
	}
	var names []string
	for _, limit := range slices.Sorted(maps.Keys(stopped)) {
		names = append(names, fmt.Sprintf("%s %d", limit, stopped[limit]))
	}
	return len(srv.Messages()), strings.Join(names, ", "), nil
}
