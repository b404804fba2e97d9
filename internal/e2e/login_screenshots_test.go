package e2e

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp/otptest"
)

// everyPage leads a person to each page of the login, with what they did wrong on it.
func everyPage(t *testing.T, d device, look func(p *person, page string)) {
	t.Helper()
	app := startLoginWith(t, otptest.NewServer(t))
	p := app.person(t, d)
	p.tolerate("422")
	look(p, "number")
	p.askFor("+1 202-555-01", "sms")
	look(p, "mistyped")
	p.askFor("+1 202-555-0162", "sms")
	look(p, "code")
	p.enter(app.wrong("+12025550162"))
	look(p, "wrong")
	p.enter(app.code("+12025550162"))
	look(p, "account")

	p.click(signOut)
	app.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, SendFirst: true, Drop: otptest.DropAfterSend})
	p.askFor("+1 202-555-0163", "sms")
	look(p, "unclear")
	p.open(app.url + "/login?by=email")
	look(p, "email")
	p.fill("#email", "robin@example.com")
	p.click("main form button")
	for range 5 {
		p.enter("000000")
	}
	look(p, "ended")
}

// TestLoginScreenshots takes a picture of every page, for the documents:
//
//	go test . -run TestLoginScreenshots -screenshots
func TestLoginScreenshots(t *testing.T) {
	wantScreenshots(t)
	for _, d := range []device{desktop(), phone(), desktop().inDark(), phone().inDark()} {
		t.Run(d.name+" "+d.scheme(), func(t *testing.T) {
			everyPage(t, d, func(p *person, page string) {
				p.screenshot("login-" + page)
			})
		})
	}
}

// Every page can be read, reached and understood: in light and dark, on a desktop and
// on a phone that is small, in the language with the longest words too.
func TestLoginLooks(t *testing.T) {
	t.Parallel()
	audit, err := os.ReadFile("testdata/audit.js")
	require.NoError(t, err)
	small := phone()
	small.width = 320
	for name, d := range map[string]device{
		"desktop":        desktop(),
		"desktop dark":   desktop().inDark(),
		"phone":          small,
		"phone dark":     small.inDark(),
		"phone, German":  small.speaking("de"),
		"phone, French":  small.speaking("fr"),
		"phone, Spanish": small.speaking("es"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyPage(t, d, func(p *person, page string) {
				complaints := get(p.tab, chromedp.Evaluate[[]string](fmt.Sprintf("(%s)(%d)", audit, d.width)))
				assert.Empty(t, complaints, page)
			})
		})
	}
}

// The largest page comes with its style and script in few bytes.
func TestLoginWeight(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	p := app.person(t, phone())
	p.askForSMS()
	bytes := get(p.tab, chromedp.Evaluate[int](`performance.getEntriesByType("navigation")
		.concat(performance.getEntriesByType("resource")).reduce((sum, e) => sum + e.decodedBodySize, 0)`))
	t.Logf("%d bytes, not compressed", bytes)
	assert.Less(t, bytes, 12_000)
	assert.Greater(t, bytes, 3_000)
}
