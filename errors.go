package stytchotp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/redact"
	"github.com/stytchotp/stytchotp/internal/transport"
)

// These are the conditions to ask for with [errors.Is]. Each is answered by Stytch's error
// type, never by the HTTP status alone: the API says 404 to a wrong code and 401
// to an expired one.
var (
	ErrInvalidPhoneNumber   = errors.New("stytchotp: invalid phone number") // found here or by Stytch
	ErrInvalidEmail         = errors.New("stytchotp: invalid e-mail address")
	ErrRegionNotAllowed     = errors.New("stytchotp: no messages to this region") // by the send policy or by Stytch
	ErrCodeIncorrect        = errors.New("stytchotp: the code is wrong")          // also one that is not digits
	ErrCodeExpired          = errors.New("stytchotp: the code was used or has expired")
	ErrRateLimited          = errors.New("stytchotp: too many requests")
	ErrUserLocked           = errors.New("stytchotp: the user is locked after too many wrong codes")
	ErrUserNotFound         = errors.New("stytchotp: no such user")
	ErrUnauthorized         = errors.New("stytchotp: the project credentials were refused")
	ErrSessionNotFound      = errors.New("stytchotp: no such session")
	ErrUnavailable          = errors.New("stytchotp: Stytch is unavailable")
	ErrNumberTypeNotAllowed = errors.New("stytchotp: no messages to numbers of this type")   // by the send policy
	ErrNumberRefused        = errors.New("stytchotp: the number was refused by the checker") // of the send policy
)

// StytchError is any answer whose status is not 2xx, whatever its body was. A
// redirect is one too, since none is followed.
type StytchError struct {
	Op         string // the operation, for example "otps.sms.send"
	StatusCode int    // the HTTP status
	RequestID  string // Stytch's id of the call: log it, support asks for it
	ErrorType  ErrorType
	// ErrorMessage and ErrorURL are Stytch's words, cut to 1 KiB and freed of
	// control characters. They may repeat what was sent, so Error leaves them out.
	ErrorMessage string
	ErrorURL     string
	ErrorDetails json.RawMessage
	// RetryAfter is what the Retry-After header asks for; 0 when there is none.
	// It is reported and not waited for.
	RetryAfter time.Duration
	Header     http.Header
	Attempts   int // connections tried

	unreadable bool // the answer has no error type, or names another status
}

// Error returns the operation, the status, the error type with its meaning, and
// the request id. It holds none of the server's free text.
func (e *StytchError) Error() string {
	if e == nil {
		return "stytchotp: no error"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "stytchotp: %s: HTTP %d", e.Op, e.StatusCode)
	if e.ErrorType != "" {
		fmt.Fprintf(&b, " %s", redact.Word(string(e.ErrorType)))
	}
	if meaning := e.ErrorType.meaning(); meaning.sentinel != nil {
		fmt.Fprintf(&b, " (%s)", strings.TrimPrefix(meaning.sentinel.Error(), "stytchotp: "))
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, ", request_id %s", redact.ID(e.RequestID))
	}
	return b.String()
}

// Is answers the sentinels by ErrorType.
func (e *StytchError) Is(target error) bool {
	return e != nil && target != nil && e.ErrorType.meaning().sentinel == target
}

// Delivery is [DeliveryNotSent] when Stytch refused the request with a 4xx and an
// error type, and [DeliveryMaybeSent] otherwise: a 4xx without a type may be a
// carrier's failure whose type was lost, or a proxy's answer.
func (e *StytchError) Delivery() Delivery {
	switch {
	case e == nil, !e.isRefusal(), e.unreadable:
		return DeliveryMaybeSent
	case e.ErrorType == ErrorTypeDownstreamCarrierError:
		return DeliveryMaybeSent // the carrier had the message already
	}
	return DeliveryNotSent
}

// isRefusal reports a 4xx by which a server says that it did not act.
func (e *StytchError) isRefusal() bool {
	return e.StatusCode >= 400 && e.StatusCode <= 499 &&
		e.StatusCode != http.StatusRequestTimeout && e.StatusCode != statusClientClosedRequest
}

// statusClientClosedRequest is nginx's status for a client that went away, which
// Stytch documents too: how far the request got is unknown.
const statusClientClosedRequest = 499

// FieldError is one thing that is wrong with the params of a call.
type FieldError struct {
	Field  string // its name on the wire, for example "expiration_minutes"
	Code   string // what is wrong, as a stable code, for example "out_of_range"
	Reason string // what is wrong, in words, without the value

	kind  error // the sentinel it answers
	cause error // what a send policy's checker returned
}

// String names the field and what is wrong with it, without the value.
func (f FieldError) String() string { return f.Field + " " + f.Reason }

// ValidationError says that the params of a call are wrong. Nothing was sent.
type ValidationError struct {
	Op     string
	Fields []FieldError // everything that is wrong, in the order of the params
}

// Error names each field and what is wrong with it, without any value.
func (e *ValidationError) Error() string {
	if e == nil {
		return "stytchotp: no error"
	}
	problems := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		problems[i] = f.String()
	}
	return "stytchotp: " + e.Op + ": " + strings.Join(problems, "; ") + " (nothing was sent)"
}

// Is answers the sentinels by what is wrong with the fields.
func (e *ValidationError) Is(target error) bool {
	if e == nil || target == nil {
		return false
	}
	for _, f := range e.Fields {
		if f.kind == target {
			return true
		}
	}
	return false
}

// Unwrap returns what a send policy's [Checker] returned, if that is what failed.
func (e *ValidationError) Unwrap() []error {
	if e == nil {
		return nil
	}
	var causes []error
	for _, f := range e.Fields {
		if f.cause != nil {
			causes = append(causes, f.cause)
		}
	}
	return causes
}

