package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
)

const (
	codeLength     = 6
	codeMinutes    = 5
	sessionMinutes = 60
	flowTTL        = 30 * time.Minute
	browserTTL     = 24 * time.Hour
	deviceTTL      = 365 * 24 * time.Hour
	storeLimit     = 100_000
	handoverTTL    = 30 * time.Second // long enough for a second click, and a slow redirect
)

// flow is what the pages show of a login under way. What may be sent and tried is decided
// by otplogin, for all browsers together.
type flow struct {
	Tag        string // the code page repeats it, and so cannot act on another login
	To         recipient
	Channel    stytchotp.Channel
	Checkable  bool // false: the answer to the send got lost, so its code cannot be checked
	NextSend   time.Time
	Notice     string           // what the code page says: a public code, or one of our own
	Over       bool             // no more codes are taken
	NoMore     bool             // no more messages go out for now
	token, jwt stytchotp.Secret // of the session, once the code was right
	until      time.Time
}

// follow takes over what otplogin says of the login.
func (f *flow) follow(login *otplogin.Flow) {
	f.Channel, f.Checkable, f.NextSend, f.NoMore = login.Channel, login.Checkable, login.ResendAt, login.SendsLeft == 0
	f.Notice = ""
	switch {
	case login.Delivery == stytchotp.DeliveryMaybeSent && login.Checkable:
		f.Notice = "delivery_unknown"
	case !login.Checkable:
		f.Notice = "code_uncheckable"
	}
}

type recipient struct {
	Phone stytchotp.PhoneNumber
	Email stytchotp.EmailAddress
}

// Shown is for the person's own eyes: it is how they notice a mistake.
func (to recipient) Shown() string { return to.Phone.International() + string(to.Email) }

func readRecipient(r *http.Request) (to recipient, err error) {
	if startPage(r) == "email" {
		return recipient{Email: stytchotp.EmailAddress(strings.TrimSpace(r.PostFormValue("email")))}, nil
	}
	to.Phone, err = stytchotp.ParsePhoneNumber(r.PostFormValue("number"), r.PostFormValue("country"))
	return to, err
}

