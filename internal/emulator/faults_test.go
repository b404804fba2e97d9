package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

func (a *api) inject(faults ...emulator.Fault) {
	a.t.Helper()
	for _, f := range faults {
		_, err := a.AddFault(f)
		require.NoError(a.t, err)
	}
}

func (a *api) sendSMS() reply {
	a.t.Helper()
	return a.post(smsLogin, fields{"phone_number": phoneA})
}

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  emulator.Fault
		status int
		kind   string
	}{
		"status":           {emulator.Fault{Status: 503}, 503, "server_unavailable"},
		"500":              {emulator.Fault{Status: 500}, 500, "internal_server_error"},
		"502":              {emulator.Fault{Status: 502}, 502, "internal_server_error"},
		"429":              {emulator.Fault{Status: 429}, 429, "too_many_requests"},
		"type":             {emulator.Fault{ErrorType: "downstream_carrier_error"}, 400, "downstream_carrier_error"},
		"locked":           {emulator.Fault{ErrorType: "user_lock_limit_reached"}, 429, "user_lock_limit_reached"},
		"unheard of":       {emulator.Fault{ErrorType: "brand_new"}, 400, "brand_new"},
		"type and status":  {emulator.Fault{ErrorType: "brand_new", Status: 418}, 418, "brand_new"},
		"retry after only": {emulator.Fault{RetryAfter: time.Second}, 429, "too_many_requests"},
	} {
		a := newAPI(t)
		a.inject(test.fault)
		got := a.sendSMS()
		assert.Equal(t, test.status, got.status, name)
		got.refused(test.status, test.kind)
		assert.Empty(t, a.Messages(emulator.MessageQuery{}), "an error in place of the work")
		a.sendSMS().ok()
	}
}

