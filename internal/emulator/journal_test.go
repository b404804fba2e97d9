package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	sent := a.post(smsLogin, fields{"phone_number": phoneA, "locale": "fr"}).ok()
	refused := a.post(emailSend, fields{"email": "ADA@Example.com"})
	done := a.authenticate(sent.str("phone_id"), a.code(phoneA), fields{"session_duration_minutes": 5}).ok()
	a.do(http.MethodGet, "/nowhere%0a"+strings.Repeat("x", 500), "")

	requests := a.Requests(emulator.RequestQuery{})
	require.Len(t, requests, 4)
	for i, want := range []emulator.Request{
		{ID: 4, Method: "GET", Status: 404, ErrorType: "route_not_found"},
		{
			ID: 3, Method: "POST", Path: authenticate, Operation: "otps.authenticate", Recipient: phoneA,
			Status: 200, RequestID: done.str("request_id"),
		},
		{
			ID: 2, Method: "POST", Path: emailSend, Operation: "otps.email.send", Recipient: emailA,
			Status: 404, ErrorType: "email_not_found", RequestID: refused.str("request_id"),
		},
		{
			ID: 1, Method: "POST", Path: smsLogin, Operation: "otps.sms.login_or_create", Recipient: phoneA,
			Status: 200, RequestID: sent.str("request_id"),
		},
	} {
		got := requests[i]
		assert.False(t, got.Time.IsZero())
		if want.Path == "" {
			assert.Len(t, got.Path, 256)
			assert.NotContains(t, got.Path, "\n")
			continue
		}
		got.Time, got.Body, got.Answer = want.Time, "", ""
		assert.Equal(t, want, got)
	}
	assert.JSONEq(t, `{"phone_number":"`+phoneA+`","locale":"fr"}`, requests[3].Body)
	assert.JSONEq(t, sent.raw, requests[3].Answer)

	assert.Len(t, a.Requests(emulator.RequestQuery{Operation: emulator.OpAnySend}), 2)
	assert.Len(t, a.Requests(emulator.RequestQuery{Recipient: phoneA}), 2)
	assert.Len(t, a.Requests(emulator.RequestQuery{Limit: 3}), 3)
	assert.Len(t, a.Requests(emulator.RequestQuery{After: 3}), 1)
}

func TestJournalKeepsNoSecrets(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	_, token, jwt := a.loggedIn(phoneA)
	methodID, code := a.login(phoneA)
	a.authenticate(methodID, wrong(code), fields{"session_token": token, "telemetry_id": "telemetryCanary", "secret": "bodyCanary"})
	done := a.authenticate(methodID, code, fields{"session_jwt": jwt, "session_duration_minutes": 5}).ok()
	a.do(http.MethodPost, smsLogin, "noJSONCanary")
	a.do(http.MethodPost, smsLogin, `{"phone_number":"`+phoneA+`","x":"`+strings.Repeat("y", 5000)+`"}`).ok()

	requests := a.Requests(emulator.RequestQuery{})
	encoded, err := json.Marshal(requests)
	require.NoError(t, err)
	for _, secret := range []string{
		token, jwt, code, wrong(code), "telemetryCanary", "bodyCanary", "noJSONCanary", a.Secret(),
		done.str("session_jwt"),
	} {
		assert.NotContains(t, string(encoded), `"`+secret, "a secret in the journal")
		assert.NotContains(t, strings.ReplaceAll(string(encoded), `\"`, `"`), `"`+secret)
	}
	assert.Contains(t, requests[2].Body, `"session_jwt":"***"`)
	assert.Empty(t, requests[0].Body, "too large to be kept")
	assert.NotEmpty(t, requests[0].Answer)
}

func TestJournalIsBounded(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{MaxRequests: 3})
	for range 10 {
		a.login(phoneA)
	}
	requests := a.Requests(emulator.RequestQuery{})
	require.Len(t, requests, 3)
	assert.Equal(t, int64(10), requests[0].ID)
}
