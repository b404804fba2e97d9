package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/sessionjwt"
)

//go:embed pages static words.json
var files embed.FS

// pages are the templates, with nothing inline that a strict policy forbids, and what they say.
type pages struct {
	templates *template.Template
	languages map[string]*language // by their primary tag
}

// language is what the app says in one language, and which one messages come in.
type language struct {
	Lang                string           // of the pages
	Locale, EmailLocale stytchotp.Locale // mails come in fewer languages
	Region              string           // whose numbers are likely
	Words               map[string]string
}

func (l *language) T(key string) string { return l.Words[key] }

func loadPages() pages {
	p := pages{templates: template.Must(template.ParseFS(files, "pages/*.html"))}
	words, _ := files.ReadFile("words.json")
	if err := json.Unmarshal(words, &p.languages); err != nil {
		panic(err) // both are part of the program
	}
	return p
}

// choose returns the language that a browser likes best, and the region to offer
// first: the language's own, as in de-AT, if it is one of ours.
func (p pages) choose(r *http.Request) (best *language, region string) {
	best, liked := p.languages["en"], 0.0
	for entry := range strings.SplitSeq(strings.ReplaceAll(r.Header.Get("Accept-Language"), " ", ""), ",") {
		tag, quality, _ := strings.Cut(entry, ";q=")
		primary, subtag, _ := strings.Cut(tag, "-")
		q, err := strconv.ParseFloat(cmp.Or(quality, "1"), 64)
		if l := p.languages[strings.ToLower(primary)]; l != nil && err == nil && q > liked {
			best, liked, region = l, q, strings.ToUpper(subtag)
		}
	}
	if !slices.Contains(regions(), region) {
		region = best.Region
	}
	return best, region
}

// view is what a page shows.
type view struct {
	*language
	Notice string    // what it says of the last step: a public code, or one of our own
	Who    recipient // who is signed in
	Until  time.Time // when that ends

	// The login under way, on the code page.
	Tag       string
	To        recipient
	Channel   stytchotp.Channel
	Checkable bool // false: the answer to the send got lost, so its code cannot be checked
	NoMore    bool // no more messages go out for now

	Page, Form             string // the form is a new one each time
	Number, Country, Email string // as they were typed
	Regions                []string
	Invalid                bool // the notice is about what was typed
	Wait                   int  // seconds before another code can be sent
}

// Title never asks for a code that cannot be checked.
func (v view) Title() string {
	switch {
	case v.Page != "code" || v.Checkable:
		return v.T(v.Page + ".title")
	case v.NoMore:
		return v.T("ended.title")
	}
	return v.T("code.again")
}

func (a *app) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	l, region := a.choose(r)
	if l.Words["notice."+v.Notice] == "" {
		v.Notice = "" // not one of ours
	}
	v.language, v.Form, v.Regions, v.Country = l, rand.Text(), regions(), cmp.Or(v.Country, region)
	var page bytes.Buffer
	if err := a.templates.ExecuteTemplate(&page, v.Page+".html", v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the browser may be gone
}

func (a *app) showAccount(w http.ResponseWriter, r *http.Request) {
	session, _ := sessionjwt.FromContext(r.Context())
	v := view{Page: "account", Until: session.ExpiresAt}
	for _, factor := range session.AuthenticationFactors {
		if factor.PhoneNumberFactor != nil {
			v.Who = recipient(factor.PhoneNumberFactor.PhoneNumber)
		} else if factor.EmailFactor != nil {
			v.Who = recipient(factor.EmailFactor.EmailAddress)
		}
	}
	a.render(w, r, http.StatusOK, v)
}

// refuseSession leads a person without a session to the login. One who may have a
// session, but Stytch cannot be asked, sees that.
func (a *app) refuseSession(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, stytchotp.ErrSessionNotFound) {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	a.refuse(w, r, err)
}

// showStart asks for a number or an address, and fills in that of a login under way.
func (a *app) showStart(w http.ResponseWriter, r *http.Request) {
	if token, jwt := a.cookies.Get(r); token != "" || jwt != "" {
		http.Redirect(w, r, "/", http.StatusSeeOther) // which takes the cookies of an old session away
		return
	}
	v := view{Page: startPage(r)}
	if login, err := a.logins.Get(r.Context(), a.cookie(r, "login")); err == nil {
		if number := stytchotp.PhoneNumber(login.Recipient); recipient(number).Email() {
			v.Email = login.Recipient
		} else {
			v.Number, v.Country = number.National(), number.Region()
		}
	}
	a.nameBrowser(w, r)
	a.render(w, r, http.StatusOK, v)
}

// nameBrowser gives the browser a cookie by which its logins are its own, and which
// shows that it keeps cookies.
func (a *app) nameBrowser(w http.ResponseWriter, r *http.Request) {
	if a.cookie(r, "browser") == "" {
		a.setCookie(w, "browser", rand.Text(), browserTTL)
	}
}

// refuse shows the form again, and what was wrong.
func (a *app) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := stytchotp.HTTPStatus(err)
	a.renderStart(w, r, status, view{Notice: noticeOfError(err), Invalid: status == http.StatusUnprocessableEntity})
}

// renderStart shows the form again as it was filled in.
func (a *app) renderStart(w http.ResponseWriter, r *http.Request, status int, v view) {
	a.nameBrowser(w, r)
	v.Page, v.Email, v.Number, v.Country = startPage(r), r.PostFormValue("email"), r.PostFormValue("number"), r.PostFormValue("country")
	a.render(w, r, status, v)
}

func startPage(r *http.Request) string {
	if r.FormValue("by") == "email" {
		return "email"
	}
	return "number"
}

// showCode asks for the code.
func (a *app) showCode(w http.ResponseWriter, r *http.Request) {
	login, err := a.logins.Get(r.Context(), a.cookie(r, "login"))
	switch {
	case errors.Is(err, otplogin.ErrNoFlow):
		http.Redirect(w, r, "/", http.StatusSeeOther) // which knows where to go
		return
	case err != nil:
		a.refuse(w, r, err)
		return
	}
	v := view{
		Page: "code", Tag: tagOf(login.ID), To: recipient(login.Recipient), Channel: login.Channel, Checkable: login.Checkable,
		Notice: a.cookie(r, "notice"), Wait: int(math.Ceil(max(0, time.Until(login.ResendAt).Seconds()))),
	}
	if login.AttemptsLeft == 0 {
		v.Notice = "too_many_attempts"
	}
	v.NoMore = login.SendsLeft == 0 || v.Notice == "too_many_codes"
	v.Invalid = v.Notice == "code_incorrect" || v.Notice == "code_length"
	if v.Notice == "too_many_attempts" || v.Notice == "user_locked" {
		v.Page = "ended"
	}
	a.render(w, r, http.StatusOK, v)
}
