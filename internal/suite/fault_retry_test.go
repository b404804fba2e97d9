package suite_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// refusing is a transport on which the first n connections are refused; after that
// dial decides.
func refusing(n int, dial func(ctx context.Context) (net.Conn, error)) (*http.Client, *[]time.Time) {
	var dials []time.Time
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		dials = append(dials, time.Now())
		if len(dials) <= n {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		return dial(ctx)
	}}
	return &http.Client{Transport: transport}, &dials
}

const forever = 1000

// TestRetryTimes measures in fake time when a call that gets no connection tries
// again, and when it stops.
func TestRetryTimes(t *testing.T) {
	tests := []struct {
		name      string
		options   []stytchotp.Option
		attempts  int
		atLeast   time.Duration // the sum of all waits, without and with all of its random half
		lessThan  time.Duration
		deadlined bool
	}{
		{name: "default", attempts: 3, atLeast: 150 * time.Millisecond, lessThan: 300 * time.Millisecond},
		{name: "none", options: retries(0), attempts: 1, lessThan: 1},
		{name: "one", options: retries(1), attempts: 2, atLeast: 50 * time.Millisecond, lessThan: 100 * time.Millisecond},
		{name: "the most", options: append(retries(10), stytchotp.WithTimeout(time.Minute)), attempts: 11, atLeast: 6550 * time.Millisecond, lessThan: 13100 * time.Millisecond},
		{name: "until the time is over", options: append(retries(10), stytchotp.WithTimeout(time.Millisecond)), attempts: 1, atLeast: time.Millisecond, lessThan: 2 * time.Millisecond, deadlined: true},
	}
	for _, test := range tests {
		for _, m := range methods {
			t.Run(test.name+"/"+m.op, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					hc, dials := refusing(forever, nil)
					client := newClient(t, "https://api.example.com", append(test.options, stytchotp.WithHTTPClient(hc))...)
					begin := time.Now()
					response, err := m.call(t.Context(), client, "call")
					took := time.Since(begin)

					require.Nil(t, response)
					var transport *stytchotp.TransportError
					require.ErrorAs(t, err, &transport)
					assert.Equal(t, test.attempts, transport.Attempts)
					assert.Len(t, *dials, test.attempts)
					assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
					require.ErrorIs(t, err, syscall.ECONNREFUSED)
					assert.Equal(t, test.deadlined, errors.Is(err, context.DeadlineExceeded))
					assert.GreaterOrEqual(t, took, test.atLeast)
					assert.Less(t, took, test.lessThan)
				})
			})
		}
	}
}

func retries(n int) []stytchotp.Option { return []stytchotp.Option{stytchotp.WithMaxRetries(n)} }

// TestRetryWaitsAreRandom keeps clients that fail together from coming back
// together.
func TestRetryWaitsAreRandom(t *testing.T) {
	waits := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			hc, dials := refusing(forever, nil)
			client := newClient(t, "https://api.example.com", stytchotp.WithMaxRetries(1), stytchotp.WithHTTPClient(hc))
			_, err := send(t.Context(), client, "call")
			require.Error(t, err)
			waits[(*dials)[1].Sub((*dials)[0])] = true
		})
	}
	assert.Greater(t, len(waits), 10)
}

// TestRetryEndsWithItsContext cancels a call while it waits to try again.
func TestRetryEndsWithItsContext(t *testing.T) {
	boom := errors.New("the user left")
	tests := []struct {
		name string
		end  func(context.Context) (context.Context, context.CancelFunc)
		want []error
	}{
		{"canceled", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(10*time.Millisecond, cancel)
			return ctx, cancel
		}, []error{context.Canceled, syscall.ECONNREFUSED}},
		{"canceled with a cause", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(10*time.Millisecond, func() { cancel(boom) })
			return ctx, func() { cancel(nil) }
		}, []error{context.Canceled, boom, syscall.ECONNREFUSED}},
		{"deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 10*time.Millisecond)
		}, []error{context.DeadlineExceeded, syscall.ECONNREFUSED}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hc, _ := refusing(forever, nil)
				client := newClient(t, "https://api.example.com", stytchotp.WithHTTPClient(hc))
				ctx, cancel := test.end(t.Context())
				defer cancel()
				begin := time.Now()
				_, err := send(ctx, client, "call")
				assert.Equal(t, 10*time.Millisecond, time.Since(begin), "it ends at once")
				for _, want := range test.want {
					require.ErrorIs(t, err, want)
				}
				assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
				assert.Equal(t, 503, stytchotp.HTTPStatus(err))
			})
		})
	}
}

