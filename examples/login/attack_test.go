package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// Ten thousand guesses, many at the same moment, and in all the tabs there are.
func TestGuessing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).start(number)
	cookie, tag := b.cookie("login"), b.hidden("tag")
	// Slow enough for many guesses to be there before the first one is answered.
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 100 * time.Millisecond, Times: 5})

	var guesses sync.WaitGroup
	var next atomic.Int64
	for range 50 {
		guesses.Go(func() {
			for i := next.Add(1); i <= 10_000; i = next.Add(1) {
				code := stytchotp.Secret([]byte{'9', '9', byte('0' + i/1000%10), byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)})
				if string(code) == s.srv.Code(string(number)) {
					continue // one in a million, and the guess must be wrong
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/login/code", strings.NewReader("tag="+tag+"&code="+string(code)))
				if !assert.NoError(t, err) {
					return
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.AddCookie(&http.Cookie{Name: "login", Value: cookie})
				resp, err := s.RoundTrip(req)
				if assert.NoError(t, err) {
					_ = resp.Body.Close()
				}
			}
		})
	}
	guesses.Wait()
	assert.Equal(t, 5, s.checks())
	b.enter(s.srv.Code(string(number))).says("too_many_attempts", s)
	assert.False(t, b.signedIn(), "the right code comes too late")
}

func TestFinishInAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	victim := s.browser(t).start(number)
	code := s.srv.Code(string(number))

	thief := s.browser(t)
	thief.post("/login/code", "code", code, "tag", victim.hidden("tag"))
	assert.Equal(t, "/login", thief.path, "without a login of its own")
	thief.start(s.srv.NewPhoneNumber())
	thief.enter(code).says("code_incorrect", s)
	thief.post("/login/code", "code", code, "tag", victim.hidden("tag")).says("other_login", s)
	assert.False(t, thief.signedIn())
	assert.True(t, victim.enter(code).signedIn())
}

// An attacker puts a cookie that they know into another person's browser.
func TestFixation(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(*testing.T, *site, stytchotp.PhoneNumber) string{
		"made up": func(*testing.T, *site, stytchotp.PhoneNumber) string { return "KNOWN" },
		"of a login with another number": func(t *testing.T, s *site, _ stytchotp.PhoneNumber) string {
			t.Helper()
			return s.browser(t).start(s.srv.NewPhoneNumber()).cookie("login")
		},
		"of a login with the person's own": func(t *testing.T, s *site, number stytchotp.PhoneNumber) string {
			t.Helper()
			return s.browser(t).start(number).cookie("login")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			number := s.srv.NewPhoneNumber()
			planted := plant(t, s, number)
			victim := s.browser(t)
			victim.header.Set("Cookie", "login="+planted)
			victim.get("/login")
			victim.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			victim.post("/login", "country", "US", "number", string(number), "channel", "sms")
			victim.client.CheckRedirect = nil
			victim.header.Del("Cookie")
			require.NotEmpty(t, victim.cookie("login"))
			assert.NotEqual(t, planted, victim.cookie("login"))

			thief := s.browser(t)
			thief.header.Set("Cookie", "login="+planted)
			victim.get("/login/code")
			before := victim.cookie("login")
			assert.True(t, victim.enter(s.srv.Code(string(number))).signedIn())
			assert.NotEqual(t, before, victim.cookie("session"))
			assert.False(t, thief.signedIn())
		})
	}
}

func TestCrossSite(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]http.Header{
		"another site":               {"Sec-Fetch-Site": {"cross-site"}},
		"another host of the domain": {"Sec-Fetch-Site": {"same-site"}},
		"an older browser":           {"Origin": {"https://evil.example"}},
		"a sandboxed frame":          {"Origin": {"null"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			number := s.srv.NewPhoneNumber()
			b := s.browser(t).start(number)
			evil := b.window()
			evil.page, evil.header = b.page, header
			for _, path := range []string{"/login", "/login/code", "/login/resend", "/logout"} {
				evil.post(path, "number", string(s.srv.NewPhoneNumber()), "code", s.srv.Code(string(number)), "channel", "sms")
				assert.Equal(t, http.StatusForbidden, evil.status, path)
			}
			assert.Len(t, s.srv.Requests(), 1, "the one that the person made")
		})
	}
}

