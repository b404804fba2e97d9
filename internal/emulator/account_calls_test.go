package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

const (
	sessionsAuthenticate = "/v1/sessions/authenticate"
	sessionsRevoke       = "/v1/sessions/revoke"
	sessions             = "/v1/sessions?user_id="
	users                = "/v1/users/"
)

func (a *api) get(path string) reply    { a.t.Helper(); return a.do(http.MethodGet, path, "") }
func (a *api) delete(path string) reply { a.t.Helper(); return a.do(http.MethodDelete, path, "") }

// TestSessionLife is one session from its login to its end, in the order of a backend.
func TestSessionLife(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	start := time.Date(2100, time.March, 4, 5, 6, 7, 0, time.UTC)
	require.NoError(t, a.Freeze(start))
	methodID, code := a.login(phoneA)
	in := a.authenticate(methodID, code, fields{"session_duration_minutes": 60, "session_custom_claims": fields{"plan": "gold"}}).ok()
	token, jwt, id, userID := in.str("session_token"), in.str("session_jwt"), in.at("session", "session_id"), in.str("user_id")

	a.advance(10 * time.Minute)
	checked := a.post(sessionsAuthenticate, fields{"session_token": token}).ok()
	assert.Equal(t, token, checked.str("session_token"))
	assert.Equal(t, id, checked.at("session", "session_id"))
	assert.Equal(t, "2100-03-04T05:16:07Z", checked.at("session", "last_accessed_at"))
	assert.Equal(t, "2100-03-04T06:06:07Z", checked.at("session", "expires_at"), "as before")
	assert.Equal(t, "gold", checked.at("session", "custom_claims", "plan"))
	assert.Equal(t, userID, checked.at("user", "user_id"))
	assert.Nil(t, checked.at("verdict"))
	assert.Equal(t, "gold", a.claims(checked.str("session_jwt"))["plan"])

	byJWT := a.post(sessionsAuthenticate, fields{"session_jwt": jwt, "session_duration_minutes": 120, "session_custom_claims": fields{"plan": nil, "seats": 7}}).ok()
	assert.Empty(t, byJWT.str("session_token"), "a JWT does not get the token")
	assert.Equal(t, "2100-03-04T07:16:07Z", byJWT.at("session", "expires_at"))
	assert.Equal(t, map[string]any{"seats": 7.0}, byJWT.at("session", "custom_claims"))
	ignored := a.post(sessionsAuthenticate, fields{"session_token": token, "session_custom_claims": fields{"x": 1}}).ok()
	assert.Equal(t, map[string]any{"seats": 7.0}, ignored.at("session", "custom_claims"), "claims need a duration")

	a.authenticate(a.sendAgain(methodID)).ok() // without a session
	list := a.get(sessions + userID).ok()
	assert.Len(t, list.at("sessions"), 1)
	assert.Equal(t, id, list.at("sessions", 0, "session_id"))

	a.advance(2*time.Hour - time.Second)
	a.post(sessionsAuthenticate, fields{"session_token": token}).ok()
	a.advance(time.Second)
	for _, gone := range []fields{{"session_token": token}, {"session_jwt": jwt}} {
		a.post(sessionsAuthenticate, gone).refused(404, "session_not_found")
		a.post(sessionsRevoke, gone).refused(404, "session_not_found")
	}
	assert.Empty(t, a.get(sessions+userID).ok().at("sessions"))
}

// sendAgain returns a new code for a method id.
func (a *api) sendAgain(methodID string) (string, string) {
	a.t.Helper()
	a.login(phoneA)
	return methodID, a.code(phoneA)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, pick := range map[string]func(reply) fields{
		"id":    func(in reply) fields { return fields{"session_id": in.at("session", "session_id")} },
		"token": func(in reply) fields { return fields{"session_token": in.str("session_token")} },
		"jwt":   func(in reply) fields { return fields{"session_jwt": in.str("session_jwt")} },
	} {
		a := newAPI(t)
		methodID, code := a.login(phoneA)
		in := a.authenticate(methodID, code, fields{"session_duration_minutes": 60}).ok()
		_, other := a.sendAgain(methodID)
		kept := a.authenticate(methodID, other, fields{"session_duration_minutes": 60}).ok()
		revoked := a.post(sessionsRevoke, pick(in)).ok()
		assert.Len(t, revoked.body, 2, "%s: %s", name, revoked.raw)
		a.post(sessionsAuthenticate, fields{"session_token": in.str("session_token")}).refused(404, "session_not_found")
		a.post(sessionsAuthenticate, fields{"session_token": kept.str("session_token")}).ok()
	}
}

