package sessionjwt

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp"
)

// The names of the cookies where a [Cookies] names none: those of Stytch's SDKs for
// browsers.
const (
	DefaultTokenCookie = "stytch_session"
	DefaultJWTCookie   = "stytch_session_jwt"
)

// Cookies are the two cookies of a session: one holds its token, which is good for as
// long as the session lasts, and one its JWT. The zero value is ready for use. Both are
// HttpOnly, Secure and SameSite=Lax.
type Cookies struct {
	TokenName string // [DefaultTokenCookie] when empty; one that begins with __Host- cannot be planted by another host of the domain
	JWTName   string // [DefaultJWTCookie] when empty
	Insecure  bool   // without Secure, for plain HTTP in development
}

// Set gives the browser the token and the JWT of a session until expires, as
// [stytchotp.Session].ExpiresAt says. An empty token or JWT leaves its cookie as it is.
func (c Cookies) Set(w http.ResponseWriter, token, sessionJWT stytchotp.Secret, expires time.Time) {
	if token != "" {
		c.set(w, c.tokenName(), string(token), expires)
	}
	if sessionJWT != "" {
		c.set(w, c.jwtName(), string(sessionJWT), expires)
	}
}

// Clear takes both cookies away.
func (c Cookies) Clear(w http.ResponseWriter) {
	c.set(w, c.tokenName(), "", time.Time{})
	c.set(w, c.jwtName(), "", time.Time{})
}

// Get returns the token and the JWT of a request; each may be empty.
func (c Cookies) Get(r *http.Request) (token, sessionJWT stytchotp.Secret) {
	return value(r, c.tokenName()), value(r, c.jwtName())
}

func (c Cookies) set(w http.ResponseWriter, name, value string, expires time.Time) {
	maxAge := int(time.Until(expires).Seconds()) // the browser's clock may differ
	if maxAge <= 0 {
		maxAge = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure unless the caller says that it cannot be
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: !c.Insecure, SameSite: http.SameSiteLaxMode,
	})
}

func value(r *http.Request, name string) stytchotp.Secret {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return stytchotp.Secret(cookie.Value)
}

func (c Cookies) tokenName() string {
	if c.TokenName != "" {
		return c.TokenName
	}
	return DefaultTokenCookie
}

func (c Cookies) jwtName() string {
	if c.JWTName != "" {
		return c.JWTName
	}
	return DefaultJWTCookie
}

type contextKey struct{}

// FromContext returns the session of a request that came through [Verifier.Protect].
func FromContext(ctx context.Context) (*stytchotp.Session, bool) {
	session, ok := ctx.Value(contextKey{}).(*stytchotp.Session)
	return session, ok
}

// Protection says how [Verifier.Protect] works. The zero value is ready for use.
type Protection struct {
	Cookies Cookies
	// Refused answers a request without a session; err is [stytchotp.ErrSessionNotFound]
	// or wraps it, and the cookies are taken away. When Stytch could not be asked, err is
	// another one, and the cookies stay. By default the answer is the status
	// 401 or 503 and its text.
	Refused func(w http.ResponseWriter, r *http.Request, err error)
}

// Protect lets only requests with a session through to next, which gets it by
// [FromContext]. The JWT in the cookies is checked offline. When it is missing, too
// old or invalid, or its key cannot be fetched, Stytch is asked about the token, and the
// cookie gets the new JWT. Without a token, Stytch is asked about a JWT that is too old
// or whose key cannot be fetched.
func (v *Verifier) Protect(next http.Handler, p Protection) http.Handler {
	if p.Refused == nil {
		p.Refused = refuse
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := v.session(w, r, p.Cookies)
		if err != nil {
			if errors.Is(err, stytchotp.ErrSessionNotFound) {
				p.Cookies.Clear(w)
			}
			p.Refused(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, session)))
	})
}

// SignOut revokes the session of a request at Stytch, rejects its JWTs in this process
// from then on, and clears the cookies. A request without a session is signed out
// already. When Stytch could not be asked, the error is that of the call, and the cookies
// stay for another try.
func (v *Verifier) SignOut(w http.ResponseWriter, r *http.Request, cookies Cookies) error {
	r = r.WithContext(context.WithoutCancel(r.Context()))
	session, err := v.session(w, r, cookies)
	if err == nil {
		v.Reject(session.SessionID)
		_, err = v.client.Sessions.Revoke(r.Context(), stytchotp.SessionsRevokeParams{SessionID: session.SessionID})
	}
	if err != nil && !errors.Is(err, stytchotp.ErrSessionNotFound) {
		return err
	}
	cookies.Clear(w)
	return nil
}

func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusServiceUnavailable
	if errors.Is(err, stytchotp.ErrSessionNotFound) {
		status = http.StatusUnauthorized
	}
	http.Error(w, http.StatusText(status), status)
}

func (v *Verifier) session(w http.ResponseWriter, r *http.Request, cookies Cookies) (*stytchotp.Session, error) {
	token, sessionJWT := cookies.Get(r)
	var err error
	if sessionJWT != "" {
		var session *stytchotp.Session
		if session, err = v.Verify(r.Context(), sessionJWT); err == nil {
			return session, nil
		}
	}
	params := stytchotp.SessionsAuthenticateParams{SessionToken: token}
	switch {
	case token != "":
	case sessionJWT == "" || errors.Is(err, ErrInvalid): // Stytch need not be asked
		return nil, stytchotp.ErrSessionNotFound
	default:
		params = stytchotp.SessionsAuthenticateParams{SessionJWT: sessionJWT}
	}
	checked, err := v.client.Sessions.Authenticate(r.Context(), params)
	if _, malformed := errors.AsType[*stytchotp.ValidationError](err); malformed { // what the browser sent is no token
		return nil, stytchotp.ErrSessionNotFound
	}
	if err != nil {
		return nil, err
	}
	cookies.Set(w, "", checked.SessionJWT, checked.Session.ExpiresAt)
	return checked.Session, nil
}
