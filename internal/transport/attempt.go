package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// attempt observes one round trip. Whether the request may have been sent is
// observed rather than guessed from the error, because a connection that was cut and
// one that was refused can end in the same error.
type attempt struct {
	owner *roundTripper
	hooks httptrace.ClientTrace
	body  body
	empty bool // the request has no body

	asked atomic.Bool  // a connection was asked for, so these events do arrive
	got   atomic.Int32 // connections
	http1 atomic.Bool  // the last of them is known to speak HTTP/1

	// The body was read before a connection was had: a round tripper above net/http has
	// it, and may have sent it before.
	buffered atomic.Bool

	entered bool // the gate
	left    atomic.Bool
}

func (a *attempt) getConn(string) { a.asked.Store(true) }

// gotConn is called before anything is written.
func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	conn, encrypted := info.Conn.(*tls.Conn)
	http1 := encrypted && conn.ConnectionState().NegotiatedProtocol != "h2"
	if !encrypted && a.owner.gate != nil {
		http1 = true // the SDK's own transport speaks HTTP/2 over TLS only
	}
	a.http1.Store(http1)
	if a.owner.http1.Load() != http1 {
		a.owner.http1.Store(http1)
	}
	a.got.Add(1)
	if a.body.state.Load() != bodyUnread {
		a.buffered.Store(true)
	}
	if g := a.owner.gate; g != nil {
		g.Connected()
		if http1 {
			g.Open()
		}
	}
	// The first call over a connection of HTTP/2 keeps its place until it has an
	// answer: by then it is known how many streams the server takes.
	if info.Reused {
		a.leaveGate()
	}
}

func (a *attempt) leaveGate() {
	if a.entered && a.left.CompareAndSwap(false, true) {
		a.owner.gate.Leave()
	}
}

// replay returns a GetBody for net/http, which calls it on HTTP/1 only when it
// wrote nothing to the connection: it found one closed that had been idle. On HTTP/2
// it would also call it after a PROTOCOL_ERROR, which a server may send after it
// read the request.
func (a *attempt) replay(getBody func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		if !a.http1.Load() {
			return nil, errReplay
		}
		return getBody()
	}
}

var errReplay = errors.New("the request is not sent again")

// judge says whether the server may have processed the request, of which err is the
// end. With a round tripper that reports no events, it always may. A body that was not
// read by now cannot be read any more: a round tripper may have given up on a dial
// that goes on.
func (a *attempt) judge(err error) *Error {
	conns, unread := a.got.Load(), a.body.close()
	e := &Error{noConn: unread && conns == 0 && a.asked.Load(), cause: err}
	e.MaybeSent = !e.noConn
	if conns > 0 && !a.http1.Load() && !a.buffered.Load() {
		unread = unread && !a.empty
		e.refused = isRefused(err) || unread && err.Error() == notRewound
		unsent := unread && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
		e.MaybeSent = !e.refused && !unsent
	}
	return e
}

// notRewound is net/http's text when it would repeat a request of which it wrote
// nothing, and has no GetBody.
const notRewound = "net/http: cannot rewind body after connection loss"

// isRefused reports an error by which HTTP/2 says that the server did not process
// the request: its stream was refused with REFUSED_STREAM, is above the last stream
// id of a GOAWAY (RFC 9113, 6.8 and 8.7), or was not opened. net/http has a text for
// it only. A text that is not known proves nothing.
func isRefused(err error) bool {
	reason, ok := strings.CutPrefix(err.Error(), "http2: Transport: cannot retry err [")
	if !ok {
		return false
	}
	reason, _, _ = strings.Cut(reason, "]")
	return reason == "http2: Transport received Server's graceful shutdown GOAWAY" ||
		reason == "http2: client conn not usable" ||
		strings.HasPrefix(reason, "stream error: stream ID ") && strings.HasSuffix(strings.TrimSuffix(reason, "; received from peer"), "; REFUSED_STREAM")
}

// body notices when it is read, and is not read after the verdict. That of a request
// without one is not nil, or net/http would repeat a GET that was written.
type body struct {
	io.ReadCloser

	state atomic.Int32
	again func() (io.ReadCloser, error)
}

// The states of a body. It leaves the first one once.
const (
	bodyUnread int32 = iota
	bodyRead         // some of it may be sent
	bodyClosed       // the attempt was judged before any of it was read
)

func noBody() (io.ReadCloser, error) { return http.NoBody, nil }

func (b *body) Read(p []byte) (int, error) {
	if !b.state.CompareAndSwap(bodyUnread, bodyRead) && b.state.Load() == bodyClosed {
		return 0, errReplay
	}
	return b.ReadCloser.Read(p)
}

// Peek returns the body to a round tripper that sends nothing yet: that of otptest,
// which looks at it before it decides to refuse the connection.
func (b *body) Peek() ([]byte, error) {
	again, err := b.again()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(again)
}

// close reports whether the body was not read, which then cannot happen any more.
func (b *body) close() bool {
	return b.state.CompareAndSwap(bodyUnread, bodyClosed) || b.state.Load() == bodyClosed
}
