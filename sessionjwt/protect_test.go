package sessionjwt_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"

	"github.com/stytchotp/stytchotp/sessionjwt"
)

// browser keeps cookies for one protected page.
type browser struct {
	page    http.Handler
	cookies map[string]string
	seen    *stytchotp.Session // of the last request that came through
}

func newBrowser(t *testing.T, srv *otptest.Server, p sessionjwt.Protection, opts ...sessionjwt.Option) (*browser, *sessionjwt.Verifier) {
	t.Helper()
	v, err := sessionjwt.New(srv.Client(), opts...)
	require.NoError(t, err)
	b := &browser{cookies: map[string]string{}}
	b.page = v.Protect(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var ok bool
		b.seen, ok = sessionjwt.FromContext(r.Context())
		assert.True(t, ok)
	}), p)
	return b, v
}

// get returns the status, and what was set.
func (b *browser) get(t *testing.T) (int, []*http.Cookie) {
	t.Helper()
	b.seen = nil
	if b.cookies == nil {
		b.cookies = map[string]string{}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/", http.NoBody)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.page.ServeHTTP(w, r)
	set := w.Result().Cookies()
	b.keep(set)
	return w.Code, set
}

func (b *browser) keep(set []*http.Cookie) {
	for _, cookie := range set {
		if b.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
}

// logIn sets the cookies of a login.
func (b *browser) logIn(t *testing.T, srv *otptest.Server, cookies sessionjwt.Cookies) *stytchotp.AuthenticateResponse {
	t.Helper()
	login := logIn(t, srv, nil)
	w := httptest.NewRecorder()
	cookies.Set(w, login.SessionToken, login.SessionJWT, login.Session.ExpiresAt)
	set := w.Result().Cookies()
	require.Len(t, set, 2)
	for _, cookie := range set {
		assert.True(t, cookie.HttpOnly)
		assert.Equal(t, !cookies.Insecure, cookie.Secure)
		assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		assert.Equal(t, "/", cookie.Path)
		assert.InDelta(t, time.Until(login.Session.ExpiresAt).Seconds(), cookie.MaxAge, 5)
	}
	b.keep(set)
	return login
}

func count(srv *otptest.Server, operation string) (n int) {
	for _, request := range srv.Requests() {
		if request.Operation == operation {
			n++
		}
	}
	return n
}

// SignOut revokes at Stytch and here, and says when it could not.
func TestSignOutAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, wait := range []time.Duration{0, 6 * time.Minute} { // with a young JWT, and with one that is too old
			srv := otptest.NewInProcess(t)
			b, v := newBrowser(t, srv, sessionjwt.Protection{})
			b.logIn(t, srv, sessionjwt.Cookies{})
			copied := maps.Clone(b.cookies)
			<-time.After(wait)
			signOut := func() error {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.com/", http.NoBody)
				for name, value := range b.cookies {
					r.AddCookie(&http.Cookie{Name: name, Value: value})
				}
				w := httptest.NewRecorder()
				err := v.SignOut(w, r, sessionjwt.Cookies{})
				b.keep(w.Result().Cookies())
				return err
			}
			srv.Inject(otptest.Fault{Operation: otptest.OpSessionsRevoke, Status: 503})
			require.Error(t, signOut())
			assert.Len(t, b.cookies, 2, "for another try")
			require.NoError(t, signOut())
			assert.Empty(t, b.cookies)
			assert.Empty(t, srv.Sessions())
			require.NoError(t, signOut(), "a second time")
			b.cookies = copied
			status, _ := b.get(t)
			assert.Equal(t, http.StatusUnauthorized, status, "a copy of the cookies is worth nothing")
		}
	})
}

// A person stays signed in: offline while the JWT is young, and by one call when it is
// too old.
func TestProtect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := otptest.NewInProcess(t)
		b, _ := newBrowser(t, srv, sessionjwt.Protection{})
		status, set := b.get(t)
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.Len(t, set, 2, "cleared")
		login := b.logIn(t, srv, sessionjwt.Cookies{})
		for range 5 {
			status, set = b.get(t)
			assert.Equal(t, http.StatusOK, status)
			assert.Empty(t, set)
			assert.Equal(t, login.Session.SessionID, b.seen.SessionID)
		}
		assert.Zero(t, count(srv, otptest.OpSessionsAuthenticate))
		for renewals := 1; renewals <= 3; renewals++ {
			pass(6 * time.Minute)
			srv.Advance(time.Second) // the emulator's clock is another one
			for range 3 {
				status, set = b.get(t)
				assert.Equal(t, http.StatusOK, status)
				assert.Equal(t, login.UserID, b.seen.UserID)
				assert.LessOrEqual(t, len(set), 1)
			}
			assert.Equal(t, renewals, count(srv, otptest.OpSessionsAuthenticate))
		}
		pass(time.Hour)
		status, _ = b.get(t)
		assert.Equal(t, http.StatusUnauthorized, status, "the session is over")
		assert.Empty(t, b.cookies)
	})
}

