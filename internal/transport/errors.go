package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
)

// Error says that a request got no answer.
type Error struct {
	// MaybeSent is false only when the server cannot have processed the request.
	MaybeSent bool
	Attempts  int

	verdict
	cause *cause
}

// Error returns our own short description of the cause, never a text of net/http's.
func (e *Error) Error() string { return e.cause.Error() }

// Unwrap returns the cause: see [cause].
func (e *Error) Unwrap() error { return e.cause }

// newError describes err, which ended an attempt under ctx.
func newError(ctx context.Context, err error) *Error {
	e := new(Error)
	if judged, ok := errors.AsType[*attemptError](err); ok {
		e.verdict, err = judged.verdict, judged.err
		e.MaybeSent = !e.unsent && !e.refused
	} else if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the URL in its text is of no use to the caller
	}
	if ctx.Err() != nil {
		// net/http returns the context's cause alone when there is one.
		err = errors.Join(ctx.Err(), context.Cause(ctx), err)
	}
	e.cause = newCause(err)
	return e
}

// cause stands for an error whose text must not be shown: it may hold addresses,
// headers or bytes that a server sent. errors.Is and errors.As see through it.
type cause struct{ err error }

func newCause(err error) *cause { return &cause{err: err} }

func (c *cause) Error() string { return describe(c.err) }

func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

func (c *cause) As(target any) bool { return errors.As(c.err, target) }

// Format prints the description whatever the verb: the default for some would
// print the fields.
func (c *cause) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.Error()) }

// MarshalJSON encodes the description.
func (c *cause) MarshalJSON() ([]byte, error) { return []byte(`"` + c.Error() + `"`), nil }

// describe says in our own words what went wrong.
func describe(err error) string {
	if refused, ok := errors.AsType[*proxyError](err); ok {
		return refused.Error()
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" && !errors.Is(err, context.Canceled) {
		return "the proxy: " + describe(op.Err)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled by the caller"
	case isTimeout(err):
		return "the time ran out"
	case is[*net.DNSError](err):
		return "the host name was not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the host is unreachable"
	case isUntrusted(err):
		return "the server's certificate is not trusted"
	case isTLS(err):
		return "no TLS connection could be made"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed early"
	}
	return "the exchange failed"
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

func isUntrusted(err error) bool {
	return is[*tls.CertificateVerificationError](err) || is[x509.UnknownAuthorityError](err) ||
		is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err)
}

func isTLS(err error) bool {
	var op *net.OpError // crypto/tls marks alerts with these operations
	return is[tls.RecordHeaderError](err) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}
