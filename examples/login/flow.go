package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
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
)

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

func recipientOf(login *otplogin.Flow) recipient {
	if strings.Contains(login.Recipient, "@") {
		return recipient{Email: stytchotp.EmailAddress(login.Recipient)}
	}
	return recipient{Phone: stytchotp.PhoneNumber(login.Recipient)}
}

// tagOf returns what the code page repeats, so that a page that is left open cannot act
// on another login.
func tagOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base32.StdEncoding.EncodeToString(sum[:])[:26]
}

// start begins a login and sends its first code. What it answers never depends on
// whether there is an account.
func (a *app) start(w http.ResponseWriter, r *http.Request) {
	browser := a.cookie(r, "browser")
	if browser == "" { // nothing is sent that this browser could not go on with
		a.renderStart(w, r, http.StatusUnprocessableEntity, view{Notice: "cookies_blocked"})
		return
	}
	to, err := readRecipient(r)
	var login *otplogin.Flow
	if err == nil {
		login, err = a.logins.Start(callContext(r, to), a.startParams(r, to, browser))
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.setCookie(w, "login", login.ID, flowTTL)
	a.leadToCode(w, r, noticeOf(login, map[bool]string{true: "wait"}[login.Joined]))
}

func (a *app) startParams(r *http.Request, to recipient, browser string) otplogin.StartParams {
	// The value is new with each form. A double click is the same form once more, and
	// joins what the first one started; another browser's form leads nowhere.
	form := r.PostFormValue("form")
	if len(form) != len(rand.Text()) { // it is none of ours
		form = rand.Text()
	}
	l, _ := a.choose(r)
	params := otplogin.StartParams{
		Recipient: string(to.Phone), Channel: stytchotp.ChannelSMS, Locale: l.Locale,
		Attributes: stytchotp.AttributesFromRequest(r), FormID: browser + form,
	}
	switch {
	case to.Email != "":
		params.Recipient, params.Channel, params.Locale = string(to.Email), stytchotp.ChannelEmail, l.EmailLocale
	case r.PostFormValue("channel") == string(stytchotp.ChannelWhatsApp):
		params.Channel = stytchotp.ChannelWhatsApp
	}
	return params
}

// noticeOf is what the code page says about a message: that it may not have gone out, or
// else what the caller knows.
func noticeOf(login *otplogin.Flow, otherwise string) string {
	switch {
	case !login.Checkable: // the answer to the send got lost
		return "code_uncheckable"
	case login.Delivery == stytchotp.DeliveryMaybeSent:
		return "delivery_unknown"
	}
	return otherwise
}

// noticeOfError says why a message did not go out.
func noticeOfError(err error) string {
	if refused, ok := errors.AsType[*otplogin.RefusedError](err); ok {
		switch refused.Limit {
		case otplogin.LimitWait:
			return "wait"
		case otplogin.LimitRecipientHour, otplogin.LimitRecipientDay:
			return "too_many_codes"
		}
	}
	return stytchotp.PublicCode(err)
}

// leadToCode leads to the code page, which says what became of the last step.
func (a *app) leadToCode(w http.ResponseWriter, r *http.Request, notice string) {
	if notice != "" || a.cookie(r, "notice") != "" {
		a.setCookie(w, "notice", notice, flowTTL)
	}
	http.Redirect(w, r, "/login/code", http.StatusSeeOther)
}

// resend sends another code: only ever because the person pressed the button.
func (a *app) resend(w http.ResponseWriter, r *http.Request) {
	id := a.cookie(r, "login")
	login, err := a.logins.Get(r.Context(), id)
	switch {
	case errors.Is(err, otplogin.ErrNoFlow) || err == nil && login.AttemptsLeft == 0:
		http.Redirect(w, r, "/login/code", http.StatusSeeOther)
		return
	case err != nil:
		a.leadToCode(w, r, stytchotp.PublicCode(err))
		return
	case tagOf(id) != r.PostFormValue("tag"):
		a.leadToCode(w, r, "other_login")
		return
	}
	to, channel := recipientOf(login), stytchotp.Channel("")
	if to.Phone != "" && r.PostFormValue("channel") != "" {
		channel = stytchotp.ChannelSMS
		if r.PostFormValue("channel") == string(stytchotp.ChannelWhatsApp) {
			channel = stytchotp.ChannelWhatsApp
		}
	}
	login, err = a.logins.Resend(callContext(r, to), otplogin.ResendParams{
		FlowID: id, Channel: channel, Attributes: stytchotp.AttributesFromRequest(r),
	})
	if err != nil {
		a.leadToCode(w, r, noticeOfError(err))
		return
	}
	a.leadToCode(w, r, noticeOf(login, "code_sent"))
}

// callContext outlives a browser that hangs up, which must not cost us the answer; the
// client has a time limit of its own. It tells the log who a call is about.
func callContext(r *http.Request, to recipient) context.Context {
	return context.WithValue(context.WithoutCancel(r.Context()), recipient{}, to)
}

// verify checks a code against the login that this browser started.
func (a *app) verify(w http.ResponseWriter, r *http.Request) {
	id := a.cookie(r, "login")
	code, err := stytchotp.NormalizeCode(r.PostFormValue("code"))
	known, getErr := a.logins.Get(r.Context(), id)
	var to recipient
	if getErr == nil {
		to = recipientOf(known)
	}
	switch {
	case tagOf(id) != r.PostFormValue("tag"):
		a.leadToCode(w, r, "other_login")
		return
	case err != nil || len(code) != codeLength:
		a.leadToCode(w, r, "code_length")
		return
	}
	login, err := a.logins.Verify(callContext(r, to), otplogin.VerifyParams{
		FlowID: id, Code: string(code), Attributes: stytchotp.AttributesFromRequest(r), Device: a.cookie(r, "device"),
	})
	switch {
	case errors.Is(err, otplogin.ErrNoMessage) && getErr == nil && !known.Checkable:
		a.leadToCode(w, r, "code_uncheckable")
		return
	case err != nil:
		a.leadToCode(w, r, stytchotp.PublicCode(err))
		return
	}
	if device, err := a.logins.DeviceToken(cmp.Or(string(to.Phone), string(to.Email))); err == nil {
		a.setCookie(w, "device", device, deviceTTL)
	}
	a.cookies.Set(w, login.SessionToken, login.SessionJWT, login.Session.ExpiresAt)
	a.setCookie(w, "login", "", -time.Second)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
