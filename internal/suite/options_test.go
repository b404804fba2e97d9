package suite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	base := stytchotp.WithBaseURL
	for _, tc := range []struct {
		name, projectID, secret string
		opts                    []stytchotp.Option
		want                    []string
	}{
		{"nothing", "", "", nil, []string{"project id: is empty", "secret: is empty"}},
		{"a secret without a project", "", testSecret, nil, []string{"project id: is empty"}},
		{"unknown prefix", "my-project", testSecret, nil, []string{"set WithBaseURL"}},
		{"a colon in the id", "project-test-a:b", testSecret, nil, []string{"project id: holds a character"}},
		{"a line break in the id", "project-test-a\n", testSecret, nil, []string{"project id: holds a character"}},
		{"a line break in the secret", testProjectID, "secret-test-x\n", nil, []string{"secret: holds a character"}},
		{"a space in the id", "project-test-a ", testSecret, nil, []string{"project id: holds a character"}},
		{"an umlaut in the secret", testProjectID, "secret-test-ü", nil, []string{"secret: holds a character"}},
		{"live id, test secret", liveProjectID, testSecret, nil, []string{"a test secret does not fit a live project"}},
		{"test id, live secret", testProjectID, liveSecret, nil, []string{"a live secret does not fit a test project"}},
		{"nil option", testProjectID, testSecret, []stytchotp.Option{nil}, []string{"an option is nil"}},
		{"nil client", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithHTTPClient(nil)}, []string{"WithHTTPClient: the client is nil"}},
		{"nil transport", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithHTTPClient(&http.Client{Transport: (*http.Transport)(nil)})}, []string{"WithHTTPClient: the client's transport is a nil *http.Transport"}},
		{"no time", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithTimeout(0)}, []string{"WithTimeout: the timeout must be positive"}},
		{"less than no time", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithTimeout(-1)}, []string{"WithTimeout: the timeout must be positive"}},
		{"negative retries", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithMaxRetries(-1)}, []string{"WithMaxRetries: must be between 0 and 10"}},
		{"endless retries", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithMaxRetries(11)}, []string{"WithMaxRetries: must be between 0 and 10"}},
		{"empty user agent", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithUserAgent("")}, []string{"WithUserAgent: must be"}},
		{"user agent with a line break", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithUserAgent("a\r\nX: y")}, []string{"WithUserAgent: must be"}},
		{"endless user agent", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithUserAgent(strings.Repeat("a", 257))}, []string{"WithUserAgent: must be"}},
		{"nil logger", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithLogger(nil)}, []string{"WithLogger: the logger is nil"}},
		{"nil hook", testProjectID, testSecret, []stytchotp.Option{stytchotp.WithHook(nil)}, []string{"WithHook: the hook is nil"}},
		{
			"everything at once", "", "secret-\n",
			[]stytchotp.Option{nil, base("ftp://x"), stytchotp.WithTimeout(0), stytchotp.WithHook(nil)},
			[]string{"an option is nil", "WithBaseURL:", "WithTimeout:", "WithHook:", "project id:", "secret:"},
		},
		{"empty URL", testProjectID, testSecret, []stytchotp.Option{base("")}, []string{"WithBaseURL: the URL must start with https://"}},
		{"no scheme", testProjectID, testSecret, []stytchotp.Option{base("test.stytch.com")}, []string{"must start with https://"}},
		{"host and port", testProjectID, testSecret, []stytchotp.Option{base("localhost:8080")}, []string{"must start with https://"}},
		{"ftp", testProjectID, testSecret, []stytchotp.Option{base("ftp://test.stytch.com")}, []string{"must start with https://"}},
		{"plain http", testProjectID, testSecret, []stytchotp.Option{base("http://test.stytch.com")}, []string{"to a loopback address only"}},
		{"plain http to a private address", testProjectID, testSecret, []stytchotp.Option{base("http://192.168.1.2")}, []string{"to a loopback address only"}},
		{"plain http to a look-alike", testProjectID, testSecret, []stytchotp.Option{base("http://127.0.0.1.example.com")}, []string{"to a loopback address only"}},
		{"plain http to localhost's namesake", testProjectID, testSecret, []stytchotp.Option{base("http://localhost.example.com")}, []string{"to a loopback address only"}},
		{"no host", testProjectID, testSecret, []stytchotp.Option{base("https://")}, []string{"has no host"}},
		{"a port and no host", testProjectID, testSecret, []stytchotp.Option{base("https://:443")}, []string{"has no host"}},
		{"opaque", testProjectID, testSecret, []stytchotp.Option{base("https:test.stytch.com")}, []string{"has no host"}},
		{"credentials", testProjectID, testSecret, []stytchotp.Option{base("https://user:hunter2@test.stytch.com")}, []string{"must not carry credentials"}},
		{"the paths' version", testProjectID, testSecret, []stytchotp.Option{base("https://test.stytch.com/v1/")}, []string{"must not end in /v1"}},
		{"query", testProjectID, testSecret, []stytchotp.Option{base("https://test.stytch.com?a=hunter2")}, []string{"must not have a query"}},
		{"empty query", testProjectID, testSecret, []stytchotp.Option{base("https://test.stytch.com?")}, []string{"must not have a query"}},
		{"fragment", testProjectID, testSecret, []stytchotp.Option{base("https://test.stytch.com#hunter2")}, []string{"must not have a fragment"}},
		{"empty fragment", testProjectID, testSecret, []stytchotp.Option{base("https://test.stytch.com#")}, []string{"must not have a fragment"}},
		{"control character", testProjectID, testSecret, []stytchotp.Option{base("https://test.stytch.com/\x7fhunter2")}, []string{"cannot be parsed"}},
		{"endless", testProjectID, testSecret, []stytchotp.Option{base("https://test.stytch.com/" + strings.Repeat("a", 2048))}, []string{"longer than 2048 bytes"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			client, err := stytchotp.NewClient(tc.projectID, tc.secret, tc.opts...)
			require.Error(t, err)
			assert.Nil(t, client)
			for _, want := range tc.want {
				assert.Contains(t, err.Error(), want)
			}
			assert.NotContains(t, err.Error(), "hunter2")
			if tc.secret != "" {
				assert.NotContains(t, err.Error(), tc.secret)
			}
		})
	}
}

