package inbox

import (
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// faultBody is an [emulator.Fault] in JSON, with durations such as "1m30s".
type faultBody struct {
	emulator.Fault

	Delay      duration `json:"delay,omitzero"`
	RetryAfter duration `json:"retry_after,omitzero"`
}

// faultStateBody adds what became of it.
type faultStateBody struct {
	emulator.FaultState

	Delay      duration `json:"delay,omitzero"`
	RetryAfter duration `json:"retry_after,omitzero"`
}

func (b faultBody) fault() emulator.Fault {
	b.Fault.Delay, b.Fault.RetryAfter = time.Duration(b.Delay), time.Duration(b.RetryAfter)
	return b.Fault
}

func newFaultStateBody(state emulator.FaultState) faultStateBody {
	return faultStateBody{state, duration(state.Delay), duration(state.RetryAfter)}
}

// listFaults answers with all faults, or with those that were never hit: a test that
// set one up and finds it here proved nothing.
func (b *Inbox) listFaults(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r, "unused")
	unused := q.boolean("unused")
	if q.err != nil {
		return q.err
	}
	states := b.emulator.Faults()
	if unused {
		states = b.emulator.UnusedFaults()
	}
	faults := make([]faultStateBody, 0, len(states))
	for _, state := range states {
		faults = append(faults, newFaultStateBody(state))
	}
	writeJSON(w, http.StatusOK, map[string]any{"faults": faults})
	return nil
}

func (b *Inbox) addFault(w http.ResponseWriter, r *http.Request) error {
	var body faultBody
	if err := readJSON(r, &body); err != nil {
		return err
	}
	id, err := b.emulator.AddFault(body.fault())
	if err != nil {
		return engineProblem(err)
	}
	writeJSON(w, http.StatusCreated, newFaultStateBody(emulator.FaultState{Fault: body.fault(), ID: id}))
	return nil
}

func (b *Inbox) clearFaults(w http.ResponseWriter, r *http.Request) error {
	if err := readQuery(r).failure(); err != nil {
		return err
	}
	b.emulator.ClearFaults()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (b *Inbox) removeFault(w http.ResponseWriter, r *http.Request) error {
	id, err := parseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if !b.emulator.RemoveFault(id) {
		return &problem{StatusCode: http.StatusNotFound, ErrorType: "fault_not_found", ErrorMessage: "There is no fault with this id."}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