// start begins a login and sends its first code. What it answers never depends on
// whether there is an account.
func (a *app) start(w http.ResponseWriter, r *http.Request) {
	browser := a.cookie(r, "browser")
	if browser == "" { // nothing is sent that this browser could not go on with
		var f flow
		f.Notice = "cookies_blocked"
		a.renderStart(w, r, http.StatusUnprocessableEntity, f, false)
		return
	}
	// The id is new with each form, and known to this browser only: the form's value
	// alone leads nowhere, nor does a planted one. A double click is the same form once
	// more, and joins what the first one started.
	form := r.PostFormValue("form")
	if len(form) != len(rand.Text()) { // it is none of ours
		form = rand.Text()
	}
	to, err := readRecipient(r)
	var login *otplogin.Flow
	if err == nil {
		login, err = a.logins.Start(callContext(r, to), a.startParams(r, to, browser+form))
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if old := a.cookie(r, "login"); old != login.ID {
		a.flows.take(old) // one login for a browser
	}
	f := flow{Tag: rand.Text(), To: to}
	if f.follow(login); f.Notice == "" && login.Joined {
		f.Notice = "wait" // the message is one that went out a moment ago
	}
	a.flows.add(login.ID, f, flowTTL) // unless the same form was first
	a.setCookie(w, "login", login.ID, flowTTL)
	http.Redirect(w, r, "/login/code", http.StatusSeeOther)
}

func (a *app) startParams(r *http.Request, to recipient, form string) otplogin.StartParams {
	l, _ := a.choose(r)
	params := otplogin.StartParams{
		Recipient: string(to.Phone), Channel: stytchotp.ChannelSMS, Locale: l.Locale,
		Attributes: stytchotp.AttributesFromRequest(r), FormID: form,
	}
	switch {
	case to.Email != "":
		params.Recipient, params.Channel, params.Locale = string(to.Email), stytchotp.ChannelEmail, l.EmailLocale
	case r.PostFormValue("channel") == string(stytchotp.ChannelWhatsApp):
		params.Channel = stytchotp.ChannelWhatsApp
	}
	return params
}

// resend sends another code: only ever because the person pressed the button.
func (a *app) resend(w http.ResponseWriter, r *http.Request) {
	defer http.Redirect(w, r, "/login/code", http.StatusSeeOther) // which says what became of it
	id, allowed := a.cookie(r, "login"), false
	f, _ := a.flows.update(id, func(f *flow) {
		if allowed = !f.Over && f.Tag == r.PostFormValue("tag"); !allowed && !f.Over {
			f.Notice = "other_login"
		}
	})
	if !allowed {
		return
	}
	channel := f.Channel
	if f.To.Email == "" && r.PostFormValue("channel") != "" {
		channel = stytchotp.ChannelSMS
		if r.PostFormValue("channel") == string(stytchotp.ChannelWhatsApp) {
			channel = stytchotp.ChannelWhatsApp
		}
	}
	login, err := a.logins.Resend(callContext(r, f.To), otplogin.ResendParams{
		FlowID: id, Channel: channel, Attributes: stytchotp.AttributesFromRequest(r),
	})
	a.flows.update(id, func(f *flow) {
		if err == nil {
			if f.follow(login); f.Notice == "" {
				f.Notice = "code_sent"
			}
			return
		}
		f.refuse(err)
	})
}

// refuse says why a message did not go out.
func (f *flow) refuse(err error) {
	f.Notice = stytchotp.PublicCode(err)
	refused, ok := errors.AsType[*otplogin.RefusedError](err)
	if !ok {
		return
	}
	switch refused.Limit {
	case otplogin.LimitWait:
		f.NextSend = refused.RetryAt
		f.Notice = "wait"
	case otplogin.LimitRecipientHour, otplogin.LimitRecipientDay:
		f.NoMore = true
		f.Notice = "too_many_codes"
	}
}

// callContext outlives a browser that hangs up, which must not cost us the answer; the
// client has a time limit of its own. It tells the log who a call is about.
func callContext(r *http.Request, to recipient) context.Context {
	return context.WithValue(context.WithoutCancel(r.Context()), recipient{}, to)
}

// verify checks a code against the login that this browser started.
func (a *app) verify(w http.ResponseWriter, r *http.Request) {
	defer http.Redirect(w, r, "/login/code", http.StatusSeeOther) // which says what became of it
	id, allowed := a.cookie(r, "login"), false
	code, err := stytchotp.NormalizeCode(r.PostFormValue("code"))
	f, _ := a.flows.update(id, func(f *flow) {
		switch {
		case f.Over:
		case f.Tag != r.PostFormValue("tag"):
			f.Notice = "other_login"
		case err != nil || len(code) != codeLength:
			f.Notice = "code_length"
		default:
			allowed = true
		}
	})
	if !allowed {
		return
	}
	login, err := a.logins.Verify(callContext(r, f.To), otplogin.VerifyParams{
		FlowID: id, Code: string(code), Attributes: stytchotp.AttributesFromRequest(r), Device: a.cookie(r, "device"),
	})
	if device, deviceErr := a.logins.DeviceToken(string(f.To.Phone) + string(f.To.Email)); err == nil && deviceErr == nil {
		a.setCookie(w, "device", device, deviceTTL)
	}
	left, gone := a.logins.Get(r.Context(), id)
	f, _ = a.flows.update(id, func(f *flow) {
		switch f.Notice = stytchotp.PublicCode(err); {
		case err == nil:
			f.token, f.jwt, f.until = login.SessionToken, login.SessionJWT, login.Session.ExpiresAt
		case f.token != "": // another click was first
			f.Notice = ""
		case errors.Is(err, otplogin.ErrNoMessage) && !f.Checkable:
			f.Notice = "code_uncheckable"
		case gone == nil && left.AttemptsLeft == 0:
			f.Notice = "too_many_attempts"
		}
		f.Over = f.token != "" || f.Notice == "too_many_attempts" || f.Notice == "user_locked"
	})
	if f.token != "" {
		a.flows.take(id)
		a.flows.add(id, f, handoverTTL) // to the code page
	}
}
