package suite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// sendAgainst returns the error of an SMS login against an answer.
func sendAgainst(t *testing.T, status int, body string, header ...string) error {
	t.Helper()
	srv := newCannedServer(t, status, body, header...)
	resp, err := srv.client(t).OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	assert.Nil(t, resp)
	assert.Equal(t, 1, srv.count())
	return err
}

// Every type with a meaning is that meaning, under whatever status it comes.
func TestErrorTypes(t *testing.T) {
	t.Parallel()
	sentinels := []error{
		stytchotp.ErrInvalidPhoneNumber, stytchotp.ErrInvalidEmail, stytchotp.ErrRegionNotAllowed, stytchotp.ErrCodeIncorrect,
		stytchotp.ErrCodeExpired, stytchotp.ErrRateLimited, stytchotp.ErrUserLocked, stytchotp.ErrUserNotFound,
		stytchotp.ErrUnauthorized, stytchotp.ErrSessionNotFound, stytchotp.ErrUnavailable,
	}
	for _, tc := range []struct {
		errorType stytchotp.ErrorType
		status    int
		is        error
		http      int
		code      string
	}{
		{"otp_code_not_found", 404, stytchotp.ErrCodeIncorrect, 422, "code_incorrect"},
		{"invalid_code", 400, stytchotp.ErrCodeIncorrect, 422, "code_incorrect"},
		{"unable_to_auth_otp_code", 401, stytchotp.ErrCodeExpired, 422, "code_expired"},
		{"attribute_mismatch", 401, nil, 403, "attribute_mismatch"},
		{"invalid_phone_number", 400, stytchotp.ErrInvalidPhoneNumber, 422, "invalid_phone_number"},
		{"invalid_phone_number_sandbox", 400, stytchotp.ErrInvalidPhoneNumber, 422, "invalid_phone_number"},
		{"invalid_phone_number_docs", 400, stytchotp.ErrInvalidPhoneNumber, 422, "invalid_phone_number"},
		{"invalid_phone_number_country_code", 400, stytchotp.ErrRegionNotAllowed, 422, "region_not_allowed"},
		{"unsubscribed_phone_number", 400, nil, 422, "phone_number_unsubscribed"},
		{"duplicate_phone_number", 400, nil, 409, "phone_number_taken"},
		{"downstream_carrier_error", 400, nil, 503, "carrier_failed"},
		{"invalid_email", 400, stytchotp.ErrInvalidEmail, 422, "invalid_email"},
		{"invalid_email_domain", 400, stytchotp.ErrInvalidEmail, 422, "invalid_email"},
		{"invalid_email_sandbox", 400, stytchotp.ErrInvalidEmail, 422, "invalid_email"},
		{"inactive_email", 400, stytchotp.ErrInvalidEmail, 422, "invalid_email"},
		{"email_in_denylist", 403, nil, 422, "email_not_allowed"},
		{"email_not_in_allowlist", 403, nil, 422, "email_not_allowed"},
		{"duplicate_email", 400, nil, 409, "email_taken"},
		{"user_not_found", 404, stytchotp.ErrUserNotFound, 404, "user_not_found"},
		{"phone_number_not_found", 404, stytchotp.ErrUserNotFound, 404, "user_not_found"},
		{"email_not_found", 404, stytchotp.ErrUserNotFound, 404, "user_not_found"},
		{"session_not_found", 404, stytchotp.ErrSessionNotFound, 401, "session_not_found"},
		{"too_many_requests", 429, stytchotp.ErrRateLimited, 429, "rate_limited"},
		{"user_lock_limit_reached", 429, stytchotp.ErrUserLocked, 429, "user_locked"},
		{"internal_server_error", 500, stytchotp.ErrUnavailable, 503, "delivery_unknown"},
		{"server_unavailable", 503, stytchotp.ErrUnavailable, 503, "delivery_unknown"},
		{"unauthorized_credentials", 401, stytchotp.ErrUnauthorized, 500, "internal"},
		{"invalid_authorization_header", 400, stytchotp.ErrUnauthorized, 500, "internal"},
		{"invalid_project_id_authentication", 400, stytchotp.ErrUnauthorized, 500, "internal"},
		{"invalid_secret_authentication", 401, stytchotp.ErrUnauthorized, 500, "internal"},
		{"unauthorized_project_id_live", 400, stytchotp.ErrUnauthorized, 500, "internal"},
		{"unauthorized_project_id_test", 400, stytchotp.ErrUnauthorized, 500, "internal"},
		// Types without a meaning of their own go by the status, and are no sentinel.
		{"brand_new_type", 400, nil, 500, "internal"},
		{"brand_new_type", 429, nil, 429, "rate_limited"},
		{"brand_new_type", 503, nil, 503, "delivery_unknown"},
		{"", 401, nil, 500, "internal"},
		{"", 404, nil, 500, "internal"},
		{"", 408, nil, 503, "delivery_unknown"},
		{"", 499, nil, 503, "delivery_unknown"},
		{"", 302, nil, 503, "delivery_unknown"},
		// The type counts, not the status it came under.
		{"otp_code_not_found", 400, stytchotp.ErrCodeIncorrect, 422, "code_incorrect"},
		{"too_many_requests", 403, stytchotp.ErrRateLimited, 429, "rate_limited"},
	} {
		t.Run(fmt.Sprintf("%d %s", tc.status, tc.errorType), func(t *testing.T) {
			t.Parallel()
			err := sendAgainst(t, tc.status, fmt.Sprintf(`{"error_type":%q}`, tc.errorType))
			var e *stytchotp.StytchError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tc.errorType, e.ErrorType)
			assert.Equal(t, tc.status, e.StatusCode)
			for _, sentinel := range sentinels {
				assert.Equal(t, sentinel == tc.is, errors.Is(err, sentinel), "%v", sentinel)
				assert.Equal(t, sentinel == tc.is, errors.Is(fmt.Errorf("wrapped: %w", err), sentinel), "%v", sentinel)
			}
			assert.Equal(t, tc.http, stytchotp.HTTPStatus(err))
			assert.Equal(t, tc.code, stytchotp.PublicCode(err))
			assert.Regexp(t, `^stytchotp: otps\.sms\.login_or_create: HTTP \d{3}`, err.Error())
		})
	}
}

