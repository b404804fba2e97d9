package suite_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// breaker is a round tripper as circuit breakers are built: it runs the real one in
// a goroutine, gives up by its own clock, and does not cancel what it started.
type breaker struct {
	real    http.RoundTripper
	giveUp  <-chan struct{}
	pending sync.WaitGroup
}

func (b *breaker) RoundTrip(r *http.Request) (*http.Response, error) {
	answered := make(chan func() (*http.Response, error), 1)
	b.pending.Go(func() {
		response, err := b.real.RoundTrip(r) //nolint:bodyclose // closed below when it is not returned
		answered <- func() (*http.Response, error) { return response, err }
	})
	select {
	case result := <-answered:
		return result()
	case <-b.giveUp:
		b.pending.Go(func() {
			if response, err := (<-answered)(); err == nil {
				_ = response.Body.Close()
			}
		})
		return nil, errors.New("the breaker gave up")
	}
}

// TestBreakers gives up on calls whose dial goes on. What the error promises holds
// when the connection is there at last.
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
	for _, retries := range []int{0, 2} {
		dialed, connect := make(chan struct{}, 10), make(chan struct{})
		transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed <- struct{}{}
			<-connect
			return new(net.Dialer).DialContext(context.WithoutCancel(ctx), network, address)
		}}
		b := &breaker{real: transport, giveUp: dialed}
		client := newClient(t, server.URL, stytchotp.WithMaxRetries(retries), stytchotp.WithHTTPClient(&http.Client{Transport: b}))
		_, err := client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: testNumber})
		require.Error(t, err)
		assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
		close(connect)
		b.pending.Wait()
		transport.CloseIdleConnections()
		assert.Zero(t, whole.Load(), "sent after the error said that nothing was, with %d retries", retries)
	}
}

// TestHTTPClientMeansWhatNetHTTPMeans: without a transport it is the default one,
// which a program may have replaced, for example by a mock.
func TestHTTPClientMeansWhatNetHTTPMeans(t *testing.T) { //nolint:paralleltest // replaces http.DefaultTransport
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	mocked := 0
	http.DefaultTransport = roundTripFunc(func(*http.Request) (*http.Response, error) { mocked++; return nil, errors.New("mocked") })
	for _, hc := range []*http.Client{http.DefaultClient, {}} {
		client := newClient(t, "https://test.stytch.com", stytchotp.WithHTTPClient(hc), stytchotp.WithMaxRetries(0))
		_, err := client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: testNumber})
		require.Error(t, err)
		assert.Nil(t, hc.Transport, "the caller's client was written to")
	}
	assert.Equal(t, 2, mocked)
}
