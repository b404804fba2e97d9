package e2e

import (
	"testing"

	"github.com/stytchotp/stytchotp/otptest"
)

// TestLoginScreenshots takes a picture of every page, for the documents:
//
//	go test . -run TestLoginScreenshots -screenshots
func TestLoginScreenshots(t *testing.T) {
	wantScreenshots(t)
	for _, d := range []device{desktop(), phone(), desktop().inDark(), phone().inDark()} {
		t.Run(d.name+" "+d.scheme(), func(t *testing.T) {
			app := startLoginWith(t, otptest.NewServer(t))
			p := app.person(t, d)
			p.tolerate("422")
			p.screenshot("login-number")
			p.askFor("202-555-01", "sms")
			p.screenshot("login-mistyped")
			p.askFor("202-555-0162", "sms")
			p.screenshot("login-code")
			p.enter(app.wrong("+12025550162"))
			p.screenshot("login-wrong")
			p.enter(app.code("+12025550162"))
			p.screenshot("login-account")

			p.click(signOut)
			app.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, SendFirst: true, Drop: otptest.DropAfterSend})
			p.askFor("202-555-0163", "sms")
			p.screenshot("login-unclear")
			p.open(app.url + "/login?by=email")
			p.screenshot("login-email")
			p.fill("#email", "robin@example.com")
			p.click("main form button")
			for range 5 {
				p.enter("000000")
			}
			p.screenshot("login-ended")
		})
	}
}