// TestRetrySucceeds sends one request after two connections were refused.
func TestRetrySucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := make(chan string, 10)
		hc, dials := refusing(2, func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go answerOnce(theirs, requests)
			return ours, nil
		})
		var calls []stytchotp.Call
		client := newClient(t, "http://localhost", stytchotp.WithHTTPClient(hc),
			stytchotp.WithHook(func(_ context.Context, c stytchotp.Call) { calls = append(calls, c) }))
		response, err := send(t.Context(), client, "call")
		require.NoError(t, err)
		assert.Equal(t, phoneID, response.id)
		assert.Len(t, *dials, 3)
		assert.Len(t, requests, 1)
		require.Len(t, calls, 1)
		assert.Equal(t, 3, calls[0].Attempts)
		assert.Equal(t, stytchotp.DeliverySent, calls[0].Delivery)
		client.CloseIdleConnections()
	})
}

// answerOnce serves one good answer on a connection.
func answerOnce(c net.Conn, requests chan<- string) {
	defer func() { _ = c.Close() }()
	buf := make([]byte, 4<<10)
	for text := ""; ; {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if text += string(buf[:n]); strings.HasSuffix(text, "}") {
			requests <- text
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"+goodBody)
			return
		}
	}
}

// TestNeverRepeated lists failures after which a call must not be repeated by
// itself, as a round tripper reports them that had a connection, or never says.
func TestNeverRepeated(t *testing.T) {
	causes := map[string]error{
		"timeout":           context.DeadlineExceeded,
		"reset":             &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"refused, they say": &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"end":               io.EOF,
		"half":              io.ErrUnexpectedEOF,
		"unknown":           errors.New("something"),
	}
	for name, cause := range causes {
		t.Run(name, func(t *testing.T) {
			tries := 0
			hc := &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				tries++
				assert.Nil(t, r.GetBody, "no means to send it again")
				return nil, cause
			})}
			client := newClient(t, "https://api.example.com", stytchotp.WithHTTPClient(hc), stytchotp.WithMaxRetries(10))
			_, err := send(t.Context(), client, "call")
			require.ErrorIs(t, err, cause)
			assert.Equal(t, 1, tries)
			assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
		})
	}
}

// TestRetryAfterIsNotSleptOn gives up at once, however long the server wants us
// to wait.
func TestRetryAfterIsNotSleptOn(t *testing.T) {
	for _, status := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			hc := &http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) {
				tries++
				return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"7"}}, Body: http.NoBody}, nil
			})}
			client := newClient(t, "https://api.example.com", stytchotp.WithHTTPClient(hc))
			begin := time.Now()
			_, err := send(t.Context(), client, "call")
			var stytch *stytchotp.StytchError
			require.ErrorAs(t, err, &stytch)
			assert.Equal(t, 7*time.Second, stytch.RetryAfter)
			assert.Equal(t, 1, tries)
			assert.Zero(t, time.Since(begin))
		})
	}
}

// TestContextOver makes no attempt at all.
func TestContextOver(t *testing.T) {
	hc, dials := refusing(forever, nil)
	client := newClient(t, "https://api.example.com", stytchotp.WithHTTPClient(hc))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range methods {
		_, err := m.call(ctx, client, "call")
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
	}
	assert.Empty(t, *dials)
}
