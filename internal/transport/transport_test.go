package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answerOf is a round tripper's answer with the given body.
func answerOf(status int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1}
}

// post posts to a round tripper.
func post(t *testing.T, rt http.RoundTripper) (Answer, error) {
	t.Helper()
	c := New(Config{BaseURL: "https://api.example.com/base", HTTPClient: &http.Client{Transport: rt}, MaxRetries: 3})
	return c.Post(t.Context(), "/path", []byte("body"))
}

func failureOf(t *testing.T, err error) *Error {
	t.Helper()
	var failure *Error
	require.ErrorAs(t, err, &failure)
	return failure
}

func TestPost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		assert.Equal(t, "POST /base/path", r.Method+" "+r.URL.RequestURI())
		assert.Equal(t, "body", string(body))
		assert.Equal(t, int64(4), r.ContentLength)
		assert.Equal(t, []string{"a", "b"}, r.Header["X-Ours"])
		assert.Empty(t, r.Header["Accept-Encoding"], "nothing can inflate that was not asked for")
		w.Header().Set("X-Theirs", "c")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "answer")
	}))
	defer server.Close()
	header := http.Header{"X-Ours": {"a", "b"}}
	c := New(Config{BaseURL: server.URL + "/base", Header: header})
	defer c.CloseIdleConnections()
	header.Set("X-Ours", "changed too late")

	for range 3 {
		answer, err := c.Post(t.Context(), "/path", []byte("body"))
		require.NoError(t, err)
		assert.Equal(t, http.StatusTeapot, answer.StatusCode)
		assert.Equal(t, "answer", string(answer.Body))
		assert.Equal(t, "c", answer.Header.Get("X-Theirs"))
		assert.Equal(t, 1, answer.Attempts)
		assert.NoError(t, answer.BodyErr)
	}
}

func TestBodyIsBounded(t *testing.T) {
	tests := []struct {
		size    int
		want    int
		wantErr error
	}{
		{0, 0, nil},
		{511, 511, nil},
		{MaxBody, MaxBody, nil},
		{MaxBody + 1, MaxBody, ErrTooLarge},
		{64 << 20, MaxBody, ErrTooLarge},
	}
	for _, test := range tests {
		for _, length := range []int64{-1, int64(test.size)} {
			source := &counting{Reader: io.LimitReader(blanks{}, int64(test.size))}
			answer, err := post(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
				r := answerOf(200, source)
				r.ContentLength = length
				return r, nil
			}))
			require.NoError(t, err)
			assert.Len(t, answer.Body, test.want)
			assert.Equal(t, test.wantErr, answer.BodyErr)
			assert.LessOrEqual(t, source.read, MaxBody+1)
		}
	}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type counting struct {
	io.Reader
	read int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func TestBodyCutShort(t *testing.T) {
	answer, err := post(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return answerOf(200, io.MultiReader(strings.NewReader("half"), failing{io.ErrUnexpectedEOF})), nil
	}))
	require.NoError(t, err)
	assert.Equal(t, "half", string(answer.Body))
	require.ErrorIs(t, answer.BodyErr, io.ErrUnexpectedEOF)
	assert.Equal(t, "the connection was closed early", answer.BodyErr.Error())
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestSwitchedProtocols must not read: the body heeds no context.
func TestSwitchedProtocols(t *testing.T) {
	answer, err := post(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return answerOf(101, failing{errors.New("it was read")}), nil
	}))
	require.NoError(t, err)
	assert.Equal(t, 101, answer.StatusCode)
	assert.Empty(t, answer.Body)
	assert.NoError(t, answer.BodyErr)
}

// TestRedirectsComeWhole are handed on with the place they point to, even when that
// is no URL.
func TestRedirectsComeWhole(t *testing.T) {
	for _, status := range []int{201, 301, 302, 303, 307, 308} {
		for _, location := range []string{"/elsewhere", "https://[::1", "https://other.example.com/"} {
			tries := 0
			theirs := http.Header{"Location": {location}}
			answer, err := post(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
				tries++
				r := answerOf(status, strings.NewReader("moved"))
				r.Header = theirs
				return r, nil
			}))
			require.NoError(t, err)
			assert.Equal(t, status, answer.StatusCode)
			assert.Equal(t, location, answer.Header.Get("Location"))
			assert.Equal(t, "moved", string(answer.Body))
			assert.Equal(t, 1, tries)
			assert.Equal(t, http.Header{"Location": {location}}, theirs, "what is not ours is not written to")
		}
	}
}

