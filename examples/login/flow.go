package main

import (
	"context"
	"crypto/rand"
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
	handoverTTL    = 10 * time.Second // long enough for a second click
)

// flow is one login under way. It changes only inside store.update, so that two tabs,
// or a thousand requests at once, cannot get more out of it than one.
type flow struct {
	Tag      string // the code page repeats it, and so cannot act on another login
	To       recipient
	Channel  stytchotp.Channel
	MethodID string // what codes are checked against; empty until an answer named it
	Attempts int
	Sends    int
	NextSend time.Time
	Notice   string // what the code page says: a public code, or one of our own
	Over     bool   // no more codes are taken

	token   stytchotp.Secret // of the session, once the code was right
	account account
}

// CanSend reports that the person may send another code, now or later.
func (f flow) CanSend() bool { return f.Sends < maxSends }

// recipient is a phone number or an e-mail address.
type recipient struct {
	Phone stytchotp.PhoneNumber
	Email stytchotp.EmailAddress
}

// Shown is for the person's own eyes: it is how they notice a mistake.
func (to recipient) Shown() string { return to.Phone.International() + string(to.Email) }

// channel is the way to the recipient: for a number, the one that was asked for.
func (to recipient) channel(asked string) stytchotp.Channel {
	switch {
	case to.Email != "":
		return stytchotp.ChannelEmail
	case asked == string(stytchotp.ChannelWhatsApp):
		return stytchotp.ChannelWhatsApp
	}
	return stytchotp.ChannelSMS
}

// flow returns the login that the browser is in.
func (a *app) flow(r *http.Request) (id string, f flow, found bool) {
	id = a.cookie(r, "login")
	f, found = a.flows.get(id)
	return id, f, found
}

// start begins a login and sends its first code. What it answers depends on the
// recipient and on a call that is the same for everybody, never on whether there is an
// account. How often an address may ask belongs in front of this program.
func (a *app) start(w http.ResponseWriter, r *http.Request) {
	to, err := readRecipient(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	form := r.PostFormValue("form")
	if len(form) != len(rand.Text()) {
		form = rand.Text()
	}
	// The cookie is new with each form, so that one planted in this browser leads
	// nowhere. A double click or a reload is the same form once more: it joins the
	// login that the first one started, and causes no second message.
	id := hash(form)
	if err = a.begin(r, id, to); err != nil {
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
	} // Somebody who came back with the same number goes on where they were.
	if !a.flows.add(id, f, flowTTL) {
		return nil
	}
	f, err := a.sendCode(r, id)
	if f.Sends > 0 {
		return nil // the code page says what happened
	}
	a.flows.take(id)
	return err
}

func readRecipient(r *http.Request) (to recipient, err error) {
	if startPage(r) == "email" {
		return recipient{Email: stytchotp.EmailAddress(strings.TrimSpace(r.PostFormValue("email")))}, nil
	}
	to.Phone, err = stytchotp.ParsePhoneNumber(r.PostFormValue("number"), r.PostFormValue("country"))
	return to, err
}

// resend sends another code, by the same channel or by another: only ever because the
// person pressed the button.
func (a *app) resend(w http.ResponseWriter, r *http.Request) {
	id, f, _ := a.flow(r)
	if f.Tag == r.PostFormValue("tag") {
		_, _ = a.sendCode(r, id) // the page says what became of it
	} else {
		a.flows.update(id, func(f *flow) { f.Notice = "other_login" })
	}
	http.Redirect(w, r, "/login/code", http.StatusSeeOther)
}

// sendCode sends a code if it is time for one, and records what became of it.
func (a *app) sendCode(r *http.Request, id string) (flow, error) {
	channel, allowed := r.PostFormValue("channel"), false
	f, _ := a.flows.update(id, func(f *flow) {
		switch {
		case f.Over:
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
	methodID, err := a.send(r, f.To, f.To.channel(channel))
	f, _ = a.flows.update(id, func(f *flow) {
		f.Notice = stytchotp.PublicCode(err)
		if stytchotp.DeliveryOf(err) != stytchotp.DeliveryNotSent {
			f.Channel = f.To.channel(channel)
		}
		switch {
		case err == nil:
			f.MethodID = methodID
			if f.Sends > 1 {
				f.Notice = "code_sent"
			}
		case stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent:
			f.Sends--
			if f.Notice != "rate_limited" {
				f.NextSend = time.Now()
			}
		case f.MethodID == "":
			// Perhaps a code is on its way, but the answer that named its method id is
			// lost, so nobody can check it. Another one can be asked for at once. Had
			// an earlier answer named it, the code could be used: a recipient keeps
			// its method id.
			f.NextSend = time.Now()
			if f.Notice == "delivery_unknown" {
				f.Notice = "code_uncheckable"
			}
		}
	})
	return f, err
}

// send asks Stytch for one message. LoginOrCreate does not tell who has an account.
func (a *app) send(r *http.Request, to recipient, channel stytchotp.Channel) (methodID string, err error) {
	ctx, attributes := callContext(r, to), stytchotp.AttributesFromRequest(r)
	l, _ := choose(a.languages, r.Header.Get("Accept-Language"))
	switch channel {
	case stytchotp.ChannelEmail:
		sent, err := a.client.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{
			Email: to.Email, ExpirationMinutes: codeMinutes, Locale: l.EmailLocale, CreateUserAsPending: true, Attributes: attributes,
		})
		if err != nil {
			return "", err
		}
		return sent.MethodID, nil
	case stytchotp.ChannelWhatsApp:
		sent, err := a.client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
			PhoneNumber: to.Phone, ExpirationMinutes: codeMinutes, Locale: l.Locale, CreateUserAsPending: true, Attributes: attributes,
		})
		if err != nil {
			return "", err
		}
		return sent.MethodID, nil
	default:
		sent, err := a.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
			PhoneNumber: to.Phone, ExpirationMinutes: codeMinutes, Locale: l.Locale, CreateUserAsPending: true, Attributes: attributes,
		})
		if err != nil {
			return "", err
		}
		return sent.MethodID, nil
	}
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
	allowed := false
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
			// Counted before anybody looks at the code: requests at the same moment
			// share the attempts that are left.
			allowed = f.Attempts < maxAttempts
			f.Attempts++
		}
	})
	if allowed {
		a.check(r, id, f, code)
	}
	http.Redirect(w, r, "/login/code", http.StatusSeeOther) // where the session is handed over
}

// check has Stytch check a code, and records the outcome.
func (a *app) check(r *http.Request, id string, f flow, code stytchotp.Secret) {
	login, err := a.client.OTPs.Authenticate(callContext(r, f.To), stytchotp.AuthenticateParams{
		MethodID: f.MethodID, Code: code, SessionDurationMinutes: sessionMinutes,
		Attributes: stytchotp.AttributesFromRequest(r),
	})
	f, _ = a.flows.update(id, func(f *flow) {
		switch f.Notice = stytchotp.PublicCode(err); f.Notice {
		case "":
			f.token, f.account = login.SessionToken, account{f.To, login.Session.ExpiresAt}
		case "user_not_found":
			f.Notice = "code_expired" // says nothing about accounts
		case "unavailable":
			f.Attempts-- // nobody looked at the code
		}
		if f.Attempts >= maxAttempts && f.token == "" {
			f.Notice = "too_many_attempts"
		}
		f.Over = f.token != "" || f.Notice == "too_many_attempts" || f.Notice == "user_locked"
	})
	if f.token != "" {
		a.flows.take(id)
		a.flows.add(id, f, handoverTTL)
	}
}
