package otplogin

import (
	"context"
	"time"

	"github.com/stytchotp/stytchotp"
)

// Store keeps the state of logins: [NewMemoryStore] in one process, package redisstore
// on many machines. Package storetest checks an implementation.
//
// A store never learns whom a login is for: recipients, flows and addresses are keyed
// hashes, and what only [Logins] needs is encrypted.
type Store interface {
	// Apply does one operation in one atomic step by the store's own clock. An error
	// means that the store did not answer; the operation may have been done.
	Apply(ctx context.Context, op *Operation) (*State, error)
	// Conversions returns what was sent and verified, a row for each of the regions and
	// each channel that has any. The region of e-mail is "".
	Conversions(ctx context.Context, regions []string) ([]Conversion, error)
}

// OperationKind is what an [Operation] does.
type OperationKind string

// The operations of a [Store].
const (
	// OperationStart begins a flow and takes a place for its message, or joins the
	// message that the recipient got a moment ago. A flow that exists is returned.
	OperationStart OperationKind = "start"
	// OperationResend takes a place for another message of a flow.
	OperationResend OperationKind = "resend"
	// OperationSettle records what became of a message. One that was not sent gives its
	// place back, once. If its flow is new, it is removed.
	OperationSettle OperationKind = "settle"
	// OperationFind returns a flow.
	OperationFind OperationKind = "find"
	// OperationTry counts a code before it is checked.
	OperationTry OperationKind = "try"
	// OperationJudge records what became of a code.
	OperationJudge OperationKind = "judge"
)

// Verdict is what became of a code.
type Verdict string

// The verdicts of [OperationJudge].
const (
	VerdictRight       Verdict = "right"        // the login is over
	VerdictCompared    Verdict = "compared"     // it was wrong, or may have been; the place stays taken
	VerdictNotCompared Verdict = "not_compared" // the place is given back
	VerdictExpired     Verdict = "expired"      // as not compared, and the message is over
	VerdictUnknown     Verdict = "unknown"      // Stytch does not know the method id; the place stays taken
)

// Millis is a time of the store's clock: milliseconds since 1970, or 0 for none.
type Millis int64

// Time returns the time; the zero time for 0.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m))
}

// Operation is one step of a login. Each kind uses some of the fields.
type Operation struct {
	Kind      OperationKind     `json:"kind"`
	Flow      string            `json:"flow"`              // a keyed hash
	Recipient string            `json:"recipient"`         // a keyed hash
	Address   string            `json:"address,omitempty"` // a keyed hash; "" when it is not known
	Region    string            `json:"region"`            // "" for e-mail
	Channel   stytchotp.Channel `json:"channel,omitempty"`
	// Message is the id of the message: Start and Resend make it, and taking a place
	// twice for one id takes it once. Find returns [ResultFailed] when it did not go out.
	Message string  `json:"message,omitempty"`
	At      Millis  `json:"at,omitempty"`     // Settle and Judge: [State].At of the place; Find: what State.Checking counts up to
	Try     string  `json:"try,omitempty"`    // Try and Judge: the id of the try; trying twice by one id takes one place
	Sealed  []byte  `json:"sealed,omitempty"` // Start: what the flow keeps; Judge, of a right code: what it keeps for 30 seconds more
	New     bool    `json:"new,omitempty"`    // Settle: the flow began with this message
	Device  bool    `json:"device,omitempty"` // Try and Judge: the browser has logged in before
	Limits  *Limits `json:"limits"`
	// CodeMinutes is how long a code can be used.
	CodeMinutes int `json:"code_minutes"`
	// FailOpen lets a store that keeps recipients apart from addresses, regions and the
	// project go on when the latter do not answer.
	FailOpen bool `json:"fail_open,omitempty"`

	Delivery  string   `json:"delivery,omitempty"`   // Settle: "sent", "maybe_sent" or "not_sent"
	MethodID  []byte   `json:"method_id,omitempty"`  // Settle: encrypted; empty when no answer named it
	RequestID string   `json:"request_id,omitempty"` // Settle
	Failure   *Failure `json:"failure,omitempty"`    // Settle: why it was not sent
	Verdict   Verdict  `json:"verdict,omitempty"`    // Judge
}

