package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp"
)

// regions are where messages may go. The Stytch dashboard has to allow them too; a
// new project has only US and CA there.
func regions() []string {
	return []string{"US", "CA", "MX", "BR", "GB", "FR", "DE", "ES", "PT"}
}

// app is the whole web application. No browser names a recipient, a method id or a
// count: all of that stays here, under a cookie that says nothing.
type app struct {
	pages
	client   *stytchotp.Client
	wait     time.Duration   // before the first resend; it doubles with each
	secure   bool            // cookies go over https only
	prefix   string          // of their names
	flows    *store[flow]    // logins under way, by the cookie's value
	sessions *store[account] // who is signed in, by the hash of the session token
}

// account is somebody who is signed in.
type account struct {
	Who   recipient
	Until time.Time
}

func newApp(client *stytchotp.Client, secure bool, wait time.Duration) (a *app, err error) {
	a = &app{client: client, wait: wait, secure: secure}
	if secure {
		a.prefix = "__Host-" // browsers then see to it that only this host can have set the cookie
	}
	a.flows, a.sessions = newStore[flow](), newStore[account]()
	a.pages, err = loadPages()
	return a, err
}

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.showAccount)
	mux.HandleFunc("GET /login", a.showStart)
	mux.HandleFunc("POST /login", a.start)
	mux.HandleFunc("GET /login/code", a.showCode)
	mux.HandleFunc("POST /login/code", a.verify)
	mux.HandleFunc("POST /login/resend", a.resend)
	mux.HandleFunc("POST /logout", a.signOut)
	mux.Handle("GET /static/", http.FileServerFS(files))
	// Without this another site could sign its visitor in here as somebody else, or
	// make messages go out in their name.
	safe := http.NewCrossOriginProtection().Handler(mux)
	return secureHeaders(http.MaxBytesHandler(safe, 16<<10))
}

// clientOptions are what the app asks of its client: messages to its regions only,
// and one line in the log for each call.
func clientOptions(log *slog.Logger) []stytchotp.Option {
	record := func(ctx context.Context, call stytchotp.Call) {
		level, outcome := slog.LevelInfo, "ok"
		if call.Err != nil {
			level, outcome = slog.LevelWarn, call.Err.Error() // which holds nothing private
		}
		to, _ := ctx.Value(recipient{}).(recipient)
		log.LogAttrs(ctx, level, call.Op, slog.String("to", to.Phone.Masked()+to.Email.Masked()),
			slog.String("request_id", call.RequestID), slog.String("outcome", outcome))
	}
	return []stytchotp.Option{stytchotp.WithHook(record), stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: regions()})}
}

func (a *app) cookie(r *http.Request, name string) string {
	if cookie, err := r.Cookie(a.prefix + name); err == nil {
		return cookie.Value
	}
	return ""
}

// setCookie sets a cookie, or deletes it when its life is negative.
func (a *app) setCookie(w http.ResponseWriter, name, value string, ttl time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure on loopback, where there is no https
		Name: a.prefix + name, Value: value, Path: "/", MaxAge: int(ttl.Seconds()),
		HttpOnly: true, Secure: a.secure, SameSite: http.SameSiteLaxMode,
	})
}

// signIn gives the browser the token of its session, in a cookie that nobody can have
// known before.
func (a *app) signIn(w http.ResponseWriter, token stytchotp.Secret, who account) {
	ttl := time.Until(who.Until)
	a.sessions.add(hash(string(token)), who, ttl)
	a.setCookie(w, "session", string(token), ttl)
	a.setCookie(w, "login", "", -time.Second)
}

// account returns who is signed in. A program that does not share this memory asks
// Stytch about the token, or checks the JWT that comes with it.
func (a *app) account(r *http.Request) (account, bool) {
	return a.sessions.get(hash(a.cookie(r, "session")))
}

// signOut forgets the session here. At Stytch the token lives on until it expires,
// unless you also revoke it there: POST /v1/sessions/revoke.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	a.sessions.take(hash(a.cookie(r, "session")))
	a.setCookie(w, "session", "", -time.Second)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// hash hides what it is made of: what is kept here of a session signs nobody in.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
