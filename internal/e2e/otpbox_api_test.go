package e2e

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/docs/openapi"
)

// TestOtpboxDescriptions makes every call of both APIs, well and badly, and holds
// each against its description.
func TestOtpboxDescriptions(t *testing.T) {
	t.Parallel()
	b := startBox(t, "--tls", "--quiet")
	sendEverything(t, b)
	failEveryWay(t, b)
	controlEverything(t, b)
	assert.Empty(t, b.contract.unseen(), "operations that were described and never called")
}

func sendEverything(t *testing.T, b *box) {
	t.Helper()
	ctx, otps := t.Context(), b.client.OTPs
	device := stytchotp.Attributes{IPAddress: "203.0.113.7", UserAgent: "a browser"}
	for _, locale := range []stytchotp.Locale{"en", "fa", "zh-Hans"} {
		_, err := otps.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
			PhoneNumber: boxNumber, Locale: locale, ExpirationMinutes: 10, Attributes: device, EnableAutofill: true,
		})
		require.NoError(t, err)
		_, err = otps.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: boxNumber, Locale: locale})
		require.NoError(t, err)
	}
	mail, err := otps.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{Email: boxEmail, LoginTemplateID: "hello", CreateUserAsPending: true})
	require.NoError(t, err)
	_, err = otps.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{PhoneNumber: boxNumber})
	require.NoError(t, err)
	_, err = otps.Email.Send(ctx, stytchotp.EmailSendParams{Email: boxEmail, Locale: "pt-br"})
	require.NoError(t, err)

	login, err := otps.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID: mail.MethodID, Code: stytchotp.Secret(b.code(string(boxEmail))), SessionDurationMinutes: 60,
		SessionCustomClaims: map[string]any{"theme": "dark"}, TelemetryID: "a device", Attributes: device,
	})
	require.NoError(t, err)
	require.NotNil(t, login.Session)
	again, err := otps.Email.Send(ctx, stytchotp.EmailSendParams{Email: boxEmail, SessionToken: login.SessionToken})
	require.NoError(t, err)
	require.NoError(t, b.authenticate(again.MethodID, b.code(string(boxEmail))), "without a session")
	sandbox := b.sms("+10000000000")
	require.NoError(t, b.authenticate(sandbox, "000000"))
	b.control(http.MethodGet, "/v1/sessions/jwks/"+b.projectID, "")
	liveAndDie(t, b, login)
}

// liveAndDie makes the calls that come after a login, to the end of the account.
func liveAndDie(t *testing.T, b *box, login *stytchotp.AuthenticateResponse) {
	t.Helper()
	ctx := t.Context()
	check := func(params stytchotp.SessionsAuthenticateParams) *stytchotp.SessionsAuthenticateResponse {
		t.Helper()
		checked, err := b.client.Sessions.Authenticate(ctx, params)
		require.NoError(t, err)
		assert.Equal(t, login.Session.SessionID, checked.Session.SessionID)
		return checked
	}
	check(stytchotp.SessionsAuthenticateParams{SessionToken: login.SessionToken})
	check(stytchotp.SessionsAuthenticateParams{
		SessionJWT: login.SessionJWT, SessionDurationMinutes: 120, SessionCustomClaims: stytchotp.Claims{"theme": nil},
		AuthorizationCheck: stytchotp.AuthorizationCheck{ResourceID: "stytch.self", Action: "update.info.name"},
	})
	sandbox, err := b.client.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: "WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY"})
	require.NoError(t, err)
	assert.Equal(t, "magic_link", string(sandbox.Session.AuthenticationFactors[0].Type))

	added, err := b.client.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: "+12125550124", UserID: login.UserID})
	require.NoError(t, err)
	require.NoError(t, b.authenticate(added.MethodID, b.code("+12125550124")))
	user, err := b.client.Users.Get(ctx, stytchotp.UsersGetParams{UserID: login.UserID})
	require.NoError(t, err)
	require.Len(t, user.PhoneNumbers, 1)
	changed, err := b.client.Users.DeletePhoneNumber(ctx, stytchotp.UsersDeletePhoneNumberParams{PhoneID: user.PhoneNumbers[0].PhoneID})
	require.NoError(t, err)
	assert.Empty(t, changed.User.PhoneNumbers)
	_, err = b.client.Users.DeleteEmail(ctx, stytchotp.UsersDeleteEmailParams{EmailID: login.MethodID})
	require.NoError(t, err)
	list, err := b.client.Sessions.Get(ctx, stytchotp.SessionsGetParams{UserID: login.UserID})
	require.NoError(t, err)
	require.Len(t, list.Sessions, 1)
	_, err = b.client.Sessions.Revoke(ctx, stytchotp.SessionsRevokeParams{SessionID: login.Session.SessionID})
	require.NoError(t, err)
	_, err = b.client.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: login.SessionToken})
	require.ErrorIs(t, err, stytchotp.ErrSessionNotFound)
	_, err = b.client.Users.Delete(ctx, stytchotp.UsersDeleteParams{UserID: login.UserID})
	require.NoError(t, err)
	_, err = b.client.Users.Get(ctx, stytchotp.UsersGetParams{UserID: login.UserID})
	require.ErrorIs(t, err, stytchotp.ErrUserNotFound)
}

