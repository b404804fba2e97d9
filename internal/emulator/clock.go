package emulator

import (
	"errors"
	"time"
)

// clock is real time moved by an offset, or one instant held. It never keeps a
// reading of real time while running, so that inside a testing/synctest bubble
// it follows the bubble's time.
type clock struct {
	offset time.Duration
	frozen time.Time
}

func (c *clock) now() time.Time {
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return time.Now().Round(0).UTC().Add(c.offset)
}

// latest is the last moment that the clock can be moved to: from today it is
// within the 292 years that a Duration spans.
func latest() time.Time { return time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Now returns the emulator's time, in UTC.
func (e *Emulator) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.clock.now()
}

// Advance moves the clock forward by d, frozen or not. It does not go back, and
// not beyond the year 2200.
func (e *Emulator) Advance(d time.Duration) error {
	if d < 0 {
		return errors.New("emulator: the clock does not go back")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clock.now().Add(d).After(latest()) {
		return errors.New("emulator: the clock does not go beyond the year 2200")
	}
	if e.clock.frozen.IsZero() {
		e.clock.offset += d
	} else {
		e.clock.frozen = e.clock.frozen.Add(d)
	}
	e.publish(Event{Kind: EventClock})
	return nil
}

// Freeze stops the clock where it is, or at the given moment if that is later.
func (e *Emulator) Freeze(at time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	if at.IsZero() {
		at = now
	}
	if at.Before(now) {
		return errors.New("emulator: the clock does not go back")
	}
	if at.After(latest()) {
		return errors.New("emulator: the clock does not go beyond the year 2200")
	}
	e.clock.frozen = at.Round(0).UTC()
	e.publish(Event{Kind: EventClock})
	return nil
}

// Unfreeze lets the clock run on from where it stands.
func (e *Emulator) Unfreeze() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clock.frozen.IsZero() {
		return
	}
	e.clock = clock{offset: e.clock.frozen.Sub(time.Now().Round(0))}
	e.publish(Event{Kind: EventClock})
}

// Frozen reports whether the clock stands still.
func (e *Emulator) Frozen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.clock.frozen.IsZero()
}
