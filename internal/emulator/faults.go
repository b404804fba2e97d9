package emulator

import (
	"errors"
	"time"
)

// What a [Fault] can do to the connection.
const (
	// DropRefused refuses the connection. A socket that is already listening
	// cannot do that for one call, so there the connection is reset instead.
	DropRefused = "refused"
	// DropBeforeRead closes the connection before the request is acted on.
	DropBeforeRead = "before_read"
	// DropAfterSend lets the request do its work, so that the message goes out,
	// and then cuts the connection without an answer.
	DropAfterSend = "after_send"
)

// Fault makes chosen calls fail. It is deterministic: the same calls in the same
// order meet the same faults. Of several faults that apply, the one added first
// is applied, and the call does not count for those after it.
type Fault struct {
	// Operation is one of the operations, such as otps.sms.send; "any_send" for the
	// six that send a message; "" for all.
	Operation string `json:"operation,omitempty"`
	// Recipient is the number or address that the call is about; "" for all.
	Recipient string `json:"recipient,omitempty"`
	// Nth is the first matching call to be hit, counted from one; 0 means 1.
	Nth int `json:"nth,omitempty"`
	// Times is how many calls are hit from there on; 0 means 1, negative all.
	Times int `json:"times,omitempty"`

	// Delay passes before the call is acted on, or with SendFirst after it was.
	// It is real time, not the emulator's clock, at most an hour, and it ends
	// with the call's context.
	Delay time.Duration `json:"delay,omitempty"`
	// SendFirst lets the request do its work, so that the message goes out,
	// before the rest of the fault happens.
	SendFirst bool `json:"send_first,omitempty"`
	// Status and ErrorType are the error to answer; each has a default that
	// suits the other.
	Status    int    `json:"status,omitempty"`
	ErrorType string `json:"error_type,omitempty"`
	// RetryAfter is sent as a Retry-After header, in whole seconds, rounded up.
	// The status is 429 unless something else sets it.
	RetryAfter time.Duration `json:"retry_after,omitempty"`
	// HTML answers with a proxy's HTML page, as status 502 unless Status is set.
	HTML bool `json:"html,omitempty"`
	// Cut breaks the connection off in the middle of the answer's body.
	Cut bool `json:"cut,omitempty"`
	// Drop cuts the connection without any answer; see the Drop constants.
	Drop string `json:"drop,omitempty"`
}

// FaultState is a fault and what became of it.
type FaultState struct {
	ID int64 `json:"id"`
	Fault

	Hits int  `json:"hits"` // calls that it was applied to
	Done bool `json:"done"` // it will not be applied again
}

const maxFaults = 1000

func (f Fault) check() error {
	switch {
	case !knownOperation(f.Operation):
		return errors.New("emulator: a fault's operation is unknown: " + clip(f.Operation, 64))
	case f.Nth < 0:
		return errors.New("emulator: a fault's nth counts from one")
	case f.Delay < 0 || f.Delay > time.Hour:
		return errors.New("emulator: a fault's delay is at most an hour")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("emulator: a fault's status is 200 to 599")
	case f.Status != 0 && f.Status < 400 && !f.HTML:
		return errors.New("emulator: a fault's status below 400 needs html: an error of the API has 400 to 599")
	case f.RetryAfter < 0:
		return errors.New("emulator: a fault's retry-after is not negative")
	case len(f.ErrorType) > 128 || clip(f.ErrorType, 128) != f.ErrorType:
		return errors.New("emulator: a fault's error type is at most 128 printable bytes")
	case f.Drop != "" && f.Drop != DropRefused && f.Drop != DropBeforeRead && f.Drop != DropAfterSend:
		return errors.New("emulator: a fault's drop is refused, before_read or after_send")
	case f.Drop != "" && (f.Status != 0 || f.ErrorType != "" || f.HTML || f.Cut || f.RetryAfter != 0):
		return errors.New("emulator: a dropped connection has no answer")
	case f.SendFirst && (f.Drop == DropRefused || f.Drop == DropBeforeRead):
		return errors.New("emulator: a request that is not read cannot send first")
	case f.Status == 204 || f.Status == 304:
		return errors.New("emulator: a fault's status is one that has a body")
	case f.Drop == "" && f.Delay == 0 && f.Status == 0 && f.ErrorType == "" && !f.HTML && !f.Cut && f.RetryAfter == 0:
		return errors.New("emulator: a fault needs one of status, error_type, html, cut, drop, delay and retry_after")
	case f.Recipient != "":
		return CheckRecipient(f.Recipient)
	}
	return nil
}

// replaces reports whether the fault answers in place of the API.
func (f Fault) replaces() bool {
	return f.Status != 0 || f.ErrorType != "" || f.HTML || f.RetryAfter != 0
}

// faultList holds the faults that may still be applied, and the others for the record.
type faultList struct {
	active []*fault
	done   []*fault
	lastID int64
}

type fault struct {
	FaultState

	seen int
}

// next counts a call and returns the fault that applies to it, if any.
func (l *faultList) next(operation, recipient string) *FaultState {
	for i, f := range l.active {
		if !covers(f.Operation, operation) || f.Recipient != "" && f.Recipient != recipient {
			continue
		}
		f.seen++
		if f.seen < max(f.Nth, 1) {
			continue
		}
		f.Hits++
		if f.Times >= 0 && f.Hits >= max(f.Times, 1) {
			f.Done = true
			l.active = append(l.active[:i:i], l.active[i+1:]...)
			l.done = append(l.done, f)
			if len(l.done) > maxFaults {
				l.done = l.done[1:]
			}
		}
		hit := f.FaultState
		return &hit
	}
	return nil
}

// AddFault adds a fault and returns its id. At most 1,000 can be waiting.
func (e *Emulator) AddFault(f Fault) (id int64, err error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	f.Recipient = normalize(f.Recipient)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.faults.active) >= maxFaults {
		return 0, errors.New("emulator: at most 1,000 faults can be waiting")
	}
	e.faults.lastID++
	e.faults.active = append(e.faults.active, &fault{FaultState: FaultState{Fault: f, ID: e.faults.lastID}})
	e.publishLocked(Event{Kind: EventFault})
	return e.faults.lastID, nil
}

// Faults returns the faults that may still be applied in the order they were added,
// and after them those that are done.
func (e *Emulator) Faults() []FaultState {
	e.mu.Lock()
	defer e.mu.Unlock()
	states := []FaultState{}
	for _, list := range [][]*fault{e.faults.active, e.faults.done} {
		for _, f := range list {
			states = append(states, f.FaultState)
		}
	}
	return states
}

// UnusedFaults returns the faults that were never hit.
func (e *Emulator) UnusedFaults() []FaultState {
	unused := []FaultState{}
	for _, state := range e.Faults() {
		if state.Hits == 0 {
			unused = append(unused, state)
		}
	}
	return unused
}

// RemoveFault removes one fault, whatever its state, and reports whether there
// was one with that id.
func (e *Emulator) RemoveFault(id int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, list := range []*[]*fault{&e.faults.active, &e.faults.done} {
		for i, f := range *list {
			if f.ID == id {
				*list = append((*list)[:i:i], (*list)[i+1:]...)
				e.publishLocked(Event{Kind: EventFault})
				return true
			}
		}
	}
	return false
}

// ClearFaults removes all faults.
func (e *Emulator) ClearFaults() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = faultList{lastID: e.faults.lastID}
	e.publishLocked(Event{Kind: EventFault})
}
