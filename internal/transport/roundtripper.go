package transport

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// newRoundTripper returns the transport used unless the caller brings one.
func newRoundTripper(headerTimeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,

		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		// An answer of a few hundred bytes gains nothing from compression, and
		// without it nothing can inflate.
		DisableCompression: true,

		// Bursts keep their connections; the default of two a host would open
		// one for nearly every call. Load balancers give idle connections up
		// after 60 seconds or more, so we do it first.
		MaxIdleConnsPerHost: 1024,
		IdleConnTimeout:     50 * time.Second,

		// A connection that died silently is noticed by a ping that nobody
		// answers, not by the calls that wait on it.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// isNetHTTP reports a round tripper whose connections and replays the trace can
// tell apart. HTTP/2 without TLS looks like HTTP/1 to it, so that is left out.
func isNetHTTP(rt http.RoundTripper) bool {
	t, ok := rt.(*http.Transport)
	return ok && (t.Protocols == nil || !t.Protocols.UnencryptedHTTP2())
}
