package otplogin

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Limits are what logins may cause. A zero field has its default. Modes says which
// limits are on.
type Limits struct {
	// RecipientHour and RecipientDay are the messages to one recipient; 5 in an hour, 10
	// in a day.
	RecipientHour, RecipientDay int
	// Wait is between the first and the second message to a recipient; 30 seconds. It
	// doubles with each further message, up to MaxWait; 4 minutes. A right code ends
	// it. Both count in milliseconds.
	Wait, MaxWait time.Duration
	// Attempts are the codes that a flow may try for one message; 5.
	Attempts int
	// RecipientFailures are the wrong codes for one recipient in a day, over all flows; 6.
	// DeviceFailures are those that browsers may try besides which have logged in as the
	// recipient before; 3. Both together stay below the ten in a row after which Stytch
	// locks a user, in its default setting.
	RecipientFailures, DeviceFailures int

	// AddressFlows are the logins that one IP address may begin in half an hour; 500.
	AddressFlows int
	// AddressHour are the messages that one IP address may cause in an hour; 30.
	AddressHour int
	// AddressRegions are the regions that one IP address may write to in a day
	// without verifying a code of theirs; 3.
	AddressRegions int
	// AddressFailures are the wrong codes from one IP address in a day; 50.
	AddressFailures int

	// ProjectDay are the messages of the whole project in a day; 100,000. ProjectFailures
	// are the wrong codes of a day; 100,000. Set both by the size of your service: what
	// they refuse is refused to all.
	ProjectDay, ProjectFailures int

	// Modes turns limits on and off. Those by IP address and by region only record by
	// default, except LimitAddressFlows; the others are on.
	Modes map[Limit]Mode
}

// Limit names a limit.
type Limit string

// The limits, which a [RefusedError] names.
const (
	LimitRecipientHour     Limit = "recipient_hour"
	LimitRecipientDay      Limit = "recipient_day"
	LimitWait              Limit = "wait"
	LimitAttempts          Limit = "attempts"
	LimitRecipientFailures Limit = "recipient_failures" // with DeviceFailures
	LimitAddressFlows      Limit = "address_flows"
	LimitAddressHour       Limit = "address_hour"
	LimitAddressRegions    Limit = "address_regions"
	LimitAddressFailures   Limit = "address_failures"
	LimitRegion            Limit = "region" // by the rule of [Conversion.Unusual], over all channels
	LimitProjectDay        Limit = "project_day"
	LimitProjectFailures   Limit = "project_failures"
	LimitFlows             Limit = "flows" // a store has no room for another login; always on
)

// Mode is what a limit does.
type Mode string

// The modes of a limit.
const (
	On         Mode = "on"          // refuse
	RecordOnly Mode = "record_only" // tell Config.Observer what would have been refused
	Off        Mode = "off"
)

func defaultModes() map[Limit]Mode {
	return map[Limit]Mode{
		LimitRecipientHour: On, LimitRecipientDay: On, LimitWait: On, LimitAttempts: On, LimitRecipientFailures: On,
		LimitAddressFlows: On, LimitAddressHour: RecordOnly, LimitAddressRegions: RecordOnly, LimitAddressFailures: RecordOnly,
		LimitRegion: RecordOnly, LimitProjectDay: On, LimitProjectFailures: On,
	}
}

const (
	maxCount = 1_000_000_000
	maxWait  = time.Hour
)

// fill sets the defaults, or says which fields are wrong.
func (l *Limits) fill() error {
	return errors.Join(l.fillCounts(), l.fillWaits(), l.fillModes())
}

func (l *Limits) fillCounts() error {
	var problems []error
	for _, field := range []struct {
		name     string
		value    *int
		fallback int
	}{
		{"RecipientHour", &l.RecipientHour, 5},
		{"RecipientDay", &l.RecipientDay, 10},
		{"Attempts", &l.Attempts, 5},
		{"RecipientFailures", &l.RecipientFailures, 6},
		{"DeviceFailures", &l.DeviceFailures, 3},
		{"AddressFlows", &l.AddressFlows, 500},
		{"AddressHour", &l.AddressHour, 30},
		{"AddressRegions", &l.AddressRegions, 3},
		{"AddressFailures", &l.AddressFailures, 50},
		{"ProjectDay", &l.ProjectDay, 100_000},
		{"ProjectFailures", &l.ProjectFailures, 100_000},
	} {
		if *field.value == 0 {
			*field.value = field.fallback
		}
		if *field.value < 0 || *field.value > maxCount {
			problems = append(problems, fmt.Errorf("otplogin: Limits.%s: must be 1 to %d; to turn a limit off, set its mode in Limits.Modes", field.name, maxCount))
		}
	}
	// A store remembers this many messages and wrong codes of a recipient.
	if max(l.RecipientHour, l.RecipientDay, l.RecipientFailures, l.DeviceFailures) > maxTimes {
		problems = append(problems, fmt.Errorf("otplogin: Limits: RecipientHour, RecipientDay, RecipientFailures and DeviceFailures must be at most %d", maxTimes))
	}
	return errors.Join(problems...)
}

func (l *Limits) fillWaits() error {
	var problems []error
	for _, field := range []struct {
		name     string
		value    *time.Duration
		fallback time.Duration
	}{{"Wait", &l.Wait, 30 * time.Second}, {"MaxWait", &l.MaxWait, max(min(l.Wait, maxWait), 4*time.Minute)}} {
		if *field.value == 0 {
			*field.value = field.fallback
		}
		if *field.value < time.Millisecond || *field.value > maxWait {
			problems = append(problems, fmt.Errorf("otplogin: Limits.%s: must be 1ms to %s; to turn the wait off, set LimitWait in Limits.Modes", field.name, maxWait))
		}
		*field.value = field.value.Truncate(time.Millisecond) // what stores count in
	}
	return errors.Join(problems...)
}

func (l *Limits) fillModes() error {
	var problems []error
	modes := defaultModes()
	for _, limit := range slices.Sorted(maps.Keys(l.Modes)) {
		mode := l.Modes[limit]
		switch _, known := modes[limit]; {
		case !known:
			problems = append(problems, fmt.Errorf("otplogin: Limits.Modes: %q cannot be set; use one of the Limit constants except LimitFlows", limit))
		case mode != On && mode != RecordOnly && mode != Off:
			problems = append(problems, fmt.Errorf("otplogin: Limits.Modes[%q]: %q is not a mode; use On, RecordOnly or Off", limit, mode))
		}
		modes[limit] = mode
	}
	l.Modes = modes
	return errors.Join(problems...)
}

func (l *Limits) mode(limit Limit) Mode { return l.Modes[limit] }

// wait returns how long to wait after the nth message in a row.
func (l *Limits) wait(n int) Millis {
	wait, most := Millis(l.Wait.Milliseconds()), Millis(l.MaxWait.Milliseconds())
	if n < 1 {
		return 0
	}
	for range n - 1 {
		if wait *= 2; wait >= most {
			break
		}
	}
	return min(wait, most)
}
