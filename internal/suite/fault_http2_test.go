package suite_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

// streamServer is net/http's server for HTTP/2 with a limit of streams a connection.
type streamServer struct {
	*httptest.Server

	conns atomic.Int64
	mu    sync.Mutex
	read  map[string]int // whole requests, by their body
}

func startStreamServer(tb testing.TB, streams int, latency time.Duration) *streamServer {
	tb.Helper()
	s := &streamServer{read: map[string]int{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.read[string(body)]++
		s.mu.Unlock()
		<-time.After(latency)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, goodBody)
	}))
	s.EnableHTTP2 = true
	s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	certificate, err := authority.Issue(func(*x509.Certificate) {})
	require.NoError(tb, err)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	tb.Cleanup(s.Close)
	return s
}

// burst sends calls at once and returns the most attempts that one took. All have to
// succeed, and the server has to read each exactly once.
func (s *streamServer) burst(t *testing.T, client *stytchotp.Client, calls int, attempts *atomic.Int64) {
	t.Helper()
	var burst sync.WaitGroup
	for i := range calls {
		burst.Go(func() {
			_, err := send(t.Context(), client, fmt.Sprint("call ", i))
			assert.NoError(t, err)
		})
	}
	burst.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	assert.Equal(t, calls, len(s.read)) //nolint:testifylint // Len prints them all
	for body, n := range s.read {
		if n != 1 {
			assert.Equal(t, 1, n, body)
		}
	}
	t.Logf("%d calls: %d connections, at most %d attempts", calls, s.conns.Load(), attempts.Load())
}

// mostAttempts returns an option that keeps the most attempts of a call.
func mostAttempts() (*atomic.Int64, stytchotp.Option) {
	most := new(atomic.Int64)
	return most, stytchotp.WithHook(func(_ context.Context, c stytchotp.Call) {
		for {
			old := most.Load()
			if int64(c.Attempts) <= old || most.CompareAndSwap(old, int64(c.Attempts)) {
				return
			}
		}
	})
}

// TestStreamLimits lets a cold client begin with a burst that a connection of HTTP/2
// cannot take. What the server refuses was not processed and is sent again.
func TestStreamLimits(t *testing.T) {
	for _, streams := range []int{1, 5, 10, 32, 100} {
		for _, calls := range []int{20, 100, 300} {
			for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
				t.Run(fmt.Sprint(streams, " streams, ", calls, " calls, ", latency), func(t *testing.T) {
					server := startStreamServer(t, streams, latency)
					attempts, option := mostAttempts()
					server.burst(t, newClient(t, server.URL, option, stytchotp.WithTimeout(time.Minute)), calls, attempts)
				})
			}
		}
	}
}

// TestColdBurst opens few connections for many calls.
func TestColdBurst(t *testing.T) {
	for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
		server := startStreamServer(t, 250, latency)
		attempts, option := mostAttempts()
		server.burst(t, newClient(t, server.URL, option, stytchotp.WithTimeout(time.Minute)), 5000, attempts)
		assert.LessOrEqual(t, server.conns.Load(), int64(64))
	}
}

// TestGracefulRestarts lets a server retire the connection at every twentieth call.
func TestGracefulRestarts(t *testing.T) {
	server := startStreamServer(t, 250, 0)
	var calls atomic.Int64
	serve := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1)%50 == 0 {
			w.Header().Set("Connection", "close") // net/http sends GOAWAY
		}
		serve.ServeHTTP(w, r)
	})
	attempts, option := mostAttempts()
	server.burst(t, newClient(t, server.URL, option, stytchotp.WithTimeout(time.Minute)), 500, attempts)
	assert.Greater(t, server.conns.Load(), int64(1))
}

// TestGoAwayBeforeTheCall refuses each second call with a GOAWAY that says that it was
// not read, and it was not: the call goes over a new connection.
func TestGoAwayBeforeTheCall(t *testing.T) {
	var calls atomic.Int64
	server := faultserver.Start(t, faultserver.Config{Authority: authority, HTTP2: true, Handle: func(e faultserver.Exchange) {
		if calls.Add(1)%2 == 0 {
			e.(*faultserver.HTTP2).GoAway(0, faultserver.CodeNoError)
			return
		}
		good(e)
	}})
	attempts, option := mostAttempts()
	client := newClient(t, server.URL, option)
	for i := range 20 {
		_, err := send(t.Context(), client, fmt.Sprint("call ", i))
		require.NoError(t, err)
	}
	assert.Equal(t, int64(2), attempts.Load())
}
