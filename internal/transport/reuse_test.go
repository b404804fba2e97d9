package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/go-resty/resty/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type contextKey struct{}

// Requests of resty's are used again, and all share one header and a few addresses.
// What one call leaves behind, or a careless round tripper writes into its request,
// must not be seen by the next.
func TestCallsShareNothing(t *testing.T) {
	c := New(Config{
		BaseURL: "https://api.example.com",
		Header:  http.Header{"Authorization": {"Basic ours"}, "Accept": {"application/json"}},
		HTTPClient: &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			assert.Equal(t, []string{"Basic ours"}, r.Header["Authorization"])
			assert.Empty(t, r.Header["X-Left-Behind"])
			assert.Equal(t, []string{"application/json"}, r.Header["Accept"])
			r.Header["Authorization"][0] = "Basic another's"
			r.Header.Set("X-Left-Behind", "yes")
			r.Header.Del("Accept")
			assert.Equal(t, "https://api.example.com", r.URL.Scheme+"://"+r.URL.Host)
			r.URL.Host = "api.example.org"
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			assert.Equal(t, r.Context().Value(contextKey{}), string(body), "the context and the body of one call")
			if strings.HasSuffix(string(body), "7") {
				return nil, errors.New("broken")
			}
			return answerOf(200, strings.NewReader(string(body)+r.URL.Path)), nil
		})},
	})
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for i := range 50 {
				body := strings.Repeat("x", i%5) + string(rune('0'+i%10))
				answer, err := c.Post(context.WithValue(t.Context(), contextKey{}, body), "/"+body, []byte(body))
				if strings.HasSuffix(body, "7") {
					assert.Error(t, err)
				} else if assert.NoError(t, err) {
					assert.Equal(t, body+"/"+body, string(answer.Body))
				}
			}
		})
	}
	calls.Wait()
}

// A request that waits for its next use must not keep a person's number in memory.
func TestKeptRequestHoldsNothing(t *testing.T) {
	c := New(Config{
		BaseURL: "https://api.example.com",
		HTTPClient: &http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) {
			return answerOf(200, strings.NewReader("answer")), nil
		})},
	})
	var kept *resty.Request
	for kept == nil { // a pool may forget, and under the race detector does so often
		_, err := c.Post(t.Context(), "/path", []byte("body"))
		require.NoError(t, err)
		kept, _ = c.requests.Get().(*resty.Request)
	}
	assert.Nil(t, kept.Body)
	assert.Nil(t, kept.RawRequest)
	assert.Equal(t, context.Background(), kept.Context())
}

// The trace is a context, and must not hide what the caller's own context holds: a
// trace of the caller's hears of the connection too.
func TestTraceOfTheCaller(t *testing.T) {
	var heard []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn: func(address string) { heard = append(heard, address) },
		GotConn: func(httptrace.GotConnInfo) { heard = append(heard, "got") },
	})
	c := New(Config{
		BaseURL: "https://api.example.com",
		HTTPClient: &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			mine := traceOf(r.Context())
			hooks := httptrace.ContextClientTrace(r.Context())
			hooks.GetConn("api.example.com:443")
			assert.True(t, mine.unconnected())
			hooks.GotConn(httptrace.GotConnInfo{})
			assert.False(t, mine.unconnected())
			return answerOf(200, strings.NewReader("")), nil
		})},
	})
	_, err := c.Post(ctx, "/path", []byte("body"))
	require.NoError(t, err)
	assert.Equal(t, []string{"api.example.com:443", "got"}, heard)
}
