package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

func TestSignUpThenIn(t *testing.T) {
	t.Parallel()
	for _, channel := range []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp, stytchotp.ChannelEmail} {
		t.Run(string(channel), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			number, address := s.srv.NewPhoneNumber(), s.srv.NewEmailAddress()
			to, shown := string(number), number.International()
			if channel == stytchotp.ChannelEmail {
				to, shown = string(address), string(address)
			}
			for range 2 { // the first time signs up
				b := s.browser(t)
				if channel == stytchotp.ChannelEmail {
					b.get("/login?by=email").post("/login", "by", "email", "email", " "+to+" ")
				} else {
					b.get("/login").post("/login", "country", "US", "number", number.National(), "channel", string(channel))
				}
				assert.Equal(t, "/login/code", b.path)
				assert.True(t, b.shows(s.app.languages["en"].T("code."+string(channel))))
				assert.True(t, b.shows(shown), "so that a mistake is noticed")
				b.enter(s.srv.Code(to))
				assert.Equal(t, "/", b.path)
				assert.True(t, b.shows(shown))
			}
			messages := s.srv.Messages()
			require.Len(t, messages, 2)
			assert.Equal(t, channel, messages[1].Channel)
			assert.Equal(t, messages[0].UserID, messages[1].UserID)
		})
	}
}

func TestCodeAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	arabic := func(code string) string {
		return strings.Map(func(r rune) rune { return r - '0' + '٠' }, code)
	}
	for name, typed := range map[string]func(string) string{
		"space":  func(c string) string { return c[:3] + " " + c[3:] },
		"dashes": func(c string) string { return c[:2] + "-" + c[2:4] + "–" + c[4:] + "\n" },
		"arabic": arabic,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			number := s.srv.NewPhoneNumber()
			b := s.browser(t).start(number)
			assert.True(t, b.enter(typed(s.srv.Code(string(number)))).signedIn())
		})
	}
}

// Numbers that are reserved for fiction can be tried, and new area codes are let in.
func TestFictionalAndNewNumbers(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"+1 202 555 0100", "+44 7700 900123", "+44 1632 960001", "+1 436 234 5678"} {
		s := newSite(t)
		e164, err := stytchotp.ParsePhoneNumber(number, "US")
		require.NoError(t, err)
		b := s.browser(t).start(e164)
		assert.True(t, b.enter(s.srv.Code(string(e164))).signedIn(), number)
	}
}

func TestWrongCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).start(number)
	for _, code := range []string{"", "12345", "1234567", "12345a"} {
		b.enter(code).says("code_length", s)
		assert.True(t, b.shows(`aria-describedby="notice hint" aria-invalid="true"`))
	}
	assert.Zero(t, s.checks(), "what cannot be a code costs no attempt")

	b.enter(s.wrong(number)).says("code_incorrect", s)
	assert.False(t, b.shows(s.wrong(number)), "no code comes back in a page")
	assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
}

func TestAttemptsAreCapped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		for range 4 {
			b.enter(s.wrong(number)).says("code_incorrect", s)
		}
		tag := b.hidden("tag")
		b.enter(s.wrong(number)).says("too_many_attempts", s)
		assert.False(t, b.shows(`id="code"`), "no field for another code")

		b.post("/login/code", "code", s.srv.Code(string(number)))
		assert.False(t, b.signedIn(), "another code gives no more attempts")
		assert.Equal(t, 5, s.checks())
		<-time.After(5 * time.Minute)
		b.post("/login/resend", "channel", "sms", "tag", tag).says("too_many_attempts", s)
		assert.Len(t, s.srv.Messages(), 1, "nor another message")

		b.start(number).enter(s.srv.Code(string(number)))
		assert.True(t, b.signedIn(), "a new login does")
	})
}

func TestExpiredCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		code := s.srv.Code(string(number))
		<-time.After(5 * time.Minute)
		b.enter(code).says("code_expired", s)
		b.post("/login/resend", "channel", "sms").says("code_sent", s)
		assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
	})
}

