package inbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		host            string
		open, withToken bool // answered without and with a token
	}{
		{"127.0.0.1:6872", true, true},
		{"127.8.9.1", true, true},
		{"localhost:6872", true, true},
		{"LOCALHOST", true, true},
		{"localhost.", true, true},
		{"app.localhost:80", true, true},
		{"[::1]:6872", true, true},
		{"[::1]", true, true},
		{"host.docker.internal:6872", true, true},
		{"mine.example:6872", true, true}, // named in Hosts
		{"MINE.example", true, true},
		{"192.168.1.7:6872", false, true},
		{"[2001:db8::1]:6872", false, true},
		{"otpbox:6872", false, true},
		{"evil.example", false, false},
		{"127.0.0.1.evil.example", false, false},
		{"localhost.evil.example", false, false},
		{"notlocalhost.example", false, false},
		{"", false, false},
	} {
		assert.Equal(t, c.open, newGuard("", []string{"Mine.Example"}).knowsHost(c.host), "%q without a token", c.host)
		assert.Equal(t, c.withToken, newGuard(token, []string{"Mine.Example"}).knowsHost(c.host), "%q with a token", c.host)
	}
}

// TestRebinding: a web site whose name was pointed at this machine gets nothing, the
// emulated API and the files of the page included.
func TestRebinding(t *testing.T) {
	b := newBox(t)
	b.send(number)
	for _, path := range []string{"/", "/_otp/messages", "/_otp/events", "/livez", "/v1/otps/authenticate", "/favicon.ico", "/else"} {
		a := b.do(http.MethodGet, path, "", "Host", "evil.example")
		assert.Equal(t, http.StatusForbidden, a.status, path)
		assert.Contains(t, a.body, "host_not_allowed")
		assert.NotContains(t, a.body, number)
	}
	assert.Len(t, b.engine.Requests(emulator.RequestQuery{}), 1, "none of it reached the emulator")
}

// TestForwarded: behind a proxy on this machine every client is loopback, and the name
// that was asked for need not be in the Host header.
func TestForwarded(t *testing.T) {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"} {
		for _, value := range []string{"192.0.2.1", "127.0.0.1", ""} {
			b := newBox(t)
			b.send(number)
			for _, path := range []string{"/", "/_otp/messages", "/v1/otps/authenticate"} {
				a := b.do(http.MethodGet, path, "", header, value)
				assert.Equal(t, http.StatusForbidden, a.status, "%s: %s %s", header, value, path)
				assert.Contains(t, a.body, "through a proxy")
				assert.NotContains(t, a.body, number)
			}
		}
		a := newBox(t, withToken).do(http.MethodGet, "/_otp/messages", "", header, "192.0.2.1", "Authorization", "Bearer "+token)
		assert.Equal(t, http.StatusOK, a.status, header)
	}
}

// TestPeers: without a token only this machine is answered, whatever server
// the handler was mounted in.
func TestPeers(t *testing.T) {
	engine, err := emulator.New(emulator.Config{})
	require.NoError(t, err)
	for _, c := range []struct {
		peer, token string
		status      int
	}{
		{"127.0.0.1:1234", "", http.StatusOK},
		{"[::1]:1234", "", http.StatusOK},
		{"[::ffff:127.0.0.1]:1234", "", http.StatusOK},
		{"192.168.1.9:1234", "", http.StatusForbidden},
		{"", "", http.StatusForbidden},
		{"192.168.1.9:1234", token, http.StatusOK},
	} {
		handler, err := New(Config{Emulator: engine, Token: c.token})
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodGet, "http://localhost/_otp/messages", http.NoBody)
		r.RemoteAddr = c.peer
		r.Header.Set("Authorization", "Bearer "+c.token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		assert.Equal(t, c.status, w.Code, "%q with token %q", c.peer, c.token)
	}
}