// TestFaultTypesHaveTheirStatus has every type that is documented for these calls.
func TestFaultTypesHaveTheirStatus(t *testing.T) {
	t.Parallel()
	for status, kinds := range map[int]string{
		400: `invalid_phone_number invalid_phone_number_country_code invalid_email invalid_email_domain inactive_email
			downstream_carrier_error duplicate_email duplicate_phone_number invalid_user_id invalid_session_token
			invalid_authorization_header invalid_project_id_authentication invalid_method_id invalid_code invalid_locale
			invalid_expiration_otp invalid_expiration invalid_session_duration_minutes invalid_session_duration
			unsubscribed_phone_number too_many_unverified_factors billing_not_verified billing_not_verified_for_email
			invalid_phone_number_sandbox invalid_email_sandbox invalid_phone_number_docs test_id_used_in_live_environment
			live_id_used_in_test_environment wrong_stack_live wrong_stack_test unauthorized_project_id_live
			unauthorized_project_id_test invalid_template_id custom_claims_too_large reserved_claims_in_custom_claims
			stytch_claims_in_custom_claims unable_to_represent_custom_claims_json unable_to_parse_session_jwt
			jwt_invalid_audience jwt_invalid_claims jwt_invalid_issuer no_user_selection_arguments
			too_many_user_selection_arguments no_session_arguments too_many_session_arguments
			no_associated_session_passed_in session_on_code_does_not_match_session_passed_in user_id_mismatch
			invalid_ip_address invalid_user_agent invalid_consumer_endpoint bad_request invalid_argument
			query_params_do_not_match missing_sms_parameter`,
		401: `unable_to_auth_otp_code unauthorized_credentials attribute_mismatch endpoint_not_authorized_for_sdk`,
		403: `use_https captcha_required email_in_denylist email_not_in_allowlist consumer_session_authorization_error`,
		404: `otp_code_not_found email_not_found phone_number_not_found user_not_found session_not_found
			email_template_not_found sms_template_not_found project_not_found route_not_found`,
		405: `method_not_allowed`,
		408: `client_closed_request`,
		429: `too_many_requests user_lock_limit_reached captcha_failed too_few_tokens_authenticated`,
		500: `internal_server_error`,
		503: `server_unavailable`,
	} {
		for kind := range strings.FieldsSeq(kinds) {
			a := newAPI(t)
			a.inject(emulator.Fault{ErrorType: kind})
			got := a.sendSMS()
			assert.Equal(t, status, got.status, kind)
			assert.Equal(t, kind, got.body["error_type"])
		}
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.inject(emulator.Fault{Status: 503, RetryAfter: 6001 * time.Millisecond})
	assert.Equal(t, "7", a.sendSMS().header.Get("Retry-After"))
}

func TestFaultHTML(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.inject(emulator.Fault{HTML: true}, emulator.Fault{HTML: true, Status: 200, SendFirst: true})
	got := a.sendSMS()
	assert.Equal(t, 502, got.status)
	assert.Equal(t, "text/html; charset=utf-8", got.header.Get("Content-Type"))
	assert.Contains(t, got.raw, "<h1>Bad Gateway</h1>")
	assert.Equal(t, "1", got.header.Get("X-OTP-Emulator"))
	assert.Empty(t, a.Messages(emulator.MessageQuery{}))
	got = a.sendSMS()
	assert.Equal(t, 200, got.status)
	assert.Len(t, a.Messages(emulator.MessageQuery{}), 1, "the message went out first")
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.inject(
		emulator.Fault{Operation: emulator.OpWhatsAppSend, Status: 501},
		emulator.Fault{Operation: emulator.OpAuthenticate, Recipient: phoneB, Status: 502},
		emulator.Fault{Operation: emulator.OpAnySend, Recipient: "ADA@example.com", Nth: 2, Times: 2, Status: 503},
	)
	idA, codeA := a.login(phoneA)
	a.authenticate(idA, codeA).ok()
	idB, codeB := a.login(phoneB)
	assert.Equal(t, 502, a.authenticate(idB, codeB).status)
	a.authenticate(idB, codeB).ok()
	assert.Equal(t, 501, a.post(whatsAppSend, fields{"phone_number": phoneA}).status)

	var statuses []int
	for range 5 {
		statuses = append(statuses, a.post(emailLogin, fields{"email": emailA}).status)
	}
	assert.Equal(t, []int{200, 503, 503, 200, 200}, statuses)
	assert.Empty(t, a.UnusedFaults())
	for _, state := range a.Faults() {
		assert.True(t, state.Done)
	}
}

func TestFaultsTakeTurns(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.inject(emulator.Fault{Status: 501}, emulator.Fault{Status: 502}, emulator.Fault{Nth: 2, Times: -1, Status: 503})
	var statuses []int
	for range 6 {
		statuses = append(statuses, a.sendSMS().status)
	}
	assert.Equal(t, []int{501, 502, 200, 503, 503, 503}, statuses)
	states := a.Faults()
	require.Len(t, states, 3)
	assert.Equal(t, 3, states[0].Hits)
	assert.False(t, states[0].Done)
	assert.True(t, a.RemoveFault(states[0].ID))
	assert.True(t, a.RemoveFault(states[1].ID))
	assert.False(t, a.RemoveFault(states[0].ID))
	a.sendSMS().ok()

	a.inject(emulator.Fault{Operation: emulator.OpJWKS, Delay: 1})
	assert.Len(t, a.UnusedFaults(), 1)
	a.ClearFaults()
	assert.Empty(t, a.Faults())
}

func TestBadFaults(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, f := range []emulator.Fault{
		{},
		{Operation: "sms", Status: 500},
		{Nth: -1, Status: 500},
		{Delay: -1},
		{Delay: 2 * time.Hour},
		{Status: 199},
		{Status: 600},
		{Status: 204},
		{RetryAfter: -1},
		{ErrorType: "a\nb"},
		{Drop: "floor"},
		{Drop: emulator.DropAfterSend, Status: 500},
		{Drop: emulator.DropBeforeRead, SendFirst: true},
		{SendFirst: true},
	} {
		_, err := a.AddFault(f)
		require.Error(t, err, "%+v", f)
	}
	for range 1000 {
		a.inject(emulator.Fault{Delay: 1, Operation: emulator.OpJWKS})
	}
	_, err := a.AddFault(emulator.Fault{Delay: 1})
	require.Error(t, err, "bounded")
}

func TestDropsCloseRealSockets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault emulator.Fault
		sent  int
	}{
		{emulator.Fault{Drop: emulator.DropRefused}, 0},
		{emulator.Fault{Drop: emulator.DropBeforeRead}, 0},
		{emulator.Fault{Drop: emulator.DropAfterSend}, 1},
	} {
		a := newAPI(t)
		srv := a.serve()
		a.inject(test.fault)
		_, _, err := a.send(srv)
		require.Error(t, err, test.fault.Drop)
		assert.Len(t, a.Messages(emulator.MessageQuery{}), test.sent, test.fault.Drop)
		if test.fault.Drop == emulator.DropRefused {
			require.NotErrorIs(t, err, io.EOF, "a reset and not an end")
		} else {
			require.ErrorIs(t, err, io.EOF)
			requests := a.Requests(emulator.RequestQuery{})
			require.Len(t, requests, 1)
			assert.Equal(t, test.fault.Drop, requests[0].Drop)
			assert.Zero(t, requests[0].Status)
		}
		status, _, err := a.send(srv)
		require.NoError(t, err)
		assert.Equal(t, 200, status)
	}
}