// addressOf returns the URL that a client calls.
func addressOf(t *testing.T, projectID, secret string, opts ...stytchotp.Option) string {
	t.Helper()
	var address string
	client, err := stytchotp.NewClient(projectID, secret, append(opts, stytchotp.WithHTTPClient(&http.Client{
		Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			address = r.URL.String()
			return nil, context.Canceled
		}),
	}))...)
	require.NoError(t, err)
	_, err = client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: "+12025550162"})
	require.Error(t, err)
	return address
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestBaseURL(t *testing.T) {
	t.Parallel()
	const path = "/v1/otps/sms/send"
	assert.Equal(t, "https://test.stytch.com"+path, addressOf(t, testProjectID, testSecret))
	assert.Equal(t, "https://api.stytch.com"+path, addressOf(t, liveProjectID, liveSecret))
	for given, want := range map[string]string{
		"https://login.example.com":         "https://login.example.com",
		"https://login.example.com/":        "https://login.example.com",
		"https://login.example.com///":      "https://login.example.com",
		"https://login.example.com:8443/a/": "https://login.example.com:8443/a",
		"HTTPS://Login.Example.com":         "https://Login.Example.com",
		"http://127.0.0.1:8080":             "http://127.0.0.1:8080",
		"http://127.1.2.3":                  "http://127.1.2.3",
		"http://[::1]:8080":                 "http://[::1]:8080",
		"http://localhost:8080":             "http://localhost:8080",
	} {
		assert.Equal(t, want+path, addressOf(t, "my-project", "any secret", stytchotp.WithBaseURL(given)))
	}
}

