package inbox

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

const form = "application/x-www-form-urlencoded"

func (b *box) page(query string) string {
	b.t.Helper()
	a := b.do(http.MethodGet, "/"+query, "")
	require.Equal(b.t, http.StatusOK, a.status, a.body)
	require.Equal(b.t, "text/html; charset=utf-8", a.header.Get("Content-Type"))
	return a.body
}

func TestEmptyPage(t *testing.T) {
	b := newBox(t)
	page := b.page("")
	for _, line := range []string{
		"export STYTCH_BASE_URL=" + b.server.URL, "export STYTCH_PROJECT_ID=" + projectID, "export STYTCH_SECRET=" + secret,
	} {
		assert.Contains(t, page, line)
	}
	b.send(number)
	assert.Regexp(t, `id="empty"[^>]* hidden`, b.page(""))
}

// TestPageWithoutScripts: all that there is to know is on the page as it is loaded.
func TestPageWithoutScripts(t *testing.T) {
	b := newBox(t)
	require.NoError(t, b.engine.Freeze(time.Time{}))
	first := b.send(otherNumber) // number stands in the example of a call
	second := b.send(otherNumber)
	mail := b.send("grace@example.com")
	_, err := b.trySend("+12")
	require.NoError(t, err)
	b.do(http.MethodPost, "/_otp/faults", `{"operation":"otps.authenticate","status":503,"times":3}`)
	page := html.UnescapeString(b.page(""))
	for _, want := range []string{
		second.Code[:3] + "</b><b>" + second.Code[3:], first.Code[:3] + "</b><b>" + first.Code[3:],
		">superseded<", ">live<", ">2:00<", otherNumber, "grace@example.com", mail.Subject, mail.Text, mail.MethodID, mail.RequestID,
		"invalid_phone_number", ">400<", "otps.email.login_or_create",
		"stands still", "503", "authenticate, 3 times", "not verified", mail.UserID, "<noscript>",
	} {
		assert.Contains(t, page, want)
	}
	assert.Less(t, strings.Index(page, mail.MethodID), strings.Index(page, second.MethodID), "the newest comes first")
}

// TestPolicyHolds: nothing on the page needs what the content security policy forbids,
// and every file that it names is there.
func TestPolicyHolds(t *testing.T) {
	b := newBox(t)
	b.send(number)
	for _, page := range []string{b.page(""), newBox(t, withToken).do(http.MethodGet, "/", "").body} {
		assert.NotRegexp(t, `<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]`, page)
		assert.NotRegexp(t, `(src|href)="(https?:)?//`, page)
		for _, file := range regexp.MustCompile(`(?:href|src)="(_otp/[^"]+)"`).FindAllStringSubmatch(page, -1) {
			assert.Equal(t, http.StatusOK, b.do(http.MethodGet, "/"+file[1], "").status, file[1])
		}
	}
	files, err := assetFiles.ReadDir("assets")
	require.NoError(t, err)
	for _, file := range files {
		a := b.do(http.MethodGet, "/_otp/assets/any/"+file.Name(), "")
		assert.Equal(t, http.StatusOK, a.status)
		assert.Contains(t, a.header.Get("Cache-Control"), "immutable")
		assert.NotContains(t, strings.ReplaceAll(a.body, "http://www.w3.org/2000/svg", ""), "://", "%s refers to another origin", file.Name())
		for _, name := range regexp.MustCompile(`from '\./([^']+)'`).FindAllStringSubmatch(a.body, -1) {
			assert.Equal(t, http.StatusOK, b.do(http.MethodGet, "/_otp/assets/any/"+name[1], "").status, name[1])
		}
	}
	assert.Equal(t, "image/svg+xml", b.do(http.MethodGet, "/favicon.ico", "").header.Get("Content-Type"))
}

// TestEscaping: what callers send is text, wherever it is shown.
func TestEscaping(t *testing.T) {
	b := newBox(t)
	const evil = `"><script>alert(1)</script>`
	b.do(http.MethodGet, "/v1/"+url.PathEscape(evil), "")
	_, err := b.trySend(evil + "@example.com")
	require.NoError(t, err)
	events := b.follow("/_otp/page/events")
	events.until("hello")
	b.do(http.MethodPost, "/v1/"+url.PathEscape(evil), "")
	row := events.until("request")["html"].(string)
	for _, shown := range []string{b.page(""), b.page("?q=" + url.QueryEscape(evil)), row} {
		assert.NotContains(t, shown, "<script>alert")
		assert.Contains(t, shown, "&lt;script&gt;alert")
	}
}

