package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/stytchotp/stytchotp"
)

const (
	attemptLimit   = 5                // wrong codes for one message
	challengeTTL   = 10 * time.Minute // as long as a code can live
	sessionMinutes = 7 * 24 * 60
	bodyLimit      = 4 << 10

	challengeCookie = "login"
	sessionCookie   = "session"
)

// challenge is what the server knows about a code that it asked to be sent. The
// browser knows only a random name for it.
type challenge struct {
	methodID string // empty when it is unknown; see start
	number   stytchotp.PhoneNumber
	attempts atomic.Int32
}

// backend holds what the handlers share.
type backend struct {
	client *stytchotp.Client
	log    *slog.Logger
	secure bool // cookies for https only

	challenges *store[*challenge]
	// methodIDs stands for a column beside the number in a table of users: a
	// number keeps its method id.
	methodIDs *store[string]
}

func newBackend(client *stytchotp.Client, log *slog.Logger, secure bool, now func() time.Time) *backend {
	return &backend{
		client: client, log: log, secure: secure,
		challenges: newStore[*challenge](10_000, challengeTTL, now),
		methodIDs:  newStore[string](100_000, 365*24*time.Hour, now),
	}
}

func (b *backend) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /start", b.start)
	mux.HandleFunc("POST /verify", b.verify)
	mux.HandleFunc("GET /me", b.me)
	mux.HandleFunc("POST /logout", b.logout)
	// Without this, another site could log its visitor in here as another person.
	return http.NewCrossOriginProtection().Handler(mux)
}

// start sends a code. What it answers does not depend on whether the person has an
// account. How often an address and a number may ask belongs in front of it.
func (b *backend) start(w http.ResponseWriter, r *http.Request) {
	var in struct {
		PhoneNumber stytchotp.PhoneNumber `json:"phone_number"`
		Channel     string                `json:"channel"`
	}
	if !read(w, r, &in) {
		return
	}
	methodID, requestID, err := b.send(r, in.Channel, in.PhoneNumber)
	b.report(r.Context(), "start", in.PhoneNumber, requestID, err)
	switch {
	case err == nil:
		b.methodIDs.put(string(in.PhoneNumber), methodID)
	case stytchotp.DeliveryOf(err) == stytchotp.DeliveryMaybeSent:
		// The phone may show a code, so the person must be able to type it. The
		// method id was in the lost answer; a person who has logged in
		// before has the same one as then.
		methodID, _ = b.methodIDs.get(string(in.PhoneNumber))
	default:
		refuse(w, stytchotp.HTTPStatus(err), stytchotp.PublicCode(err))
		return
	}
	if old, cookieErr := r.Cookie(b.cookieName(challengeCookie)); cookieErr == nil {
		b.challenges.remove(old.Value) // a new code ends the one before
	}
	name := rand.Text()
	b.challenges.put(name, &challenge{methodID: methodID, number: in.PhoneNumber})
	b.setCookie(w, challengeCookie, name, int(challengeTTL.Seconds()))
	answer(w, http.StatusOK, map[string]string{"next": "enter_code"})
}

func (b *backend) send(r *http.Request, channel string, number stytchotp.PhoneNumber) (methodID, requestID string, err error) {
	// A browser that hangs up must not cost us the method id. The client has a
	// time limit of its own.
	ctx, attributes := context.WithoutCancel(r.Context()), stytchotp.AttributesFromRequest(r)
	if channel == "whatsapp" {
		sent, sendErr := b.client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
			PhoneNumber: number, Attributes: attributes, ExpirationMinutes: 5,
		})
		if sendErr != nil {
			return "", "", sendErr
		}
		return sent.MethodID, sent.RequestID, nil
	}
	sent, err := b.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
		PhoneNumber: number, Attributes: attributes, ExpirationMinutes: 5,
	})
	if err != nil {
		return "", "", err
	}
	return sent.MethodID, sent.RequestID, nil // sent.UserCreated stays here until the person is signed in
}