func TestNewClientFromEnv(t *testing.T) {
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	t.Setenv("STYTCH_PROJECT_ID", testProjectID)
	t.Setenv("STYTCH_SECRET", testSecret)
	t.Setenv("STYTCH_BASE_URL", srv.URL)
	client, err := stytchotp.NewClientFromEnv()
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	_, err = operations()[0].call(t.Context(), client)
	require.NoError(t, err)
	id, secret, _ := (&http.Request{Header: srv.only(t).header}).BasicAuth()
	assert.Equal(t, testProjectID, id)
	assert.Equal(t, testSecret, secret)

	other := newCannedServer(t, http.StatusOK, minimalSend)
	client, err = stytchotp.NewClientFromEnv(stytchotp.WithBaseURL(other.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	_, err = operations()[0].call(t.Context(), client)
	require.NoError(t, err)
	assert.Equal(t, 1, other.count(), "the option wins over the environment")

	t.Setenv("STYTCH_BASE_URL", "http://example.com")
	_, err = stytchotp.NewClientFromEnv()
	require.ErrorContains(t, err, "STYTCH_BASE_URL: plain http is allowed to a loopback address only")
	require.NotContains(t, err.Error(), "WithBaseURL")
	_, err = stytchotp.NewClientFromEnv(stytchotp.WithBaseURL(other.URL))
	require.NoError(t, err, "the environment is not read then")

	t.Setenv("STYTCH_BASE_URL", "")
	t.Setenv("STYTCH_PROJECT_ID", "")
	t.Setenv("STYTCH_SECRET", "")
	_, err = stytchotp.NewClientFromEnv()
	require.EqualError(t, err, "stytchotp: STYTCH_PROJECT_ID: is empty: take it from Stytch's dashboard, or run the program on the emulator by otpbox run\n"+
		"STYTCH_SECRET: is empty: take it from Stytch's dashboard, or run the program on the emulator by otpbox run")
	t.Setenv("STYTCH_PROJECT_ID", "mine")
	_, err = stytchotp.NewClientFromEnv()
	require.ErrorContains(t, err, "set STYTCH_BASE_URL or WithBaseURL")
}

// The default timeout is ten seconds, an own one replaces it, and an earlier
// deadline of the caller's stays.
func TestTimeout(t *testing.T) {
	t.Parallel()
	remaining := func(ctx context.Context, opts ...stytchotp.Option) time.Duration {
		var left time.Duration
		client, err := stytchotp.NewClient(testProjectID, testSecret, append(opts, stytchotp.WithHTTPClient(&http.Client{
			Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				deadline, _ := r.Context().Deadline()
				left = time.Until(deadline)
				return nil, context.Canceled
			}),
		}))...)
		require.NoError(t, err)
		_, err = operations()[0].call(ctx, client)
		require.Error(t, err)
		return left
	}
	assert.InDelta(t, 10*time.Second, remaining(t.Context()), float64(5*time.Second))
	assert.InDelta(t, time.Hour, remaining(t.Context(), stytchotp.WithTimeout(time.Hour)), float64(time.Minute))
	early, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	assert.InDelta(t, 5*time.Minute, remaining(early, stytchotp.WithTimeout(time.Hour)), float64(time.Minute))
	assert.InDelta(t, 2*time.Minute, remaining(early, stytchotp.WithTimeout(2*time.Minute)), float64(time.Minute))
}

