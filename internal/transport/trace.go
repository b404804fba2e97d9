package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/go-resty/resty/v2"
)

// trace watches one attempt. Whether the request may have been written is observed
// rather than guessed from the error, because a cut connection and a refused one
// can end in the same error.
type trace struct {
	netHTTP bool
	body    []byte

	asked atomic.Bool // a connection was asked for, so these events do arrive
	got   atomic.Bool // a connection was handed over: from here on bytes may leave
	http2 atomic.Bool
	wants atomic.Bool // a connection was asked for and not had so far

	pool   *pool     // nil for a round tripper that is not ours
	opened []*pooled // for this attempt, under the pool's lock

	header http.Header // of a redirect, whole: see [frank]
}

type traceKey struct{}

// watch returns a context under which a round trip reports to t.
func (t *trace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, traceKey{}, t), &httptrace.ClientTrace{
		GetConn: func(string) {
			t.asked.Store(true)
			t.wants.Store(true)
		},
		// Not WroteHeaders: net/http may return an error while another goroutine
		// is about to write, and then the moment of writing would come too late.
		GotConn: func(info httptrace.GotConnInfo) {
			if conn, ok := info.Conn.(*tls.Conn); ok {
				t.http2.Store(conn.ConnectionState().NegotiatedProtocol == "h2")
			}
			t.got.Store(true)
			t.wants.Store(false)
			if t.pool != nil {
				t.pool.decide(info.Conn, t.http2.Load())
			}
		},
	})
}

// maybeSent reports whether the server may have read any of the request. With a
// round tripper that reports nothing, it always may: that can be net/http's own,
// when it hands the scheme on to another one (http.Transport.RegisterProtocol).
func (t *trace) maybeSent() bool { return t.got.Load() || !t.asked.Load() }

// unconnected reports that a connection was asked for and none was had. Only then
// is it safe, and of use, to try again.
func (t *trace) unconnected() bool { return t.asked.Load() && !t.got.Load() }

var errReplay = errors.New("a request that was sent is not sent again")

// guardReplay decides whether net/http may send the body again on a new connection.
//
// On HTTP/1 it does so only when it wrote no byte to the first one (it found a
// pooled connection closed), which is safe and wanted. On HTTP/2 it would also
// believe a server that read the request and then said it did not, which is not.
// Other round trippers get no means to replay at all.
func guardReplay(_ *resty.Client, r *http.Request) error {
	r.GetBody = nil
	t, ok := r.Context().Value(traceKey{}).(*trace)
	if !ok || !t.netHTTP {
		return nil
	}
	r.GetBody = func() (io.ReadCloser, error) {
		if t.http2.Load() {
			return nil, errReplay
		}
		return io.NopCloser(bytes.NewReader(t.body)), nil
	}
	return nil
}