// blind replaces what must differ between two pages: random tokens.
func blind(b *browser) string {
	page := regexp.MustCompile(`\b[A-Z2-7]{26}\b`).ReplaceAllString(b.page, "TOKEN")
	header := b.got.Clone()
	header.Del("Set-Cookie")
	text, _ := json.Marshal(header)
	return b.path + string(text) + page
}

// What a person sees, and what is asked of Stytch on the way, does not depend on
// whether they have an account.
func TestKnownAndUnknown(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]otptest.Fault{
		"all well":      {},
		"unclear send":  {Operation: otptest.OpAnySend, SendFirst: true, Drop: otptest.DropAfterSend},
		"rate limit":    {Operation: otptest.OpAnySend, RetryAfter: time.Minute},
		"unclear check": {Operation: otptest.OpAuthenticate, SendFirst: true, Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				walk := func(known bool) (seen []string) {
					s := newSite(t)
					number := s.srv.NewPhoneNumber()
					if known {
						b := s.browser(t).start(number)
						require.True(t, b.enter(s.srv.Code(string(number))).signedIn())
					}
					if trouble != (otptest.Fault{}) {
						s.srv.Inject(trouble)
					}
					before := len(s.srv.Requests())
					b := s.browser(t)
					see := func() { seen = append(seen, blind(b)) }
					b.get("/login").post("/login", "country", "US", "number", string(number), "channel", "sms")
					see()
					b.enter("000001")
					see()
					<-time.After(30 * time.Second)
					b.post("/login/resend", "channel", "sms")
					see()
					b.enter("000002")
					see()
					b.post("/login", "country", "US", "number", string(number), "channel", "sms")
					see()
					for _, r := range s.srv.Requests()[before:] {
						seen = append(seen, r.Operation)
					}
					return seen
				}
				assert.Equal(t, walk(true), walk(false))
			})
		})
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secured, err := newApp(s.srv.Client(), true, otplogin.Config{})
	require.NoError(t, err)
	for _, c := range []struct {
		app    *app
		prefix string
	}{{s.app, ""}, {secured, "__Host-"}} {
		s.handler = c.app.handler()
		number := s.srv.NewPhoneNumber()
		b := s.browser(t)
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		named := onlyCookie(t, b.get("/login").got)
		assert.Equal(t, c.prefix+"browser", named.Name)
		b.header.Set("Cookie", named.Name+"="+named.Value)
		b.post("/login", "country", "US", "number", string(number), "channel", "sms")
		login := onlyCookie(t, b.got)
		assert.Equal(t, c.prefix+"login", login.Name)
		assert.Equal(t, 30*60, login.MaxAge)

		b.header.Set("Cookie", named.Name+"="+named.Value+"; "+login.Name+"="+login.Value)
		b.get("/login/code").enter(s.srv.Code(string(number)))
		set := (&http.Response{Header: b.got}).Cookies()
		require.Len(t, set, 4)
		device, session, jwt := set[0], set[1], set[2]
		assert.Equal(t, c.prefix+"device", device.Name)
		assert.Equal(t, c.prefix+"session", session.Name)
		assert.InDelta(t, 60*60, session.MaxAge, 60)
		assert.Equal(t, c.prefix+"session_jwt", jwt.Name)
		assert.InDelta(t, 60*60, jwt.MaxAge, 60)
		assert.Equal(t, c.prefix+"login", set[3].Name)
		assert.Negative(t, set[3].MaxAge, "the login is over")
		for _, cookie := range []*http.Cookie{named, login, device, session, jwt} {
			assert.True(t, cookie.HttpOnly)
			assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
			assert.Equal(t, "/", cookie.Path)
			assert.Empty(t, cookie.Domain)
			assert.Equal(t, c.prefix != "", cookie.Secure)
		}
	}
}