// TestOtherOrigins: a page of another origin can neither change nor read anything.
func TestOtherOrigins(t *testing.T) {
	b := newBox(t)
	b.send(number)
	changes := []struct{ method, path, body string }{
		{http.MethodPost, "/_otp/reset", ""},
		{http.MethodPost, "/_otp/page/reset", ""},
		{http.MethodPost, "/_otp/faults", `{"status":500}`},
		{http.MethodDelete, "/_otp/messages", ""},
		{http.MethodPut, "/_otp/clock", `{"advance":"1m"}`},
	}
	for _, c := range changes {
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"}, // another port of this host
			{"Origin", "https://evil.example"},
			{"Origin", "http://localhost:3000"},
			{"Origin", "null"},
		} {
			a := b.do(c.method, c.path, c.body, header...)
			assert.Equal(t, http.StatusForbidden, a.status, "%s %s with %s", c.method, c.path, header)
			assert.Contains(t, a.body, "cross_origin")
		}
	}
	assert.Len(t, b.engine.Messages(emulator.MessageQuery{}), 1)
	assert.Empty(t, b.engine.Faults())

	for _, path := range []string{"/_otp/messages", "/_otp/events", "/_otp/page/events", "/_otp/assets/x/inbox.js"} {
		a := b.do(http.MethodGet, path, "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors")
		assert.Equal(t, http.StatusForbidden, a.status, path)
	}
	a := b.do(http.MethodGet, "/", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate")
	assert.Equal(t, http.StatusOK, a.status, "a link may lead to the page")
	a = b.do(http.MethodPost, "/_otp/page/reset", "", "Sec-Fetch-Site", "same-origin", "Origin", b.server.URL)
	assert.Equal(t, http.StatusSeeOther, a.status, "the page itself may do everything")

	for _, method := range []string{http.MethodGet, http.MethodOptions} {
		for _, path := range []string{"/", "/_otp/messages", "/v1/otps/sms/send", "/_otp/openapi.json"} {
			a := b.do(method, path, "", "Origin", "https://evil.example")
			for name := range a.header {
				assert.NotContains(t, strings.ToLower(name), "access-control", "no CORS at %s", path)
			}
		}
	}
}

// Other web sites' pages cannot fill the journal of the emulated API.
func TestOtherOriginsOnTheAPI(t *testing.T) {
	b := newBox(t)
	for _, header := range [][]string{
		{"Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"},
	} {
		a := b.do(http.MethodPost, sendPath(number), sendBody(number), append(header, "Content-Type", "text/plain")...)
		assert.Equal(t, http.StatusForbidden, a.status)
		assert.Contains(t, a.body, "cross_origin")
	}
	assert.Empty(t, b.engine.Requests(emulator.RequestQuery{}))
	assert.Equal(t, http.StatusBadRequest, b.do(http.MethodPost, sendPath(number), sendBody(number)).status)
	assert.Len(t, b.engine.Requests(emulator.RequestQuery{}), 1, "a program without credentials is in the journal")
}

func TestHeaders(t *testing.T) {
	b := newBox(t)
	for _, path := range []string{"/", "/_otp/messages", "/_otp/nothing", "/livez", "/_otp/assets/x/inbox.css"} {
		header := b.do(http.MethodGet, path, "").header
		policy := header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'", path)
		assert.Contains(t, policy, "frame-ancestors 'none'", path)
		assert.NotContains(t, policy, "unsafe", path)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "DENY", header.Get("X-Frame-Options"), path)
		assert.Equal(t, "same-origin", header.Get("Cross-Origin-Resource-Policy"), path)
		assert.Equal(t, "1", header.Get(emulator.Header), path)
	}
	assert.Equal(t, "no-store", b.do(http.MethodGet, "/", "").header.Get("Cache-Control"))
	a, err := b.trySend(number)
	require.NoError(t, err)
	assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
}

func TestToken(t *testing.T) {
	b := newBox(t, withToken)
	b.send(number) // the emulated API has credentials of its own

	for _, path := range []string{"/_otp/messages", "/_otp/messages/latest", "/_otp/requests", "/_otp/users", "/_otp/faults", "/_otp/clock", "/_otp/events", "/_otp/page/events", "/_otp/countries", "/_otp/rate-limits"} {
		for _, header := range []string{"", "Bearer", "Bearer wrong", "Bearer " + token + "x", "Basic " + token, token} {
			a := b.do(http.MethodGet, path, "", "Authorization", header)
			assert.Equal(t, http.StatusUnauthorized, a.status, "%s with %q", path, header)
			assert.NotContains(t, a.body, number)
		}
	}
	for _, path := range []string{"/_otp/reset", "/_otp/page/reset", "/_otp/faults"} {
		assert.Equal(t, http.StatusUnauthorized, b.do(http.MethodPost, path, "{}").status, path)
	}
	assert.Len(t, b.engine.Messages(emulator.MessageQuery{}), 1)

	a := b.do(http.MethodGet, "/_otp/messages", "", "Authorization", "Bearer "+token)
	assert.Equal(t, http.StatusOK, a.status)
	for _, path := range []string{"/livez", "/readyz", "/_otp/livez", "/_otp/readyz", "/_otp/openapi.json", "/_otp/openapi-otp.json"} {
		assert.Equal(t, http.StatusOK, b.do(http.MethodGet, path, "").status, "%s tells nothing", path)
	}
}

