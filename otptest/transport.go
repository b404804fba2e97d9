package otptest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"syscall"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// Transport returns a round tripper that takes every request to this server by
// function calls, whatever the host in its URL. It opens no connection and starts
// no goroutine, so it works inside a [testing/synctest] bubble.
func (s *Server) Transport() http.RoundTripper { return &transport{server: s} }

type transport struct{ server *Server }

// RoundTrip does what [http.Transport] would do with a connection of its own for
// this request, the trace events included: the client tells by them whether the
// server may have read the request.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := peekBody(req)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	events := eventsOf(ctx)
	address := hostPort(req)
	events.GetConn(address)
	events.ConnectStart("tcp", address)

	var x *emulator.Exchange
	if !t.server.closed.Load() {
		x = t.server.engine.Begin(emulator.Call{Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery, Header: req.Header, Body: body})
	}
	if x == nil || x.Refused() {
		err = &net.OpError{Op: "dial", Net: "tcp", Addr: addr(address), Err: syscall.ECONNREFUSED}
		events.ConnectDone("tcp", address, err)
		return nil, err
	}
	events.ConnectDone("tcp", address, nil)
	events.GotConn(httptrace.GotConnInfo{Conn: conn{remote: addr(address)}})
	if err = sendBody(req); err != nil {
		return nil, err
	}
	events.WroteHeaders()
	events.WroteRequest(httptrace.WroteRequestInfo{})

	answer, err := x.Finish(ctx)
	switch {
	case err != nil:
		return nil, err
	case answer.Drop == emulator.DropAfterSend:
		return nil, io.ErrUnexpectedEOF
	case answer.Drop != "":
		return nil, io.EOF
	}
	events.GotFirstResponseByte()
	return response(req, answer), nil
}

func response(req *http.Request, answer emulator.Answer) *http.Response {
	ctx := req.Context()
	content := &content{
		reader: bytes.NewReader(answer.Body),
		ended:  func() error { return context.Cause(ctx) },
	}
	if answer.Cut {
		content.reader = bytes.NewReader(answer.Body[:len(answer.Body)/2])
		content.cut = true
	}
	answer.Header.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	return &http.Response{
		Status:     strconv.Itoa(answer.Status) + " " + http.StatusText(answer.Status),
		StatusCode: answer.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        answer.Header,
		Body:          content,
		ContentLength: int64(len(answer.Body)),
		Request:       req,
	}
}

// unsent is the body of the SDK's own requests.
type unsent interface{ Peek() ([]byte, error) }

// peekBody returns as much of the body as the emulator looks at. It leaves the SDK's
// own body unread, since the connection may still be refused.
func peekBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	if ours, ok := req.Body.(unsent); ok {
		return ours.Peek()
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, emulator.MaxBody+1))
	return body, errors.Join(err, req.Body.Close())
}

// sendBody reads what peekBody left, as net/http does when it sends the body.
func sendBody(req *http.Request) error {
	if _, ok := req.Body.(unsent); !ok {
		return nil
	}
	_, err := io.Copy(io.Discard, req.Body)
	return errors.Join(err, req.Body.Close())
}

// content is a response's body.
type content struct {
	reader *bytes.Reader
	ended  func() error // why the request's context ended, if it has
	cut    bool
	closed bool
}

func (c *content) Read(p []byte) (int, error) {
	if c.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if err := c.ended(); err != nil {
		return 0, err
	}
	n, err := c.reader.Read(p)
	if c.cut && errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (c *content) Close() error {
	c.closed = true
	return nil
}

func hostPort(req *http.Request) string {
	if req.URL.Port() != "" {
		return req.URL.Host
	}
	if req.URL.Scheme == "http" {
		return net.JoinHostPort(req.URL.Hostname(), "80")
	}
	return net.JoinHostPort(req.URL.Hostname(), "443")
}

// eventsOf returns the context's trace with every hook that is used here set.
func eventsOf(ctx context.Context) httptrace.ClientTrace {
	var events httptrace.ClientTrace
	if trace := httptrace.ContextClientTrace(ctx); trace != nil {
		events = *trace
	}
	if events.GetConn == nil {
		events.GetConn = func(string) {}
	}
	if events.ConnectStart == nil {
		events.ConnectStart = func(string, string) {}
	}
	if events.ConnectDone == nil {
		events.ConnectDone = func(string, string, error) {}
	}
	if events.GotConn == nil {
		events.GotConn = func(httptrace.GotConnInfo) {}
	}
	if events.WroteHeaders == nil {
		events.WroteHeaders = func() {}
	}
	if events.WroteRequest == nil {
		events.WroteRequest = func(httptrace.WroteRequestInfo) {}
	}
	if events.GotFirstResponseByte == nil {
		events.GotFirstResponseByte = func() {}
	}
	return events
}

// addr is the address of somewhere that is never dialed.
type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }

// conn stands in for the connection in the trace, whose readers ask it for its
// addresses. It cannot be read or written.
type conn struct{ remote addr }

func (c conn) RemoteAddr() net.Addr { return c.remote }

func (conn) LocalAddr() net.Addr { return addr("127.0.0.1:0") }

func (conn) Read([]byte) (int, error) { return 0, net.ErrClosed }

func (conn) Write([]byte) (int, error) { return 0, net.ErrClosed }

func (conn) Close() error { return nil }

func (conn) SetDeadline(time.Time) error { return net.ErrClosed }

func (conn) SetReadDeadline(time.Time) error { return net.ErrClosed }

func (conn) SetWriteDeadline(time.Time) error { return net.ErrClosed }
