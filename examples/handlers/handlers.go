package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
)

const (
	sessionMinutes = 7 * 24 * 60
	bodyLimit      = 4 << 10

	loginCookie   = "login"   // a login that waits for its code
	sessionCookie = "session" // Stytch's session token
	deviceCookie  = "device"  // this browser has logged in before
)

// backend holds what the handlers share.
type backend struct {
	client *stytchotp.Client
	logins *otplogin.Logins
	log    *slog.Logger
	secure bool // cookies for https only
}

func newBackend(client *stytchotp.Client, log *slog.Logger, secure bool) (*backend, error) {
	logins, err := otplogin.New(client, otplogin.Config{SessionDurationMinutes: sessionMinutes})
	if err != nil {
		return nil, err
	}
	return &backend{client: client, logins: logins, log: log, secure: secure}, nil
}

func (b *backend) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /start", b.start)
	mux.HandleFunc("POST /resend", b.resend)
	mux.HandleFunc("POST /verify", b.verify)
	mux.HandleFunc("GET /me", b.me)
	mux.HandleFunc("POST /logout", b.logout)
	// Without this, another site could log its visitor in here as another person.
	return http.NewCrossOriginProtection().Handler(mux)
}

// start sends a code, unless the number got one a moment ago. What it answers does not
// depend on whether the person has an account.
func (b *backend) start(w http.ResponseWriter, r *http.Request) {
	var in struct {
		PhoneNumber stytchotp.PhoneNumber `json:"phone_number"`
		Channel     stytchotp.Channel     `json:"channel"`
	}
	if !read(w, r, &in) {
		return
	}
	if !byPhone(in.Channel) || strings.Contains(string(in.PhoneNumber), "@") {
		refuse(w, http.StatusUnprocessableEntity, "invalid_phone_number")
		return
	}
	flow, err := b.logins.Start(r.Context(), otplogin.StartParams{
		Recipient: string(in.PhoneNumber), Channel: in.Channel, Attributes: stytchotp.AttributesFromRequest(r),
	})
	b.sent(w, r, "start", in.PhoneNumber, flow, err)
}

// resend sends another code, because the person asked for it.
func (b *backend) resend(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Channel stytchotp.Channel `json:"channel"`
	}
	if !read(w, r, &in) {
		return
	}
	if !byPhone(in.Channel) {
		refuse(w, http.StatusUnprocessableEntity, "invalid_phone_number")
		return
	}
	flow, err := b.logins.Resend(r.Context(), otplogin.ResendParams{
		FlowID: b.cookieValue(r, loginCookie), Channel: in.Channel, Attributes: stytchotp.AttributesFromRequest(r),
	})
	b.sent(w, r, "resend", "", flow, err)
}

// byPhone reports a channel that this backend sends by; "" is SMS.
func byPhone(channel stytchotp.Channel) bool {
	return slices.Contains([]stytchotp.Channel{"", stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp}, channel)
}

// sent answers what became of a message. One that may have gone out is answered as one
// that did: the phone may show a code. When the answer got lost, that code cannot be
// checked: "resend" asks the app to offer another one.
func (b *backend) sent(w http.ResponseWriter, r *http.Request, step string, number stytchotp.PhoneNumber, flow *otplogin.Flow, err error) {
	if err != nil {
		b.report(r.Context(), step, number, stytchotp.PublicCode(err), stytchotp.RequestID(err), err)
		refuse(w, stytchotp.HTTPStatus(err), stytchotp.PublicCode(err))
		return
	}
	outcome := "ok"
	if flow.Delivery == stytchotp.DeliveryMaybeSent {
		outcome = "delivery_unknown"
	}
	b.report(r.Context(), step, stytchotp.PhoneNumber(flow.Recipient), outcome, flow.RequestID, nil)
	b.setCookie(w, loginCookie, flow.ID, time.Until(flow.ExpiresAt))
	next := "enter_code"
	if !flow.Checkable {
		next = "resend"
	}
	answer(w, http.StatusOK, map[string]string{"next": next})
}

// verify checks the code that the person typed for the login of their own browser.
func (b *backend) verify(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code stytchotp.Secret `json:"code"`
	}
	if !read(w, r, &in) {
		return
	}
	id, number := b.cookieValue(r, loginCookie), stytchotp.PhoneNumber("")
	if flow, err := b.logins.Get(r.Context(), id); err == nil {
		number = stytchotp.PhoneNumber(flow.Recipient)
	}
	login, err := b.logins.Verify(r.Context(), otplogin.VerifyParams{
		FlowID: id, Code: string(in.Code), Attributes: stytchotp.AttributesFromRequest(r), Device: b.cookieValue(r, deviceCookie),
	})
	if err != nil {
		b.report(r.Context(), "verify", number, stytchotp.PublicCode(err), stytchotp.RequestID(err), err)
		refuse(w, stytchotp.HTTPStatus(err), stytchotp.PublicCode(err))
		return
	}
	b.report(r.Context(), "verify", number, "ok", login.RequestID, nil)
	b.setCookie(w, loginCookie, "", -1)
	b.setCookie(w, sessionCookie, string(login.SessionToken), sessionMinutes*time.Minute)
	if device, err := b.logins.DeviceToken(string(number)); err == nil {
		b.setCookie(w, deviceCookie, device, 365*24*time.Hour)
	}
	answer(w, http.StatusOK, map[string]string{"next": "welcome"})
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
func (b *backend) report(ctx context.Context, step string, number stytchotp.PhoneNumber, outcome, requestID string, err error) {
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.Any("to", number), slog.String("outcome", outcome), slog.String("request_id", requestID)}
	if err != nil {
		if stytchotp.HTTPStatus(err) >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		attrs = append(attrs, slog.String("delivery", stytchotp.DeliveryOf(err).String()), slog.Any("error", err))
	}
	b.log.LogAttrs(ctx, level, step, attrs...)
}

// setCookie sets a cookie for a while; a negative one takes it away.
func (b *backend) setCookie(w http.ResponseWriter, name, value string, ttl time.Duration) {
	maxAge := int(ttl.Round(time.Second).Seconds())
	if ttl < 0 {
		maxAge = -1
	}
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