// What a 4xx and every other status say about the message.
func TestDeliveryByStatus(t *testing.T) {
	t.Parallel()
	for status := 300; status < 600; status++ {
		want := stytchotp.DeliveryMaybeSent
		if status >= 400 && status < 500 && status != 408 && status != 499 {
			want = stytchotp.DeliveryNotSent
		}
		e := &stytchotp.StytchError{StatusCode: status}
		assert.Equal(t, want, stytchotp.DeliveryOf(e), status)
	}
	assert.Equal(t, stytchotp.DeliveryMaybeSent,
		stytchotp.DeliveryOf(&stytchotp.StytchError{StatusCode: 400, ErrorType: stytchotp.ErrorTypeDownstreamCarrierError}))
}

func TestDeliveryOf(t *testing.T) {
	t.Parallel()
	notSent := &stytchotp.ValidationError{}
	refused := &stytchotp.StytchError{StatusCode: 400}
	maybe := &stytchotp.InvalidResponseError{}
	foreign := errors.New("not ours")
	for _, tc := range []struct {
		name string
		err  error
		want stytchotp.Delivery
	}{
		{"success", nil, stytchotp.DeliverySent},
		{"foreign", foreign, stytchotp.DeliveryMaybeSent},
		{"canceled context", context.Canceled, stytchotp.DeliveryMaybeSent},
		{"ours", notSent, stytchotp.DeliveryNotSent},
		{"wrapped", fmt.Errorf("login: %w", refused), stytchotp.DeliveryNotSent},
		{"beside a foreign one", errors.Join(foreign, refused), stytchotp.DeliveryNotSent},
		{"two of ours that agree", errors.Join(notSent, refused), stytchotp.DeliveryNotSent},
		{"two of ours, one unsure", errors.Join(notSent, maybe, refused), stytchotp.DeliveryMaybeSent},
		{"unsure first", errors.Join(maybe, notSent), stytchotp.DeliveryMaybeSent},
		{"deep", fmt.Errorf("a: %w", errors.Join(foreign, fmt.Errorf("b: %w", notSent))), stytchotp.DeliveryNotSent},
		{"nothing of ours deep down", errors.Join(foreign, fmt.Errorf("b: %w", foreign)), stytchotp.DeliveryMaybeSent},
	} {
		assert.Equal(t, tc.want, stytchotp.DeliveryOf(tc.err), tc.name)
	}
	assert.Equal(t, "maybe_sent not_sent sent maybe_sent", fmt.Sprint(
		stytchotp.DeliveryMaybeSent, " ", stytchotp.DeliveryNotSent, " ", stytchotp.DeliverySent, " ", stytchotp.Delivery(99)))
}

