package emulator

import (
	"context"
	"time"
)

// The kinds of an [Event].
const (
	EventMessage = "message" // a message went out, or its code was used or superseded
	EventRequest = "request" // a request was answered, or cut off
	EventDeleted = "deleted" // messages were deleted, or restored
	EventClock   = "clock"   // the clock was moved, frozen or released
	EventFault   = "fault"   // a fault was added, hit or removed
	EventConfig  = "config"  // rate limits or countries changed
	EventSession = "session" // a session was ended by a developer
	EventReset   = "reset"   // everything is back at the start
)

// Event is something that happened. Message and Request are set for their kinds.
type Event struct {
	Kind    string    `json:"kind"`
	Time    time.Time `json:"time"`
	Message *Message  `json:"message,omitempty"`
	Request *Request  `json:"request,omitempty"` // without its bodies: see Whole

	record *record // that Request was made of
}

// Whole returns the event with the bodies of its request. They are left out at
// first: masking them costs more than all else about a call, and is for those to
// do who look at them.
func (e Event) Whole() Event {
	if e.record != nil {
		view := e.record.view()
		e.Request = &view
	}
	return e
}

// hub knows who waits for what.
type hub struct {
	waiters       map[string]*waiter // by recipient; "" waits for any
	subscriptions map[*Subscription]bool
}

// waiter is what all those waiting for one recipient share.
type waiter struct {
	arrived chan struct{} // closed when a message came or its state changed
	count   int
}

// WaitMessage returns the newest message that q chooses, and waits for one until
// ctx ends, whose error it then returns. With After set to the ID of a message
// already seen, it cannot return that one again. A message that
// expires while the clock is not moved is noticed when ctx ends.
func (e *Emulator) WaitMessage(ctx context.Context, q MessageQuery) (Message, error) {
	q.Recipient = normalize(q.Recipient)
	for {
		m, found, arrived := e.latestOrWait(q)
		if found {
			return m, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			e.leave(q.Recipient, arrived)
			if m, found = e.LatestMessage(q); found {
				return m, nil
			}
			return Message{}, context.Cause(ctx)
		}
	}
}

func (e *Emulator) latestOrWait(q MessageQuery) (view Message, found bool, arrived <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	e.messages.find(q, now, func(m *message) bool {
		view, found = m.view(now), true
		return false
	})
	if found {
		return view, true, nil
	}
	w := e.hub.waiters[q.Recipient]
	if w == nil {
		w = &waiter{arrived: make(chan struct{})}
		e.hub.waiters[q.Recipient] = w
	}
	w.count++
	return view, false, w.arrived
}

// leave gives up waiting for arrived. By now others may wait for the next message,
// who are not to be counted down.
func (e *Emulator) leave(recipient string, arrived <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w := e.hub.waiters[recipient]; w != nil && w.arrived == arrived {
		if w.count--; w.count <= 0 {
			delete(e.hub.waiters, recipient)
		}
	}
}

// wake wakes those who wait for a message to recipient.
func (h *hub) wake(recipient string) {
	if w := h.waiters[recipient]; w != nil {
		close(w.arrived)
		delete(h.waiters, recipient)
	}
}

// wakeAll wakes all waiters.
func (h *hub) wakeAll() {
	for recipient := range h.waiters {
		h.wake(recipient)
	}
}

// Subscription receives events from the moment it was made.
type Subscription struct {
	emulator *Emulator
	events   chan Event
	lost     int
}

// Subscribe starts a subscription that holds at most buffer events that were not
// read yet, at least one. Close it when done. The emulator never waits for a
// subscriber: what does not fit is dropped and counted by [Subscription.Lost].
func (e *Emulator) Subscribe(buffer int) *Subscription {
	s := &Subscription{emulator: e, events: make(chan Event, max(buffer, 1))}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hub.subscriptions[s] = true
	return s
}

// Events returns the channel that events arrive on. Close closes it.
func (s *Subscription) Events() <-chan Event { return s.events }

// Lost returns how many events were dropped since the last call of Lost.
func (s *Subscription) Lost() int {
	s.emulator.mu.Lock()
	defer s.emulator.mu.Unlock()
	lost := s.lost
	s.lost = 0
	return lost
}

// Close ends the subscription. Closing it again does nothing.
func (s *Subscription) Close() {
	s.emulator.mu.Lock()
	defer s.emulator.mu.Unlock()
	if s.emulator.hub.subscriptions[s] {
		delete(s.emulator.hub.subscriptions, s)
		close(s.events)
	}
}

// announceClockLocked publishes a change of the clock, by which codes may have
// expired.
func (e *Emulator) announceClockLocked() {
	e.hub.wakeAll()
	e.publishLocked(Event{Kind: EventClock})
}

func (e *Emulator) publishLocked(event Event) {
	if len(e.hub.subscriptions) == 0 {
		return
	}
	event.Time = e.clock.now()
	for s := range e.hub.subscriptions {
		select {
		case s.events <- event:
		default:
			s.lost++
		}
	}
}

// announceLocked publishes that m went out, or that its state changed.
func (e *Emulator) announceLocked(m *message) {
	e.hub.wake(m.Recipient)
	e.hub.wake("")
	if len(e.hub.subscriptions) > 0 && e.messages.has(m) { // it may have been deleted
		view := m.view(e.clock.now())
		e.publishLocked(Event{Kind: EventMessage, Message: &view})
	}
}

// announceLastLocked publishes what became of the last messages to factors.
func (e *Emulator) announceLastLocked(factors ...*factor) {
	for _, f := range factors {
		if f.last != nil {
			e.announceLocked(f.last)
		}
	}
}