// Delivery is always [DeliveryNotSent].
func (e *ValidationError) Delivery() Delivery { return DeliveryNotSent }

// TransportError says that there was no answer: no connection, a connection that
// broke, or no time left.
type TransportError struct {
	Op       string
	Attempts int // connections tried; 0 when the call was over before the first

	delivery Delivery
	cause    error
}

// Error says in our own words what happened. It holds no address and nothing that
// the network library wrote.
func (e *TransportError) Error() string {
	if e == nil {
		return "stytchotp: no error"
	}
	consequence := "nothing was sent"
	if e.Delivery() != DeliveryNotSent {
		consequence = maybeSent(e.Op)
	}
	reason := "no answer"
	if e.cause != nil {
		reason = e.cause.Error()
	}
	return "stytchotp: " + e.Op + ": " + reason + " (" + consequence + ")"
}

// maybeSent says what an unknown outcome means for an operation.
func maybeSent(op string) string {
	switch {
	case op == OpAuthenticate:
		return "the code may have been used up"
	case isSend(op):
		return "a message may have been sent"
	}
	return "the request may have been processed"
}

// isSend reports an operation that sends a message. An operation that is not known
// may send one.
func isSend(op string) bool {
	return !strings.HasPrefix(op, "sessions.") && !strings.HasPrefix(op, "users.") && op != OpAuthenticate && op != OpDo
}

// Unwrap returns the cause, for [errors.Is] and [errors.As]: context.Canceled,
// context.DeadlineExceeded, syscall.ECONNREFUSED, *tls.CertificateVerificationError
// and the like.
func (e *TransportError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.cause
}

// Delivery is [DeliveryNotSent] when nothing of the request can have left.
func (e *TransportError) Delivery() Delivery {
	if e == nil {
		return DeliveryMaybeSent
	}
	return e.delivery
}

// Timeout reports that the time ran out.
func (e *TransportError) Timeout() bool {
	var t interface{ Timeout() bool }
	return e != nil && errors.As(e.cause, &t) && t.Timeout()
}

// InvalidResponseError is a 2xx answer that cannot be trusted: not JSON, cut
// short, larger than 1 MiB, an error in disguise, or without the id that the next
// step needs. The server may well have done what was asked.
type InvalidResponseError struct {
	Op         string
	StatusCode int
	RequestID  string // when it could be read
	Reason     string // what is wrong with the answer, in our words
	Header     http.Header
	Attempts   int

	cause error
}

// Error says what is wrong with the answer, and repeats none of it.
func (e *InvalidResponseError) Error() string {
	if e == nil {
		return "stytchotp: no error"
	}
	text := fmt.Sprintf("stytchotp: %s: HTTP %d with an unusable answer: %s", e.Op, e.StatusCode, e.Reason)
	if e.RequestID != "" {
		text += ", request_id " + redact.ID(e.RequestID)
	}
	return text
}

// Unwrap returns what cut the answer short, if that is what happened.
func (e *InvalidResponseError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.cause
}

// Delivery is always [DeliveryMaybeSent].
func (e *InvalidResponseError) Delivery() Delivery { return DeliveryMaybeSent }

func newTransportError(op operation, err error) *TransportError {
	e := &TransportError{Op: op.name, cause: err}
	if failure, ok := errors.AsType[*transport.Error](err); ok {
		e.Attempts, e.cause = failure.Attempts, failure.Unwrap()
		if !failure.MaybeSent {
			e.delivery = DeliveryNotSent
		}
	}
	return e
}

func newInvalidResponse(op operation, answer transport.Answer, reason string, cause error) *InvalidResponseError {
	return &InvalidResponseError{
		Op:         op.name,
		StatusCode: answer.StatusCode,
		RequestID:  readErrorBody(answer).RequestID,
		Reason:     reason,
		Header:     answer.Header,
		Attempts:   answer.Attempts,
		cause:      cause,
	}
}

func newStytchError(op operation, answer transport.Answer, now time.Time) *StytchError {
	body := readErrorBody(answer)
	return &StytchError{
		Op:           op.name,
		StatusCode:   answer.StatusCode,
		RequestID:    body.RequestID,
		ErrorType:    ErrorType(body.ErrorType),
		ErrorMessage: body.ErrorMessage,
		ErrorURL:     body.ErrorURL,
		ErrorDetails: body.ErrorDetails,
		RetryAfter:   retryAfter(answer.Header, now),
		Header:       answer.Header,
		Attempts:     answer.Attempts,
		unreadable:   body.ErrorType == "" || body.statusCode != 0 && body.statusCode != answer.StatusCode,
	}
}

// Format prints Error whatever the verb: the default of some would print fields. A
// copy of the error prints like the error.
func (e StytchError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.Error()) }

// Format prints String whatever the verb: the default of some would print what a
// checker returned.
func (f FieldError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }

// Format prints Error whatever the verb.
func (e ValidationError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.Error()) }

// Format prints Error whatever the verb.
func (e TransportError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.Error()) }

// Format prints Error whatever the verb.
func (e InvalidResponseError) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.Error()) }

// MarshalJSON encodes Error as a string.
func (e StytchError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// MarshalJSON encodes Error as a string.
func (e ValidationError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// MarshalJSON encodes Error as a string.
func (e TransportError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// MarshalJSON encodes Error as a string.
func (e InvalidResponseError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// LogValue logs Error.
func (e *StytchError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// LogValue logs Error.
func (e *ValidationError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// LogValue logs Error.
func (e *TransportError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// LogValue logs Error.
func (e *InvalidResponseError) LogValue() slog.Value { return slog.StringValue(e.Error()) }