// Of errors that were joined, what one of them leaves open outweighs what another
// one knows.
func TestOutcomeOfSeveral(t *testing.T) {
	t.Parallel()
	refused := &stytchotp.StytchError{StatusCode: 429}
	unsure := &stytchotp.InvalidResponseError{Op: "otps.sms.send"}
	for _, err := range []error{errors.Join(refused, unsure), errors.Join(unsure, refused), errors.Join(&stytchotp.ValidationError{}, refused, unsure)} {
		assert.Equal(t, "delivery_unknown", stytchotp.PublicCode(err))
		assert.Equal(t, http.StatusServiceUnavailable, stytchotp.HTTPStatus(err))
	}
	assert.Equal(t, "rate_limited", stytchotp.PublicCode(errors.Join(errors.New("not ours"), refused)))

	wrongCode := &stytchotp.StytchError{Op: "otps.authenticate", StatusCode: 404, ErrorType: "otp_code_not_found"}
	unknown := &stytchotp.TransportError{Op: "otps.authenticate"}
	for want, joined := range map[string][2]error{"delivery_unknown": {wrongCode, unsure}, "result_unknown": {refused, unknown}} {
		assert.Equal(t, want, stytchotp.PublicCode(errors.Join(joined[0], joined[1])))
		assert.Equal(t, want, stytchotp.PublicCode(fmt.Errorf("login: %w", errors.Join(joined[1], joined[0]))))
	}
}

// Typed nil pointers are misuse, and misuse does not panic.
func TestNilErrors(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		(*stytchotp.StytchError)(nil), (*stytchotp.ValidationError)(nil),
		(*stytchotp.TransportError)(nil), (*stytchotp.InvalidResponseError)(nil),
	} {
		assert.NotPanics(t, func() {
			assert.NotEmpty(t, err.Error())
			assert.NotEmpty(t, fmt.Sprintf("%v %+v %#v %d", err, err, err, err))
			assert.NotErrorIs(t, err, stytchotp.ErrCodeIncorrect)
			assert.NoError(t, errors.Unwrap(err))
			_ = stytchotp.DeliveryOf(err)
			assert.GreaterOrEqual(t, stytchotp.HTTPStatus(err), 500)
			assert.NotEmpty(t, stytchotp.PublicCode(err))
		}, "%T", err)
	}
	assert.False(t, (*stytchotp.TransportError)(nil).Timeout())
}