func TestTokenOfThePage(t *testing.T) {
	b := newBox(t, withToken)
	b.send(otherNumber) // number stands in the example of a call

	a := b.do(http.MethodGet, "/", "")
	assert.Equal(t, http.StatusUnauthorized, a.status)
	assert.Contains(t, a.body, `name="token"`)
	assert.NotContains(t, a.body, otherNumber[1:])

	wrong := b.do(http.MethodGet, "/?token=wrong", "")
	assert.Equal(t, http.StatusUnauthorized, wrong.status)
	assert.Contains(t, wrong.body, "That is not the token.")
	assert.Empty(t, wrong.header["Set-Cookie"])

	wrong = b.do(http.MethodPost, "/_otp/page/login", "token=wrong", "Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, "/?wrong=true", wrong.header.Get("Location"))
	assert.Empty(t, wrong.header["Set-Cookie"])
	assert.Contains(t, b.do(http.MethodGet, "/?wrong=true", "").body, "That is not the token.")

	enter := []answer{
		b.do(http.MethodGet, "/?token=a+token+of+the+tests", ""),
		b.do(http.MethodPost, "/_otp/page/login", "token=a+token+of+the+tests", "Content-Type", "application/x-www-form-urlencoded"),
	}
	for _, a := range enter {
		require.Equal(t, http.StatusSeeOther, a.status)
		assert.Equal(t, "/", a.header.Get("Location"), "the token leaves the address")
		cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
		require.NoError(t, err)
		assert.True(t, cookie.HttpOnly)
		assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		assert.Equal(t, "/", cookie.Path)
		assert.NotContains(t, cookie.Value, token, "other ports of the host get the cookie too")

		page := b.do(http.MethodGet, "/", "", "Cookie", cookie.Name+"="+cookie.Value)
		assert.Equal(t, http.StatusOK, page.status)
		assert.Contains(t, page.body, otherNumber[1:])
		assert.Equal(t, http.StatusUnauthorized, b.do(http.MethodGet, "/", "", "Cookie", cookie.Name+"=x"+cookie.Value).status)
	}
}

func TestConfig(t *testing.T) {
	_, err := New(Config{})
	require.ErrorContains(t, err, "emulator is missing")
	engine, err := emulator.New(emulator.Config{})
	require.NoError(t, err)
	_, err = New(Config{Emulator: engine, Token: "short"})
	require.ErrorContains(t, err, "16 characters")
}

// TestBelowAPath: in an importer's development server the inbox may live below a path.
func TestBelowAPath(t *testing.T) {
	b := newBox(t)
	mux := http.NewServeMux()
	mux.Handle("/otpbox/", http.StripPrefix("/otpbox", b.server.Config.Handler))
	mux.Handle("/bare", http.StripPrefix("/bare", b.server.Config.Handler))
	outer := httptest.NewServer(mux)
	t.Cleanup(outer.Close)
	b.server.URL = outer.URL

	page := b.do(http.MethodGet, "/otpbox/", "")
	require.Equal(t, http.StatusOK, page.status)
	assert.Contains(t, page.body, "STYTCH_BASE_URL="+outer.URL+"/otpbox\n")
	assert.NotRegexp(t, `(href|src|action)="/`, page.body, "no address on the page begins at the root")
	assert.Equal(t, http.StatusOK, b.do(http.MethodGet, "/otpbox/_otp/messages", "").status)
	assert.Equal(t, "/otpbox/", b.do(http.MethodPost, "/otpbox/_otp/page/clear", "").header.Get("Location"))
	assert.Equal(t, "/bare/", b.do(http.MethodGet, "/bare", "").header.Get("Location"))
}

// TestPrefix: a redirect never leads to another host, whatever was asked for.
func TestPrefix(t *testing.T) {
	for _, c := range [][3]string{ // asked for, left of it, mounted below
		{"/", "/", ""},
		{"/?a=/b", "/", ""},
		{"/otpbox/", "/", "/otpbox"},
		{"/a/b/_otp/page/clear", "/_otp/page/clear", "/a/b"},
		{"/otpbox", "", "/otpbox"},
		{"http://evil.example/", "/", ""},
		{"//evil.example/", "/", ""},
	} {
		r := &http.Request{RequestURI: c[0], URL: &url.URL{Path: c[1]}}
		assert.Equal(t, c[2], prefix(r), c[0])
	}
}
