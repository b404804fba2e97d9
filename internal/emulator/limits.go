package emulator

import (
	"errors"
	"time"
)

// What a [RateLimit] counts by.
const (
	LimitByRecipient = "recipient"
	LimitByCountry   = "country" // phone numbers only
	LimitByProject   = "project"
)

// RateLimit refuses calls with 429 too_many_requests beyond a number in a window.
// Windows do not roll: a window of a minute begins when the clock's minute does,
// and at its end all is forgiven. Only calls with valid fields count.
type RateLimit struct {
	Operation string        `json:"operation,omitempty"` // as in [Fault.Operation]
	By        string        `json:"by,omitempty"`        // recipient (the default), country or project
	Max       int           `json:"max"`                 // calls allowed in a window; zero allows none
	Window    time.Duration `json:"window"`              // 1 millisecond to 24 hours
	// RetryAfter makes the answer say when the window ends, which the real API is
	// not documented to do.
	RetryAfter bool `json:"retry_after,omitempty"`
}

func (l RateLimit) check() error {
	switch {
	case !knownOperation(l.Operation):
		return errors.New("emulator: a rate limit's operation is unknown")
	case l.By != "" && l.By != LimitByRecipient && l.By != LimitByCountry && l.By != LimitByProject:
		return errors.New("emulator: a rate limit counts by recipient, country or project")
	case l.Max < 0:
		return errors.New("emulator: a rate limit's maximum is not negative")
	case l.Window < time.Millisecond || l.Window > 24*time.Hour:
		return errors.New("emulator: a rate limit's window is 1 millisecond to 24 hours")
	}
	return nil
}

const (
	maxRateLimits  = 100
	maxLimitedKeys = 100_000 // within one window
)

// SetRateLimits replaces all rate limits and starts counting anew.
func (e *Emulator) SetRateLimits(limits ...RateLimit) error {
	if len(limits) > maxRateLimits {
		return errors.New("emulator: at most 100 rate limits")
	}
	for _, limit := range limits {
		if err := limit.check(); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.limits = newLimiter(limits)
	e.publishLocked(Event{Kind: EventConfig})
	return nil
}

// RateLimits returns the limits in force.
func (e *Emulator) RateLimits() []RateLimit {
	e.mu.Lock()
	defer e.mu.Unlock()
	limits := []RateLimit{}
	for _, w := range e.limits {
		limits = append(limits, w.RateLimit)
	}
	return limits
}

// limiter counts calls for every limit.
type limiter []*window

type window struct {
	RateLimit

	start  time.Time
	counts map[string]int
}

func newLimiter(limits []RateLimit) limiter {
	l := make(limiter, 0, len(limits))
	for _, limit := range limits {
		l = append(l, &window{RateLimit: limit, counts: map[string]int{}})
	}
	return l
}

// admit counts a call, or refuses it when a limit is reached.
func (l limiter) admit(now time.Time, operation, recipient, region string) *apiError {
	for _, w := range l {
		key := recipient
		switch w.By {
		case LimitByCountry:
			key = region
		case LimitByProject:
			key = "project"
		}
		if key == "" || !covers(w.Operation, operation) {
			continue
		}
		if start := now.Truncate(w.Window); !start.Equal(w.start) || len(w.counts) >= maxLimitedKeys {
			w.start = start
			clear(w.counts)
		}
		w.counts[key]++
		if w.counts[key] > w.Max {
			refusal := failure("too_many_requests")
			if w.RetryAfter {
				refusal.retryAfter = w.start.Add(w.Window).Sub(now)
			}
			return refusal
		}
	}
	return nil
}