func TestOutcomeOfOtherErrors(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 200, stytchotp.HTTPStatus(nil))
	assert.Empty(t, stytchotp.PublicCode(nil))
	assert.Equal(t, 500, stytchotp.HTTPStatus(io.EOF))
	assert.Equal(t, "internal", stytchotp.PublicCode(io.EOF))

	fields := func(names ...string) error {
		e := &stytchotp.ValidationError{}
		for _, name := range names {
			e.Fields = append(e.Fields, stytchotp.FieldError{Field: name})
		}
		return e
	}
	for _, tc := range []struct {
		err  error
		http int
		code string
	}{
		{fields("phone_number"), 422, "invalid_phone_number"},
		{fields("email"), 422, "invalid_email"},
		{fields("code"), 422, "code_incorrect"},
		{fields("phone_number", "code"), 422, "invalid_phone_number"},
		{fields("phone_number", "expiration_minutes"), 500, "internal"},
		{fields("method_id"), 500, "internal"},
		{fields(), 500, "internal"},
		{&stytchotp.InvalidResponseError{Op: "otps.sms.send"}, 503, "delivery_unknown"},
		{&stytchotp.InvalidResponseError{Op: "otps.authenticate"}, 503, "result_unknown"},
		{&stytchotp.TransportError{Op: "otps.authenticate"}, 503, "result_unknown"},
		{&stytchotp.StytchError{Op: "otps.authenticate", StatusCode: 502}, 503, "result_unknown"},
	} {
		assert.Equal(t, tc.http, stytchotp.HTTPStatus(tc.err), "%v", tc.err)
		assert.Equal(t, tc.code, stytchotp.PublicCode(fmt.Errorf("wrapped: %w", tc.err)), "%v", tc.err)
	}
}

// Whatever the body of an error is, its status survives.
func TestErrorBodies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		want       stytchotp.StytchError
	}{
		{"empty", "", stytchotp.StytchError{}},
		{"HTML", "<html><h1>502 Bad Gateway</h1></html>", stytchotp.StytchError{}},
		{"an array", `[{"error_type":"x"}]`, stytchotp.StytchError{}},
		{"a string", `"error_type"`, stytchotp.StytchError{}},
		{"null", `null`, stytchotp.StytchError{}},
		{"another shape", `{"message":"no"}`, stytchotp.StytchError{}},
		{"one wrong type", `{"status_code":"x","error_type":["a"],"request_id":"r","error_message":7,"error_url":"u"}`, stytchotp.StytchError{RequestID: "r", ErrorURL: "u"}},
		{"cut short", `{"request_id":"r","error_type":"internal_server_error","error_mess`, stytchotp.StytchError{RequestID: "r", ErrorType: "internal_server_error"}},
		{"broken, with escapes", `{"request_id":"r\u00e9\"" "error_type":"a"`, stytchotp.StytchError{RequestID: `ré"`, ErrorType: "a"}},
		{"UTF-16", "\xff\xfe{\x00}\x00", stytchotp.StytchError{}},
		{"control characters", `{"error_message":"a\u001b[31mb\r\nc\u202ed\u0000","error_type":"t"}`, stytchotp.StytchError{ErrorMessage: "a[31mbcd", ErrorType: "t"}},
		{"endless text", `{"error_message":"` + strings.Repeat("é", 5000) + `"}`, stytchotp.StytchError{ErrorMessage: strings.Repeat("é", 512)}},
		{"details", `{"error_details":{"a":[1]},"error_type":"t"}`, stytchotp.StytchError{ErrorType: "t", ErrorDetails: json.RawMessage(`{"a":[1]}`)}},
		{"null details", `{"error_details":null}`, stytchotp.StytchError{}},
		{"endless details", `{"error_details":"` + strings.Repeat("x", 1<<17) + `","error_type":"t"}`, stytchotp.StytchError{ErrorType: "t"}},
		{"a lying status", `{"status_code":200,"error_type":"t"}`, stytchotp.StytchError{ErrorType: "t"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := sendAgainst(t, http.StatusBadGateway, tc.body)
			var e *stytchotp.StytchError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, http.StatusBadGateway, e.StatusCode)
			assert.Equal(t, tc.want.RequestID, e.RequestID)
			assert.Equal(t, tc.want.ErrorType, e.ErrorType)
			assert.Equal(t, tc.want.ErrorMessage, e.ErrorMessage)
			assert.Equal(t, tc.want.ErrorURL, e.ErrorURL)
			assert.Equal(t, string(tc.want.ErrorDetails), string(e.ErrorDetails))
			assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
			assert.Equal(t, 503, stytchotp.HTTPStatus(err))
		})
	}
	t.Run("RequestID", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, "r", stytchotp.RequestID(fmt.Errorf("wrapped: %w", &stytchotp.StytchError{RequestID: "r"})))
		assert.Equal(t, "i", stytchotp.RequestID(&stytchotp.InvalidResponseError{RequestID: "i"}))
		assert.Empty(t, stytchotp.RequestID(&stytchotp.TransportError{}))
		assert.Empty(t, stytchotp.RequestID(io.EOF))
		assert.Empty(t, stytchotp.RequestID(nil))
		assert.Empty(t, stytchotp.RequestID((*stytchotp.StytchError)(nil)))
	})
	t.Run("a request id in the header", func(t *testing.T) {
		t.Parallel()
		err := sendAgainst(t, http.StatusBadGateway, "<html>", "X-Request-Id", requestID)
		assert.Contains(t, err.Error(), requestID)
	})
}

