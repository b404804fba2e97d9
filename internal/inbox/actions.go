package inbox

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// The page's buttons are forms, so that they work without scripts. With scripts the
// same forms are sent in the background.

// act does what a button of the page is for, and leads back to the page.
func (b *Inbox) act(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return invalid("The form cannot be read.")
	}
	limitTime(w, 0) // a fault can delay the test code
	if err := b.do(r.Context(), r.PathValue("action"), r.PostForm); err != nil {
		return err
	}
	if r.Header.Get("Accept") == "application/json" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	target := url.URL{Path: prefix(r) + "/"}
	if from, err := url.Parse(r.Referer()); err == nil {
		target.RawQuery = from.RawQuery // the filter stays
	}
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
	return nil
}

func (b *Inbox) do(ctx context.Context, action string, form url.Values) error {
	switch action {
	case "clock":
		return b.moveClock(form)
	case "fault":
		f, known := presetFault(form.Get("preset"))
		if !known {
			return invalid("There is no such fault.")
		}
		f.Operation = form.Get("operation")
		f.Recipient = strings.TrimSpace(form.Get("recipient"))
		if _, err := b.emulator.AddFault(f); err != nil {
			return engineProblem(err)
		}
	case "remove-fault":
		if form.Get("id") == "all" {
			b.emulator.ClearFaults()
			return nil
		}
		id, err := parseID(form.Get("id"))
		if err != nil {
			return err
		}
		b.emulator.RemoveFault(id) // gone already is as good
	case "end-session":
		b.emulator.EndSession(form.Get("id")) // ended already is as good
	case "clear":
		return b.clear(form.Get("q"))
	case "undo":
		if b.emulator.RestoreMessages() == 0 {
			return invalid("There is nothing to restore: deleted messages can be restored for a minute, as long as there is room for them.")
		}
	case "allow":
		for _, channel := range []string{emulator.ChannelSMS, emulator.ChannelWhatsApp} {
			if err := b.emulator.AllowCountries(channel, form.Get("country")); err != nil {
				return engineProblem(err)
			}
		}
	case "test-code":
		return b.sendTestCode(ctx)
	case "reset":
		b.emulator.Reset()
	default:
		return &problem{StatusCode: http.StatusNotFound, ErrorType: "route_not_found", ErrorMessage: "The page has no such button."}
	}
	return nil
}

// clear deletes the messages that a filter shows; all without one.
func (b *Inbox) clear(filter string) error {
	if len(filter) > maxFilter {
		return invalid("The filter has at most " + strconv.Itoa(maxFilter) + " bytes.")
	}
	now := b.emulator.Now()
	b.emulator.DeleteMessages(emulator.MessageQuery{Which: func(m emulator.Message) bool {
		return matches(newMessageView(m, now).Search+" "+m.State, filter)
	}})
	return nil
}

// testNumber gets the code that the empty page sends.
const testNumber = "+12025550162"

// sendTestCode makes the call that the empty page shows.
func (b *Inbox) sendTestCode(ctx context.Context) error {
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, "/v1/otps/sms/login_or_create", http.NoBody)
	if err != nil {
		return err
	}
	call.Header.Set("Content-Type", "application/json")
	call.SetBasicAuth(b.emulator.ProjectID(), b.emulator.Secret())
	answer, err := b.emulator.Begin(emulator.Call{
		Method: call.Method, Path: call.URL.Path, Header: call.Header, Body: []byte(`{"phone_number":"` + testNumber + `"}`),
	}).Finish(ctx)
	if err == nil && answer.Status != http.StatusOK {
		return invalid("The call failed: see the first of the requests. If a fault sends first, the code is among the messages.")
	}
	return err
}

func (b *Inbox) moveClock(form url.Values) error {
	change := emulator.ClockChange{Freeze: form.Get("freeze") == "true", Unfreeze: form.Get("freeze") == "false"}
	if text := form.Get("advance"); text != "" {
		var err error
		if change.Advance, err = time.ParseDuration(text); err != nil {
			return invalid("advance is a duration such as 2m.")
		}
	}
	if err := b.emulator.ChangeClock(change); err != nil {
		return engineProblem(err)
	}
	return nil
}

// presetFault is a fault that has a button of its own.
func presetFault(name string) (f emulator.Fault, known bool) {
	switch name {
	case "after-send":
		f = emulator.Fault{Drop: emulator.DropAfterSend}
	case "before-read":
		f = emulator.Fault{Drop: emulator.DropBeforeRead}
	case "slow":
		f = emulator.Fault{SendFirst: true, Delay: 15 * time.Second}
	case "cut":
		f = emulator.Fault{Cut: true}
	case "html":
		f = emulator.Fault{HTML: true}
	case "rate-limit":
		f = emulator.Fault{Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second}
	case "carrier":
		f = emulator.Fault{ErrorType: "downstream_carrier_error"}
	case "500":
		f = emulator.Fault{Status: http.StatusInternalServerError}
	case "503":
		f = emulator.Fault{Status: http.StatusServiceUnavailable}
	default:
		return f, false
	}
	return f, true
}

type loginView struct{ Wrong bool }

// login takes the token from a form. The answer is always the page's address, which
// the page's files are relative to.
func (b *Inbox) login(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return invalid("The form cannot be read.")
	}
	if !b.guard.isToken(r.PostForm.Get("token")) {
		http.Redirect(w, r, prefix(r)+"/?wrong=true", http.StatusSeeOther) //nolint:gosec // a path of ours
		return nil
	}
	return b.enter(w, r, r.PostForm.Get("token"))
}

// enter exchanges the token for a cookie and takes it out of the address.
func (b *Inbox) enter(w http.ResponseWriter, r *http.Request, token string) error {
	if !b.guard.isToken(token) {
		return b.render(w, http.StatusUnauthorized, "login.html", loginView{Wrong: true})
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure where the page is
		Name: cookieName, Value: b.guard.cookieValue(), Path: prefix(r) + "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	http.Redirect(w, r, prefix(r)+"/", http.StatusSeeOther) //nolint:gosec // a path of ours
	return nil
}