func TestCutBody(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	srv := a.serve()
	a.inject(emulator.Fault{Cut: true}, emulator.Fault{Cut: true, Status: 500})
	status, answer, err := a.send(srv)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 200, status)
	assert.True(t, strings.HasPrefix(answer, `{"status_code":200`), answer)
	assert.Len(t, a.Messages(emulator.MessageQuery{}), 1)

	status, _, err = a.send(srv)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 500, status)
	assert.Len(t, a.Messages(emulator.MessageQuery{}), 1)
}

func TestHalfARequestHasNoEffect(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	broken := io.MultiReader(strings.NewReader(`{"phone_number"`), brokenReader{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, smsLogin, broken)
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { a.ServeHTTP(httptest.NewRecorder(), r) })
	assert.Empty(t, a.Requests(emulator.RequestQuery{}))
}

func TestBodyIsReadWithinBounds(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	body := &io.LimitedReader{R: endless{}, N: 100 << 20}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, smsLogin, body)
	r.Header = a.header()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	assert.Equal(t, 400, w.Code)
	assert.Greater(t, body.N, int64(99<<20))
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("cut") }

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		a.inject(
			emulator.Fault{Delay: 30 * time.Second},
			emulator.Fault{Delay: 30 * time.Second, Status: 503},
			emulator.Fault{Delay: 30 * time.Second},
			emulator.Fault{Delay: 30 * time.Second, SendFirst: true},
		)
		start := time.Now()
		a.sendSMS().ok()
		assert.Equal(t, 30*time.Second, time.Since(start))
		a.sendSMS().refused(503, "server_unavailable")
		assert.Equal(t, time.Minute, time.Since(start))

		for _, sent := range []int{1, 2} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start = time.Now()
			_, err := a.Begin(emulator.Call{
				Method: "POST", Path: smsLogin, Body: []byte(`{"phone_number":"` + phoneA + `"}`),
				Header: a.header(),
			}).Finish(ctx)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(start))
			assert.Len(t, a.Messages(emulator.MessageQuery{}), sent, "the delay comes before the work, or with SendFirst after it")
			last := a.Requests(emulator.RequestQuery{Limit: 1})[0]
			assert.True(t, last.Abandoned)
			assert.Zero(t, last.Status)
		}
	})
}

