package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/stytchotp/stytchotp/internal/dialgate"
	"github.com/stytchotp/stytchotp/internal/redact"
)

// roundTripper puts the fixed header on each request and observes how far it got.
type roundTripper struct {
	next   http.RoundTripper
	header http.Header
	gate   *dialgate.Gate // nil when next is the caller's

	// replays is whether next is an http.Transport, which sends the body again only
	// when it is safe on HTTP/1. http1 is whether the last connection spoke that.
	replays bool
	http1   atomic.Bool
}

func newRoundTripper(next http.RoundTripper, cfg Config) *roundTripper {
	rt := &roundTripper{next: next, header: http.Header{}}
	maps.Copy(rt.header, cfg.Header)
	if next == nil {
		rt.next, rt.gate = newTransport(cfg.Pings), dialgate.New()
	}
	_, rt.replays = rt.next.(*http.Transport)
	return rt
}

func (rt *roundTripper) newAttempt(r *http.Request) *attempt {
	a := &attempt{owner: rt}
	a.hooks.GetConn, a.hooks.GotConn = a.getConn, a.gotConn
	a.body.ReadCloser, a.body.again = r.Body, r.GetBody
	if r.Body == nil || r.GetBody == nil {
		a.empty, a.body.ReadCloser, a.body.again = true, http.NoBody, noBody
	}
	return a
}

func (rt *roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	a := rt.newAttempt(r)
	if rt.gate != nil {
		a.entered = rt.gate.Enter(r.Context())
		defer a.leaveGate()
	}
	out := r.WithContext(httptrace.WithClientTrace(r.Context(), &a.hooks))
	out.Header = rt.header.Clone()
	out.Body, out.GetBody = &a.body, nil
	if rt.replays && rt.http1.Load() && r.GetBody != nil {
		out.GetBody = a.replay(r.GetBody)
	}
	response, err := rt.next.RoundTrip(out)
	if err == nil && response == nil {
		err = errNoAnswer
	}
	if err != nil {
		if response != nil && response.Body != nil {
			_ = response.Body.Close()
		}
		return nil, a.judge(err)
	}
	if response.Body == nil {
		response.Body = http.NoBody
	}
	return hideLocation(response), nil
}

func (rt *roundTripper) CloseIdleConnections() {
	if closer, ok := rt.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

var errNoAnswer = errors.New("the round tripper returned neither a response nor an error")

// hidden is where an answer's Location waits. http.Client parses a Location before
// it asks whether to follow it, and loses the status of one that it cannot parse.
const hidden = "location (hidden)" // no header of a server has such a name

func hideLocation(r *http.Response) *http.Response {
	location := r.Header["Location"]
	if location == nil {
		return r
	}
	moved := *r
	moved.Header = r.Header.Clone()
	moved.Header[hidden] = location
	moved.Header.Del("Location")
	return &moved
}

func showLocation(h http.Header) {
	if location := h[hidden]; location != nil {
		h["Location"] = location
		delete(h, hidden)
	}
}

// newTransport returns the transport used unless the caller brings one.
func newTransport(pings *http.HTTP2Config) *http.Transport {
	if pings == nil {
		// A connection that died silently is noticed by a ping that is not
		// answered, not by the calls that wait on it.
		pings = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,

		// The wait for an answer has no limit of its own: the context's is never
		// longer, and a second timer costs each call.
		MaxResponseHeaderBytes: 64 << 10,
		// An answer of a few hundred bytes gains nothing from compression, and
		// without it there is no decompression bomb.
		DisableCompression: true,

		// Bursts keep their connections: the default of two would open one for nearly
		// every call. Load balancers close idle connections after 60 seconds or
		// more, so the client closes them first.
		MaxConnsPerHost:     maxConns,
		MaxIdleConnsPerHost: maxConns,
		IdleConnTimeout:     50 * time.Second,

		HTTP2: pings,

		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
			if response.StatusCode == http.StatusOK {
				return nil
			}
			return &redact.ProxyError{StatusCode: response.StatusCode}
		},
	}
}

// maxConns is how many connections a client opens at most.
const maxConns = 1024
