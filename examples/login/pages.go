package main

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/json"
	"html/template"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
)

//go:embed pages static
var files embed.FS

// pages are the templates and what they say. Nothing in them is inline, so that the
// content security policy can be as strict as there is one.
type pages struct {
	templates *template.Template
	languages map[string]*language // by their primary tag
}

func loadPages() (p pages, err error) {
	if err = json.Unmarshal(wordsJSON, &p.languages); err != nil {
		return p, err
	}
	p.templates, err = template.ParseFS(files, "pages/*.html")
	return p, err
}

// view is what a page shows.
type view struct {
	*language
	flow    // on the code page
	account // on the page of somebody who is signed in

	Page    string
	Form    string // a new one each time
	Regions []string
	Country string // that is chosen
	Number  string // as it was typed
	Email   string
	Invalid bool // the notice is about what was typed
	Wait    int  // seconds before another code can be sent
}

func (a *app) view(r *http.Request, page string) view {
	l, region := choose(a.languages, r.Header.Get("Accept-Language"))
	return view{language: l, Page: page, Form: rand.Text(), Regions: regions(), Country: region}
}

func (a *app) render(w http.ResponseWriter, status int, v view) {
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
	who, found := a.account(r)
	if !found {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	v := a.view(r, "account")
	v.account = who
	a.render(w, http.StatusOK, v)
}

// showStart asks for a number, or an address. That of a login under way is filled in,
// to be corrected.
func (a *app) showStart(w http.ResponseWriter, r *http.Request) {
	if _, found := a.account(r); found {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	v := a.view(r, startPage(r))
	_, f, _ := a.flow(r)
	v.Email = string(f.To.Email)
	if f.To.Phone != "" {
		v.Number, v.Country = f.To.Phone.National(), f.To.Phone.Region()
	}
	a.render(w, http.StatusOK, v)
}

// refuse shows the form again as it was filled in, and what was wrong.
func (a *app) refuse(w http.ResponseWriter, r *http.Request, err error) {
	v, status := a.view(r, startPage(r)), stytchotp.HTTPStatus(err)
	v.Number, v.Country, v.Email = r.PostFormValue("number"), r.PostFormValue("country"), r.PostFormValue("email")
	v.Notice, v.Invalid = stytchotp.PublicCode(err), status == http.StatusUnprocessableEntity
	a.render(w, status, v)
}

func startPage(r *http.Request) string {
	if r.FormValue("by") == "email" {
		return "email"
	}
	return "number"
}

// showCode asks for the code. Once it was right, it hands the session over.
func (a *app) showCode(w http.ResponseWriter, r *http.Request) {
	_, f, found := a.flow(r)
	if f.token != "" {
		a.signIn(w, f.token, f.account)
	}
	if !found || f.token != "" {
		http.Redirect(w, r, "/", http.StatusSeeOther) // which knows where to go
		return
	}
	v := a.view(r, "code")
	if f.Over {
		v.Page = "ended"
	}
	v.flow = f
	v.Wait = int(math.Ceil(max(0, time.Until(f.NextSend).Seconds())))
	v.Invalid = f.Notice == "code_incorrect" || f.Notice == "code_length"
	a.render(w, http.StatusOK, v)
}

// secureHeaders lets a page load its own files, and be loaded by nobody else.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if strings.HasPrefix(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "max-age=3600")
		}
		next.ServeHTTP(w, r)
	})
}