// verify checks the code that the person typed for the message that their own
// browser asked for.
func (b *backend) verify(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code stytchotp.Secret `json:"code"`
	}
	if !read(w, r, &in) {
		return
	}
	name := b.cookieValue(r, challengeCookie)
	pending, found := b.challenges.get(name)
	if !found || pending.methodID == "" || pending.attempts.Add(1) > attemptLimit {
		b.challenges.remove(name)
		refuse(w, http.StatusUnprocessableEntity, "code_expired") // offer a new one
		return
	}
	login, err := b.client.OTPs.Authenticate(context.WithoutCancel(r.Context()), stytchotp.AuthenticateParams{
		MethodID:               pending.methodID,
		Code:                   in.Code,
		Attributes:             stytchotp.AttributesFromRequest(r),
		SessionDurationMinutes: sessionMinutes,
	})
	if err == nil {
		b.report(r.Context(), "verify", pending.number, login.RequestID, nil)
		b.challenges.remove(name)
		b.setCookie(w, challengeCookie, "", -1)
		b.setCookie(w, sessionCookie, string(login.SessionToken), sessionMinutes*60)
		answer(w, http.StatusOK, map[string]string{"next": "welcome"})
		return
	}
	b.report(r.Context(), "verify", pending.number, "", err)
	if errors.Is(err, stytchotp.ErrUserNotFound) {
		refuse(w, http.StatusUnprocessableEntity, "code_expired") // says nothing about accounts
		return
	}
	refuse(w, stytchotp.HTTPStatus(err), stytchotp.PublicCode(err))
}

// me shows who is logged in. Stytch is asked each time, so a session that was revoked
// anywhere is over here too.
func (b *backend) me(w http.ResponseWriter, r *http.Request) {
	checked, err := b.client.Sessions.Authenticate(r.Context(), stytchotp.SessionsAuthenticateParams{
		SessionToken: stytchotp.Secret(b.cookieValue(r, sessionCookie)),
	})
	if err != nil {
		b.refuseSession(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]string{"user_id": checked.Session.UserID})
}

// logout revokes the session: a copy of the cookie is worth nothing then.
func (b *backend) logout(w http.ResponseWriter, r *http.Request) {
	_, err := b.client.Sessions.Revoke(context.WithoutCancel(r.Context()), stytchotp.SessionsRevokeParams{
		SessionToken: stytchotp.Secret(b.cookieValue(r, sessionCookie)),
	})
	if err != nil {
		b.refuseSession(w, err)
		return
	}
	b.setCookie(w, sessionCookie, "", -1)
	answer(w, http.StatusOK, map[string]string{"next": "login"})
}

// refuseSession takes the cookie away from a person who has no session. It stays with
// one who may have one: Stytch could not be asked.
func (b *backend) refuseSession(w http.ResponseWriter, err error) {
	var invalid *stytchotp.ValidationError // no cookie, or not a token
	if errors.Is(err, stytchotp.ErrSessionNotFound) || errors.As(err, &invalid) {
		b.setCookie(w, sessionCookie, "", -1)
		refuse(w, http.StatusUnauthorized, "not_logged_in")
		return
	}
	refuse(w, stytchotp.HTTPStatus(err), stytchotp.PublicCode(err))
}

// report logs how a call went. The number prints masked, and an error logs its
// text, which has nothing private in it.
func (b *backend) report(ctx context.Context, step string, number stytchotp.PhoneNumber, requestID string, err error) {
	level, outcome := slog.LevelInfo, "ok"
	var more []slog.Attr
	if err != nil {
		outcome = stytchotp.PublicCode(err)
		if stytchotp.HTTPStatus(err) >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		requestID = stytchotp.RequestID(err)
		more = []slog.Attr{slog.String("delivery", stytchotp.DeliveryOf(err).String()), slog.Any("error", err)}
	}
	attrs := []slog.Attr{slog.Any("to", number), slog.String("outcome", outcome), slog.String("request_id", requestID)}
	b.log.LogAttrs(ctx, level, step, append(attrs, more...)...)
}

// setCookie sets a cookie for a number of seconds; a negative number takes it away.
func (b *backend) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure on loopback only, where there is no https
		Name: b.cookieName(name), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: b.secure, SameSite: http.SameSiteLaxMode,
	})
}

// cookieName adds a prefix by which no other host of the domain can set the cookie.
func (b *backend) cookieName(name string) string {
	if b.secure {
		return "__Host-" + name
	}
	return name
}

func (b *backend) cookieValue(r *http.Request, name string) string {
	cookie, err := r.Cookie(b.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// read decodes the body, or answers what is wrong with it.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "not_json")
		return false
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if _, end := decoder.Token(); err != nil || end != io.EOF {
		refuse(w, http.StatusBadRequest, "bad_request")
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"error": code})
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the browser may be gone
}
