package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
)

const (
	boxNumber = stytchotp.PhoneNumber("+12125550123")
	boxEmail  = stytchotp.EmailAddress("grace@example.com")
)

// box is an otpbox with a client of each of its APIs, both held to the descriptions.
type box struct {
	*program
	t         *testing.T
	url       string
	contract  *contract
	client    *stytchotp.Client
	projectID string
	secret    string
	token     string
}

func startBox(t *testing.T, args ...string) *box {
	t.Helper()
	p := start(t, build(t, "cmd/otpbox"), nil, append([]string{"--port", "0"}, args...)...)
	b := &box{
		program: p, t: t, contract: newContract(t),
		url:       strings.TrimSuffix(strings.Split(p.line(t, "  Inbox "), "?")[0], "/"),
		projectID: p.line(t, "export STYTCH_PROJECT_ID="),
		secret:    p.line(t, "export STYTCH_SECRET="),
	}
	var err error
	b.client, err = stytchotp.NewClient(b.projectID, b.secret,
		stytchotp.WithBaseURL(b.url), stytchotp.WithHTTPClient(&http.Client{Transport: b.contract}))
	require.NoError(t, err)
	return b
}

// control calls the control API and returns the answer, which must be a success.
func (b *box) control(method, path, body string) map[string]any {
	b.t.Helper()
	status, answer := b.call(method, path, body)
	require.Less(b.t, status, http.StatusBadRequest, "%s %s: %v", method, path, answer)
	return answer
}

func (b *box) call(method, path, body string, header ...string) (status int, answer map[string]any) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	require.NoError(b.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := (&http.Client{Transport: b.contract}).Do(r)
	require.NoError(b.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		require.NoError(b.t, json.Unmarshal(content, &answer), "%s", content)
	}
	return response.StatusCode, answer
}

// sms sends a code and returns the id to check it with.
func (b *box) sms(to stytchotp.PhoneNumber) string {
	b.t.Helper()
	sent, err := b.client.OTPs.SMS.LoginOrCreate(b.t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: to})
	require.NoError(b.t, err)
	return sent.MethodID
}

// code returns the live code that was sent last.
func (b *box) code(to string) string {
	b.t.Helper()
	return b.control(http.MethodGet, "/_otp/messages/latest?state=live&to="+to, "")["code"].(string)
}

func (b *box) authenticate(methodID, code string) error {
	b.t.Helper()
	_, err := b.client.OTPs.Authenticate(b.t.Context(), stytchotp.AuthenticateParams{MethodID: methodID, Code: stytchotp.Secret(code)})
	return err
}

// inbox is the page in a tab.
type inbox struct {
	*tab
	box *box
}

// visit opens an address of otpbox in a new tab.
func (b *box) visit(t *testing.T, d device, path string) *inbox {
	t.Helper()
	in := &inbox{newTab(t, d), b}
	in.tolerate("net::ERR_") // otpbox ends before the tab does, which then loses its stream
	in.open(b.url + path)
	return in
}

// look opens the page, and waits until it follows the events unless it has no script.
func (b *box) look(t *testing.T, d device) *inbox {
	t.Helper()
	in := b.visit(t, d, "/")
	if !d.noScript {
		in.until(`document.querySelector('#link').dataset.state === 'live'`)
		in.run(`window.loadedOnce = true`)
	}
	return in
}

// run evaluates a script for what it does.
func (in *inbox) run(script string) { in.t.Helper(); get(in.tab, chromedp.Evaluate[any](script)) }

// str, num, count and is evaluate a script for its value.
func (in *inbox) str(script string) string {
	in.t.Helper()
	return get(in.tab, chromedp.Evaluate[string](script))
}

func (in *inbox) num(script string) float64 {
	in.t.Helper()
	return get(in.tab, chromedp.Evaluate[float64](script))
}

func (in *inbox) count(script string) int {
	in.t.Helper()
	return int(in.num(script))
}

func (in *inbox) is(script string) bool {
	in.t.Helper()
	return get(in.tab, chromedp.Evaluate[bool](script))
}

// until waits for an expression to be true. chromedp's own way needs eval, which the
// page's policy forbids.
func (in *inbox) until(script string) {
	in.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(stepLimit); !in.is("Boolean(" + script + ")"); <-tick.C {
		require.True(in.t, time.Now().Before(deadline), "the page never came to %s", script)
	}
}

// row is a script's expression for a message's row, the newest being the first.
func row(n string) string { return `document.querySelectorAll('.message:not([hidden])')[` + n + `]` }

// shows waits until the newest message has a code and a state.
func (in *inbox) shows(code, state string) {
	in.t.Helper()
	in.until(row("0") + `?.dataset.code === '` + code + `' && ` + row("0") + `.dataset.state === '` + state + `'`)
}

// content returns an element's text, drawn or not: what is far down the page, or in a
// tab in the background, has no other.
func (in *inbox) content(selector string) string {
	in.t.Helper()
	return get(in.tab, chromedp.TextContent(chromedp.CSS(selector)))
}

func (in *inbox) click(selector string) { in.t.Helper(); in.do(chromedp.Click(chromedp.CSS(selector))) }

// press presses keys as a keyboard does: a key that the page took for itself types
// nothing, which chromedp's own way does not know.
func (in *inbox) press(keys string) {
	in.t.Helper()
	for _, key := range keys {
		if unicode.IsControl(key) || !unicode.IsGraphic(key) { // Tab, Escape and such
			in.do(chromedp.KeyEvent(string(key)))
			continue
		}
		in.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{
				Type: input.DispatchKeyEventTypeKeyDown, Key: string(key), Text: string(key),
			})
			if err == nil {
				_, err = cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: string(key)})
			}
			return err
		}))
	}
}

// write puts text into a field instead of what is there.
func (in *inbox) write(selector, text string) {
	in.t.Helper()
	in.run(`document.querySelector('` + selector + `').select()`)
	in.do(chromedp.Focus(chromedp.CSS(selector)))
	in.press(text)
}

// notReloaded asserts that all this time it was one and the same page.
func (in *inbox) notReloaded() {
	in.t.Helper()
	require.True(in.t, in.is(`window.loadedOnce === true`), "the page was loaded again")
}

// download returns a file that otpbox serves.
func (b *box) download(path string) []byte {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, http.NoBody)
	require.NoError(b.t, err)
	response, err := (&http.Client{Transport: b.contract}).Do(r)
	require.NoError(b.t, err)
	defer response.Body.Close()
	require.Equal(b.t, http.StatusOK, response.StatusCode)
	content, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return content
}