func TestFilterAndMask(t *testing.T) {
	b := newBox(t)
	m := b.send(number)
	b.send("grace@example.com")
	for query, want := range map[string][2]bool{ // is the number's message, is the address's there?
		"":                    {true, true},
		"sms":                 {true, false},
		"SMS live":            {true, false},
		"email":               {false, true},
		"grace@":              {false, true},
		"+12025":              {true, false},
		"used":                {false, false},
		"sms grace":           {false, false},
		m.Code:                {true, false},
		"login_or_create sms": {true, false},
	} {
		page := b.page("?q=" + url.QueryEscape(query))
		assert.Equal(t, want[0], strings.Contains(page, `id="m-1"`), query)
		assert.Equal(t, want[1], strings.Contains(page, `id="m-2"`), query)
		assert.Contains(t, page, `value="`+strings.ReplaceAll(query, "+", "&#43;")+`"`, "the filter stays in its field")
	}
	assert.Contains(t, b.page("?q=fax"), "No message has all these words.")
	assert.Regexp(t, `id="nothing" class="hint">`, b.page("?q=fax"))

	assert.NotContains(t, b.page(""), "<html lang=\"en\" data-masked")
	masked := b.page("?mask=true&q=sms")
	assert.Contains(t, masked, "<html lang=\"en\" data-masked")
	assert.Contains(t, masked, "1••••••••62")
	assert.Contains(t, masked, `name="mask" value="true"`, "filtering keeps the mask")
	assert.Equal(t, http.StatusBadRequest, b.do(http.MethodGet, "/?limit=1001", "").status)
}

// Each word of a filter is looked for in each row.
func TestFilterIsBounded(t *testing.T) {
	b := newBox(t)
	assert.Equal(t, http.StatusOK, b.do(http.MethodGet, "/?q="+strings.Repeat("a+", maxFilter/2), "").status)
	a := b.do(http.MethodGet, "/?q="+strings.Repeat("a+", maxFilter/2)+"b", "")
	assert.Equal(t, http.StatusBadRequest, a.status)
	assert.Contains(t, a.body, "1024 bytes")
}

func TestMask(t *testing.T) {
	for recipient, want := range map[string]string{
		"+12025550162": "+1••••••••62", "grace@example.com": "g•••@example.com", "é@example.com": "é•••@example.com", "+1234": "•••••", "": "",
	} {
		assert.Equal(t, want, mask(recipient))
	}
}

// TestLongPage: the page shows a bounded number of rows, however many there are.
func TestLongPage(t *testing.T) {
	b := newBox(t)
	for i := range 1100 {
		a, err := b.trySend(fmt.Sprintf("person-%d@example.com", i))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, a.status)
	}
	rows := func(page, id string) int { return strings.Count(page, `<li id="`+id+`-`) }
	page := b.page("")
	assert.Equal(t, shownMessages, rows(page, "m"))
	assert.Equal(t, shownRequests, rows(page, "r"))
	assert.Contains(t, page, `href="?limit=1000"`)
	page = b.page("?limit=1000")
	assert.Equal(t, mostMessages, rows(page, "m"))
	assert.Contains(t, page, "There are older messages.")
	assert.NotContains(t, page, `href="?limit=1000"`)
	assert.Equal(t, 1, rows(b.page("?q=person-3%40example.com"), "m"), "a filter looks at all of them")
	assert.Contains(t, page, "Only the last 50 are shown.")
}