// TestAddress shows what a round tripper is told, whatever the base URL is like.
func TestAddress(t *testing.T) {
	for base, want := range map[string][2]string{
		"https://api.example.com":     {"https://api.example.com/v1/otps", "api.example.com"},
		"https://api.example.com/a":   {"https://api.example.com/a/v1/otps", "api.example.com"},
		"https://h:8443/a%2Fb/%C3%A9": {"https://h:8443/a%2Fb/%C3%A9/v1/otps", "h:8443"},
		"https://h:":                  {"https://h/v1/otps", "h"},
		"http://[::1]:80":             {"http://[::1]:80/v1/otps", "[::1]:80"},
		"http://[::1]":                {"http://[::1]/v1/otps", "[::1]"},
		"://":                         {"/v1/otps", ""}, // no round tripper takes that
	} {
		var got [2]string
		c := New(Config{BaseURL: base, HTTPClient: &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			got = [2]string{r.URL.String(), r.Host}
			return answerOf(200, strings.NewReader("")), nil
		})}})
		for range 2 {
			_, err := c.Post(t.Context(), "/v1/otps", nil)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
	}
}

// TestReplays shows to whom the means of sending a body again are given.
func TestReplays(t *testing.T) {
	traceOf := func(c *Client) *trace {
		c.base = &url.URL{}
		return c.newTrace(t.Context(), "/path", []byte("body"))
	}
	getBody := func(tr *trace) (given func() (io.ReadCloser, error)) {
		rt := courier{RoundTripper: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			given = r.GetBody
			return answerOf(200, strings.NewReader("")), nil
		})}
		answer, err := rt.RoundTrip(httptest.NewRequestWithContext(tr, http.MethodPost, "/", nil))
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return given
	}
	assert.Nil(t, getBody(traceOf(&Client{})), "the caller's round tripper")

	tr := traceOf(&Client{netHTTP: true})
	_, err := getBody(tr)()
	require.ErrorIs(t, err, errReplay, "to one that net/http hands the scheme on to")
	tr.got.Store(true)
	again, err := getBody(tr)()
	require.NoError(t, err)
	body, err := io.ReadAll(again)
	require.NoError(t, err)
	assert.Equal(t, "body", string(body))

	tr.http2.Store(true)
	_, err = getBody(tr)()
	assert.ErrorIs(t, err, errReplay)
}

// TestStalePooledConnection lets net/http replace a connection of HTTP/1 that was
// closed while it was idle, because nothing was written to it.
func TestStalePooledConnection(t *testing.T) {
	var mu sync.Mutex
	var open []net.Conn
	received := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		received++
	}))
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state == http.StateNew {
			open = append(open, c)
		}
	}
	server.Start()
	defer server.Close()
	c := New(Config{BaseURL: server.URL})
	defer c.CloseIdleConnections()
	for range 20 {
		_, err := c.Post(t.Context(), "/", nil)
		if err != nil { // it was closed in the middle, and we were not sure
			var failure *Error
			require.ErrorAs(t, err, &failure)
			assert.True(t, failure.MaybeSent)
		}
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		open = nil
		mu.Unlock()
	}
	mu.Lock()
	defer mu.Unlock()
	assert.LessOrEqual(t, received, 20)
}

// TestCallersClientIsCopied keeps its transport and its timeout, and nothing else.
func TestCallersClientIsCopied(t *testing.T) {
	rt := roundTripFunc(func(r *http.Request) (*http.Response, error) {
		_, limited := r.Context().Deadline()
		assert.True(t, limited, "the client's timeout")
		return answerOf(200, strings.NewReader("{}")), nil
	})
	hc := &http.Client{Transport: rt, Timeout: time.Minute}
	_, err := New(Config{BaseURL: "https://h", HTTPClient: hc}).Post(t.Context(), "/", nil)
	require.NoError(t, err)
	assert.IsType(t, rt, hc.Transport)
	assert.Nil(t, hc.CheckRedirect)

	ours := New(Config{BaseURL: "https://h", HTTPClient: &http.Client{}})
	assert.NotNil(t, ours.pool, "a client without a transport gets ours")
}

func TestIsNetHTTP(t *testing.T) {
	var unencrypted http.Protocols
	unencrypted.SetUnencryptedHTTP2(true)
	var encrypted http.Protocols
	encrypted.SetHTTP2(true)
	assert.True(t, isNetHTTP(&http.Transport{}))
	assert.True(t, isNetHTTP(&http.Transport{Protocols: &encrypted}))
	assert.False(t, isNetHTTP(&http.Transport{Protocols: &unencrypted}))
	assert.False(t, isNetHTTP(roundTripFunc(nil)))
}

// TestOurTransport pins what the production transport promises.
func TestOurTransport(t *testing.T) {
	rt, _ := newRoundTripper(defaultPings())
	assert.Equal(t, uint16(0x0303), rt.TLSClientConfig.MinVersion, "TLS 1.2")
	assert.False(t, rt.TLSClientConfig.InsecureSkipVerify)
	assert.True(t, rt.DisableCompression)
	assert.True(t, rt.ForceAttemptHTTP2)
	assert.Equal(t, int64(64<<10), rt.MaxResponseHeaderBytes)
	assert.Less(t, rt.IdleConnTimeout, time.Minute, "before a load balancer gives up")
	assert.Positive(t, rt.IdleConnTimeout)
	assert.GreaterOrEqual(t, rt.MaxIdleConnsPerHost, 128)
	assert.Zero(t, rt.MaxIdleConns, "no limit below that of the host")
	assert.Positive(t, rt.HTTP2.SendPingTimeout)
	assert.Positive(t, rt.HTTP2.PingTimeout)
	assert.LessOrEqual(t, rt.HTTP2.SendPingTimeout+rt.HTTP2.PingTimeout, 20*time.Second)
	assert.NotNil(t, rt.Proxy)
}

