package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

const expiry = 5 * time.Minute // of the app's codes

// login is the example with an emulator that the test controls.
type login struct {
	*program
	url string
	srv *otptest.Server
}

// startLogin starts the example. A code can be sent again after a second, so that
// tests do not wait.
func startLogin(t *testing.T, options ...otptest.Option) *login {
	t.Helper()
	return startLoginWith(t, otptest.NewServer(t, options...), "-wait", "1s")
}

func startLoginWith(t *testing.T, srv *otptest.Server, args ...string) *login {
	t.Helper()
	for _, channel := range []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp} {
		srv.AllowCountries(channel, "MX", "BR", "GB", "FR", "DE", "ES", "PT")
	}
	env := []string{"STYTCH_PROJECT_ID=" + srv.ProjectID, "STYTCH_SECRET=" + srv.Secret, "STYTCH_BASE_URL=" + srv.URL}
	p := start(t, build(t, "examples/login"), env, append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	return &login{program: p, url: p.line(t, "The app:"), srv: srv}
}

// person uses the login with one tab of a browser.
type person struct {
	*tab
	app *login
}

// person opens the app in a browser of its own.
func (app *login) person(t *testing.T, d device) *person {
	t.Helper()
	p := newPerson(t, app, d)
	p.open(app.url)
	return p
}

// devices are both sizes, with and without JavaScript.
func devices() []device {
	return []device{desktop(), phone(), desktop().withoutScript(), phone().withoutScript()}
}

// eachDevice takes a journey on each of the devices.
func eachDevice(t *testing.T, journey func(p *person), options ...otptest.Option) {
	t.Helper()
	for _, d := range devices() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			journey(startLogin(t, options...).person(t, d))
		})
	}
}

// newPerson has opened nothing yet.
func newPerson(t *testing.T, app *login, d device) *person {
	t.Helper()
	return &person{newTab(t, d), app}
}

// otherTab is the same person's second tab.
func (p *person) otherTab() *person {
	p.t.Helper()
	return &person{p.another(), p.app}
}

// click presses what the CSS selector finds, and waits for the page that follows.
func (p *person) click(selector string) {
	p.t.Helper()
	p.visit(chromedp.Click(chromedp.CSS(selector)))
}

// fill types into a field instead of what is there.
func (p *person) fill(selector, text string) {
	p.t.Helper()
	p.do(chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// askFor asks for a code for a number, by "sms" or "whatsapp".
func (p *person) askFor(number, channel string) {
	p.t.Helper()
	p.fill("#number", number)
	p.click("button[value=" + channel + "]")
}

// askForSMS asks for a code for a new number, which it returns.
func (p *person) askForSMS() stytchotp.PhoneNumber {
	p.t.Helper()
	number := p.app.srv.NewPhoneNumber()
	p.askFor(number.National(), "sms")
	p.at("/login/code")
	return number
}

// enter types a code. Where there is JavaScript, the last digit sends it.
func (p *person) enter(code string) {
	p.t.Helper()
	if p.device.noScript {
		p.fill("#code", code)
		p.click(`form[action="/login/code"] button`)
		return
	}
	p.visit(chromedp.SendKeys(chromedp.CSS("#code"), code))
}

// again presses a button for another code. With JavaScript it waits until it can be
// pressed; without, the page says that it was too early.
func (p *person) again(channel string) {
	p.t.Helper()
	button := chromedp.CSS(`#resend button[value="` + channel + `"]`)
	before := len(p.app.srv.Messages())
	for len(p.app.srv.Messages()) == before {
		p.do(chromedp.WaitEnabled(button))
		p.visit(chromedp.Click(button))
		require.False(p.t, p.has("#notice[role=alert]") && len(p.app.srv.Messages()) == before, "nothing was sent")
	}
}

func (p *person) at(path string) {
	p.t.Helper()
	require.Equal(p.t, path, p.path())
}

// sees asserts a part of what the page says about the last step.
func (p *person) sees(text string) {
	p.t.Helper()
	require.True(p.t, p.has("#notice"), "the page says nothing")
	assert.Contains(p.t, p.text("#notice"), text)
}

// isIn asserts that the person is signed in as the recipient shown.
func (p *person) isIn(shown string) {
	p.t.Helper()
	p.at("/")
	assert.Equal(p.t, "You’re signed in", p.text("h1"))
	assert.Equal(p.t, shown, p.text(".lead strong"))
}

// focuses waits until an element has the focus: the browser gives it to a new page
// when it draws it.
func (p *person) focuses(id string) {
	p.t.Helper()
	p.do(chromedp.WaitReady(chromedp.CSS("#" + id + ":focus")))
}

// typed returns what is in a field.
func (p *person) typed(selector string) string {
	p.t.Helper()
	return get(p.tab, chromedp.Value(chromedp.CSS(selector)))
}

func (app *login) code(number stytchotp.PhoneNumber) string { return app.srv.Code(string(number)) }

// wrong returns six digits that are not the code.
func (app *login) wrong(number stytchotp.PhoneNumber) string {
	if app.code(number) == "111111" {
		return "222222"
	}
	return "111111"
}

// checks counts the codes that Stytch was asked about.
func (app *login) checks() (n int) {
	for _, r := range app.srv.Requests() {
		if r.Operation == otptest.OpAuthenticate {
			n++
		}
	}
	return n
}
