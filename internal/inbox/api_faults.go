package inbox

import (
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// faultBody is an [emulator.Fault] as the control API reads and writes it, with
// durations that people can read.
type faultBody struct {
	Operation  string   `json:"operation,omitempty"`
	Recipient  string   `json:"recipient,omitempty"`
	Nth        int      `json:"nth,omitempty"`
	Times      int      `json:"times,omitempty"`
	Delay      duration `json:"delay,omitzero"`
	SendFirst  bool     `json:"send_first,omitempty"`
	Status     int      `json:"status,omitempty"`
	ErrorType  string   `json:"error_type,omitempty"`
	RetryAfter duration `json:"retry_after,omitzero"`
	HTML       bool     `json:"html,omitempty"`
	Cut        bool     `json:"cut,omitempty"`
	Drop       string   `json:"drop,omitempty"`
}

// faultStateBody adds what became of it.
type faultStateBody struct {
	ID int64 `json:"id"`
	faultBody

	Hits int  `json:"hits"`
	Done bool `json:"done"`
}

func (f faultBody) fault() emulator.Fault {
	return emulator.Fault{
		Operation: f.Operation, Recipient: f.Recipient, Nth: f.Nth, Times: f.Times,
		Delay: time.Duration(f.Delay), SendFirst: f.SendFirst,
		Status: f.Status, ErrorType: f.ErrorType, RetryAfter: time.Duration(f.RetryAfter),
		HTML: f.HTML, Cut: f.Cut, Drop: f.Drop,
	}
}

func newFaultStateBody(state emulator.FaultState) faultStateBody {
	f := state.Fault
	return faultStateBody{
		ID: state.ID, Hits: state.Hits, Done: state.Done,
		faultBody: faultBody{
			Operation: f.Operation, Recipient: f.Recipient, Nth: f.Nth, Times: f.Times,
			Delay: duration(f.Delay), SendFirst: f.SendFirst,
			Status: f.Status, ErrorType: f.ErrorType, RetryAfter: duration(f.RetryAfter),
			HTML: f.HTML, Cut: f.Cut, Drop: f.Drop,
		},
	}
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
	writeJSON(w, http.StatusCreated, faultStateBody{ID: id, faultBody: body})
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