// TestIdleConnectionEnds gives an idle connection up by itself.
func TestIdleConnectionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Time, 1)
		c := New(Config{BaseURL: "http://localhost"})
		c.pool.dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				buf := make([]byte, 4<<10)
				for {
					n, err := theirs.Read(buf)
					if err != nil {
						ended <- time.Now()
						return
					}
					if bytes.HasSuffix(buf[:n], []byte("body")) {
						_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					}
				}
			}()
			return ours, nil
		}
		begin := time.Now()
		_, err := c.Post(t.Context(), "/", []byte("body"))
		require.NoError(t, err)
		assert.Equal(t, 50*time.Second, (<-ended).Sub(begin))
	})
}

func TestBackoff(t *testing.T) {
	for n := 1; n <= 10; n++ {
		full := min(100*time.Millisecond<<(n-1), 2*time.Second)
		for range 100 {
			d := backoff(n)
			assert.GreaterOrEqual(t, d, full/2)
			assert.Less(t, d, full)
		}
	}
}

// TestWaitEndsAtOnce keeps what was being repeated, and why it ended.
func TestWaitEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Millisecond, func() { cancel(left) })
		begin := time.Now()
		refusing := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}}
		c := New(Config{BaseURL: "http://localhost", HTTPClient: &http.Client{Transport: refusing}, MaxRetries: 5})
		_, err := c.Post(ctx, "/", nil)
		assert.Equal(t, time.Millisecond, time.Since(begin))
		for _, want := range []error{context.Canceled, left, syscall.ECONNREFUSED} {
			require.ErrorIs(t, err, want)
		}
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.False(t, failure.MaybeSent)
		assert.Equal(t, 1, failure.Attempts)

		_, err = c.Post(ctx, "/", nil)
		require.ErrorIs(t, err, left, "a context that is over")
	})
}

// TestRegisteredProtocol belongs to a transport that reports nothing: it may have
// sent the request.
func TestRegisteredProtocol(t *testing.T) {
	rt := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	tries := 0
	rt.RegisterProtocol("https", roundTripFunc(func(*http.Request) (*http.Response, error) {
		tries++
		return nil, syscall.ECONNREFUSED
	}))
	_, err := post(t, rt)
	var failure *Error
	require.ErrorAs(t, err, &failure)
	assert.True(t, failure.MaybeSent)
	assert.Equal(t, 1, tries)
}

// TestSilence keeps resty's texts from everybody.
func TestSilence(t *testing.T) {
	silent{}.Errorf("%d", 1)
	silent{}.Warnf("%d", 1)
	silent{}.Debugf("%d", 1)
}

// TestSendingUnwatched covers round trippers that send a request where no trace sees
// it. Nothing may be sent again after them, or be called unsent.
func TestSendingUnwatched(t *testing.T) {
	refused := func(r *http.Request) error {
		q := r.Clone(r.Context())
		q.URL, q.Body = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, http.NoBody
		response, err := new(http.Transport).RoundTrip(q)
		if err == nil {
			_ = response.Body.Close()
		}
		return err
	}
	t.Run("then net/http finds no connection", func(t *testing.T) {
		sent := 0
		_, err := post(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			assert.NoError(t, err)
			assert.Equal(t, "body", string(body))
			sent++
			return nil, refused(r)
		}))
		assert.True(t, failureOf(t, err).MaybeSent)
		assert.Equal(t, 1, sent)
	})
	t.Run("net/http hands the scheme on", func(t *testing.T) {
		sent := 0
		rt := new(http.Transport)
		rt.RegisterProtocol("courier", roundTripFunc(func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			sent++
			if again, err := r.GetBody(); err == nil {
				_, _ = io.Copy(io.Discard, again)
				sent++
			}
			return nil, io.ErrUnexpectedEOF
		}))
		c := New(Config{BaseURL: "courier://api.example.com", HTTPClient: &http.Client{Transport: rt}, MaxRetries: 3})
		_, err := c.Post(t.Context(), "/path", []byte("body"))
		assert.True(t, failureOf(t, err).MaybeSent)
		assert.Equal(t, 1, sent)
	})
	t.Run("a wrapper of net/http keeps its retries", func(t *testing.T) {
		tries := 0
		_, err := post(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			tries++
			return nil, refused(r)
		}))
		assert.False(t, failureOf(t, err).MaybeSent)
		assert.Equal(t, 4, tries)
	})
	t.Run("two requests at once", func(t *testing.T) { // for the race detector
		_, err := post(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			failed := make(chan error, 2)
			for range 2 {
				go func() { failed <- refused(r) }()
			}
			return nil, errors.Join(<-failed, <-failed)
		}))
		assert.Error(t, err)
	})
}