func (a *api) header() http.Header {
	r := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "/", http.NoBody)
	r.SetBasicAuth(a.ProjectID(), a.Secret())
	r.Header.Set("Content-Type", "application/json")
	return r.Header
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{RateLimits: []emulator.RateLimit{
		{Operation: emulator.OpAnySend, Max: 2, Window: time.Minute},
		{Operation: emulator.OpSMSLoginOrCreate, By: emulator.LimitByCountry, Max: 4, Window: time.Hour, RetryAfter: true},
		{Operation: emulator.OpAuthenticate, By: emulator.LimitByProject, Max: 1, Window: time.Hour},
	}})
	require.NoError(t, a.Freeze(time.Date(2100, 1, 1, 12, 30, 50, 0, time.UTC)))
	for range 2 {
		a.login(phoneA)
	}
	got := a.sendSMS()
	got.refused(429, "too_many_requests")
	assert.Empty(t, got.header.Get("Retry-After"))
	a.login(phoneB) // another recipient in another country

	// The window ends with the clock's minute, not a minute after the first call.
	a.advance(10 * time.Second)
	for range 2 {
		a.login(phoneA)
	}
	a.sendSMS().refused(429, "too_many_requests")

	a.advance(time.Minute)
	got = a.sendSMS() // by now it is the country's limit
	got.refused(429, "too_many_requests")
	assert.Equal(t, "1680", got.header.Get("Retry-After"), "to the full hour")
	a.login(phoneB)
	a.post(emailLogin, fields{"email": emailA}).ok()
	a.advance(28 * time.Minute)
	methodID, code := a.login(phoneA)
	a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
	a.authenticate(methodID, code).refused(429, "too_many_requests")
	a.advance(time.Hour)
	methodID, code = a.login(phoneA)
	a.authenticate(methodID, code).ok()

	require.Error(t, a.SetRateLimits(emulator.RateLimit{}))
	require.Error(t, a.SetRateLimits(make([]emulator.RateLimit, 101)...))
	assert.Len(t, a.RateLimits(), 3)
	require.NoError(t, a.SetRateLimits())
	a.authenticate(methodID, code).refused(401, "unable_to_auth_otp_code")
	a.Reset()
	assert.Len(t, a.RateLimits(), 3, "those of the configuration")
}

// A check of a code counts for the country of the number that it was sent to, and one
// for a person unknown for none.
func TestRateLimitOfChecksByCountry(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{RateLimits: []emulator.RateLimit{
		{Operation: emulator.OpAuthenticate, By: emulator.LimitByCountry, Max: 1, Window: time.Hour},
	}})
	for _, number := range []string{phoneA, phoneB} {
		methodID, code := a.login(number)
		a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
		a.authenticate(methodID, code).refused(429, "too_many_requests")
		for range 2 {
			a.authenticate("phone-number-test-00000000-0000-4000-8000-000000000000", code).refused(404, "phone_number_not_found")
		}
	}
}

// A call without the right credentials is refused, and leaves a fault to the test that
// set it up.
func TestFaultNeedsCredentials(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.inject(emulator.Fault{Status: 503})
	for _, secret := range []string{"", "wrong"} {
		a.do(http.MethodPost, smsLogin, `{"phone_number":"`+phoneA+`"}`, func(r *http.Request) {
			r.SetBasicAuth(a.ProjectID(), secret)
		}).refused(http.StatusUnauthorized, "unauthorized_credentials")
	}
	a.sendSMS().refused(http.StatusServiceUnavailable, "server_unavailable")
}

// deadlineRecorder notes when a write deadline is set.
type deadlineRecorder struct {
	*httptest.ResponseRecorder

	deadlines []time.Time
	early     bool // something was written before
}

func (r *deadlineRecorder) SetWriteDeadline(at time.Time) error {
	r.deadlines = append(r.deadlines, at)
	r.early = r.early || r.Body.Len() > 0
	return nil
}

// A client that does not read its answer holds the connection for half a minute, also
// after a fault of an hour.
func TestWriteDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(t)
		a.inject(emulator.Fault{Delay: time.Hour})
		w := &deadlineRecorder{ResponseRecorder: httptest.NewRecorder()}
		a.ServeHTTP(w, a.request(http.MethodPost, smsLogin, `{"phone_number":"`+phoneA+`"}`))
		require.Equal(t, http.StatusOK, w.Code)
		require.Len(t, w.deadlines, 1)
		assert.False(t, w.early)
		assert.Equal(t, 30*time.Second, time.Until(w.deadlines[0]))
	})
}
