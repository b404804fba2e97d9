// Package transport sends one request and returns one answer. It is the only
// package that uses resty, and it knows nothing of passcodes.
//
// It never sends the same body twice: a request is repeated only when nothing of it
// was sent, or when HTTP/2 says that the server did not process it. It follows no
// redirect, keeps no cookie, reads a bounded answer, and reports for each failure
// whether the request may have been sent.
package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/stytchotp/stytchotp/internal/redact"
)

const (
	// MaxBody is how much of an answer is read, in bytes, after decompression.
	MaxBody = 1 << 20

	firstBuffer   = 16 << 10 // bytes allocated for a body at most before any of it arrives
	maxEmptyReads = 100      // in a row, of a body that neither brings bytes nor ends

	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 2 * time.Second

	// maxRefusals is how often a request is repeated that HTTP/2 did not process.
	maxRefusals = 6
)

// Config says where to send requests and how.
type Config struct {
	BaseURL    string       // without a slash at the end
	Header     http.Header  // sent with each request
	HTTPClient *http.Client // copied; nil, or without a transport, for the SDK's own
	MaxRetries int          // attempts after the first of which nothing was sent
	// Pings replaces the ping intervals of HTTP/2, which tests cannot wait for.
	Pings *http.HTTP2Config
}

// Client sends requests to one origin. It is safe for concurrent use.
type Client struct {
	resty      *resty.Client
	baseURL    string
	timeout    time.Duration // of a call, all attempts together; 0 for none
	maxRetries int
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
	c := &Client{baseURL: cfg.BaseURL, timeout: hc.Timeout, maxRetries: cfg.MaxRetries}
	hc.Timeout = 0 // http.Client would apply it to each attempt
	hc.Transport = newRoundTripper(hc.Transport, cfg)
	hc.Jar = nil // cookies of one person's call must not be sent with another's
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.resty = resty.NewWithClient(&hc).SetLogger(silent{}).SetDisableWarn(true)
	return c
}

// CloseIdleConnections closes the connections that no call is using.
func (c *Client) CloseIdleConnections() { c.resty.GetClient().CloseIdleConnections() }

// Do sends body, which may be nil, to path and returns the answer, or an [*Error]
// when there is none. It repeats an attempt that failed before anything was sent, at
// most MaxRetries times, and one that HTTP/2 says was not processed.
func (c *Client) Do(ctx context.Context, method, path string, body []byte) (Answer, error) {
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	retries, refusals := 0, 0
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			failure := newError(ctx, nil)
			failure.Attempts = n - 1
			return Answer{}, failure
		}
		answer, failure := c.try(ctx, method, path, body)
		if failure == nil {
			answer.Attempts = n
			return answer, nil
		}
		failure.Attempts = n
		var pause time.Duration
		switch {
		case ctx.Err() != nil:
			return Answer{}, failure
		case failure.noConn && retries < c.maxRetries:
			retries++
			pause = backoff(retries)
		case failure.refused && refusals < maxRefusals:
			pause = backoff(refusals)
			refusals++
		default:
			return Answer{}, failure
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			failure.cause = redact.Cause(errors.Join(ctx.Err(), context.Cause(ctx), failure.cause))
			return Answer{}, failure
		}
	}
}

// try sends the request once.
func (c *Client) try(ctx context.Context, method, path string, body []byte) (Answer, *Error) {
	request := c.resty.R().SetContext(ctx).SetDoNotParseResponse(true)
	if len(body) > 0 {
		request.SetBody(bytes.NewReader(body))
	}
	response, err := request.Execute(method, c.baseURL+path)
	if err != nil {
		return Answer{}, newError(ctx, err)
	}
	raw := response.RawResponse
	defer func() { _ = raw.Body.Close() }()
	answer := Answer{StatusCode: raw.StatusCode, Header: raw.Header}
	showLocation(answer.Header)
	if raw.StatusCode == http.StatusSwitchingProtocols {
		// It was not asked for. The body is the bare connection, and a read from it
		// could block without end: it ignores the context.
		return answer, nil
	}
	answer.Body, answer.BodyErr = readBody(raw)
	if answer.BodyErr != nil && !errors.Is(answer.BodyErr, ErrTooLarge) {
		answer.BodyErr = newError(ctx, answer.BodyErr).cause
	}
	return answer, nil
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

// backoff returns how long to wait before retry n: exponential, half of it random so
// that many clients do not retry at the same moment. Retry 0 is immediate.
func backoff(n int) time.Duration {
	if n == 0 {
		return 0
	}
	d := min(firstBackoff<<(n-1), maxBackoff)
	return d/2 + rand.N(d/2) //nolint:gosec // jitter needs no secrecy
}

// silent keeps resty's own texts, which hold URLs and headers, off stderr.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