// endSessions lists the sessions and ends the first.
func endSessions(t *testing.T, b *box) {
	t.Helper()
	b.sms(boxNumber)
	b.control(http.MethodPost, "/_otp/reset", "")
	id := b.sms(boxNumber)
	login, err := b.client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: id, Code: stytchotp.Secret(b.code(string(boxNumber))), SessionDurationMinutes: 5})
	require.NoError(t, err)
	sessions := b.control(http.MethodGet, "/_otp/sessions?limit=5", "")["sessions"].([]any)
	require.Len(t, sessions, 1)
	b.control(http.MethodDelete, "/_otp/sessions/"+login.Session.SessionID, "")
	_, err = b.client.Sessions.Authenticate(t.Context(), stytchotp.SessionsAuthenticateParams{SessionToken: login.SessionToken})
	require.ErrorIs(t, err, stytchotp.ErrSessionNotFound)
}

func failEveryWay(t *testing.T, b *box) {
	t.Helper()
	credentials := []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(b.projectID+":"+b.secret))}
	for _, c := range []struct {
		path, body string
		status     int
		header     []string
	}{
		{"sms/login_or_create", `{"phone_number":"+1202"}`, 400, credentials},
		{"sms/login_or_create", `{"phone_number":"+447400123456"}`, 400, credentials},
		{"sms/login_or_create", `{"phone_number":"+12125550123","locale":"xx"}`, 400, credentials},
		{"sms/login_or_create", `[]`, 400, credentials},
		{"whatsapp/send", `{"phone_number":"+12125550199"}`, 404, credentials},
		{"email/send", `{"email":"unknown@example.com"}`, 404, credentials},
		{"email/login_or_create", `{"email":"unknown"}`, 400, credentials},
		{"authenticate", `{"method_id":"x","code":"123456"}`, 400, credentials},
		{"authenticate", `{}`, 400, credentials},
		{"authenticate", `{}`, 400, nil},
		{"authenticate", `{}`, 401, []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(b.projectID+":wrong"))}},
		{"authenticate", `{}`, 403, []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("project-live-1:x"))}},
		{"nothing", `{}`, 404, credentials},
	} {
		status, answer := b.call(http.MethodPost, "/v1/otps/"+c.path, c.body, c.header...)
		assert.Equal(t, c.status, status, "%s %s: %v", c.path, c.body, answer)
	}
	id := b.sms(boxNumber)
	wrong := otherCode(b.code(string(boxNumber)))
	require.ErrorIs(t, b.authenticate(id, wrong), stytchotp.ErrCodeIncorrect)
	code := b.code(string(boxNumber))
	require.NoError(t, b.authenticate(id, code))
	require.ErrorIs(t, b.authenticate(id, code), stytchotp.ErrCodeExpired)
	for _, fault := range []string{`{"html":true}`, `{"status":429,"retry_after":"5s"}`, `{"status":500}`, `{"error_type":"downstream_carrier_error"}`} {
		b.control(http.MethodPost, "/_otp/faults", fault)
		require.Error(t, b.authenticate(id, code))
	}
	for range 10 { // until the user is locked
		require.Error(t, b.authenticate(id, wrong))
	}
	require.ErrorIs(t, b.authenticate(id, wrong), stytchotp.ErrUserLocked)
}