func TestResend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		first := s.srv.Code(string(number))
		assert.True(t, b.shows(`data-wait="30"`))
		for sent, wait := range []int{30, 60, 120, 240} {
			<-time.After(time.Duration(wait)*time.Second - time.Millisecond)
			b.post("/login/resend", "channel", "sms").says("wait", s)
			assert.Contains(t, b.notice(), "in 1 seconds")
			assert.Len(t, s.srv.Messages(), sent+1, "not a moment too early")
			<-time.After(time.Millisecond)
			b.post("/login/resend", "channel", "sms").says("code_sent", s)
			assert.Len(t, s.srv.Messages(), sent+2)
		}
		assert.False(t, b.shows("resend"), "no button without an effect")
		assert.True(t, b.shows(s.app.languages["en"].T("notice.too_many_codes")), "which says why")
		b.enter(first).says("code_incorrect", s)
		<-time.After(4 * time.Minute)
		b.post("/login/resend", "channel", "sms").says("too_many_codes", s)
		assert.Len(t, s.srv.Messages(), 5)
		b.get("/login").post("/login", "country", "US", "number", string(number), "channel", "whatsapp").says("too_many_codes", s)
		assert.Len(t, s.srv.Messages(), 5, "nor by starting anew with the number")
		assert.True(t, b.get("/login/code").enter(s.srv.Code(string(number))).signedIn())
	})
}

func TestOtherChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		<-time.After(30 * time.Second)
		assert.Len(t, s.srv.Messages(), 1, "nothing goes out by itself")
		b.post("/login/resend", "channel", "whatsapp")
		assert.True(t, b.shows(s.app.languages["en"].T("code.whatsapp")))
		assert.Equal(t, stytchotp.ChannelWhatsApp, s.srv.Messages()[1].Channel)
		assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	number := func(n string) []string { return []string{"country", "US", "number", n, "channel", "sms"} }
	email := func(a string) []string { return []string{"by", "email", "email", a} }
	fault := func(f otptest.Fault) func(*site) { return func(s *site) { s.srv.Inject(f) } }
	for name, c := range map[string]struct {
		fields []string
		with   func(*site)
		notice string
		status int
		field  bool // it is marked as wrong
	}{
		"nothing typed":      {number(""), nil, "invalid_phone_number", 422, true},
		"too short":          {number("202-555-01"), nil, "invalid_phone_number", 422, true},
		"another country":    {number("+1 876 555 0123"), nil, "region_not_allowed", 422, true},
		"no area code":       {number("(112) 555-0123"), nil, "invalid_phone_number", 422, true},
		"unknown range":      {number("+61 5 1234 5678"), nil, "invalid_phone_number", 422, true},
		"premium number":     {number("+1 900 555 0123"), nil, "number_type_not_allowed", 422, true},
		"no address":         {email("unknown"), nil, "invalid_email", 422, true},
		"country at Stytch":  {number("+52 55 1234 5678"), func(s *site) { s.srv.Reset() }, "region_not_allowed", 422, true},
		"unknown region":     {[]string{"country", "?", "number", "2025550123"}, nil, "invalid_phone_number", 422, true},
		"rate limit":         {number("2025550123"), fault(otptest.Fault{RetryAfter: time.Minute}), "rate_limited", 429, false},
		"no connection":      {number("2025550123"), fault(otptest.Fault{Drop: otptest.DropRefused, Times: 3}), "unavailable", 503, false},
		"wrong credentials":  {number("2025550123"), fault(otptest.Fault{Status: 401, ErrorType: "unauthorized_credentials"}), "internal", 500, false},
		"unsubscribed":       {number("2025550123"), fault(otptest.Fault{Status: 400, ErrorType: "unsubscribed_phone_number"}), "phone_number_unsubscribed", 422, true},
		"domain not allowed": {email("a@b.example"), fault(otptest.Fault{Status: 400, ErrorType: "email_in_denylist"}), "email_not_allowed", 422, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			if c.with != nil {
				c.with(s)
			}
			b := s.browser(t).get("/login").post("/login", c.fields...)
			b.says(c.notice, s)
			assert.Equal(t, c.status, b.status)
			assert.Equal(t, c.field, strings.Contains(b.page, `aria-describedby="notice" aria-invalid="true"`))
			assert.Empty(t, s.srv.Messages())
			assert.Empty(t, b.cookie("login"))

			fixed := s.srv.NewPhoneNumber()
			b.post("/login", "by", "", "country", "US", "number", string(fixed))
			assert.True(t, b.enter(s.srv.Code(string(fixed))).signedIn(), "it can be mended on the same page")
		})
	}
}

func TestLockedUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, otptest.WithUserLock(2, time.Hour))
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).start(number)
	b.enter(s.wrong(number)).says("code_incorrect", s)
	b.enter(s.wrong(number)).says("code_incorrect", s)
	b.enter(s.srv.Code(string(number))).says("user_locked", s)
	assert.False(t, b.shows(`id="code"`))
	assert.False(t, b.signedIn())
}

// The message went out and the answer was lost, with the method id in it.
func TestUnclearSend(t *testing.T) {
	t.Parallel()
	lost := otptest.Fault{Operation: otptest.OpAnySend, SendFirst: true, Drop: otptest.DropAfterSend}
	t.Run("the first", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		s.srv.Inject(lost)
		b := s.browser(t).start(number)
		require.Len(t, s.srv.Messages(), 1, "not sent again")
		b.says("code_uncheckable", s)
		assert.True(t, b.shows("<h1>Send a new code</h1>"), "the page does not ask for a code that it cannot check")
		assert.True(t, b.shows("<title>Send a new code"))
		assert.True(t, b.shows(`id="code"`), "the field is there all the same")
		assert.False(t, b.shows(s.app.languages["en"].T("code.sms")), "it is unknown whether it was sent")

		b.enter(s.srv.Code(string(number))).says("code_uncheckable", s)
		assert.Zero(t, s.checks())

		b.post("/login/resend", "channel", "sms").says("code_sent", s) // at once: there is nothing to wait for
		assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
	})
	t.Run("one after another", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		lost := lost
		lost.Times = -1
		s.srv.Inject(lost)
		b := s.browser(t).start(number)
		for range 5 + 3 {
			b.post("/login/resend", "channel", "sms")
		}
		b.says("too_many_codes", s)
		assert.True(t, b.shows("<h1>This login has ended</h1>"))
		assert.Len(t, s.srv.Messages(), 5)
	})
	t.Run("a later one", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t)
			number := s.srv.NewPhoneNumber()
			b := s.browser(t).start(number)
			<-time.After(30 * time.Second)
			s.srv.Inject(lost)
			b.post("/login/resend", "channel", "whatsapp").says("delivery_unknown", s)
			require.Len(t, s.srv.Messages(), 2)
			b.post("/login/resend", "channel", "sms").says("wait", s)
			assert.True(t, b.enter(s.srv.Code(string(number))).signedIn(), "by the code whose answer was lost")
		})
	})
	t.Run("answered with an error", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		s.srv.Inject(otptest.Fault{SendFirst: true, HTML: true})
		b := s.browser(t).start(number)
		b.says("code_uncheckable", s)
	})
}

func TestFailedResend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		<-time.After(30 * time.Second)
		s.srv.Inject(otptest.Fault{Drop: otptest.DropRefused, Times: 3})
		b.post("/login/resend", "channel", "whatsapp").says("unavailable", s)
		assert.True(t, b.shows(s.app.languages["en"].T("code.sms")), "the text message is what there is")
		assert.True(t, b.shows(`data-wait="0"`), "what was not sent need not be waited for")
		s.srv.LimitRate(otptest.RateLimit{Max: 0, Window: time.Hour, Operation: otptest.OpAnySend})
		b.post("/login/resend", "channel", "sms").says("rate_limited", s)
		assert.True(t, b.shows(`data-wait="0"`))
		assert.True(t, b.enter(s.srv.Code(string(number))).signedIn(), "the first code is still good")
	})
}

func TestUnclearCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, SendFirst: true, Drop: otptest.DropAfterSend})
		b.enter(s.srv.Code(string(number))).says("result_unknown", s)
		assert.Equal(t, 1, s.checks(), "asked once")
		<-time.After(30 * time.Second)
		b.post("/login/resend", "channel", "sms")

		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Drop: otptest.DropRefused, Times: 3})
		b.enter(s.srv.Code(string(number))).says("unavailable", s)
		for range 5 - 2 {
			b.enter(s.wrong(number)).says("code_incorrect", s)
		}
		assert.True(t, b.enter(s.srv.Code(string(number))).signedIn(), "a code that was not checked is no attempt")
	})
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).start(number)
	b.enter(s.srv.Code(string(number)))
	token, jwt := b.cookie("session"), b.cookie("session_jwt")
	assert.Equal(t, "/", b.window().get("/login").path, "a signed-in person does not sign in again")
	assert.Equal(t, "/", b.window().get("/login/code").path)

	assert.Equal(t, "/login", b.post("/logout").path)
	assert.Empty(t, b.cookie("session"))
	assert.Equal(t, "/login", b.get("/").path)
	assert.Empty(t, s.srv.Sessions(), "it is revoked at Stytch")
	for _, old := range []string{"session=" + token, "session_jwt=" + jwt, "session=" + token + "; session_jwt=" + jwt} {
		b.header.Set("Cookie", old)
		assert.Equal(t, "/login", b.get("/").path, "the old cookies are dead at once")
	}
}

