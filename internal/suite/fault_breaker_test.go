package suite_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// breaker is a round tripper as circuit breakers are built: it runs the real one in
// a goroutine, gives up by its own clock, and does not cancel what it started.
type breaker struct {
	real   http.RoundTripper
	giveUp chan struct{}
	ended  chan error // one for each round trip of the real one, in the order of their ends
}

func (b *breaker) RoundTrip(r *http.Request) (*http.Response, error) {
	go func() {
		response, err := b.real.RoundTrip(r)
		if err == nil {
			_ = response.Body.Close()
		}
		b.ended <- err
	}()
	<-b.giveUp
	return nil, errors.New("the breaker gave up")
}

// TestBreakers gives up on an attempt whose dial goes on, and connects it while the
// call is trying again: what was judged as not sent must not be sent then.
func TestBreakers(t *testing.T) {
	t.Parallel()
	var whole atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil && len(body) > 0 {
			whole.Add(1)
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	const attempts = 3
	b := &breaker{giveUp: make(chan struct{}), ended: make(chan error, attempts)}
	connect := make(chan struct{}) // lets the first dial go on
	var dials atomic.Int32
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		switch dials.Add(1) {
		case 1:
			b.giveUp <- struct{}{}
			<-connect
			return new(net.Dialer).DialContext(context.WithoutCancel(ctx), network, address)
		case 2:
			close(connect)
			assert.Error(t, <-b.ended, "the first attempt, after the verdict")
		}
		b.giveUp <- struct{}{}
		return nil, errors.New("no connection")
	}}
	b.real = transport
	client := newClient(t, server.URL, stytchotp.WithMaxRetries(attempts-1), stytchotp.WithHTTPClient(&http.Client{Transport: b}))
	_, err := client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: testNumber})
	require.Error(t, err)
	assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
	for range attempts - 1 {
		<-b.ended
	}
	assert.Zero(t, whole.Load(), "whole requests that the server read, although nothing was sent")
	transport.CloseIdleConnections()
}

// TestHTTPClientMeansWhatNetHTTPMeans: without a transport it is the default one,
// which a program may have replaced, for example by a mock.
func TestHTTPClientMeansWhatNetHTTPMeans(t *testing.T) { //nolint:paralleltest // replaces http.DefaultTransport
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	mocked := 0
	http.DefaultTransport = roundTripFunc(func(*http.Request) (*http.Response, error) { mocked++; return nil, errors.New("mocked") })
	for _, hc := range []*http.Client{http.DefaultClient, {}} { //nolint:forbidigo // what programs pass
		client := newClient(t, "https://test.stytch.com", stytchotp.WithHTTPClient(hc), stytchotp.WithMaxRetries(0))
		_, err := client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: testNumber})
		require.Error(t, err)
		assert.Nil(t, hc.Transport, "the caller's client was written to")
	}
	assert.Equal(t, 2, mocked)
}

// idleBody neither brings bytes nor ends.
type idleBody struct{ reads atomic.Int32 }

func (b *idleBody) Read([]byte) (int, error) { b.reads.Add(1); return 0, nil }
func (b *idleBody) Close() error             { return nil }

// TestBodyWithoutProgress reads the body of a caller's transport that returns
// nothing and no error, for ever.
func TestBodyWithoutProgress(t *testing.T) {
	t.Parallel()
	var body idleBody
	client := newClient(t, "https://test.stytch.com", stytchotp.WithHTTPClient(&http.Client{Transport: roundTripFunc(
		func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: &body, ContentLength: 1 << 20, Request: r}, nil
		})}))
	_, err := client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: testNumber})
	var invalid *stytchotp.InvalidResponseError
	require.ErrorAs(t, err, &invalid)
	require.ErrorIs(t, err, io.ErrNoProgress)
	assert.Less(t, body.reads.Load(), int32(1000))
}