// A 2xx that cannot be trusted is never a success.
func TestInvalidResponses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, reason string }{
		{"empty", "", "the body is empty"},
		{"HTML", "<html>Sign in to the wireless network</html>", "the body is not JSON"},
		{"cut short", `{"phone_id":"p"`, "the body is not JSON"},
		{"more than one value", `{"phone_id":"p"}{"phone_id":"q"}`, "the body is not JSON"},
		{"an array", `[{"phone_id":"p"}]`, "the body is JSON of another shape"},
		{"wrong types", `{"phone_id":"p","user_created":"yes"}`, "the body is JSON of another shape"},
		{"an id of the wrong type", `{"phone_id":7}`, "the body is JSON of another shape"},
		{"null", `null`, "the body has no method_id, phone_id or email_id"},
		{"nothing", `{}`, "the body has no method_id, phone_id or email_id"},
		{"an empty id", `{"phone_id":""}`, "the body has no method_id, phone_id or email_id"},
		{"another channel's id", `{"email_id":"e"}`, "the body has no method_id, phone_id or email_id"},
		{"an error with an id", `{"phone_id":"p","error_type":"too_many_requests"}`, "the body is an error although the status is not"},
		{"an error's status", `{"phone_id":"p","status_code":400}`, "the body is an error although the status is not"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := sendAgainst(t, http.StatusOK, tc.body, "X-Request-Id", requestID)
			var e *stytchotp.InvalidResponseError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tc.reason, e.Reason)
			assert.Equal(t, http.StatusOK, e.StatusCode)
			assert.Equal(t, requestID, e.RequestID)
			assert.Equal(t, "otps.sms.login_or_create", e.Op)
			assert.NotEmpty(t, e.Header)
			assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
			assert.Contains(t, err.Error(), tc.reason)
		})
	}
	t.Run("Authenticate without a user", func(t *testing.T) {
		t.Parallel()
		srv := newCannedServer(t, http.StatusOK, `{"method_id":"m","session_token":"t"}`)
		_, err := operations()[6].call(t.Context(), srv.client(t))
		var e *stytchotp.InvalidResponseError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "the body has no user_id", e.Reason)
	})
	t.Run("error_type inside a value is not an error", func(t *testing.T) {
		t.Parallel()
		srv := newCannedServer(t, http.StatusOK, `{"phone_id":"p","note":"\"error_type\"","nested":{"error_type":"x"},"error_type":""}`)
		_, err := operations()[1].call(t.Context(), srv.client(t))
		require.NoError(t, err)
	})
	t.Run("a live project answered by an emulator", func(t *testing.T) {
		t.Parallel()
		srv := newCannedServer(t, http.StatusOK, minimalSend, "X-OTP-Emulator", "1")
		client, err := stytchotp.NewClient(liveProjectID, liveSecret, stytchotp.WithBaseURL(srv.URL))
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		_, err = operations()[1].call(t.Context(), client)
		var e *stytchotp.InvalidResponseError
		require.ErrorAs(t, err, &e)
		assert.Contains(t, e.Reason, "emulator")
		_, err = operations()[1].call(t.Context(), srv.client(t))
		require.NoError(t, err, "a test project may")
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Fri, 20 Nov 2026 12:00:00 GMT"
	for value, want := range map[string]time.Duration{
		"7":                              7 * time.Second,
		" 7 ":                            7 * time.Second,
		"0":                              0,
		"":                               0,
		"-7":                             0,
		"7.5":                            0,
		"soon":                           0,
		"NaN":                            0,
		"1743420":                        1743420 * time.Second,
		"9223372036":                     9223372036 * time.Second,
		"9223372037":                     1<<63 - 1,
		"99999999999999999999":           1<<63 - 1,
		"Fri, 20 Nov 2026 12:01:30 GMT":  90 * time.Second,
		"Friday, 20-Nov-26 12:01:30 GMT": 90 * time.Second,
		"Fri Nov 20 12:01:30 2026":       90 * time.Second,
		"Fri, 20 Nov 2026 11:59:59 GMT":  0,
		"Fri, 20 Nov 2026 12:00:00 CET":  0,
	} {
		err := sendAgainst(t, http.StatusTooManyRequests, `{"error_type":"too_many_requests"}`, "Retry-After", value, "Date", date)
		var e *stytchotp.StytchError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, want, e.RetryAfter, "%q", value)
	}
}