// A session whose JWT is too old is signed out as one whose JWT is young.
func TestSignOutLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		b.enter(s.srv.Code(string(number)))
		thief := s.browser(t)
		thief.header.Set("Cookie", "session="+b.cookie("session"))
		<-time.After(6 * time.Minute)
		assert.True(t, thief.signedIn(), "with a young JWT of its own")
		assert.Equal(t, "/login", b.post("/logout").path)
		assert.Empty(t, s.srv.Sessions())
		assert.False(t, thief.signedIn())
	})
}

// When Stytch cannot be asked, signing out says so and can be tried again.
func TestSignOutFails(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).start(number)
	b.enter(s.srv.Code(string(number)))
	s.srv.Inject(otptest.Fault{Operation: otptest.OpSessionsRevoke, Status: 503})
	assert.Equal(t, http.StatusServiceUnavailable, b.post("/logout").status)
	assert.NotEmpty(t, b.cookie("session"))
	assert.Len(t, s.srv.Sessions(), 1)
	assert.Equal(t, "/login", b.post("/logout").path)
	assert.Empty(t, s.srv.Sessions())
}

// A protected page costs no call while the JWT is young, and one when it is too old.
func TestProtectedPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		b.enter(s.srv.Code(string(number)))
		checks := func() (n int) {
			for _, request := range s.srv.Requests() {
				if request.Operation == otptest.OpSessionsAuthenticate {
					n++
				}
			}
			return n
		}
		for range 20 {
			assert.True(t, b.signedIn())
		}
		assert.Zero(t, checks())
		<-time.After(6 * time.Minute)
		for range 20 {
			assert.True(t, b.signedIn())
		}
		assert.Equal(t, 1, checks(), "the cookie got the new JWT")
		s.srv.EndSession(s.srv.Sessions()[0].ID)
		<-time.After(6 * time.Minute)
		assert.False(t, b.signedIn(), "it was revoked elsewhere")
	})
}

func TestSessionEndsWithStytchs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		b.enter(s.srv.Code(string(number)))
		token := b.cookie("session")
		<-time.After(60*time.Minute - time.Second)
		assert.True(t, b.signedIn())
		<-time.After(2 * time.Second)
		assert.False(t, b.signedIn())
		b.header.Set("Cookie", "session="+token)
		assert.False(t, b.signedIn(), "whatever the browser thinks")
	})
}

func TestAbandonedLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser(t).start(s.srv.NewPhoneNumber())
		<-time.After(flowTTL + time.Second)
		assert.Equal(t, "/login", b.get("/login/code").path)
		assert.Equal(t, http.StatusOK, b.status)
	})
}

func TestCodeWithoutLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	for _, path := range []string{"/login/code", "/login/resend"} {
		assert.Equal(t, "/login", b.post(path, "code", "123456", "channel", "sms").path)
	}
	assert.Empty(t, s.srv.Requests())
}

// A person presses the button twice, with a browser that runs no script and goes by
// the second answer.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).get("/login")
	second := b.window()
	second.page = b.page
	second.client = s.browser(t).client // without the cookie of the first answer, which it threw away
	at, err := url.Parse(origin)
	require.NoError(t, err)
	second.client.Jar.SetCookies(at, b.client.Jar.Cookies(at))
	fields, form := []string{"country", "US", "number", string(number), "channel", "sms"}, b.hidden("form")
	b.post("/login", fields...)
	second.post("/login", fields...)
	assert.Len(t, s.srv.Messages(), 1)
	assert.Equal(t, "/login/code", second.path)
	assert.Empty(t, second.notice(), "it is the first page")
	reloaded := b.window()
	reloaded.page = `name="form" value="` + form + `"`
	reloaded.post("/login", fields...)
	assert.Len(t, s.srv.Messages(), 1)
	assert.Equal(t, "/login/code", reloaded.path)

	code := s.srv.Code(string(number))
	jar := second.cookie("login")
	assert.True(t, second.enter(code).signedIn())
	again := s.browser(t)
	again.header.Set("Cookie", "login="+jar)
	again.page = b.page
	again.enter(code)
	again.header.Del("Cookie")
	assert.True(t, again.signedIn(), "the second click finds the session that the first one got")
}

func TestHandoverIsShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		b := s.browser(t).start(number)
		cookie, code, page := b.cookie("login"), s.srv.Code(string(number)), b.page
		assert.True(t, b.enter(code).signedIn())
		for wait, want := range map[string]bool{code: true, "111111": false} {
			again := s.browser(t)
			again.header.Set("Cookie", "login="+cookie)
			again.page = page
			again.enter(wait)
			again.header.Del("Cookie")
			assert.Equal(t, want, again.signedIn())
		}
		<-time.After(31 * time.Second)
		late := s.browser(t)
		late.header.Set("Cookie", "login="+cookie)
		late.page = page
		late.enter(code)
		late.header.Del("Cookie")
		assert.False(t, late.signedIn(), "the cookie and the code are no session for longer than a click takes")
	})
}

// The browser is gone before Stytch has answered: what the answer says is kept.
func TestHangUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	form := strings.NewReader(url.Values{"number": {string(number)}}.Encode())
	req := httptest.NewRequestWithContext(gone, http.MethodPost, origin+"/login", form)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b := s.browser(t).get("/login")
	req.AddCookie(&http.Cookie{Name: "browser", Value: b.cookie("browser")})
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	b.client.Jar.SetCookies(req.URL, w.Result().Cookies())
	b.get("/login/code")
	require.Equal(t, "/login/code", b.path)
	assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
}

// What Stytch is asked for, besides the recipient.
func TestRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser(t)
		b.header.Set("User-Agent", "Testing/1.0")
		number, address := s.srv.NewPhoneNumber(), s.srv.NewEmailAddress()
		b.start(number)
		<-time.After(30 * time.Second)
		b.post("/login/resend", "channel", "whatsapp")
		b.enter(s.srv.Code(string(number))).post("/logout")
		b.get("/login?by=email").post("/login", "by", "email", "email", string(address))
		requests := slices.DeleteFunc(s.srv.Requests(), func(r otptest.Request) bool { return !strings.HasPrefix(r.Operation, "otps.") })
		require.Len(t, requests, 4)
		for _, r := range requests {
			var body struct {
				Attributes struct {
					IPAddress string `json:"ip_address"`
					UserAgent string `json:"user_agent"`
				} `json:"attributes"`
				Minutes int  `json:"expiration_minutes"`
				Pending bool `json:"create_user_as_pending"`
				Session int  `json:"session_duration_minutes"`
			}
			require.NoError(t, json.Unmarshal([]byte(r.Body), &body), r.Body)
			assert.Equal(t, "192.0.2.1", body.Attributes.IPAddress, r.Operation)
			assert.Equal(t, "Testing/1.0", body.Attributes.UserAgent, r.Operation)
			if r.Operation == otptest.OpAuthenticate {
				assert.Equal(t, 60, body.Session)
				continue
			}
			assert.Equal(t, 5, body.Minutes, r.Operation)
			assert.True(t, body.Pending, "a person is no user before they typed a code")
		}
	})
}

// Stytch has forgotten the user in the meantime. A code page does not tell.
func TestForgottenUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).start(s.srv.NewPhoneNumber())
	s.srv.Reset()
	b.enter("123456").says("code_expired", s)
}

// The first answer was stopped, and the number corrected on the page that was still there.
func TestNumberCorrectedOnTheSameForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mistyped, number := s.srv.NewPhoneNumber(), s.srv.NewPhoneNumber()
	b := s.browser(t).get("/login")
	stopped := s.browser(t)
	stopped.page = b.page
	stopped.post("/login", "country", "US", "number", string(mistyped), "channel", "sms")
	b.post("/login", "country", "US", "number", string(number), "channel", "sms")
	assert.True(t, b.shows(number.International()))
	assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
}

// The code was not checked, so no attempt is lost.
func TestRateLimitedCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).start(number)
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 429, ErrorType: "too_many_requests", Times: 5})
	for range 5 {
		b.enter(s.srv.Code(string(number))).says("rate_limited", s)
	}
	assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
}