func TestAccountRequests(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, token, jwt := a.loggedIn(phoneA)
	for _, path := range []string{sessionsAuthenticate, sessionsRevoke} {
		a.post(path, fields{}).refused(400, "no_session_arguments")
		a.post(path, fields{"session_token": token, "session_jwt": jwt}).refused(400, "too_many_session_arguments")
		a.post(path, fields{"session_token": "short"}).refused(400, "invalid_session_token")
		a.post(path, fields{"session_jwt": "a.b.c"}).refused(400, "unable_to_parse_session_jwt")
	}
	a.post(sessionsRevoke, fields{"session_id": "x"}).refused(400, "invalid_session_id")
	a.post(sessionsRevoke, fields{"session_id": "session-test-9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11", "session_token": token}).refused(400, "too_many_session_arguments")
	a.post(sessionsRevoke, fields{"session_id": "session-test-9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11"}).refused(404, "session_not_found")
	a.post(sessionsAuthenticate, fields{"session_token": token, "session_duration_minutes": 4}).refused(400, "invalid_session_duration_minutes")
	a.post(sessionsAuthenticate, fields{"session_token": token, "authorization_check": fields{"action": "read"}}).refused(400, "bad_request")
	a.post(sessionsAuthenticate, fields{"session_token": token, "authorization_check": fields{"resource_id": "documents", "action": "read"}}).
		refused(403, "consumer_session_authorization_error")
	allowed := a.post(sessionsAuthenticate, fields{"session_token": token, "authorization_check": fields{"resource_id": "stytch.self", "action": "update.info.name"}}).ok()
	assert.Equal(t, map[string]any{"authorized": true, "granting_roles": []any{"stytch_user"}}, allowed.at("verdict"))

	a.get("/v1/sessions").refused(400, "invalid_user_id")
	a.get(sessions+"user-live-9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11").refused(400, "live_id_used_in_test_environment")
	a.get(sessions+"user-test-9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11").refused(404, "user_not_found")
	a.get(users+"user-test-x").refused(400, "invalid_user_id")
	a.get(users+"external").refused(404, "user_not_found")
	a.delete(users+"phone_numbers/x").refused(400, "bad_request")
	a.delete(users+"phone_numbers/phone-number-test-9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11").refused(404, "phone_number_not_found")
	a.delete(users+"emails/email-test-9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11").refused(404, "email_not_found")
	a.delete(users+"emails/phone-number-live-1").refused(400, "live_id_used_in_test_environment")

	notAllowed := a.do(http.MethodPut, users+userID, "{}")
	notAllowed.refused(405, "method_not_allowed")
	assert.Equal(t, "DELETE, GET", notAllowed.header.Get("Allow"))
	for _, path := range []string{users + userID, sessions + userID} {
		a.do(http.MethodGet, path, "", func(r *http.Request) { r.Header.Del("Authorization") }).refused(400, "invalid_authorization_header")
		a.do(http.MethodGet, path, "", func(r *http.Request) { r.Header.Del("Content-Type") }).ok()
	}
	for _, path := range []string{users + "search", "/v1/magic_links/authenticate", "/v1/oauth/authenticate", "/sdk/v1/bootstrap"} {
		missing := a.post(path, fields{})
		missing.refused(404, "route_not_found")
		assert.Contains(t, missing.str("error_message"), "this emulator does not", path)
	}
	assert.NotContains(t, a.post("/v1/nothing", fields{}).str("error_message"), "Stytch may have")
}

func TestUserCalls(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, token, _ := a.loggedIn(phoneA)
	got := a.get(users + userID).ok()
	assert.Equal(t, userID, got.str("user_id"))
	assert.Equal(t, phoneA, got.at("phone_numbers", 0, "phone_number"))
	assert.Equal(t, false, got.at("is_locked"))

	// The number is replaced: first the new one is verified, then the old one goes.
	old := got.at("phone_numbers", 0, "phone_id").(string)
	added := a.post(smsSend, fields{"phone_number": phoneB, "session_token": token}).ok().str("phone_id")
	a.authenticate(added, a.code(phoneB), fields{"session_token": token}).ok()
	changed := a.delete(users + "phone_numbers/" + old).ok()
	assert.Equal(t, userID, changed.str("user_id"))
	assert.Len(t, changed.at("user", "phone_numbers"), 1)
	assert.Equal(t, phoneB, changed.at("user", "phone_numbers", 0, "phone_number"))
	a.authenticate(old, "123456").refused(404, "phone_number_not_found")
	journal := a.Requests(emulator.RequestQuery{Operation: emulator.OpUsersDeletePhoneNumber})
	require.Len(t, journal, 1)
	assert.Equal(t, phoneA, journal[0].Recipient)

	email := a.post(emailSend, fields{"email": emailA, "user_id": userID}).ok().str("email_id")
	a.authenticate(email, a.code(emailA)).ok()
	assert.Empty(t, a.delete(users+"emails/"+email).ok().at("user", "emails"))

	stranger := a.post(smsLogin, fields{"phone_number": phoneA}).ok()
	assert.NotEqual(t, userID, stranger.str("user_id"), "the number is new")
	assert.Equal(t, true, stranger.at("user_created"))

	assert.Equal(t, userID, a.delete(users+userID).ok().str("user_id"))
	a.get(users+userID).refused(404, "user_not_found")
	a.delete(users+userID).refused(404, "user_not_found")
	a.post(sessionsAuthenticate, fields{"session_token": token}).refused(404, "session_not_found")
	assert.Equal(t, true, a.post(smsLogin, fields{"phone_number": phoneB}).ok().at("user_created"))
}

