package transport

import (
	"context"
	"errors"
	"net/url"

	"github.com/stytchotp/stytchotp/internal/redact"
)

// Error says that a request got no answer.
type Error struct {
	// MaybeSent is false only when the server cannot have processed the request.
	MaybeSent bool
	Attempts  int

	noConn  bool // the request got no connection
	refused bool // HTTP/2 says that the server did not process the request
	cause   error
}

// Error returns our own short description of the cause, never a text of net/http's.
func (e *Error) Error() string { return e.cause.Error() }

// Unwrap returns the cause: see [redact.Cause].
func (e *Error) Unwrap() error { return e.cause }

// newError describes err, which ended an attempt under ctx.
func newError(ctx context.Context, err error) *Error {
	e := new(Error)
	if judged, ok := errors.AsType[*Error](err); ok {
		*e, err = *judged, judged.cause
	} else if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL in its text is of no use to the caller
	}
	if ctx.Err() != nil {
		// net/http returns the context's cause alone when there is one.
		err = errors.Join(ctx.Err(), context.Cause(ctx), err)
	}
	e.cause = redact.Cause(err)
	return e
}
