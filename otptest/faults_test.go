package otptest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

func TestFaultsAsTheClientSeesThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		fault    otptest.Fault
		delivery stytchotp.Delivery
		messages int
		is       error
	}{
		{"server down", otptest.Fault{Status: 503}, stytchotp.DeliveryMaybeSent, 0, stytchotp.ErrUnavailable},
		{"refused by the API", otptest.Fault{ErrorType: "invalid_phone_number"}, stytchotp.DeliveryNotSent, 0, stytchotp.ErrInvalidPhoneNumber},
		{"rate limited", otptest.Fault{RetryAfter: 7 * time.Second}, stytchotp.DeliveryNotSent, 0, stytchotp.ErrRateLimited},
		{"proxy page", otptest.Fault{HTML: true}, stytchotp.DeliveryMaybeSent, 0, nil},
		{"captive portal", otptest.Fault{HTML: true, Status: 200}, stytchotp.DeliveryMaybeSent, 0, nil},
		{"cut body", otptest.Fault{Cut: true}, stytchotp.DeliveryMaybeSent, 1, nil},
		{"error after sending", otptest.Fault{Status: 500, SendFirst: true}, stytchotp.DeliveryMaybeSent, 1, nil},
		{"closed before read", otptest.Fault{Drop: otptest.DropBeforeRead}, stytchotp.DeliveryMaybeSent, 0, nil},
		{"cut after the message", otptest.Fault{Drop: otptest.DropAfterSend}, stytchotp.DeliveryMaybeSent, 1, nil},
	} {
		for name, srv := range servers(t) {
			t.Run(test.name+" "+name, func(t *testing.T) {
				t.Parallel()
				client, number := srv.Client(), srv.NewPhoneNumber()
				srv.Inject(test.fault)
				sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
				require.Error(t, err)
				assert.Nil(t, sent)
				if test.is != nil {
					require.ErrorIs(t, err, test.is)
				}
				assert.Equal(t, test.delivery, stytchotp.DeliveryOf(err), err)
				assert.Len(t, srv.Messages(), test.messages)
				assert.Len(t, srv.Requests(), 1, "one call, one request")
				_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
				require.NoError(t, err, "the fault is over")
			})
		}
	}
}

func TestRefusedConnectionIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := otptest.NewInProcess(t)
		number := srv.NewPhoneNumber()
		srv.Inject(otptest.Fault{Drop: otptest.DropRefused})
		_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
		require.NoError(t, err)
		for _, failing := range []struct {
			times  int
			client *stytchotp.Client
		}{{1, srv.Client(stytchotp.WithMaxRetries(0))}, {3, srv.Client()}} {
			srv.Inject(otptest.Fault{Drop: otptest.DropRefused, Times: failing.times})
			_, err = failing.client.OTPs.SMS.LoginOrCreate(t.Context(), sms(number))
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
		}
		assert.Len(t, srv.Messages(), 1)
	})
}

// TestRefusedOnASocket: who listens cannot refuse, and the client cannot know.
func TestRefusedOnASocket(t *testing.T) {
	t.Parallel()
	srv := otptest.NewServer(t)
	srv.Inject(otptest.Fault{Drop: otptest.DropRefused})
	_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), sms(srv.NewPhoneNumber()))
	require.Error(t, err)
	assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
	assert.Empty(t, srv.Messages())
	assert.Empty(t, srv.Requests())
}

// traced returns the events that a round trip reports, by name.
func traced(ctx context.Context, srv *otptest.Server, body io.Reader) (events []string, response *http.Response, err error) {
	note := func(event string) { events = append(events, event) }
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(hostPort string) { note("GetConn " + hostPort) },
		ConnectStart: func(network, address string) { note("ConnectStart " + network + " " + address) },
		ConnectDone:  func(_, _ string, err error) { note(fmt.Sprintf("ConnectDone %t", err == nil)) },
		GotConn: func(info httptrace.GotConnInfo) {
			note("GotConn " + info.Conn.RemoteAddr().String() + " " + info.Conn.RemoteAddr().Network())
		},
		WroteHeaders:         func() { note("WroteHeaders") },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { note(fmt.Sprintf("WroteRequest %t", info.Err == nil)) },
		GotFirstResponseByte: func() { note("GotFirstResponseByte") },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+"/v1/otps/sms/login_or_create", body)
	if err != nil {
		return nil, nil, err
	}
	r.SetBasicAuth(srv.ProjectID, srv.Secret)
	r.Header.Set("Content-Type", "application/json")
	response, err = srv.Transport().RoundTrip(r)
	return events, response, err
}

// What a round trip reports in process, as far as it comes.
var (
	dial    = []string{"GetConn otptest.invalid:443", "ConnectStart tcp otptest.invalid:443"}
	written = slices.Concat(dial, []string{"ConnectDone true", "GotConn otptest.invalid:443 tcp", "WroteHeaders", "WroteRequest true"})
)

