package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/stytchotp/stytchotp/otptest"
)

// login is the example with an emulator that the test controls.
type login struct {
	*program
	url string
	srv *otptest.Server
}

func startLogin(t *testing.T, srv *otptest.Server, args ...string) *login {
	t.Helper()
	for _, channel := range []string{otptest.ChannelSMS, otptest.ChannelWhatsApp} {
		srv.AllowCountries(channel, "MX", "BR", "GB", "FR", "DE", "ES", "PT")
	}
	env := []string{"STYTCH_PROJECT_ID=" + srv.ProjectID, "STYTCH_SECRET=" + srv.Secret, "STYTCH_BASE_URL=" + srv.URL}
	p := start(t, build(t, "examples/login"), env, append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	return &login{program: p, url: p.line(t, "The app:"), srv: srv}
}

// click presses what the CSS selector finds, and waits for the page that follows.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.visit(chromedp.Click(chromedp.CSS(selector)))
}

func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// TestLoginScreenshots looks at every page. The screenshots are in the documents.
func TestLoginScreenshots(t *testing.T) {
	wantScreenshots(t)
	for _, d := range []device{desktop(), phone(), desktop().inDark(), phone().inDark()} {
		t.Run(d.name+" "+d.scheme(), func(t *testing.T) {
			srv := otptest.NewServer(t)
			app := startLogin(t, srv)
			b := newTab(t, d)
			b.tolerate("422")
			b.open(app.url)
			b.screenshot("login-number")
			b.fill("#number", "202-555-01")
			b.click("button[value=sms]")
			b.screenshot("login-mistyped")
			number := "202-555-0162"
			b.fill("#number", number)
			b.click("button[value=sms]")
			b.screenshot("login-code")
			b.fill("#code", "000000")
			b.visit()
			b.screenshot("login-wrong")
		})
	}
}
