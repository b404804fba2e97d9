package emulator

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Request is a request that came in and how it ended.
type Request struct {
	ID        int64     `json:"id"` // rises by one from request to request: a cursor
	Time      time.Time `json:"time"`
	RequestID string    `json:"request_id"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Operation string    `json:"operation,omitempty"` // empty for a path that is no call of the API
	Recipient string    `json:"recipient,omitempty"` // the number or address that it was about, if known
	Status    int       `json:"status"`              // zero when the caller got no answer
	ErrorType string    `json:"error_type,omitempty"`
	// UnknownFields are names in the body that the call does not have. They are
	// ignored, as far as is known like in the real API.
	UnknownFields []string `json:"unknown_fields,omitempty"`
	// FaultID is the fault that the call met, and Drop what it did to the connection.
	FaultID int64  `json:"fault_id,omitempty"`
	Drop    string `json:"drop,omitempty"`
	// TraceParent is the call's header of that name, by which a trace finds it.
	TraceParent string `json:"trace_parent,omitempty"`
	// Abandoned says that the caller's context ended during a delay.
	Abandoned bool `json:"abandoned,omitempty"`
	// Body and Answer are JSON with codes, tokens and unknown values masked; empty
	// when there was none, it was no JSON object, or it was larger than 4 KiB.
	Body   string `json:"body,omitempty"`
	Answer string `json:"answer,omitempty"`
}

// RequestQuery chooses requests; zero fields choose all.
type RequestQuery struct {
	Operation string // as in [Fault.Operation]
	Recipient string
	After     int64 // only requests with a higher ID
	Limit     int   // at most this many, the newest
}

const (
	maskedValue     = "***"
	maxJournalBytes = 4 << 10
)

// record is a Request with its bodies as they were. They are masked when they
// are read, which is rare, and not in every call.
type record struct {
	Request

	body, answer []byte
}

func (r *record) view() Request {
	view := r.Request
	view.UnknownFields = slices.Clone(r.UnknownFields)
	view.Body = maskJSON(r.body, secretInRequest)
	view.Answer = maskJSON(r.answer, secretInAnswer)
	return view
}

type journal struct {
	records queue[*record]
	lastID  int64
}

func newJournal(limit int, lastID int64) journal {
	return journal{records: queue[*record]{limit: limit}, lastID: lastID}
}

func (e *Emulator) record(r *record) {
	r.body, r.answer = bounded(r.body), bounded(r.answer)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.journal.lastID++
	r.ID = e.journal.lastID
	e.journal.records.push(r)
	e.counts.calls[CallCount{Operation: r.Operation, Status: r.Status}]++
	if len(e.hub.subscriptions) > 0 {
		brief := r.Request
		brief.UnknownFields = slices.Clone(r.UnknownFields)
		e.publishLocked(Event{Kind: EventRequest, Request: &brief, record: r})
	}
}

func bounded(body []byte) []byte {
	if len(body) > maxJournalBytes {
		return nil
	}
	return slices.Clone(body)
}

// Requests returns the requests that q chooses, newest first.
func (e *Emulator) Requests(q RequestQuery) []Request {
	chosen := e.chooseRequests(q)
	views := make([]Request, 0, len(chosen))
	for _, r := range chosen {
		views = append(views, r.view())
	}
	return views
}

// chooseRequests returns records, which are not changed any more.
func (e *Emulator) chooseRequests(q RequestQuery) []*record {
	q.Recipient = normalize(q.Recipient)
	e.mu.Lock()
	defer e.mu.Unlock()
	var chosen []*record
	for _, r := range slices.Backward(e.journal.records.items) {
		if r.ID <= q.After || q.Limit > 0 && len(chosen) == q.Limit {
			break
		}
		if (q.Operation == "" || covers(q.Operation, r.Operation)) && (q.Recipient == "" || r.Recipient == q.Recipient) {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

// maskJSON returns a JSON object with its secret top-level values masked.
func maskJSON(body []byte, secret func(string) bool) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return ""
	}
	for _, name := range slices.Collect(maps.Keys(fields)) {
		if value := string(fields[name]); secret(name) && value != "null" && value != `""` {
			fields[name] = json.RawMessage(`"` + maskedValue + `"`)
		}
	}
	masked, err := json.Marshal(fields)
	if err != nil {
		return ""
	}
	return string(masked)
}

// secretInRequest is true for every field that is not on the allow-list: a client
// may put a secret into any field.
func secretInRequest(name string) bool {
	switch name {
	case "phone_number", "email", "expiration_minutes", "attributes", "create_user_as_pending", "locale",
		"user_id", "login_template_id", "signup_template_id", "enable_autofill", "autofill_session_duration_minutes",
		"method_id", "session_id", "authorization_check", "options", "session_duration_minutes", "session_custom_claims":
		return false
	}
	return true
}

func secretInAnswer(name string) bool { return name == "session_token" || name == "session_jwt" }