func TestTraceEvents(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	const body = `{"phone_number":"+12025550100"}`

	srv.Inject(otptest.Fault{Drop: otptest.DropRefused})
	events, _, err := traced(t.Context(), srv, strings.NewReader(body)) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.Equal(t, slices.Concat(dial, []string{"ConnectDone false"}), events)

	srv.Inject(otptest.Fault{Drop: otptest.DropBeforeRead})
	events, _, err = traced(t.Context(), srv, strings.NewReader(body)) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, written, events)
	assert.Empty(t, srv.Messages())

	srv.Inject(otptest.Fault{Drop: otptest.DropAfterSend})
	events, _, err = traced(t.Context(), srv, strings.NewReader(body)) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, written, events)
	assert.Len(t, srv.Messages(), 1)

	srv.Inject(otptest.Fault{Cut: true})
	events, response, err := traced(t.Context(), srv, strings.NewReader(body))
	require.NoError(t, err)
	assert.Equal(t, slices.Concat(written, []string{"GotFirstResponseByte"}), events)
	read, err := io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Less(t, int64(len(read)), response.ContentLength)
	require.NoError(t, response.Body.Close())
	_, err = response.Body.Read(make([]byte, 1))
	require.ErrorIs(t, err, http.ErrBodyReadAfterClose)
}

// TestTraceEventsOfCallGivenUp: the delay comes when the request is written, and who
// gives up then cannot know.
func TestTraceEventsOfCallGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := otptest.NewInProcess(t)
		srv.Inject(otptest.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		events, _, err := traced(ctx, srv, strings.NewReader(`{}`)) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, written, events)
		events, _, err = traced(ctx, srv, strings.NewReader(`{}`)) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Empty(t, events)
	})
}

func TestBodyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, response, err := traced(ctx, srv, strings.NewReader(`{}`))
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, response.Body.Close())
}

func TestRequestBodyIsClosedAndBounded(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	body := &countingBody{Reader: io.LimitReader(neverEnding{}, 100<<20)}
	_, response, err := traced(t.Context(), srv, body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 400, response.StatusCode)
	assert.True(t, body.closed)
	assert.Less(t, body.read, 1<<20)
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte(" "), len(p))), nil
}

type countingBody struct {
	io.Reader

	read   int
	closed bool
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read += n
	return n, err
}

func (b *countingBody) Close() error {
	b.closed = true
	return nil
}

// fakeTB is a test that can fail without failing ours.
type fakeTB struct {
	testing.TB

	mu       sync.Mutex
	failures []string
	fatal    bool
	cleanups []func()
}

func (*fakeTB) Helper() {}

func (f *fakeTB) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	f.fatal = true
}

func (f *fakeTB) end() {
	for _, cleanup := range f.cleanups {
		cleanup()
	}
}

func TestUnusedFaultFailsTheTest(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...otptest.Option) *otptest.Server{
		"loopback": otptest.NewServer, "in process": otptest.NewInProcess,
	} {
		fake := &fakeTB{TB: t}
		srv := start(fake)
		srv.Inject(otptest.Fault{Status: 500})
		srv.Inject(otptest.Fault{Operation: otptest.OpEmailSend, Drop: otptest.DropAfterSend})
		_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), sms(srv.NewPhoneNumber()))
		require.Error(t, err)
		require.Empty(t, fake.failures, name)
		fake.end()
		assert.Equal(t, []string{"otptest: fault 2 was never hit: otps.email.send, dropped: after_send"}, fake.failures)
		assert.False(t, fake.fatal, "the rest of the cleaning up goes on")
	}
}

func TestMissingCodeFailsTheTest(t *testing.T) {
	t.Parallel()
	fake := &fakeTB{TB: t}
	srv := otptest.NewInProcess(fake)
	assert.Empty(t, srv.Code("+12025550100"))
	assert.True(t, fake.fatal)
	_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), sms("+12025550100"))
	require.NoError(t, err)
	srv.Advance(time.Hour)
	assert.Empty(t, srv.Code("+12025550100"))
	assert.Equal(t, []string{
		`otptest: no message was sent to "+12025550100"`,
		`otptest: the last code sent to "+12025550100" is expired`,
	}, fake.failures)
	fake.end()
}

func TestMistakesFailTheTest(t *testing.T) {
	t.Parallel()
	for name, mistake := range map[string]func(srv *otptest.Server){
		"clock":   func(srv *otptest.Server) { srv.Advance(-1) },
		"code":    func(srv *otptest.Server) { assert.Empty(t, srv.Code("")) },
		"fault":   func(srv *otptest.Server) { srv.Inject(otptest.Fault{}) },
		"country": func(srv *otptest.Server) { srv.AllowCountries(otptest.ChannelEmail, "US") },
		"limit":   func(srv *otptest.Server) { srv.LimitRate(otptest.RateLimit{}) },
		"client":  func(srv *otptest.Server) { assert.Nil(t, srv.Client(stytchotp.WithBaseURL("ftp://x"))) },
		"numbers": func(srv *otptest.Server) {
			for range 40_000 {
				if srv.NewPhoneNumber() == "" {
					return
				}
			}
		},
	} {
		fake := &fakeTB{TB: t}
		srv := otptest.NewInProcess(fake)
		mistake(srv)
		assert.Len(t, fake.failures, 1, name)
		assert.True(t, fake.fatal, name)
		fake.end()
		assert.Len(t, fake.failures, 1, name)
	}
	for _, start := range []func(testing.TB, ...otptest.Option) *otptest.Server{otptest.NewServer, otptest.NewInProcess} {
		fake := &fakeTB{TB: t}
		start(fake, otptest.WithCredentials("project-live-x", "y"))
		assert.True(t, fake.fatal)
	}
}
