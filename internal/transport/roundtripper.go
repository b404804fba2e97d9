package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// newRoundTripper returns the transport used unless the caller brings one, and the
// pool that decides on its connections.
func newRoundTripper(pings *http.HTTP2Config) (*http.Transport, *pool) {
	pool := newPool((&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         pool.dialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,

		// The wait for an answer has no limit of its own: the context's is never
		// longer, and a second timer costs each call.
		MaxResponseHeaderBytes: 64 << 10,
		// An answer of a few hundred bytes gains nothing from compression, and
		// without it nothing can inflate.
		DisableCompression: true,

		// Bursts keep their connections; the default of two a host would open
		// one for nearly every call. Load balancers give idle connections up
		// after 60 seconds or more, so we do it first.
		MaxIdleConnsPerHost: 1024,
		IdleConnTimeout:     50 * time.Second,

		HTTP2: pings,

		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
			if response.StatusCode == http.StatusOK {
				return nil
			}
			return &proxyError{response.StatusCode}
		},
	}, pool
}

// proxyError is a proxy's refusal to connect to the server.
type proxyError struct{ statusCode int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy refused to connect: HTTP %d", e.statusCode)
}

// defaultPings returns when to ping an HTTP/2 connection on which nothing arrives,
// and when to give it up. A connection that died silently is noticed by a ping that
// is not answered, not by the calls that wait on it.
func defaultPings() *http.HTTP2Config {
	return &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
}

// courier is what our requests pass last, and their answers first.
//
// Resty and http.Client are handed a request without an address and without a
// header: the one would parse and print the address, both would copy the header, for
// every call. The courier puts both on, and does so in place: what it sees are requests
// of [Client.send], and no others.
//
// Redirects it hands on without the address they point to. Otherwise http.Client
// would prepare to follow them before it asks whether it may, and lose the status
// of one that it cannot follow.
type courier struct {
	http.RoundTripper

	header http.Header
}

func (c courier) RoundTrip(r *http.Request) (*http.Response, error) {
	t := traceOf(r.Context())
	r.URL, r.Host, r.Header = t.url, t.url.Host, c.header
	if t.client.pool == nil { // a round tripper that may write to what it gets
		u := *t.url
		r.URL, r.Header = &u, c.header.Clone()
	}
	if t.client.netHTTP { // others get no means to send the body again
		r.GetBody = t.replay
	} else if r.ContentLength > 0 {
		r.Body = watchedBody{r.Body, t}
	}
	response, err := c.RoundTripper.RoundTrip(r)
	if err != nil || response == nil || response.Header["Location"] == nil {
		return response, err
	}
	t.header = response.Header
	redirect := *response
	redirect.Header = response.Header.Clone()
	redirect.Header.Del("Location")
	return &redirect, nil
}

func (c courier) CloseIdleConnections() {
	if closer, ok := c.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// isNetHTTP reports a round tripper whose connections and replays the trace can
// tell apart. HTTP/2 without TLS looks like HTTP/1 to it, so that is left out.
func isNetHTTP(rt http.RoundTripper) bool {
	t, ok := rt.(*http.Transport)
	return ok && (t.Protocols == nil || !t.Protocols.UnencryptedHTTP2())
}
