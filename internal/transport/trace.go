package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// trace watches one attempt. Whether the request may have been written is observed
// rather than guessed from the error, because a cut connection and a refused one
// can end in the same error.
//
// It is the context of its request, and holds what the request needs, so that an
// attempt is one allocation and not eight.
type trace struct {
	context.Context //nolint:containedctx // see above
	hooks           httptrace.ClientTrace

	client *Client
	url    *url.URL
	body   []byte
	reader bytes.Buffer // what of the body is still to be sent

	asked atomic.Bool  // a connection was asked for, so these events do arrive
	state atomic.Int32 // of a body that a round tripper other than net/http's own reads
	got   atomic.Bool  // a connection was handed over: from here on bytes may leave
	http2 atomic.Bool
	wants atomic.Int64 // which of its asks for a connection is not met so far; 0 for none

	asks   atomic.Int64 // for a connection; more than one when those had were full
	since  atomic.Int64 // the pool's shares when the connection was asked for
	opened []*pooled    // for this attempt, under the pool's lock

	header http.Header // of a redirect, whole: see [courier]
}

type traceKey struct{}

// Value returns the trace itself, or what ctx has.
func (t *trace) Value(key any) any {
	if key == (traceKey{}) {
		return t
	}
	return t.Context.Value(key)
}

// traceOf returns the trace that ctx comes from, or nil.
func traceOf(ctx context.Context) *trace {
	t, _ := ctx.Value(traceKey{}).(*trace)
	return t
}

// newTrace returns the trace of an attempt under ctx to post body to path.
func (c *Client) newTrace(ctx context.Context, path string, body []byte) *trace {
	t := &trace{Context: ctx, client: c, url: c.endpoint(path), body: body}
	t.reader = *bytes.NewBuffer(body)
	t.hooks = httptrace.ClientTrace{GetConn: t.getConn, GotConn: t.gotConn}
	return t
}

// watch returns the context under which a round trip reports to t.
func (t *trace) watch() context.Context { return httptrace.WithClientTrace(t, &t.hooks) }

func (t *trace) getConn(string) {
	t.asked.Store(true)
	if t.client.pool != nil {
		t.since.Store(t.client.pool.shares.Load())
	}
	t.wants.Store(t.asks.Add(1))
}

// gotConn is told before anything is written. WroteHeaders would not do: net/http
// may return an error while another goroutine is about to write, and then the
// moment of writing would come too late.
func (t *trace) gotConn(info httptrace.GotConnInfo) {
	ours := pooledOf(info.Conn)
	if ours != nil && ours.decided.Load() {
		t.http2.Store(ours.http2)
	} else if conn, ok := info.Conn.(*tls.Conn); ok {
		t.http2.Store(conn.ConnectionState().NegotiatedProtocol == "h2")
	}
	t.got.Store(true)
	t.wants.Store(0)
	if ours != nil && !ours.decided.Load() {
		ours.decide(t.http2.Load())
	}
}

// maybeSent reports whether the server may have read any of the request. With a
// round tripper that reports nothing, it always may: that can be net/http's own,
// when it hands the scheme on to another one (http.Transport.RegisterProtocol). One
// that falls back on net/http may have sent the request by other means before.
//
// The verdict holds for what comes later too: a body that was not read by now cannot
// be read any more. A round tripper may have given up on a dial that goes on.
func (t *trace) maybeSent() bool {
	t.state.CompareAndSwap(bodyUnread, bodyClosed)
	return t.got.Load() || t.state.Load() == bodyRead || !t.asked.Load()
}

// The states of a watched body. It leaves the first one once.
const (
	bodyUnread int32 = iota
	bodyRead         // some of it may leave
	bodyClosed       // the attempt was judged before any of it was read
)

// unconnected reports that a connection was asked for and none was had. Only then
// is it safe, and of use, to try again.
func (t *trace) unconnected() bool { return !t.maybeSent() }

// watchedBody notices when it is read, and is not read after the verdict.
type watchedBody struct {
	io.ReadCloser

	trace *trace
}

// Peek returns the body to a round tripper that knows that nothing leaves yet: that of
// otptest, which has to look before it can refuse a connection.
func (b watchedBody) Peek() []byte { return b.trace.body }

func (b watchedBody) Read(p []byte) (int, error) {
	if !b.trace.state.CompareAndSwap(bodyUnread, bodyRead) && b.trace.state.Load() == bodyClosed {
		return 0, errReplay
	}
	return b.ReadCloser.Read(p)
}

var errReplay = errors.New("a request whose attempt is over is not sent")

// replay gives net/http the body once more, to send it on a new connection.
//
// On HTTP/1 it does so only when it wrote no byte to the first one (it found a
// pooled connection closed), which is safe and wanted. On HTTP/2 it would also
// believe a server that read the request and then said it did not, which is not. Who
// asks for the body again without having had a connection is not net/http.
func (t *trace) replay() (io.ReadCloser, error) {
	if !t.got.Load() || t.http2.Load() {
		return nil, errReplay
	}
	return io.NopCloser(bytes.NewReader(t.body)), nil
}
