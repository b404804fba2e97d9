package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/otptest"
)

// fixture is a backend on an emulator.
type fixture struct {
	*backend
	emulator *otptest.Server
	handler  http.Handler
	log      *bytes.Buffer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{emulator: otptest.NewInProcess(t), log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(f.log, nil))
	var err error
	f.backend, err = newBackend(f.emulator.Client(), log, true)
	require.NoError(t, err)
	f.handler = f.routes()
	return f
}

// browser keeps cookies.
type browser struct {
	f       *fixture
	cookies map[string]string
}

func (f *fixture) browser() *browser { return &browser{f, map[string]string{}} }

func (b *browser) do(t *testing.T, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.f.handler.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		b.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	return w
}

func (b *browser) start(t *testing.T, number string) *httptest.ResponseRecorder {
	t.Helper()
	return b.do(t, http.MethodPost, "/start", `{"phone_number":"`+number+`"}`)
}

func (b *browser) verify(t *testing.T, code string) *httptest.ResponseRecorder {
	t.Helper()
	return b.do(t, http.MethodPost, "/verify", `{"code":"`+code+`"}`)
}

func (b *browser) userID(t *testing.T) string {
	t.Helper()
	var me struct {
		UserID string `json:"user_id"`
	}
	require.NoError(t, json.NewDecoder(b.do(t, http.MethodGet, "/me", "").Body).Decode(&me))
	return me.UserID
}

// logIn takes a new browser through a login.
func (f *fixture) logIn(t *testing.T, number string) *browser {
	t.Helper()
	b := f.browser()
	requireAnswer(t, b.start(t, number), 200, `{"next":"enter_code"}`)
	requireAnswer(t, b.verify(t, f.emulator.Code(number)), 200, `{"next":"welcome"}`)
	return b
}

func (f *fixture) newNumber() string { return string(f.emulator.NewPhoneNumber()) }

func requireAnswer(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	require.JSONEq(t, body, w.Body.String())
	require.Equal(t, status, w.Code)
}

// other returns six digits that are not the code.
func other(code string) string {
	if code == "111111" {
		return "222222"
	}
	return "111111"
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, channel := range []string{"sms", "whatsapp"} {
		t.Run(channel, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			b, number := f.browser(), f.newNumber()
			assert.Empty(t, b.userID(t))
			requireAnswer(t, b.do(t, http.MethodPost, "/start", `{"channel":"`+channel+`","phone_number":"`+number+`"}`), 200, `{"next":"enter_code"}`)
			message := f.emulator.Messages()[0]
			assert.Equal(t, channel, string(message.Channel))
			requireAnswer(t, b.verify(t, message.Code), 200, `{"next":"welcome"}`)
			assert.Equal(t, message.UserID, b.userID(t))

			f.emulator.Advance(8 * 24 * time.Hour)
			assert.Empty(t, b.userID(t), "a session ends")
			assert.NotContains(t, b.cookies, "__Host-"+sessionCookie, "and its cookie goes")
		})
	}
}

// An answer to a person with an account and one to a stranger differ in nothing
// but the random name in the cookie.
func TestStartTellsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	known, unknown := f.newNumber(), f.newNumber()
	f.logIn(t, known)

	name := regexp.MustCompile(`__Host-login=[A-Z2-7]{52}; `)
	dump := func(number string) string {
		var all bytes.Buffer
		require.NoError(t, f.browser().start(t, number).Result().Write(&all))
		return name.ReplaceAllString(all.String(), "__Host-login=…; ")
	}
	first := dump(known)
	assert.Equal(t, first, dump(unknown))
	assert.Contains(t, first, "Set-Cookie: __Host-login=…; Path=/; Max-Age=1800; HttpOnly; Secure; SameSite=Lax\r\n")
}

func TestWrongCode(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	b, number := f.browser(), f.newNumber()
	b.start(t, number)
	code := f.emulator.Code(number)
	requireAnswer(t, b.verify(t, other(code)), 422, `{"error":"code_incorrect"}`)
	requireAnswer(t, b.verify(t, "12 34"), 422, `{"error":"code_incorrect"}`)
	requireAnswer(t, b.verify(t, code), 200, `{"next":"welcome"}`)
	requireAnswer(t, b.verify(t, code), 422, `{"error":"code_expired"}`)
}