// No answer: what happened is told in our words, and errors.Is finds the cause.
func TestTransportErrors(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithBaseURL(nobodyListens), stytchotp.WithMaxRetries(0))
		require.NoError(t, err)
		_, err = operations()[1].call(t.Context(), client)
		var e *stytchotp.TransportError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "stytchotp: otps.sms.login_or_create: the connection was refused (nothing was sent)", err.Error())
		assert.Equal(t, 1, e.Attempts)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
		assert.Equal(t, "unavailable", stytchotp.PublicCode(err))
		assert.Equal(t, 503, stytchotp.HTTPStatus(err))
		assert.False(t, e.Timeout())
	})
	t.Run("canceled before", func(t *testing.T) {
		t.Parallel()
		srv := newCannedServer(t, 200, minimalSend)
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("the person went away")
		cancel(reason)
		_, err := operations()[1].call(ctx, srv.client(t))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, reason)
		assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
		assert.Zero(t, srv.count())
		assert.NotContains(t, err.Error(), "went away")
		var e *stytchotp.TransportError
		require.ErrorAs(t, err, &e)
		assert.Zero(t, e.Attempts)
	})
	t.Run("no time", func(t *testing.T) {
		t.Parallel()
		client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithHTTPClient(&http.Client{
			Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}),
		}), stytchotp.WithTimeout(time.Nanosecond))
		require.NoError(t, err)
		_, err = operations()[6].call(t.Context(), client)
		var e *stytchotp.TransportError
		require.ErrorAs(t, err, &e)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.True(t, e.Timeout())
		assert.Contains(t, err.Error(), "the time ran out")
	})
}

// Errors log and encode as their text.
func TestErrorsLogAsText(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&stytchotp.StytchError{Op: "op", StatusCode: 404, ErrorType: "otp_code_not_found", ErrorMessage: "leak", RequestID: requestID},
		&stytchotp.ValidationError{Op: "op", Fields: []stytchotp.FieldError{{Field: "f", Reason: "is wrong"}}},
		&stytchotp.TransportError{Op: "op"},
		&stytchotp.InvalidResponseError{Op: "op", StatusCode: 200, Reason: "it is odd", RequestID: requestID},
	} {
		want := err.Error()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			assert.Equal(t, want, fmt.Sprintf(verb, err), verb)
		}
		encoded, failed := json.Marshal(map[string]any{"errors": []any{err}})
		require.NoError(t, failed)
		assert.JSONEq(t, fmt.Sprintf(`{"errors":[%q]}`, want), string(encoded))
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Error("x", "err", err, slog.Group("g", "err", err), "all", []any{err})
		assert.Equal(t, 3, strings.Count(out.String(), fmt.Sprintf("%q", want)), out.String())
	}
	assert.Equal(t, "stytchotp: op: HTTP 404 otp_code_not_found (the code is wrong), request_id "+requestID,
		(&stytchotp.StytchError{Op: "op", StatusCode: 404, ErrorType: "otp_code_not_found", RequestID: requestID}).Error())
}
