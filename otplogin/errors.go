package otplogin

import (
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/redact"
)

// RefusedError says that a limit refused a message or a code. Nothing was sent and
// nothing was tried.
type RefusedError struct {
	Limit   Limit
	RetryAt time.Time // when it can succeed, by the store's clock; zero when that is not known, or a new login is needed
}

// Error names the limit.
func (e *RefusedError) Error() string { return "otplogin: refused by the limit " + string(e.limit()) }

func (e *RefusedError) limit() Limit {
	if e == nil {
		return ""
	}
	return e.Limit
}

// Delivery returns DeliveryNotSent.
func (e *RefusedError) Delivery() stytchotp.Delivery { return stytchotp.DeliveryNotSent }

// HTTPStatus returns 503 for the limits by region, of the project and of the memory, and
// 429 otherwise.
func (e *RefusedError) HTTPStatus() int {
	switch e.limit() {
	case LimitFlows, LimitProjectDay, LimitProjectFailures, LimitRegion:
		return http.StatusServiceUnavailable
	}
	return http.StatusTooManyRequests
}

// PublicCode returns "unavailable" for the limits by region, of the project and of the
// memory, "too_many_attempts" when the codes are used up, and "rate_limited" otherwise.
func (e *RefusedError) PublicCode() string {
	switch e.limit() {
	case LimitFlows, LimitProjectDay, LimitProjectFailures, LimitRegion:
		return "unavailable"
	case LimitAttempts, LimitRecipientFailures:
		return "too_many_attempts"
	}
	return "rate_limited"
}

// StoreError says that the store did not answer. Before the send, Delivery is not_sent:
// try again. After it, Delivery is that of the message, which can be sent, and there is no
// [Flow] to go on with: a second try may send a second message.
type StoreError struct {
	Err      error // the store's
	delivery stytchotp.Delivery
}

// Error describes the store's error without its text, which may hold private values.
func (e *StoreError) Error() string {
	if e == nil {
		return "otplogin: the store did not answer"
	}
	return "otplogin: the store did not answer: " + redact.Cause(e.Err).Error()
}

// Unwrap returns the store's error.
func (e *StoreError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Delivery says whether a message may have gone out.
func (e *StoreError) Delivery() stytchotp.Delivery {
	if e == nil {
		return stytchotp.DeliveryMaybeSent
	}
	return e.delivery
}

// HTTPStatus returns 503.
func (e *StoreError) HTTPStatus() int { return http.StatusServiceUnavailable }

// PublicCode returns "unavailable", or "delivery_unknown" when a message may have gone
// out.
func (e *StoreError) PublicCode() string {
	if e.Delivery() != stytchotp.DeliveryNotSent {
		return "delivery_unknown"
	}
	return "unavailable"
}

// The conditions of a flow. Each has an HTTPStatus and a PublicCode.
var (
	// ErrNoFlow says that there is no such login: its time is over, it has succeeded, or
	// its id is wrong. Start again.
	ErrNoFlow error = &flowError{text: "there is no such login", status: http.StatusUnprocessableEntity, code: "code_expired"}
	// ErrNoMessage says that no answer named the message of this login, so that no code
	// can be checked: send another one.
	ErrNoMessage error = &flowError{text: "the message of this login is not known", status: http.StatusUnprocessableEntity, code: "code_expired"}
)

// errNilContext says what the client says of a call without a context.
var errNilContext error = &flowError{text: "ctx must not be nil", status: http.StatusInternalServerError, code: "internal"}

// waitError says that a context ended before it was known what became of a message that
// another login sends.
type waitError struct{ cause error }

func (e *waitError) Error() string {
	return "otplogin: another login sends the message, and its outcome did not come in time: " + redact.Cause(e.cause).Error()
}
func (e *waitError) Unwrap() error                { return e.cause }
func (e *waitError) Delivery() stytchotp.Delivery { return stytchotp.DeliveryMaybeSent }
func (e *waitError) HTTPStatus() int              { return http.StatusServiceUnavailable }
func (e *waitError) PublicCode() string           { return "delivery_unknown" }

// flowError is a condition of a flow, or why a message that was joined did not go out.
type flowError struct {
	text   string
	status int
	code   string
	kind   error // of the client's, or nil
}

func (e *flowError) Error() string                { return "otplogin: " + e.text }
func (e *flowError) Unwrap() error                { return e.kind }
func (e *flowError) Delivery() stytchotp.Delivery { return stytchotp.DeliveryNotSent }
func (e *flowError) HTTPStatus() int              { return e.status }
func (e *flowError) PublicCode() string           { return e.code }