// Signing out: with Reject, a copy of the JWT is dead at once.
func TestSignOut(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	b, v := newBrowser(t, srv, sessionjwt.Protection{})
	login := b.logIn(t, srv, sessionjwt.Cookies{})
	_, err := srv.Client().Sessions.Revoke(t.Context(), stytchotp.SessionsRevokeParams{SessionID: login.Session.SessionID})
	require.NoError(t, err)
	status, _ := b.get(t)
	assert.Equal(t, http.StatusOK, status, "offline, the JWT is good until it expires")
	v.Reject(login.Session.SessionID)
	status, _ = b.get(t)
	assert.Equal(t, http.StatusUnauthorized, status)
	assert.Empty(t, b.cookies)
}

func TestProtectByOneCookie(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	names := sessionjwt.Cookies{TokenName: "__Host-t", JWTName: "__Host-j"}
	b, v := newBrowser(t, srv, sessionjwt.Protection{Cookies: names})
	login := b.logIn(t, srv, names)
	ask := func(cookies map[string]string) int {
		b.cookies = cookies
		status, _ := b.get(t)
		return status
	}
	token, jwt := string(login.SessionToken), string(login.SessionJWT)
	assert.Equal(t, http.StatusOK, ask(map[string]string{"__Host-t": token}))
	assert.NotEmpty(t, b.cookies["__Host-j"], "the JWT was set")
	assert.Equal(t, http.StatusOK, ask(map[string]string{"__Host-j": jwt}))
	assert.Equal(t, http.StatusOK, ask(map[string]string{"__Host-j": "forged", "__Host-t": token}), "the token decides")
	before := len(srv.Requests())
	for _, cookies := range []map[string]string{
		nil, {"__Host-j": "forged"}, {"__Host-j": jwt + "x"}, {DefaultName: jwt}, {"__Host-t": "[redacted]"},
	} {
		assert.Equal(t, http.StatusUnauthorized, ask(cookies), cookies)
	}
	assert.Len(t, srv.Requests(), before, "none of these costs a call")
	assert.Equal(t, http.StatusUnauthorized, ask(map[string]string{"__Host-t": "no token of Stytch's"}))
	v.Reject(login.Session.SessionID)
	assert.Equal(t, http.StatusOK, ask(map[string]string{"__Host-j": jwt}), "Stytch knows that it lasts")
}

// DefaultName is the name that the cookie has in other tests.
const DefaultName = sessionjwt.DefaultJWTCookie

// When Stytch cannot be asked, a person who may be signed in is not signed out.
func TestStytchIsAway(t *testing.T) {
	t.Parallel()
	srv := otptest.NewInProcess(t)
	var refusals []error
	b, _ := newBrowser(t, srv, sessionjwt.Protection{Refused: func(w http.ResponseWriter, _ *http.Request, err error) {
		refusals = append(refusals, err)
		w.WriteHeader(stytchotp.HTTPStatus(err))
	}}, sessionjwt.WithMaxAge(time.Nanosecond))
	b.logIn(t, srv, sessionjwt.Cookies{Insecure: true})
	srv.Inject(otptest.Fault{Operation: otptest.OpSessionsAuthenticate, Status: 503})
	status, set := b.get(t)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Empty(t, set)
	require.Len(t, refusals, 1)
	require.ErrorIs(t, refusals[0], stytchotp.ErrUnavailable)
	status, _ = b.get(t)
	assert.Equal(t, http.StatusOK, status)

	plain, _ := newBrowser(t, srv, sessionjwt.Protection{}, sessionjwt.WithMaxAge(time.Nanosecond))
	plain.cookies = b.cookies
	srv.Inject(otptest.Fault{Operation: otptest.OpSessionsAuthenticate, Drop: otptest.DropAfterSend})
	status, _ = plain.get(t)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	_, ok := sessionjwt.FromContext(t.Context())
	assert.False(t, ok)
	require.NotErrorIs(t, refusals[0], stytchotp.ErrSessionNotFound)
}

// pass lets time go by. It is for synctest bubbles, where that takes no time.
func pass(d time.Duration) { <-time.After(d) }
