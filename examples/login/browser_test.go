package main

import (
	"bytes"
	"html"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// site is the app, the emulator that it uses and what it logs.
type site struct {
	app     *app
	handler http.Handler
	srv     *otptest.Server
	log     *bytes.Buffer
}

// newSite needs no socket, and so runs inside a synctest bubble too.
func newSite(t *testing.T, options ...otptest.Option) *site {
	t.Helper()
	srv := otptest.NewInProcess(t, options...)
	for _, channel := range []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp} {
		srv.AllowCountries(channel, regions()...)
	}
	s := &site{srv: srv, log: new(bytes.Buffer)}
	client := srv.Client(clientOptions(slog.New(slog.NewJSONHandler(s.log, nil)))...)
	app, err := newApp(client, false, otplogin.Config{})
	require.NoError(t, err)
	s.app = app
	s.handler = s.app.handler()
	return s
}

// RoundTrip takes requests to the app by function calls.
func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.RemoteAddr = "192.0.2.1:1234"
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// browser has cookies, follows redirects and repeats the hidden fields of the page
// that it is on.
type browser struct {
	t      *testing.T
	client *http.Client
	header http.Header

	path   string // where it is
	status int
	page   string
	got    http.Header
}

const origin = "http://app.example"

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t: t, client: &http.Client{Transport: s, Jar: jar}, header: http.Header{"Sec-Fetch-Site": {"same-origin"}}}
}

// window is a second tab: the same cookies, another page.
func (b *browser) window() *browser {
	return &browser{t: b.t, client: b.client, header: b.header}
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	return b.request(http.MethodGet, path, nil)
}

// post submits a form of the page with these fields, given as pairs.
func (b *browser) post(path string, fields ...string) *browser {
	b.t.Helper()
	form := url.Values{}
	for _, name := range []string{"form", "tag"} {
		if value := b.hidden(name); value != "" {
			form.Set(name, value)
		}
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.request(http.MethodPost, path, form)
}

func (b *browser) request(method, path string, form url.Values) *browser {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, origin+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	req.Header = b.header.Clone()
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(resp.Body)
	require.NoError(b.t, err)
	b.path, b.status, b.page, b.got = resp.Request.URL.RequestURI(), resp.StatusCode, body.String(), resp.Header
	return b
}

func (b *browser) hidden(name string) string {
	if found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(b.page); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

// notice returns what the page says about the last step.
func (b *browser) notice() string {
	if found := regexp.MustCompile(`(?s)<p id="notice"[^>]*>(.*?)</p>`).FindStringSubmatch(b.page); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

// shows reports whether a text can be read on the page.
func (b *browser) shows(text string) bool {
	return strings.Contains(html.UnescapeString(b.page), text)
}

// says asserts that the page shows the English words under a key, and nothing else.
func (b *browser) says(key string, s *site) {
	b.t.Helper()
	want := s.app.languages["en"].T("notice." + key)
	require.NotEmpty(b.t, want, key)
	if key == "wait" {
		want, _, _ = strings.Cut(want, "%")
		assert.Contains(b.t, b.notice(), want)
		return
	}
	assert.Equal(b.t, want, b.notice())
}

func (b *browser) cookie(name string) string {
	u, err := url.Parse(origin)
	require.NoError(b.t, err)
	for _, cookie := range b.client.Jar.Cookies(u) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// start asks for a code by text message.
func (b *browser) start(number stytchotp.PhoneNumber) *browser {
	b.t.Helper()
	b.get("/login").post("/login", "country", "US", "number", string(number), "channel", "sms")
	require.Equal(b.t, "/login/code", b.path)
	return b
}

func (b *browser) enter(code string) *browser {
	b.t.Helper()
	return b.post("/login/code", "code", code)
}

func (b *browser) signedIn() bool {
	b.t.Helper()
	return b.window().get("/").path == "/"
}

// checks counts the codes that Stytch was asked about.
func (s *site) checks() (n int) {
	for _, r := range s.srv.Requests() {
		if r.Operation == otptest.OpAuthenticate {
			n++
		}
	}
	return n
}

// wrong returns a code that is not the right one.
func (s *site) wrong(number stytchotp.PhoneNumber) string {
	if s.srv.Code(string(number)) == "111111" {
		return "222222"
	}
	return "111111"
}