func onlyCookie(t *testing.T, header http.Header) *http.Cookie {
	t.Helper()
	cookies := (&http.Response{Header: header}).Cookies()
	require.Len(t, cookies, 1)
	return cookies[0]
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	for _, path := range []string{"/login", "/login?by=email", "/static/style.css", "/static/login.js", "/nowhere"} {
		b.get(path)
		assert.Contains(t, b.got.Get("Content-Security-Policy"), "default-src 'none'", path)
		assert.NotContains(t, b.got.Get("Content-Security-Policy"), "unsafe", path)
		assert.Contains(t, b.got.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		assert.Equal(t, "nosniff", b.got.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "same-origin", b.got.Get("Referrer-Policy"), path)
		if strings.HasPrefix(path, "/static/") {
			assert.Equal(t, http.StatusOK, b.status, path)
			assert.Equal(t, "max-age=3600", b.got.Get("Cache-Control"), path)
		} else {
			assert.Equal(t, "no-store", b.got.Get("Cache-Control"), path)
			assert.NotRegexp(t, `<script>|<style|\son\w+=|\sstyle=`, b.page, "nothing inline")
		}
	}
}

func TestLargeBody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	b.post("/login", "country", "US", "number", string(s.srv.NewPhoneNumber()), "x", strings.Repeat("x", 1<<20))
	assert.Equal(t, http.StatusUnprocessableEntity, b.status)
	assert.Empty(t, s.srv.Requests())
}

// A form's id that is none of ours makes a login that no other browser joins.
func TestOddForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, form := range []string{"", "x", strings.Repeat("x", 10_000)} {
		for range 2 {
			number, b := s.srv.NewPhoneNumber(), s.browser(t)
			b.get("/login").post("/login", "form", form, "country", "US", "number", string(number), "channel", "sms")
			assert.True(t, b.enter(s.srv.Code(string(number))).signedIn())
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number, address := s.srv.NewPhoneNumber(), s.srv.NewEmailAddress()
	b := s.browser(t).start(number)
	code, wrong := s.srv.Code(string(number)), s.wrong(number)
	b.enter(wrong)
	b.enter(code)
	secrets := []string{string(number)[2:], code, wrong, string(address), b.cookie("session"), "192.0.2.1", s.srv.Secret}
	b.post("/logout")
	b.get("/login").post("/login", "country", "US", "number", "+1 876 555 0123", "channel", "sms")
	s.srv.Inject(otptest.Fault{Operation: otptest.OpEmailLoginOrCreate, SendFirst: true, HTML: true})
	b.get("/login?by=email").post("/login", "by", "email", "email", string(address))

	// Times and ids of requests may hold the digits of a code.
	text := regexp.MustCompile(`"(time|request_id)":"[^"]*"`).ReplaceAllString(s.log.String(), "")
	for _, secret := range secrets {
		require.NotEmpty(t, secret)
		assert.NotContains(t, text, secret)
	}
	var outcomes []string
	for line := range strings.Lines(s.log.String()) {
		var entry map[string]string
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if _, about := entry["to"]; about {
			outcomes = append(outcomes, entry["outcome"])
		}
		for key, value := range entry {
			assert.Contains(t, []string{"time", "level", "msg", "to", "request_id", "outcome"}, key)
			if key != "request_id" {
				assert.NotEmpty(t, value)
			}
		}
		if strings.HasPrefix(entry["msg"], "otps.") {
			assert.Contains(t, entry["to"], "*")
		}
	}
	require.Len(t, outcomes, 5, "each call, and the one that was not made")
	for i, r := range s.srv.Requests() {
		if i < 3 {
			assert.Contains(t, s.log.String(), r.RequestID)
		}
	}
	assert.Equal(t, "ok", outcomes[0])
	assert.Contains(t, outcomes[1], "otp_code_not_found")
	assert.Equal(t, "ok", outcomes[2])
	assert.Contains(t, outcomes[3], "region")
}

// Two tabs share a login, and a page of an older one cannot act on a newer one.
func TestTabs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number, other := s.srv.NewPhoneNumber(), s.srv.NewPhoneNumber()
		first := s.browser(t).start(number)
		second := first.window().get("/login/code")
		<-time.After(30 * time.Second)
		second.post("/login/resend", "channel", "sms")
		assert.True(t, first.enter(s.srv.Code(string(number))).signedIn(), "a code that the other tab asked for")
		assert.Equal(t, "/", second.enter("123456").path, "who is signed in is signed in everywhere")

		second.post("/logout")
		first.start(number)
		second.start(other)
		before := s.checks()
		first.enter(s.srv.Code(string(number))).says("other_login", s)
		first.page = strings.ReplaceAll(first.page, first.hidden("tag"), "OLD")
		first.post("/login/resend", "channel", "sms").says("other_login", s)
		assert.Equal(t, before, s.checks(), "it costs the other login nothing")
		assert.True(t, first.shows(other.International()), "the page says which one it is about")
		assert.True(t, second.enter(s.srv.Code(string(other))).signedIn())
	})
}