// Failure is what those who wait for a message are told when it was not sent.
type Failure struct {
	Status int    `json:"status"` // as of [stytchotp.HTTPStatus]
	Code   string `json:"code"`   // as of [stytchotp.PublicCode], or FailureTakenBack
}

// FailureTakenBack is the code of a message of which a store gave the place back before
// anything was sent: a start that joined it begins anew.
const FailureTakenBack = "taken_back"

// Result is what an operation found.
type Result string

// The results of [Store].Apply.
const (
	ResultSend      Result = "send"       // Start, Resend: the place is taken, the message is the caller's to send
	ResultFound     Result = "found"      // Start, Find: the flow was there
	ResultJoined    Result = "joined"     // Start: the flow is new, and goes on with a message that was there
	ResultTry       Result = "try"        // Try: the code is counted and can be checked
	ResultDone      Result = "done"       // Settle, Judge
	ResultNoFlow    Result = "no_flow"    // there is no such flow
	ResultOver      Result = "over"       // its code was right; State.Sealed is that of the judgment
	ResultNoMessage Result = "no_message" // Try: no method id is known
	ResultRefused   Result = "refused"    // by State.Refused; nothing has changed
	ResultFailed    Result = "failed"     // Find: the message that it waits for did not go out; a flow without another one is removed
)

// State is the answer to an [Operation].
type State struct {
	Result   Result  `json:"result"`
	Refused  Limit   `json:"refused,omitempty"`
	RetryAt  Millis  `json:"retry_at,omitempty"`
	Recorded []Limit `json:"recorded,omitempty"` // that would have refused, were they on
	Now      Millis  `json:"now"`                // by the store's clock
	At       Millis  `json:"at,omitempty"`       // of the place that was taken
	// FailedOpen says that limits by address, by region or for the project were left out,
	// as Operation.FailOpen allows.
	FailedOpen bool     `json:"failed_open,omitempty"`
	Failure    *Failure `json:"failure,omitempty"`

	// Of the flow, with every result that has one. One that is over has Sealed only.
	Sealed       []byte  `json:"sealed,omitempty"`
	Expires      Millis  `json:"expires,omitempty"`
	AttemptsLeft int     `json:"attempts_left"`
	Checking     int     `json:"checking,omitempty"` // codes that were tried within the last 15 seconds and not judged
	ResendAt     Millis  `json:"resend_at,omitempty"`
	SendsLeft    int     `json:"sends_left"`
	Message      Message `json:"message"`
}

// Message is a message to a recipient, as a store keeps it.
type Message struct {
	ID        string            `json:"id"`
	Channel   stytchotp.Channel `json:"channel"`
	At        Millis            `json:"at"`
	Delivery  string            `json:"delivery"`             // "pending", "sent" or "maybe_sent"
	MethodID  []byte            `json:"method_id,omitempty"`  // encrypted
	RequestID string            `json:"request_id,omitempty"` // of the answer
}

// Conversion is how many codes a region got by a channel, and how many were verified.
type Conversion struct {
	Region       string // ISO 3166 alpha-2, or "" for e-mail
	Channel      stytchotp.Channel
	SentHour     int // within the last 60 to 70 minutes
	VerifiedHour int
	SentDay      int // within the last 24 to 25 hours
	VerifiedDay  int
	BestDay      int // the most that were verified on one of the last 14 days, in UTC
}

// Unusual reports that more codes than usual were not verified: within a day
// max(20, 20 % of BestDay, 20 % of VerifiedDay) or more, or within an hour
// max(3, a sixth of that, 20 % of VerifiedHour) or more.
func (c Conversion) Unusual() bool {
	day := max(20, c.BestDay/5, c.VerifiedDay/5)
	return c.SentDay-c.VerifiedDay >= day || c.SentHour-c.VerifiedHour >= max(3, day/6, c.VerifiedHour/5)
}
