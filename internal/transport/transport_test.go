package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
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
	return c.Do(t.Context(), http.MethodPost, "/path", []byte("body"))
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
		answer, err := c.Do(t.Context(), http.MethodPost, "/path", []byte("body"))
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
	} {
		var got [2]string
		c := New(Config{BaseURL: base, HTTPClient: &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			got = [2]string{r.URL.String(), r.Host}
			return answerOf(200, strings.NewReader("")), nil
		})}})
		for range 2 {
			_, err := c.Do(t.Context(), http.MethodPost, "/v1/otps", []byte("{}"))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
	}
}

// TestReplays shows to whom the means of sending a body again are given.
func TestReplays(t *testing.T) {
	given := func(next http.RoundTripper, http1 bool) func() (io.ReadCloser, error) {
		rt := newRoundTripper(next, Config{})
		rt.http1.Store(http1)
		var getBody func() (io.ReadCloser, error)
		rt.next = roundTripFunc(func(r *http.Request) (*http.Response, error) {
			getBody = r.GetBody
			return answerOf(200, strings.NewReader("")), nil
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("body"))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("body")), nil }
		answer, err := rt.RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return getBody
	}
	assert.Nil(t, given(roundTripFunc(nil), true), "the caller's round tripper")
	assert.Nil(t, given(&http.Transport{}, false), "HTTP/2, or not known")
	_, err := given(&http.Transport{}, true)()
	assert.ErrorIs(t, err, errReplay, "this connection is not known to be of HTTP/1")

	a := &attempt{owner: newRoundTripper(nil, Config{})}
	getBody := a.replay(func() (io.ReadCloser, error) { return http.NoBody, nil })
	a.gotConn(httptrace.GotConnInfo{Conn: new(net.TCPConn)})
	_, err = getBody()
	require.NoError(t, err, "the SDK's own transport speaks HTTP/1 without TLS")
	a.owner.gate = nil
	a.gotConn(httptrace.GotConnInfo{Conn: new(net.TCPConn)})
	_, err = getBody()
	assert.ErrorIs(t, err, errReplay, "the caller's may speak HTTP/2")
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
		_, err := c.Do(t.Context(), http.MethodPost, "/", []byte("{}"))
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
	_, err := New(Config{BaseURL: "https://h", HTTPClient: hc}).Do(t.Context(), http.MethodPost, "/", []byte("{}"))
	require.NoError(t, err)
	assert.IsType(t, rt, hc.Transport)
	assert.Nil(t, hc.CheckRedirect)

	ours := New(Config{BaseURL: "https://h", HTTPClient: &http.Client{}})
	_, deadline := t.Context().Deadline()
	assert.False(t, deadline)
	assert.NotNil(t, ours.resty.GetClient().Transport.(*roundTripper).gate, "a client without a transport gets ours")
}

