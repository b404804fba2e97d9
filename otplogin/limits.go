package otplogin

import (
	"fmt"
	"net/http"
	"time"
)

// Limits are what logins may cause. A zero field has its default; a negative one is
// off.
type Limits struct {
	RecipientHour int // messages to one recipient in an hour; 5
	RecipientDay  int // messages to one recipient in a day; 10
	// Wait is between the first and the second message to a recipient; 30 seconds. It
	// doubles with each further message, up to MaxWait; 4 minutes. A right code ends
	// it.
	Wait, MaxWait time.Duration
	// Attempts are the codes that a flow may try for one message; 5.
	Attempts int
	// RecipientFailures are the wrong codes for one recipient in a day, over all flows; 6.
	// DeviceFailures are those that browsers may try besides which have logged in as the
	// recipient before; 3. Both together stay below the ten in a row after which Stytch
	// locks a user, in its default setting.
	RecipientFailures, DeviceFailures int
	// AddressHour are the messages that one client address may cause in an hour; off by
	// default, for many people can share an address. An IPv6 address counts by its /64.
	AddressHour int
	// ProjectDay are the messages of the whole project in a day; off by default.
	ProjectDay int
}

func (l *Limits) fill() error {
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
		{"AddressHour", &l.AddressHour, -1},
		{"ProjectDay", &l.ProjectDay, -1},
	} {
		switch {
		case *field.value == 0:
			*field.value = field.fallback
		case *field.value > maxCount:
			return fmt.Errorf("otplogin: Limits.%s: must be at most %d", field.name, maxCount)
		}
	}
	for _, field := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{{&l.Wait, 30 * time.Second}, {&l.MaxWait, 4 * time.Minute}} {
		if *field.value == 0 {
			*field.value = field.fallback
		}
	}
	if l.Wait > maxWait || l.MaxWait > maxWait {
		return fmt.Errorf("otplogin: Limits.Wait and MaxWait: must be at most %s", maxWait)
	}
	return nil
}

const (
	maxCount = 1_000_000
	maxWait  = time.Hour
	hour     = time.Hour
	day      = 24 * time.Hour
)

// wait returns how long to wait after the nth message in a row.
func (l *Limits) wait(n int) time.Duration {
	if n < 1 || l.Wait < 0 {
		return 0
	}
	d := l.Wait
	for range n - 1 {
		if d *= 2; d >= l.MaxWait {
			return max(l.MaxWait, l.Wait)
		}
	}
	return d
}

// sendsLeft returns how many messages a recipient can still get, who got some at the
// given times.
func (l *Limits) sendsLeft(times []time.Time, now time.Time) int {
	left := maxCount
	if l.RecipientHour >= 0 {
		left = min(left, l.RecipientHour-len(recent(times, now, hour)))
	}
	if l.RecipientDay >= 0 {
		left = min(left, l.RecipientDay-len(recent(times, now, day)))
	}
	return max(left, 0)
}

// The limits that a [RefusedError] names.
const (
	LimitRecipientHour     = "recipient_hour"
	LimitRecipientDay      = "recipient_day"
	LimitWait              = "wait"
	LimitAttempts          = "attempts"
	LimitRecipientFailures = "recipient_failures"
	LimitAddressHour       = "address_hour"
	LimitProjectDay        = "project_day"
	LimitFlows             = "flows" // there is no room for another login
)

// RefusedError says that a limit refused a message or a code. Nothing was sent and
// nothing was tried.
type RefusedError struct {
	Limit   string    // one of the Limit constants
	RetryAt time.Time // when it can succeed; zero when that is not known, or a new login is needed
}

// Error names the limit.
func (e *RefusedError) Error() string { return "otplogin: refused by the limit " + e.Limit }

// HTTPStatus returns 503 when there is no room, and 429 otherwise.
func (e *RefusedError) HTTPStatus() int {
	if e.Limit == LimitFlows || e.Limit == LimitProjectDay {
		return http.StatusServiceUnavailable
	}
	return http.StatusTooManyRequests
}

// PublicCode returns "unavailable" when there is no room, "too_many_attempts" when the
// codes are used up, and "rate_limited" otherwise.
func (e *RefusedError) PublicCode() string {
	switch e.Limit {
	case LimitFlows, LimitProjectDay:
		return "unavailable"
	case LimitAttempts, LimitRecipientFailures:
		return "too_many_attempts"
	}
	return "rate_limited"
}

// The conditions of a flow. Each has an HTTPStatus and a PublicCode.
var (
	// ErrNoFlow says that there is no such login: its time is over, it has succeeded, or
	// its id is wrong. Start again.
	ErrNoFlow error = &flowError{"there is no such login", http.StatusUnprocessableEntity, "code_expired"}
	// ErrNoMessage says that no answer named the message of this login, so that no code
	// can be checked: send another one.
	ErrNoMessage error = &flowError{"the message of this login is not known", http.StatusUnprocessableEntity, "code_expired"}
)

type flowError struct {
	text   string
	status int
	code   string
}

func (e *flowError) Error() string      { return "otplogin: " + e.text }
func (e *flowError) HTTPStatus() int    { return e.status }
func (e *flowError) PublicCode() string { return e.code }