func TestHooksAndLogger(t *testing.T) {
	t.Parallel()
	type key struct{}
	for _, tc := range []struct {
		name   string
		status int
		body   string
		call   func(context.Context, *stytchotp.Client) (any, error)
		want   stytchotp.Call
		log    string
	}{
		{
			"success", 200, minimalSend, operations()[1].call,
			stytchotp.Call{Op: "otps.sms.login_or_create", StatusCode: 200, RequestID: requestID, Delivery: stytchotp.DeliverySent, Attempts: 1},
			"level=DEBUG msg=\"stytch call\" op=otps.sms.login_or_create status_code=200 request_id=" + requestID + " delivery=sent attempts=1",
		},
		{
			"refused by Stytch", 404, `{"error_type":"otp_code_not_found","request_id":"` + requestID + `"}`, operations()[6].call,
			stytchotp.Call{Op: "otps.authenticate", StatusCode: 404, RequestID: requestID, ErrorType: "otp_code_not_found", Delivery: stytchotp.DeliveryNotSent, Attempts: 1},
			"level=WARN msg=\"stytch call failed\" op=otps.authenticate status_code=404 request_id=" + requestID + " delivery=not_sent attempts=1",
		},
		{
			"an answer without an id", 200, `{"request_id":"` + requestID + `"}`, operations()[4].call,
			stytchotp.Call{Op: "otps.email.send", StatusCode: 200, RequestID: requestID, Delivery: stytchotp.DeliveryMaybeSent, Attempts: 1},
			"level=WARN msg=\"stytch call failed\" op=otps.email.send status_code=200 request_id=" + requestID + " delivery=maybe_sent attempts=1",
		},
		{
			"refused here", 200, minimalSend, whatsAppSend(stytchotp.WhatsAppSendParams{}),
			stytchotp.Call{Op: "otps.whatsapp.send", Delivery: stytchotp.DeliveryNotSent},
			"level=WARN msg=\"stytch call failed\" op=otps.whatsapp.send status_code=0 request_id=\"\" delivery=not_sent attempts=0",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			srv := newCannedServer(t, tc.status, tc.body)
			var order []string
			var got stytchotp.Call
			var logged bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			client := srv.client(t,
				stytchotp.WithHook(func(ctx context.Context, call stytchotp.Call) {
					order = append(order, "first")
					got = call
					assert.Equal(t, "the caller's", ctx.Value(key{}))
				}),
				stytchotp.WithLogger(logger),
				stytchotp.WithHook(func(context.Context, stytchotp.Call) { order = append(order, "second") }),
			)
			_, err := tc.call(context.WithValue(t.Context(), key{}, "the caller's"), client)
			assert.Equal(t, []string{"first", "second"}, order)
			assert.Equal(t, err, got.Err)
			assert.Positive(t, got.Duration)
			got.Err, got.Duration = nil, 0
			assert.Equal(t, tc.want, got)
			assert.Contains(t, logged.String(), tc.log)
			assert.Equal(t, 1, strings.Count(logged.String(), "\n"))
			if err != nil {
				assert.Contains(t, logged.String(), fmt.Sprintf("error=%q", err.Error()))
			}
		})
	}

	t.Run("no connection", func(t *testing.T) {
		t.Parallel()
		var got stytchotp.Call
		client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithBaseURL(nobodyListens),
			stytchotp.WithMaxRetries(1), stytchotp.WithHook(func(_ context.Context, call stytchotp.Call) { got = call }))
		require.NoError(t, err)
		_, err = operations()[0].call(t.Context(), client)
		require.Error(t, err)
		assert.Equal(t, 2, got.Attempts)
		assert.Equal(t, stytchotp.DeliveryNotSent, got.Delivery)
	})
}

// A call prints what a hook would log of it.
func TestCallPrints(t *testing.T) {
	t.Parallel()
	call := stytchotp.Call{
		Op: "otps.sms.send", RequestID: requestID, Attempts: 1, Duration: time.Second,
		Err: &stytchotp.InvalidResponseError{Op: "otps.sms.send", StatusCode: 200, Reason: "the body is empty"}, Region: "GB", PolicyRefusal: "region_not_allowed",
	}
	want := `{"op":"otps.sms.send","request_id":"` + requestID + `","delivery":"maybe_sent","attempts":1,` +
		`"duration":"1s","error":"stytchotp: otps.sms.send: HTTP 200 with an unusable answer: the body is empty","region":"GB","policy_refusal":"region_not_allowed"}`
	assert.Equal(t, "stytchotp.Call"+want, fmt.Sprintf("%+v", call))
	encoded, err := json.Marshal(call)
	require.NoError(t, err)
	assert.Equal(t, want, string(encoded))
	call.Err = errors.New("+12025550162")
	assert.Contains(t, fmt.Sprint(call), `"error":"[redacted]"`)
	call = stytchotp.Call{Op: "otps.sms.send", Region: "001", Delivery: stytchotp.DeliverySent}
	assert.Equal(t, `stytchotp.Call{"op":"otps.sms.send","delivery":"sent","region":"001"}`, fmt.Sprint(call))
	call = stytchotp.Call{Op: "+12025550162", RequestID: "ada@example.com", Region: "12345", PolicyRefusal: "a b"}
	assert.Equal(t, `stytchotp.Call{"op":"[redacted]","request_id":"[redacted]","delivery":"maybe_sent","region":"[redacted]","policy_refusal":"[redacted]"}`, fmt.Sprint(call))
}

// Printing a client shows nothing of what it holds.
func TestClientPrintsNoSecret(t *testing.T) {
	t.Parallel()
	client, err := stytchotp.NewClient(testProjectID, testSecret)
	require.NoError(t, err)
	for _, v := range []any{client, *client, client.OTPs, *client.OTPs, *client.OTPs.SMS, *client.OTPs.WhatsApp, *client.OTPs.Email} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			assert.NotContains(t, fmt.Sprintf(verb, v), "secret-test")
		}
	}
}