// TestOurTransport pins what the production transport promises.
func TestOurTransport(t *testing.T) {
	rt := newTransport(nil)
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
		ours := c.resty.GetClient().Transport.(*roundTripper).next.(*http.Transport)
		ours.DialContext = func(context.Context, string, string) (net.Conn, error) {
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
		_, err := c.Do(t.Context(), http.MethodPost, "/", []byte("body"))
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
		_, err := c.Do(ctx, http.MethodPost, "/", []byte("{}"))
		assert.Equal(t, time.Millisecond, time.Since(begin))
		for _, want := range []error{context.Canceled, left, syscall.ECONNREFUSED} {
			require.ErrorIs(t, err, want)
		}
		var failure *Error
		require.ErrorAs(t, err, &failure)
		assert.False(t, failure.MaybeSent)
		assert.Equal(t, 1, failure.Attempts)

		_, err = c.Do(ctx, http.MethodPost, "/", []byte("{}"))
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

// TestSilence: resty's texts are not printed.
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
		rt.RegisterProtocol("other", roundTripFunc(func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			sent++
			assert.Nil(t, r.GetBody)
			return nil, io.ErrUnexpectedEOF
		}))
		c := New(Config{BaseURL: "other://api.example.com", HTTPClient: &http.Client{Transport: rt}, MaxRetries: 3})
		_, err := c.Do(t.Context(), http.MethodPost, "/path", []byte("body"))
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

type contextKey struct{}

// What one call leaves behind, or a careless round tripper writes into its request,
// must not be seen by the next.
func TestCallsShareNothing(t *testing.T) {
	c := New(Config{
		BaseURL: "https://api.example.com",
		Header:  http.Header{"Authorization": {"Basic ours"}, "Accept": {"application/json"}},
		HTTPClient: &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			assert.Equal(t, http.Header{"Authorization": {"Basic ours"}, "Accept": {"application/json"}}, r.Header)
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
				answer, err := c.Do(context.WithValue(t.Context(), contextKey{}, body), http.MethodPost, "/"+body, []byte(body))
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

// A trace of the caller's hears of the connection too.
func TestTraceOfTheCaller(t *testing.T) {
	var heard []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn: func(address string) { heard = append(heard, address) },
		GotConn: func(httptrace.GotConnInfo) { heard = append(heard, "got") },
	})
	c := New(Config{
		BaseURL: "https://api.example.com",
		HTTPClient: &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			hooks := httptrace.ContextClientTrace(r.Context())
			hooks.GetConn("api.example.com:443")
			hooks.GotConn(httptrace.GotConnInfo{})
			return answerOf(200, strings.NewReader("")), nil
		})},
	})
	_, err := c.Do(ctx, http.MethodPost, "/path", []byte("body"))
	require.NoError(t, err)
	assert.Equal(t, []string{"api.example.com:443", "got"}, heard)
}

// A GET has no body, and is not repeated either once it was written.
func TestGetIsNotRepeated(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		var served atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, method, r.Method)
			assert.Empty(t, r.TransferEncoding)
			assert.Zero(t, r.ContentLength)
			if served.Add(1) > 1 { // the connection is a pooled one, which net/http would replace
				hijacked, _, err := w.(http.Hijacker).Hijack()
				if assert.NoError(t, err) {
					_ = hijacked.Close()
				}
			}
		}))
		c := New(Config{BaseURL: server.URL, MaxRetries: 5})
		_, err := c.Do(t.Context(), method, "/path", nil)
		require.NoError(t, err)
		_, err = c.Do(t.Context(), method, "/path", nil)
		assert.True(t, failureOf(t, err).MaybeSent)
		assert.Equal(t, int64(2), served.Load())
		c.CloseIdleConnections()
		server.Close()
	}
}

// The timeout of the caller's http.Client limits the call, not each attempt.
func TestTimeoutOfTheCallersClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			<-time.After(150 * time.Millisecond)
			return nil, syscall.ECONNREFUSED
		}}
		c := New(Config{BaseURL: "http://localhost", HTTPClient: &http.Client{Transport: hanging, Timeout: 200 * time.Millisecond}, MaxRetries: 5})
		begin := time.Now()
		_, err := c.Do(t.Context(), http.MethodPost, "/", []byte("{}"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 200*time.Millisecond, time.Since(begin))
	})
}

// HTTP/1 needs a connection for each call: none waits at the gate.
func TestGateOpensForHTTP1(t *testing.T) {
	const workers = 256
	var arrived sync.WaitGroup
	arrived.Add(workers)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived.Done()
		arrived.Wait() // all calls are served at the same time, or none is
	}))
	defer server.Close()
	c := New(Config{BaseURL: server.URL})
	defer c.CloseIdleConnections()
	var calls sync.WaitGroup
	for range workers {
		calls.Go(func() {
			_, err := c.Do(t.Context(), http.MethodPost, "/", []byte("{}"))
			assert.NoError(t, err)
		})
	}
	calls.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 2 * maxConns { // more than it has places
		c.resty.GetClient().Transport.(*roundTripper).gate.Enter(ctx)
	}
	assert.NoError(t, ctx.Err(), "the gate is not open")
}