// TestButtons: each does what it says, with and without scripts.
func TestButtons(t *testing.T) {
	b := newBox(t)
	press := func(action, body string) {
		t.Helper()
		a := b.do(http.MethodPost, "/_otp/page/"+action, body, "Content-Type", form, "Referer", b.server.URL+"/?mask=true&q=sms")
		require.Equal(t, http.StatusSeeOther, a.status, a.body)
		require.Equal(t, "/?mask=true&q=sms", a.header.Get("Location"), "the view stays")
	}
	b.send(number)
	start := b.engine.Now()
	press("clock", "advance=2m")
	assert.WithinDuration(t, start.Add(2*time.Minute), b.engine.Now(), time.Minute)
	assert.Contains(t, b.page(""), "2 min ahead")
	press("clock", "freeze=true")
	assert.True(t, b.engine.Frozen())
	press("clock", "freeze=false")
	assert.False(t, b.engine.Frozen())

	buttons := regexp.MustCompile(`name="preset" value="([^"]+)"`).FindAllStringSubmatch(b.page(""), -1)
	require.Len(t, buttons, 9)
	for i, button := range buttons {
		press("fault", "operation=any_send&recipient=+%2B12025550162+&preset="+button[1])
		faults := b.engine.Faults()
		require.Len(t, faults, i+1, button[1])
		assert.Equal(t, emulator.OpAnySend, faults[i].Operation)
		assert.Equal(t, number, faults[i].Recipient)
		assert.NotEmpty(t, describeFault(faults[i].Fault))
	}
	press("remove-fault", "id=1")
	press("remove-fault", "id=1") // it was removed elsewhere
	assert.Len(t, b.engine.Faults(), 8)
	press("remove-fault", "id=all")
	assert.Empty(t, b.engine.Faults())
	b.send(number)
	b.send("ada@example.com")
	press("clear", "q=ADA+live")
	for _, m := range b.engine.Messages(emulator.MessageQuery{}) {
		assert.NotEqual(t, "ada@example.com", m.Recipient, "what the filter shows is deleted")
	}
	assert.NotEmpty(t, b.engine.Messages(emulator.MessageQuery{}), "and nothing else")
	press("clear", "q=")
	assert.Empty(t, b.engine.Messages(emulator.MessageQuery{}))
	assert.Contains(t, b.page(""), "2 deleted. <button id=\"undo-button\">Undo</button>")
	press("undo", "")
	assert.Len(t, b.engine.Messages(emulator.MessageQuery{}), 2)
	press("reset", "")
	assert.Empty(t, b.engine.Users(0))
	press("test-code", "")
	assert.Len(t, b.engine.Messages(emulator.MessageQuery{Recipient: testNumber}), 1)
	press("allow", "country=de")
	assert.Contains(t, b.engine.Countries(emulator.ChannelSMS), "DE")
	assert.Contains(t, b.engine.Countries(emulator.ChannelWhatsApp), "DE")

	quiet := b.do(http.MethodPost, "/_otp/page/clock", "advance=1m", "Content-Type", form, "Accept", "application/json")
	assert.Equal(t, http.StatusNoContent, quiet.status)
	for _, wrong := range []string{"clock?advance=1x", "clock?advance=-1m", "fault?preset=none", "fault?preset=500&operation=none", "remove-fault?id=x", "clear?q=" + strings.Repeat("x", 1025), "undo?", "allow?country=ZZ", "allow?"} {
		action, body, _ := strings.Cut(wrong, "?")
		assert.Equal(t, http.StatusBadRequest, b.do(http.MethodPost, "/_otp/page/"+action, body, "Content-Type", form).status, wrong)
	}
}

func TestJournalRows(t *testing.T) {
	at := time.Now()
	for _, c := range []struct {
		request             emulator.Request
		outcome, tone, note string
	}{
		{emulator.Request{Status: 200}, "200", "good", ""},
		{emulator.Request{Status: 404, ErrorType: "otp_code_not_found"}, "404", "bad", "otp_code_not_found"},
		{emulator.Request{Status: 503, ErrorType: "server_unavailable"}, "503", "worse", "server_unavailable"},
		{emulator.Request{Drop: emulator.DropAfterSend}, "cut", "cut", "connection cut after the request had done its work"},
		{emulator.Request{Drop: emulator.DropBeforeRead}, "cut", "cut", "connection cut before the request was read"},
		{emulator.Request{Abandoned: true}, "left", "cut", "the caller gave up waiting"},
	} {
		c.request.Time = at
		v := newBox(t).inbox.requestView(c.request)
		assert.Equal(t, []string{c.outcome, c.tone, c.note}, []string{v.Outcome, v.Tone, v.Note})
	}
}

// TestLiveCredentials: a live project that is pointed here is shown as a warning.
func TestLiveCredentials(t *testing.T) {
	b := newBox(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL, http.NoBody)
	require.NoError(t, err)
	r.SetBasicAuth("project-live-1", "secret-live-plainly")
	a := b.do(http.MethodPost, sendPath(number), sendBody(number), "Authorization", r.Header.Get("Authorization"), "Content-Type", "application/json")
	assert.Equal(t, http.StatusForbidden, a.status)
	page := b.page("")
	assert.Contains(t, page, "Live credentials were sent here.")
	assert.Regexp(t, `<details id="rd-1" open>`, page)
	assert.NotContains(t, page, "secret-live-plainly")
	assert.NotContains(t, b.do(http.MethodGet, "/_otp/requests", "").body, "secret-live-plainly")
}