func TestAttemptsAreCapped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	b, number := f.browser(), f.newNumber()
	b.start(t, number)
	code := f.emulator.Code(number)
	for range 5 {
		requireAnswer(t, b.verify(t, other(code)), 422, `{"error":"code_incorrect"}`)
	}
	calls := len(f.emulator.Requests())
	requireAnswer(t, b.verify(t, code), 429, `{"error":"too_many_attempts"}`)
	assert.Len(t, f.emulator.Requests(), calls, "beyond the cap nothing is asked of Stytch")
}

func TestExpired(t *testing.T) {
	t.Parallel()
	t.Run("code", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		b, number := f.browser(), f.newNumber()
		b.start(t, number)
		code := f.emulator.Code(number)
		f.emulator.Advance(6 * time.Minute)
		requireAnswer(t, b.verify(t, code), 422, `{"error":"code_expired"}`)
	})
	t.Run("login", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			b, number := f.browser(), f.newNumber()
			b.start(t, number)
			<-time.After(30 * time.Minute)
			requireAnswer(t, b.verify(t, "123456"), 422, `{"error":"code_expired"}`)
		})
	})
}

// A code opens the login of the browser that asked for it, and no other.
func TestAnotherBrowser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine, thief := f.newNumber(), f.newNumber()
	me, other := f.browser(), f.browser()
	me.start(t, mine)
	other.start(t, thief)
	requireAnswer(t, other.verify(t, f.emulator.Code(mine)), 422, `{"error":"code_incorrect"}`)
	requireAnswer(t, f.browser().verify(t, f.emulator.Code(mine)), 422, `{"error":"code_expired"}`)
	requireAnswer(t, me.verify(t, f.emulator.Code(mine)), 200, `{"next":"welcome"}`)
}

// One number gets no more messages than the limits say, however many browsers ask.
func TestMessagesAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		number := f.newNumber()
		for range 300 {
			f.browser().start(t, number)
		}
		assert.Len(t, f.emulator.Messages(), 1)
		b := f.browser()
		b.start(t, number)
		requireAnswer(t, b.do(t, http.MethodPost, "/resend", `{}`), 429, `{"error":"rate_limited"}`)
		<-time.After(30 * time.Second)
		requireAnswer(t, b.do(t, http.MethodPost, "/resend", `{"channel":"whatsapp"}`), 200, `{"next":"enter_code"}`)
		for range 24 * 60 {
			f.browser().start(t, number)
			<-time.After(time.Minute)
		}
		assert.LessOrEqual(t, len(f.emulator.Messages()), 11)
		requireAnswer(t, f.browser().do(t, http.MethodPost, "/resend", `{}`), 422, `{"error":"code_expired"}`)
	})
}

// The message went out and the answer was lost: the person asks for another code at
// once, whether or not they have logged in before.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	known, stranger := f.newNumber(), f.newNumber()
	f.logIn(t, known)
	for i, number := range []string{known, stranger} {
		f.emulator.Inject(otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropAfterSend})
		b := f.browser()
		requireAnswer(t, b.start(t, number), 200, `{"next":"resend"}`)
		assert.Len(t, f.emulator.Messages(), 2+2*i, "no second message")
		assert.Contains(t, f.log.String(), "outcome=delivery_unknown")
		requireAnswer(t, b.verify(t, f.emulator.Code(number)), 422, `{"error":"code_expired"}`)
		requireAnswer(t, b.do(t, http.MethodPost, "/resend", `{}`), 200, `{"next":"enter_code"}`)
		requireAnswer(t, b.verify(t, f.emulator.Code(number)), 200, `{"next":"welcome"}`)
	}
}

// What is no phone number, and no channel for one, sends nothing, and is a mistake of the
// person, not of the program.
func TestWrongRecipient(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, body := range []string{
		`{}`, `{"phone_number":""}`, `{"phone_number":"ada@example.com"}`, `{"phone_number":"+12025550162","channel":"email"}`,
		`{"phone_number":"+12025550162","channel":"fax"}`, `{"phone_number":"2025550162"}`,
	} {
		requireAnswer(t, f.browser().do(t, http.MethodPost, "/start", body), 422, `{"error":"invalid_phone_number"}`)
	}
	assert.Empty(t, f.emulator.Messages())
	assert.NotContains(t, f.log.String(), "level=ERROR")
}

func TestStytchFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	b, number := f.browser(), f.newNumber()
	f.emulator.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429})
	requireAnswer(t, b.start(t, number), 429, `{"error":"rate_limited"}`)
	f.emulator.Inject(otptest.Fault{Operation: otptest.OpAnySend, ErrorType: "unauthorized_credentials"})
	requireAnswer(t, b.start(t, number), 500, `{"error":"internal"}`)
	assert.Empty(t, b.cookies)

	b.start(t, number)
	f.emulator.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, HTML: true})
	requireAnswer(t, b.verify(t, f.emulator.Code(number)), 503, `{"error":"result_unknown"}`)
	f.emulator.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, ErrorType: "phone_number_not_found"})
	requireAnswer(t, b.verify(t, f.emulator.Code(number)), 422, `{"error":"code_expired"}`)
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	b := f.browser()
	requireAnswer(t, b.start(t, "+1202555"), 422, `{"error":"invalid_phone_number"}`)
	requireAnswer(t, b.start(t, "+442079460958"), 422, `{"error":"region_not_allowed"}`)
	requireAnswer(t, b.do(t, http.MethodPost, "/start", `{"phone_number":1}`), 400, `{"error":"bad_request"}`)
	requireAnswer(t, b.do(t, http.MethodPost, "/start", `{"user_id":"x"}`), 400, `{"error":"bad_request"}`)
	requireAnswer(t, b.do(t, http.MethodPost, "/verify", `{"code":"`+strings.Repeat("1", bodyLimit)+`"}`), 400, `{"error":"bad_request"}`)
	requireAnswer(t, b.do(t, http.MethodPost, "/verify", "code=1", "Content-Type", "application/x-www-form-urlencoded"), 415, `{"error":"not_json"}`)
	assert.Equal(t, 403, b.do(t, http.MethodPost, "/start", `{}`, "Sec-Fetch-Site", "cross-site").Code)
	assert.Equal(t, 405, b.do(t, http.MethodGet, "/start", "").Code)
	assert.Empty(t, f.emulator.Messages())
}

// Signing out ends the session at Stytch: a copy of the cookie is dead at once.
func TestLogout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	b := f.logIn(t, f.newNumber())
	thief := &browser{f, map[string]string{"__Host-" + sessionCookie: b.cookies["__Host-"+sessionCookie]}}
	assert.NotEmpty(t, thief.userID(t))
	requireAnswer(t, b.do(t, http.MethodPost, "/logout", ""), 200, `{"next":"login"}`)
	assert.NotContains(t, b.cookies, "__Host-"+sessionCookie)
	assert.Empty(t, f.emulator.Sessions())
	assert.Empty(t, thief.userID(t))
	requireAnswer(t, b.do(t, http.MethodPost, "/logout", ""), 401, `{"error":"not_logged_in"}`)
}

// While Stytch cannot be asked, a person stays signed in.
func TestSessionWhileStytchIsAway(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	b := f.logIn(t, f.newNumber())
	for _, fault := range []otptest.Fault{{Status: 500}, {Drop: otptest.DropAfterSend}} {
		f.emulator.Inject(fault)
		requireAnswer(t, b.do(t, http.MethodGet, "/me", ""), 503, `{"error":"unavailable"}`)
	}
	assert.NotEmpty(t, b.userID(t))
}

func TestOneValueInABody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	requireAnswer(t, f.browser().do(t, http.MethodPost, "/start", `{"phone_number":"+12025550100"}{}`), 400, `{"error":"bad_request"}`)
	assert.Empty(t, f.emulator.Messages())
}

func TestLogHoldsNothingPrivate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	number := f.newNumber()
	b := f.logIn(t, number)
	b.start(t, number)
	b.verify(t, other(f.emulator.Code(number)))
	f.emulator.Inject(otptest.Fault{Cut: true})
	f.browser().start(t, f.newNumber())
	log := f.log.String()
	assert.Regexp(t, `msg=start to=\+1\*+\d\d outcome=ok request_id=request-id-test-\S+`, log)
	assert.Regexp(t, `msg=verify to=\+1\*+\d\d outcome=code_incorrect request_id=request-id-test-\S+`, log)
	assert.Regexp(t, `msg=start to=\+1\*+\d\d outcome=delivery_unknown request_id=request-id-test-\S+`, log)
	assert.NotContains(t, log, number)
	for _, message := range f.emulator.Messages() {
		assert.NotContains(t, regexp.MustCompile(`request_id=\S+`).ReplaceAllString(log, ""), message.Code) // an id may hold the same digits
	}
	assert.NotContains(t, log, b.cookies["__Host-"+sessionCookie])
}