// Asking for the number's code again takes the login along, with the attempts that
// were made, even those made at that moment.
func TestGuessingWhileStartingAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	b := s.browser(t).start(number)
	var at atomic.Pointer[browser]
	at.Store(b.window().get("/login/code"))
	done := make(chan struct{})

	var guesses sync.WaitGroup
	for range 8 {
		guesses.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				now := at.Load()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/login/code", strings.NewReader("code=999999&tag="+now.hidden("tag")))
				if !assert.NoError(t, err) {
					return
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.AddCookie(&http.Cookie{Name: "login", Value: now.path})
				if resp, err := s.RoundTrip(req); assert.NoError(t, err) {
					_ = resp.Body.Close()
				}
			}
		})
	}
	for range 100 {
		b.get("/login").post("/login", "country", "US", "number", string(number), "channel", "sms")
		at.Store(&browser{t: t, page: b.page, path: b.cookie("login")})
	}
	close(done)
	guesses.Wait()
	assert.LessOrEqual(t, s.checks(), 6, "however many logins there are")
	assert.Len(t, s.srv.Messages(), 1)
}

// The hidden value of a form is no secret: without the cookie of its browser, it leads to
// another login.
func TestFormOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	number := s.srv.NewPhoneNumber()
	victim, thief := s.browser(t).get("/login"), s.browser(t).get("/login")
	thief.page = victim.page // the form's value was seen, or planted
	fields := []string{"country", "US", "number", string(number), "channel", "sms"}
	thief.post("/login", fields...)
	victim.post("/login", fields...)
	assert.Len(t, s.srv.Messages(), 1, "both can check the message")
	assert.NotEqual(t, victim.cookie("login"), thief.cookie("login"))
	assert.True(t, victim.enter(s.srv.Code(string(number))).signedIn())
	thief.get("/login/code")
	assert.False(t, thief.signedIn())
	assert.Empty(t, thief.cookie("session"))
}

// A browser that keeps no cookies is told so, and costs no message.
func TestBlockedCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	b.client.Jar = nil
	for range 3 {
		b.get("/login").post("/login", "country", "US", "number", string(s.srv.NewPhoneNumber()), "channel", "sms")
		b.says("cookies_blocked", s)
		assert.Equal(t, http.StatusUnprocessableEntity, b.status)
	}
	assert.Empty(t, s.srv.Messages())
}

// However many browsers ask for one number, it gets what the limits allow.
func TestFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.srv.NewPhoneNumber()
		for range 12 {
			var starts sync.WaitGroup
			for range 50 {
				starts.Go(func() {
					s.browser(t).get("/login").post("/login", "country", "US", "number", string(number), "channel", "sms")
				})
			}
			starts.Wait()
			<-time.After(5 * time.Minute)
		}
		assert.LessOrEqual(t, len(s.srv.Messages()), 6)
		<-time.After(time.Hour)
		b := s.browser(t).start(number)
		assert.True(t, b.enter(s.srv.Code(string(number))).signedIn(), "and the person can sign in afterwards")
	})
}
