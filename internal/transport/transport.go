// Package transport posts one body and brings back one answer. It is the only
// package that uses resty, and it knows nothing of passcodes.
//
// It never sends the same body twice: a post is repeated only after an attempt
// that got no connection. It follows no redirect, keeps no cookie, reads a bounded
// answer, and reports for each failure whether the request may have left.
package transport

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"
)

const (
	// MaxBody is how much of an answer is read, in bytes, after inflation.
	MaxBody = 1 << 20

	firstBuffer   = 16 << 10 // bytes set aside for a body at most before any of it arrives
	maxEmptyReads = 100      // in a row, of a body that neither brings bytes nor ends

	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 2 * time.Second
)

// Config says where and how to post.
type Config struct {
	BaseURL    string       // without a slash at the end
	Header     http.Header  // sent with each post
	HTTPClient *http.Client // copied; nil for one of our own
	MaxRetries int          // attempts after the first that got no connection
	// Pings replaces the ping intervals of HTTP/2, which tests cannot wait for.
	Pings *http.HTTP2Config
}

// Client posts to one origin. It is safe for concurrent use.
type Client struct {
	resty      *resty.Client
	requests   sync.Pool // of *resty.Request
	base       *url.URL
	endpoints  sync.Map // from path to *url.URL; there are as many as a program has paths
	maxRetries int
	netHTTP    bool  // the round tripper is one whose replays we know
	pool       *pool // nil when the round tripper is the caller's
}

// Answer is what a server said, whatever its status was.
type Answer struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	// BodyErr tells why Body is not the whole body: [ErrTooLarge], or what cut
	// the reading short.
	BodyErr  error
	Attempts int
}

// ErrTooLarge is the Answer's BodyErr when there is more than [MaxBody].
var ErrTooLarge = errors.New("the body is larger than 1 MiB")

// New builds a client. It opens no connection and starts no goroutine.
func New(cfg Config) *Client {
	hc := http.Client{}
	if cfg.HTTPClient != nil {
		hc = *cfg.HTTPClient
	}
	var pool *pool
	if hc.Transport == nil {
		hc.Transport, pool = newRoundTripper(cmp.Or(cfg.Pings, defaultPings()))
	}
	netHTTP := isNetHTTP(hc.Transport)
	header, none := http.Header{}, http.Header{}
	maps.Copy(header, cfg.Header.Clone())
	hc.Transport = courier{RoundTripper: hc.Transport, header: header}
	hc.Jar = nil // cookies of one person's call must not go out with another's
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	rc := resty.NewWithClient(&hc).
		SetLogger(silent{}).
		SetDisableWarn(true).
		SetPreRequestHook(func(_ *resty.Client, r *http.Request) error {
			r.Header, r.GetBody = none, nil // see courier
			return nil
		})

	return &Client{
		resty:      rc,
		base:       parseBase(cfg.BaseURL),
		maxRetries: cfg.MaxRetries,
		netHTTP:    netHTTP,
		pool:       pool,
	}
}

// parseBase parses a base URL, which is the caller's to check.
func parseBase(baseURL string) *url.URL {
	base, err := url.Parse(baseURL)
	if err != nil {
		return new(url.URL) // no request finds a way from there
	}
	base.Host = strings.TrimSuffix(base.Host, ":")
	return base
}

// endpoint returns the address of path, which is the same one for each call.
func (c *Client) endpoint(path string) *url.URL {
	if known, ok := c.endpoints.Load(path); ok {
		return known.(*url.URL) //nolint:forcetypeassert,errcheck // stored below
	}
	u := *c.base
	u.Path += path
	if u.RawPath != "" {
		u.RawPath += path
	}
	c.endpoints.Store(path, &u)
	return &u
}

// CloseIdleConnections closes the connections that no call is using.
func (c *Client) CloseIdleConnections() { c.resty.GetClient().CloseIdleConnections() }

