package main

import (
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
	codeLength = 6
	flowTTL    = 30 * time.Minute
	browserTTL = 24 * time.Hour
	deviceTTL  = 365 * 24 * time.Hour
)

// recipient is a phone number or an e-mail address.
type recipient string

func (to recipient) Email() bool { return strings.Contains(string(to), "@") }

// Shown is for the person's own eyes: it is how they notice a mistake.
func (to recipient) Shown() string {
	if to.Email() {
		return string(to)
	}
	return stytchotp.PhoneNumber(to).International()
}

func (to recipient) masked() string {
	if to.Email() {
		return stytchotp.EmailAddress(to).Masked()
	}
	return stytchotp.PhoneNumber(to).Masked()
}

func readRecipient(r *http.Request) (recipient, error) {
	if startPage(r) == "email" {
		address := strings.TrimSpace(r.PostFormValue("email"))
		if !recipient(address).Email() {
			address += "@" // which is no address, and no number either
		}
		return recipient(address), nil
	}
	number, err := stytchotp.ParsePhoneNumber(r.PostFormValue("number"), r.PostFormValue("country"))
	return recipient(number), err
}

// callContext tells the log who a call is about.
func callContext(r *http.Request, to recipient) context.Context {
	return context.WithValue(r.Context(), recipient(""), to)
}

// start begins a login and sends its first code. What it answers never depends on
// whether there is an account.
func (a *app) start(w http.ResponseWriter, r *http.Request) {
	browser := a.cookie(r, "browser")
	if browser == "" { // nothing is sent that this browser could not go on with
		a.renderStart(w, r, http.StatusUnprocessableEntity, view{Notice: "cookies_blocked"})
		return
	}
	// The value is new with each form. A double click is the same form once more, and
	// joins what the first one started; another browser's form leads nowhere.
	form := r.PostFormValue("form")
	if len(form) != len(rand.Text()) { // it is none of ours
		form = rand.Text()
	}
	to, err := readRecipient(r)
	l, _ := a.choose(r)
	params := otplogin.StartParams{
		Recipient: string(to), Locale: l.Locale, Attributes: stytchotp.AttributesFromRequest(r), FormID: browser + form,
	}
	if to.Email() {
		params.Locale = l.EmailLocale
	} else {
		params.Channel = phoneChannel(r)
	}
	var login *otplogin.Flow
	if err == nil {
		login, err = a.logins.Start(callContext(r, to), params)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.setCookie(w, "login", login.ID, flowTTL)
	a.leadToCode(w, r, noticeOf(login, map[bool]string{true: "wait"}[login.Joined]))
}

func phoneChannel(r *http.Request) stytchotp.Channel {
	if r.PostFormValue("channel") == string(stytchotp.ChannelWhatsApp) {
		return stytchotp.ChannelWhatsApp
	}
	return stytchotp.ChannelSMS
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

// tagOf returns what the code page repeats, so that a page that is left open cannot act
// on another login.
func tagOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base32.StdEncoding.EncodeToString(sum[:])[:26]
}

// resend sends another code: only ever because the person pressed the button.
func (a *app) resend(w http.ResponseWriter, r *http.Request) {
	id := a.cookie(r, "login")
	login, err := a.logins.Get(r.Context(), id)
	switch {
	case err != nil:
		a.leadToCode(w, r, "")
		return
	case login.AttemptsLeft == 0:
		a.leadToCode(w, r, "too_many_attempts")
		return
	case tagOf(id) != r.PostFormValue("tag"):
		a.leadToCode(w, r, "other_login")
		return
	}
	params := otplogin.ResendParams{FlowID: id, Attributes: stytchotp.AttributesFromRequest(r)}
	if login.Channel != stytchotp.ChannelEmail && r.PostFormValue("channel") != "" {
		params.Channel = phoneChannel(r)
	}
	if login, err = a.logins.Resend(callContext(r, recipient(login.Recipient)), params); err != nil {
		a.leadToCode(w, r, noticeOfError(err))
		return
	}
	a.leadToCode(w, r, noticeOf(login, "code_sent"))
}

// verify checks a code against the login that this browser started.
func (a *app) verify(w http.ResponseWriter, r *http.Request) {
	id := a.cookie(r, "login")
	code, err := stytchotp.NormalizeCode(r.PostFormValue("code"))
	if tagOf(id) != r.PostFormValue("tag") {
		a.leadToCode(w, r, "other_login")
		return
	}
	if err != nil || len(code) != codeLength {
		a.leadToCode(w, r, "code_length")
		return
	}
	known, err := a.logins.Get(r.Context(), id)
	if err != nil {
		known = &otplogin.Flow{Checkable: true} // a second click, perhaps
	}
	login, err := a.logins.Verify(callContext(r, recipient(known.Recipient)), otplogin.VerifyParams{
		FlowID: id, Code: string(code), Attributes: stytchotp.AttributesFromRequest(r), Device: a.cookie(r, "device"),
	})
	switch {
	case errors.Is(err, otplogin.ErrNoMessage):
		a.leadToCode(w, r, noticeOf(known, stytchotp.PublicCode(err)))
		return
	case err != nil:
		a.leadToCode(w, r, stytchotp.PublicCode(err))
		return
	}
	if device, err := a.logins.DeviceToken(known.Recipient); err == nil {
		a.setCookie(w, "device", device, deviceTTL)
	}
	a.cookies.Set(w, login.SessionToken, login.SessionJWT, login.Session.ExpiresAt)
	a.setCookie(w, "login", "", -time.Second)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