func TestCountdown(t *testing.T) {
	for left, want := range map[time.Duration]string{
		10 * time.Minute: "10:00", 90 * time.Second: "1:30", 59*time.Second + time.Millisecond: "1:00", time.Millisecond: "0:01",
	} {
		assert.Equal(t, want, countdown(left))
	}
	for ahead, want := range map[time.Duration]string{2 * time.Minute: "2 min", 25*time.Hour + 5*time.Second: "1 d 1 h 5 s"} {
		assert.Equal(t, want, spell(ahead))
	}
}

// A test code that meets a fault is a failure, and the journal says which.
func TestTestCodeFails(t *testing.T) {
	b := newBox(t)
	for _, f := range []emulator.Fault{{Status: http.StatusServiceUnavailable}, {Drop: emulator.DropBeforeRead}, {Drop: emulator.DropRefused}} {
		_, err := b.engine.AddFault(f)
		require.NoError(t, err)
		a := b.do(http.MethodPost, "/_otp/page/test-code", "", "Content-Type", "application/x-www-form-urlencoded")
		assert.Equal(t, http.StatusBadRequest, a.status, "%+v", f)
		assert.Contains(t, a.body, "The call failed")
	}
}

// A request that was refused for its country has a button that allows it, until it is
// allowed.
func TestAllowCountry(t *testing.T) {
	b := newBox(t)
	refused := func(path string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL, http.NoBody)
		require.NoError(t, err)
		return b.do(http.MethodPost, path, sendBody("+4915123450001"), "Authorization", basicAuth(r), "Content-Type", "application/json").status
	}
	for _, path := range []string{"/v1/otps/sms/login_or_create", "/v1/otps/whatsapp/login_or_create"} {
		assert.Equal(t, http.StatusBadRequest, refused(path))
		assert.Contains(t, b.page(""), `name="country" value="DE">Allow DE</button>`, path)
	}
	require.NoError(t, b.engine.AllowCountries(emulator.ChannelSMS, "DE"))
	assert.Equal(t, 1, strings.Count(b.page(""), "Allow DE"), "WhatsApp is not allowed yet")
	require.NoError(t, b.engine.AllowCountries(emulator.ChannelWhatsApp, "DE"))
	assert.NotContains(t, b.page(""), "Allow DE")
	assert.Equal(t, http.StatusOK, refused("/v1/otps/sms/login_or_create"))

	a, err := b.trySend("+80012345678") // of no country, so nothing can be allowed
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, a.status)
	assert.NotContains(t, b.page(""), ">Allow ")
}

// The address of a message shows it and its request, however many came since.
func TestPermalink(t *testing.T) {
	b := newBox(t)
	b.send(otherNumber)
	first := b.engine.Messages(emulator.MessageQuery{})[0]
	for range shownMessages + 1 {
		b.send(number)
	}
	assert.NotContains(t, b.page(""), first.RequestID)
	page := b.page("?q=" + first.RequestID)
	assert.Contains(t, page, `id="m-1"`)
	assert.Contains(t, page, `id="r-1"`)
	assert.Equal(t, 1, strings.Count(page, `class="message"`))
	assert.Equal(t, 1, strings.Count(page, `class="request"`))
	a := b.do(http.MethodGet, "/_otp/messages/1", "")
	assert.Equal(t, http.StatusOK, a.status)
	assert.Contains(t, a.body, `"recipient":"`+otherNumber+`"`)
	assert.Equal(t, http.StatusNotFound, b.do(http.MethodGet, "/_otp/messages/9999", "").status)
	assert.Equal(t, http.StatusBadRequest, b.do(http.MethodGet, "/_otp/messages/x", "").status)
}

// The version is on the page and in each answer.
func TestVersion(t *testing.T) {
	b := newBox(t)
	assert.NotEmpty(t, Version())
	assert.Contains(t, b.page(""), "otpbox "+Version())
	for _, path := range []string{"/livez", "/_otp/messages", "/v1/otps/sms/send"} {
		assert.Equal(t, "otpbox/"+Version(), b.do(http.MethodGet, path, "").header.Get("Server"), path)
	}
}