// Post sends body to path and returns the answer, or an [*Error] when there is
// none. An attempt that got no connection is repeated, within ctx, as often as the
// configuration allows.
func (c *Client) Post(ctx context.Context, path string, body []byte) (Answer, error) {
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			failure := newError(ctx, nil)
			failure.Attempts = n - 1
			return Answer{}, failure
		}
		answer, failure := c.attempt(ctx, path, body)
		if failure == nil {
			answer.Attempts = n
			return answer, nil
		}
		failure.Attempts = n
		if !failure.unconnected || n > c.maxRetries || ctx.Err() != nil {
			return Answer{}, failure
		}
		if !wait(ctx, backoff(n)) {
			failure.cause = newCause(errors.Join(ctx.Err(), context.Cause(ctx), failure.cause))
			return Answer{}, failure
		}
	}
}

// attempt posts once.
func (c *Client) attempt(ctx context.Context, path string, body []byte) (Answer, *Error) {
	t := c.newTrace(ctx, path, body)
	if c.pool != nil {
		c.pool.begin()
		defer c.pool.end(t)
	}
	response, err := c.send(t)
	if err != nil {
		e := newError(ctx, err)
		e.MaybeSent = t.maybeSent()
		e.unconnected = t.unconnected()
		return Answer{}, e
	}
	defer func() { _ = response.Body.Close() }()
	answer := Answer{StatusCode: response.StatusCode, Header: response.Header}
	if t.header != nil {
		answer.Header = t.header
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		// It was not asked for. The body is the bare connection, and to read
		// from it could take for ever, since it heeds no context.
		return answer, nil
	}
	answer.Body, answer.BodyErr = readBody(response)
	if answer.BodyErr != nil && !errors.Is(answer.BodyErr, ErrTooLarge) {
		answer.BodyErr = newError(ctx, answer.BodyErr).cause
	}
	return answer, nil
}

// send lets resty send a request. Resty's requests are used again, as resty itself
// does when it retries: making one takes seven allocations, and sending it sets
// everything anew that differs from call to call. The address and the header are
// the courier's.
func (c *Client) send(t *trace) (*http.Response, error) {
	request, ok := c.requests.Get().(*resty.Request)
	if !ok {
		request = c.resty.R().SetDoNotParseResponse(true)
		request.Header = http.Header{"Content-Type": {"none"}, "User-Agent": {"none"}} // or resty adds its own
	}
	response, err := request.SetContext(t.watch()).SetBody(&t.reader).Post("courier:")
	request.SetContext(context.Background()).SetBody(nil).RawRequest = nil // keep nothing of the call
	c.requests.Put(request)
	if err != nil {
		return nil, err
	}
	return response.RawResponse, nil
}

// readBody reads the whole body, so that the connection can be used again, unless
// it is too large.
func readBody(r *http.Response) ([]byte, error) {
	// The buffer grows with what arrives: a server may announce what it never sends.
	size := r.ContentLength
	if size < 0 || size > firstBuffer {
		size = 512
	}
	// One byte more than announced lets the end be seen without growing.
	body := make([]byte, 0, size+1)
	for empty := 0; ; {
		n, err := r.Body.Read(body[len(body):min(cap(body), MaxBody+1)])
		body = body[:len(body)+n]
		if empty++; n > 0 {
			empty = 0
		}
		switch {
		case empty > maxEmptyReads && err == nil:
			return body, io.ErrNoProgress
		case len(body) > MaxBody:
			return body[:MaxBody], ErrTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		case len(body) == cap(body):
			body = slices.Grow(body, len(body))
		}
	}
}

// backoff returns how long to wait after attempt n: exponential, half of it random
// so that many clients do not knock together.
func backoff(n int) time.Duration {
	d := min(firstBackoff<<(n-1), maxBackoff)
	return d/2 + rand.N(d/2) //nolint:gosec // jitter needs no secrecy
}

// wait reports whether d passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// silent keeps resty's own texts, which hold URLs and headers, off stderr.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
