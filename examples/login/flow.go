package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
)

const (
	codeLength     = 6
	codeMinutes    = 5
	sessionMinutes = 60
	maxAttempts    = 5 // codes that one login may try, however many were sent
	maxSends       = 5 // messages that one login may cause
	flowTTL        = 30 * time.Minute
	browserTTL     = 24 * time.Hour
	storeLimit     = 100_000
	handoverTTL    = 30 * time.Second // long enough for a second click, and a slow redirect
)

// flow is one login under way. It changes only inside store.update, so that two tabs,
// or a thousand requests at once, cannot get more out of it than one.
type flow struct {
	Tag             string // the code page repeats it, and so cannot act on another login
	To              recipient
	Channel         stytchotp.Channel
	MethodID        string // what codes are checked against; empty until an answer named it
	Attempts, Sends int
	NextSend        time.Time
	Notice          string           // what the code page says: a public code, or one of our own
	Over            bool             // no more codes are taken
	token, jwt      stytchotp.Secret // of the session, once the code was right
	until           time.Time
}

func (f flow) CanSend() bool { return f.Sends < maxSends }

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
	id := hash(browser + form + to.Shown())
	if err == nil {
		err = a.begin(r, id, to)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.setCookie(w, "login", id, flowTTL)
	http.Redirect(w, r, "/login/code", http.StatusSeeOther)
}

// begin makes a flow and sends its first code. The error says why none went out.
func (a *app) begin(r *http.Request, id string, to recipient) error {
	f := a.flows.take(a.cookie(r, "login"))
	if f.To != to || f.Over {
		f = flow{Tag: rand.Text(), To: to}
	} // A person who comes back with the same number goes on where they were.
	if !a.flows.add(id, f, flowTTL) {
		return nil
	}
	f, err := a.sendCode(r, id, f.Tag)
	if f.Sends > 0 {
		return nil // the code page says what happened
	}
	a.flows.take(id)
	return err
}

// resend sends another code: only ever because the person pressed the button.
func (a *app) resend(w http.ResponseWriter, r *http.Request) {
	_, _ = a.sendCode(r, a.cookie(r, "login"), r.PostFormValue("tag")) // the page says what became of it
	http.Redirect(w, r, "/login/code", http.StatusSeeOther)
}

// sendCode sends a code if it is time for one, and records what became of it.
func (a *app) sendCode(r *http.Request, id, tag string) (flow, error) {
	allowed := false
	f, _ := a.flows.update(id, func(f *flow) {
		switch {
		case f.Over:
		case f.Tag != tag:
			f.Notice = "other_login"
		case f.Sends >= maxSends:
			f.Notice = "too_many_codes"
		case time.Now().Before(f.NextSend):
			f.Notice = "wait"
		default:
			allowed = true
			f.NextSend = time.Now().Add(a.wait << f.Sends) // 30 s, then 1 min, 2 min …
			f.Sends++
		}
	})
	if !allowed {
		return f, nil
	}
	channel, methodID, err := a.send(r, f.To)
	f, _ = a.flows.update(id, func(f *flow) {
		f.Notice, f.MethodID = stytchotp.PublicCode(err), cmp.Or(methodID, f.MethodID)
		if stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent {
			f.Sends--
			if f.Notice != "rate_limited" {
				f.NextSend = time.Now()
			}
			return
		}
		f.Channel = channel
		if err == nil && f.Sends > 1 {
			f.Notice = "code_sent"
		}
		if f.MethodID == "" {
			// Perhaps a code is on its way, but no answer named its method id, so it
			// can check it. Another one can be asked for at once.
			f.NextSend = time.Now()
			if f.Notice == "delivery_unknown" {
				f.Notice = "code_uncheckable"
			}
		}
	})
	return f, err
}

// send asks Stytch for one message. LoginOrCreate does not tell who has an account. With
// an error comes no answer, and so no method id.
func (a *app) send(r *http.Request, to recipient) (channel stytchotp.Channel, methodID string, err error) {
	ctx, attributes := callContext(r, to), stytchotp.AttributesFromRequest(r)
	l, _ := a.choose(r)
	switch {
	case to.Email != "":
		sent, err := a.client.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{
			Email: to.Email, ExpirationMinutes: codeMinutes, Locale: l.EmailLocale, CreateUserAsPending: true, Attributes: attributes,
		})
		return stytchotp.ChannelEmail, cmp.Or(sent, new(stytchotp.EmailLoginOrCreateResponse)).MethodID, err
	case r.PostFormValue("channel") == string(stytchotp.ChannelWhatsApp):
		sent, err := a.client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
			PhoneNumber: to.Phone, ExpirationMinutes: codeMinutes, Locale: l.Locale, CreateUserAsPending: true, Attributes: attributes,
		})
		return stytchotp.ChannelWhatsApp, cmp.Or(sent, new(stytchotp.WhatsAppLoginOrCreateResponse)).MethodID, err
	default:
		sent, err := a.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
			PhoneNumber: to.Phone, ExpirationMinutes: codeMinutes, Locale: l.Locale, CreateUserAsPending: true, Attributes: attributes,
		})
		return stytchotp.ChannelSMS, cmp.Or(sent, new(stytchotp.SMSLoginOrCreateResponse)).MethodID, err
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
		case f.MethodID == "":
			f.Notice = "code_uncheckable"
		default:
			allowed = f.Attempts < maxAttempts
			f.Attempts++ // before the code is checked: requests at the same moment share what is left
		}
	})
	if !allowed {
		return
	}
	login, err := a.client.OTPs.Authenticate(callContext(r, f.To), stytchotp.AuthenticateParams{
		MethodID: f.MethodID, Code: code, SessionDurationMinutes: sessionMinutes,
		Attributes: stytchotp.AttributesFromRequest(r),
	})
	f, _ = a.flows.update(id, func(f *flow) {
		switch f.Notice = stytchotp.PublicCode(err); f.Notice {
		case "":
			f.token, f.jwt, f.until = login.SessionToken, login.SessionJWT, login.Session.ExpiresAt
		case "user_not_found":
			f.Notice = "code_expired" // says nothing about accounts
		case "unavailable", "rate_limited":
			f.Attempts-- // the code was not checked
		}
		if f.Attempts >= maxAttempts && f.token == "" {
			f.Notice = "too_many_attempts"
		}
		f.Over = f.token != "" || f.Notice == "too_many_attempts" || f.Notice == "user_locked"
	})
	if f.token != "" {
		a.flows.take(id)
		a.flows.add(id, f, handoverTTL) // to the code page
	}
}

func hash(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