// TestRefusals are believed by net/http's own words only.
func TestRefusals(t *testing.T) {
	const format = "http2: Transport: cannot retry err [%s] after Request.Body was written; define Request.GetBody to avoid this error"
	for reason, want := range map[string]bool{
		"stream error: stream ID 3; REFUSED_STREAM; received from peer":                   true,
		"stream error: stream ID 3; REFUSED_STREAM":                                       true,
		"http2: Transport received Server's graceful shutdown GOAWAY":                     true,
		"http2: client conn not usable":                                                   true,
		"stream error: stream ID 3; PROTOCOL_ERROR; received from peer":                   false,
		"stream error: stream ID 3; PROTOCOL_ERROR; REFUSED_STREAM; received":             false,
		"http2: server sent GOAWAY and closed the connection; debug=\"; REFUSED_STREAM\"": false,
		"": false,
	} {
		assert.Equal(t, want, isRefused(fmt.Errorf(format, reason)), reason)
		assert.False(t, isRefused(errors.New(reason)), reason)
	}
}

// A refusal is believed when the body was first read after a connection was had. One
// that was read before may have been sent over another connection.
func TestRefusalOfABufferedBody(t *testing.T) {
	refusal := errors.New("http2: Transport: cannot retry err [http2: Transport received Server's graceful shutdown GOAWAY] after Request.Body was written; define Request.GetBody to avoid this error")
	for _, buffered := range []bool{false, true} {
		_, err := post(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			read := func() {
				_, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
			}
			if buffered {
				read()
			}
			trace := httptrace.ContextClientTrace(r.Context())
			trace.GetConn("example.com:443")
			trace.GotConn(httptrace.GotConnInfo{})
			if !buffered {
				read()
			}
			return nil, refusal
		}))
		require.ErrorIs(t, err, refusal)
		assert.Equal(t, buffered, failureOf(t, err).MaybeSent)
	}
}

// TestCarelessRoundTrippers break http.RoundTripper's contract.
func TestCarelessRoundTrippers(t *testing.T) {
	_, err := post(t, roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, nil })) //nolint:nilnil // see above
	require.ErrorIs(t, err, errNoAnswer)
	assert.True(t, failureOf(t, err).MaybeSent)

	body := &closing{Reader: strings.NewReader("")}
	boom := errors.New("boom")
	_, err = post(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: body}, boom
	}))
	require.ErrorIs(t, err, boom)
	assert.True(t, body.closed)

	answer, err := post(t, roundTripFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, ContentLength: 5}, nil
	}))
	require.NoError(t, err)
	assert.Empty(t, answer.Body)

	a := (&attempt{owner: newRoundTripper(nil, Config{})}).judge(boom)
	assert.Equal(t, "boom", a.Error())
	assert.ErrorIs(t, a, boom)
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

// TestPeek leaves the body unread.
func TestPeek(t *testing.T) {
	peek := func(r *http.Request) (peeked string, unread bool) {
		a := newRoundTripper(nil, Config{}).newAttempt(r)
		whole, err := a.body.Peek()
		require.NoError(t, err)
		return string(whole), a.body.close()
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("body"))
	require.NoError(t, err)
	peeked, unread := peek(r)
	assert.Equal(t, "body", peeked)
	assert.True(t, unread)
	r.Body, r.GetBody = nil, nil
	peeked, _ = peek(r)
	assert.Empty(t, peeked)

	boom := errors.New("boom")
	broken := body{again: func() (io.ReadCloser, error) { return nil, boom }}
	_, err = broken.Peek()
	assert.ErrorIs(t, err, boom)
}

// TestProxyRefusal names the proxy and its status.
func TestProxyRefusal(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	c := New(Config{BaseURL: "https://api.example.com"})
	address, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	c.resty.GetClient().Transport.(*roundTripper).next.(*http.Transport).Proxy = http.ProxyURL(address)
	_, err = c.Do(t.Context(), http.MethodPost, "/", []byte("{}"))
	assert.Equal(t, "the proxy refused to connect: HTTP 407", err.Error())
	assert.False(t, failureOf(t, err).MaybeSent)
}
