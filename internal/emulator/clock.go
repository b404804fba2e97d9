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

func (c *clock) advance(d time.Duration) error {
	if d < 0 {
		return errors.New("emulator: the clock does not go back")
	}
	if d > 0 && c.now().Add(d).After(latest()) {
		return errors.New("emulator: the clock does not go beyond the year 2200")
	}
	if c.frozen.IsZero() {
		c.offset += d
	} else {
		c.frozen = c.frozen.Add(d)
	}
	return nil
}

func (c *clock) freeze(at time.Time) error {
	now := c.now()
	if at.IsZero() {
		at = now
	}
	if at.Before(now) {
		return errors.New("emulator: the clock does not go back")
	}
	if at.After(latest()) {
		return errors.New("emulator: the clock does not go beyond the year 2200")
	}
	c.frozen = at.Round(0).UTC()
	return nil
}

func (c *clock) unfreeze() {
	if !c.frozen.IsZero() {
		*c = clock{offset: c.frozen.Sub(time.Now().Round(0))}
	}
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

// ClockChange is what [Emulator.ChangeClock] does, in the order of the fields.
type ClockChange struct {
	Unfreeze bool          // let the clock run on from where it stands
	Freeze   bool          // stop it, where it is or at the moment At
	At       time.Time     // not before now, nor beyond the year 2200
	Advance  time.Duration // move it forward by as much, frozen or not
}

// ChangeClock does all of the change or, when it returns an error, nothing.
func (e *Emulator) ChangeClock(change ClockChange) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	changed := e.clock
	if change.Unfreeze {
		changed.unfreeze()
	}
	if change.Freeze {
		if err := changed.freeze(change.At); err != nil {
			return err
		}
	}
	if err := changed.advance(change.Advance); err != nil {
		return err
	}
	e.clock = changed
	e.announceClockLocked()
	return nil
}

// Advance moves the clock forward by d, frozen or not. It does not go back, and
// not beyond the year 2200.
func (e *Emulator) Advance(d time.Duration) error { return e.ChangeClock(ClockChange{Advance: d}) }

// Freeze stops the clock where it is, or at the given moment if that is later.
func (e *Emulator) Freeze(at time.Time) error {
	return e.ChangeClock(ClockChange{Freeze: true, At: at})
}

// Unfreeze lets the clock run on from where it stands.
func (e *Emulator) Unfreeze() {
	_ = e.ChangeClock(ClockChange{Unfreeze: true}) // never refused
}

// Frozen reports whether the clock stands still.
func (e *Emulator) Frozen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.clock.frozen.IsZero()
}
