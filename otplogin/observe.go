package otplogin

import (
	"context"

	"github.com/stytchotp/stytchotp"
)

// Event is what [Config].Observer is told. It holds nothing private, and its values are
// few enough for labels of metrics.
type Event struct {
	Kind     EventKind
	Limit    Limit              // of EventRefused and EventRecorded
	Channel  stytchotp.Channel  // of the message, or "" when a code was refused
	Region   string             // ISO 3166 alpha-2; "" for e-mail
	Delivery stytchotp.Delivery // of EventSent only
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	EventSent        EventKind = "sent"         // a send was tried; Delivery says what became of it
	EventJoined      EventKind = "joined"       // a start went on with a message that was there
	EventVerified    EventKind = "verified"     // a code was right
	EventWrong       EventKind = "wrong"        // a code was wrong
	EventRefused     EventKind = "refused"      // by Limit
	EventRecorded    EventKind = "recorded"     // Limit would have refused, were it on
	EventFailedOpen  EventKind = "failed_open"  // limits were left out, as Config.FailOpen allows
	EventStoreFailed EventKind = "store_failed" // the store did not answer
)

func (l *Logins) observe(ctx context.Context, event Event) {
	if l.config.Observer != nil {
		l.config.Observer(ctx, event)
	}
}

// observeLimits reports the limits that refused an operation, would have, or were left
// out.
func (l *Logins) observeLimits(ctx context.Context, state *State, channel stytchotp.Channel, region string) {
	event := Event{Kind: EventRecorded, Channel: channel, Region: region}
	for _, event.Limit = range state.Recorded {
		l.observe(ctx, event)
	}
	if state.FailedOpen {
		l.observe(ctx, Event{Kind: EventFailedOpen, Channel: channel, Region: region})
	}
	if state.Result == ResultRefused {
		event.Kind, event.Limit = EventRefused, state.Refused
		l.observe(ctx, event)
	}
}