func TestLockedUserIsShown(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{UserLockThreshold: 1})
	methodID, code := a.login(phoneA)
	a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
	got := a.get(users + a.Users(1)[0].ID).ok()
	assert.Equal(t, true, got.at("is_locked"))
	assert.NotNil(t, got.at("lock_created_at"))
	assert.NotNil(t, got.at("lock_expires_at"))
}

// The sandbox's user and session are always there, and are as Stytch answers them.
func TestSandboxAccount(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const token = "WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY"
	for range 2 {
		got := a.post(sessionsAuthenticate, fields{"session_token": token, "session_duration_minutes": 60}).ok()
		assert.Equal(t, "session-test-eb94233f-8800-4ebd-8645-51dc15f9d028", got.at("session", "session_id"))
		assert.Equal(t, "2021-08-28T00:41:58.935673Z", got.at("session", "started_at"))
		assert.Equal(t, "magic_link", got.at("session", "authentication_factors", 0, "type"))
		assert.Equal(t, "sandbox@stytch.com", got.at("session", "authentication_factors", 0, "email_factor", "email_address"))
		userID := got.at("user", "user_id").(string)
		a.get(users + userID).ok()
		a.delete(users + userID).ok()
		a.delete(users + "phone_numbers/phone-number-test-98cfbe19-6c8f-4b8b-b62a-e78a5a7bdff3").ok()
		a.post(sessionsRevoke, fields{"session_token": token}).ok()
		a.advance(48 * time.Hour)
	}
	a.post(sessionsAuthenticate, fields{"session_token": "59cnLELtq5cFVS6uYK9f-pAWzBkhqZl8AvLhbhOvKNWw"}).refused(404, "session_not_found")
}

func TestSessionsOfDevelopers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, token, _ := a.loggedIn(phoneA)
	_, newest, _ := a.loggedIn(phoneB)
	list := a.Sessions(0)
	require.Len(t, list, 2)
	assert.Equal(t, userID, list[1].UserID)
	assert.Equal(t, []string{phoneA}, list[1].Recipients)
	assert.Len(t, a.Sessions(1), 1)
	events := a.Subscribe(10)
	defer events.Close()
	assert.True(t, a.EndSession(list[1].ID))
	assert.Equal(t, emulator.EventSession, (<-events.Events()).Kind)
	assert.False(t, a.EndSession(list[1].ID))
	assert.False(t, a.EndSession("session-test-eb94233f-8800-4ebd-8645-51dc15f9d028"), "the sandbox's never ends")
	a.post(sessionsAuthenticate, fields{"session_token": token}).refused(404, "session_not_found")
	a.post(sessionsAuthenticate, fields{"session_token": newest}).ok()
	a.advance(24 * 366 * time.Hour)
	assert.Empty(t, a.Sessions(0))
}

// A fault, a limit and the journal know the calls.
func TestFaultsOfAccountCalls(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	userID, _, _ := a.loggedIn(phoneA)
	a.inject(emulator.Fault{Operation: emulator.OpUsersGet, Status: 503})
	a.get(users+userID).refused(503, "server_unavailable")
	a.get(users + userID).ok()
	require.NoError(t, a.SetRateLimits(emulator.RateLimit{Operation: emulator.OpSessionsGet, By: emulator.LimitByProject, Max: 1, Window: time.Hour}))
	a.get(sessions + userID).ok()
	a.get(sessions+userID).refused(429, "too_many_requests")
	assert.Len(t, a.Requests(emulator.RequestQuery{Operation: emulator.OpUsersGet}), 2)
}
