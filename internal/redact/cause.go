package redact

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// Cause returns an error for err that prints a description of ours, whatever the
// verb: the text of err may hold addresses, headers or bytes that a server sent.
// errors.Is and errors.As find err and what it wraps.
func Cause(err error) error { return &cause{err} }

type cause struct{ err error }

func (c *cause) Error() string { return describe(c.err) }

func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

func (c *cause) As(target any) bool { return errors.As(c.err, target) }

// Format prints the description: the default for some verbs would print the fields.
func (c *cause) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.Error()) }

// MarshalJSON encodes the description.
func (c *cause) MarshalJSON() ([]byte, error) { return []byte(`"` + c.Error() + `"`), nil }

// ProxyError is a proxy's refusal to connect to the server.
type ProxyError struct{ StatusCode int }

func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy refused to connect: HTTP %d", e.StatusCode)
}

func describe(err error) string {
	if refused, ok := errors.AsType[*ProxyError](err); ok {
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
	return describeInnermost(err)
}

// describeInnermost tells texts of net/http apart that are constants, and otherwise
// names the type of the innermost error: a name in a program holds nothing private.
func describeInnermost(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	switch text := err.Error(); {
	case text == "http: server closed idle connection":
		return "the server closed an idle connection"
	case strings.HasPrefix(text, "http2: server sent GOAWAY"):
		return "the server closed the HTTP/2 connection"
	case strings.HasPrefix(text, "malformed HTTP"), strings.HasPrefix(text, "malformed MIME header"):
		return "the server's answer is not HTTP"
	}
	return fmt.Sprintf("the exchange failed (%T)", err)
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