func controlEverything(t *testing.T, b *box) {
	t.Helper()
	for _, call := range []struct{ method, path, body string }{
		{"GET", "messages?limit=1000", ""},
		{"GET", "messages?to=grace@example.com&channel=email&state=used&after=1", ""},
		{"GET", "messages/latest?wait=1s", ""},
		{"GET", "messages/1", ""},
		{"GET", "users?limit=5", ""},
		{"GET", "requests?limit=1000", ""},
		{"GET", "requests?operation=any_send&to=grace@example.com&after=1", ""},
		{"POST", "faults", `{"operation":"otps.sms.send","recipient":"+12125550123","nth":2,"times":3,"delay":"1m30s","send_first":true,"cut":true}`},
		{"POST", "faults", `{"drop":"refused"}`},
		{"GET", "faults", ""},
		{"GET", "faults?unused=true", ""},
		{"DELETE", "faults/6", ""},
		{"DELETE", "faults", ""},
		{"GET", "clock", ""},
		{"PUT", "clock", `{"advance":"1m"}`},
		{"PUT", "clock", `{"freeze":true,"advance":"500ms"}`},
		{"PUT", "clock", `{"freeze":"2100-01-01T00:00:00Z"}`},
		{"PUT", "clock", `{"freeze":false}`},
		{"PUT", "rate-limits", `{"rate_limits":[{"operation":"any_send","by":"country","max":1,"window":"1h","retry_after":true},{"max":5,"window":"1m"}]}`},
		{"GET", "rate-limits", ""},
		{"PUT", "countries", `{"sms":["us","GB"]}`},
		{"GET", "countries", ""},
		{"PUT", "fixed-codes", `{"recipient":"+12125550123","code":"123456"}`},
		{"PUT", "fixed-codes", `{"recipient":"+12125550123","code":""}`},
		{"DELETE", "messages?channel=sms", ""},
		{"POST", "reset", ""},
		{"GET", "livez", ""},
		{"GET", "readyz", ""},
		{"GET", "openapi.json", ""},
		{"GET", "openapi-otp.json", ""},
		{"GET", "ca.pem", ""},
	} {
		b.control(call.method, "/_otp/"+call.path, call.body)
	}
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "messages/latest", "", 404},
		{"GET", "messages/999", "", 404},
		{"GET", "messages?recipient=x", "", 400},
		{"POST", "faults", `{}`, 400},
		{"POST", "faults", `{"sattus":500}`, 400},
		{"DELETE", "faults/77", "", 404},
		{"DELETE", "sessions/x", "", 404},
		{"PUT", "clock", `{"advance":"-1s"}`, 400},
		{"PATCH", "clock", `{}`, 405},
		{"GET", "nothing", ``, 404},
	} {
		status, answer := b.call(call.method, "/_otp/"+call.path, call.body)
		assert.Equal(t, call.status, status, "%s %s: %v", call.method, call.path, answer)
	}
	b.control(http.MethodGet, "/livez", "")
	b.control(http.MethodGet, "/readyz", "")
	b.control(http.MethodGet, "/metrics", "")
	followOnce(t, b)
	endSessions(t, b)
}

// otherCode returns six digits that are not code.
func otherCode(code string) string {
	if code[5] == '1' {
		return code[:5] + "2"
	}
	return code[:5] + "1"
}

// followOnce reads the events of one send, and holds them against the description of
// an event: a stream is no body that a validator reads.
func followOnce(t *testing.T, b *box) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Control())
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/_otp/events", http.NoBody)
	require.NoError(t, err)
	response, err := (&http.Client{Transport: b.contract}).Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))

	schema, kind, waiting := "Clock", "hello", map[string]bool{"hello": true, "message": true, "request": true}
	for lines := bufio.NewScanner(response.Body); len(waiting) > 0 && lines.Scan(); {
		if name, found := strings.CutPrefix(lines.Text(), "event: "); found {
			kind = name
		}
		if text, found := strings.CutPrefix(lines.Text(), "data: "); found {
			var data any
			require.NoError(t, json.Unmarshal([]byte(text), &data))
			require.NoError(t, doc.Components.Schemas[schema].Value.VisitJSON(data), "%s: %s", kind, text)
			delete(waiting, kind)
			if kind == "hello" {
				schema = "Event"
				b.sms(boxNumber)
			}
		}
	}
	require.Empty(t, waiting, "events that never came")
	b.contract.seen["events"] = true
}
