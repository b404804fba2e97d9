package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
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

// TestLoginAnimation makes the animation of a message that goes out before its call
// fails, for the documents:
//
//	go test . -run TestLoginAnimation -screenshots
func TestLoginAnimation(t *testing.T) {
	wantScreenshots(t)
	for _, dark := range []bool{false, true} {
		app := startLogin(t, otptest.WithSeed("animation"))
		page := httptest.NewServer(app.srv.Inbox())
		t.Cleanup(page.Close)
		left, right := phone(), desktop()
		left.width, left.height, right.width, right.height = 420, 640, 1000, 640
		left.dark, right.dark = dark, dark
		p := app.person(t, left)
		in := &inbox{newTab(t, right), nil}
		in.tolerate("net::ERR_")
		in.open(page.URL)
		in.until(`document.querySelector('#link').dataset.state === 'live'`)
		var film gif.GIF
		shoot := func() {
			frame := image.NewRGBA(image.Rect(0, 0, int(left.width+right.width), int(left.height)))
			for at, tab := range map[int64]*tab{0: p.tab, left.width: in.tab} {
				tab.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
					_, err := cdp.Call(ctx, target, cdppage.BringToFront, cdp.Empty{})
					return err
				}))
				picture, err := png.Decode(bytes.NewReader(get(tab, chromedp.CaptureScreenshot())))
				require.NoError(t, err)
				draw.Draw(frame, frame.Bounds().Add(image.Pt(int(at), 0)), picture, image.Point{}, draw.Src)
			}
			film.Image, film.Delay = append(film.Image, reduce(frame)), append(film.Delay, 350) // hundredths of a second
		}
		const number = "+12025550162"
		p.askFor(number, "sms")
		p.at("/login/code")
		in.click(`button[value="after-send"]`)
		in.until(`document.querySelector('.faults li')`)
		shoot()
		p.again("sms")
		p.sees("could not find out whether the new message went out")
		in.until(`document.querySelectorAll('.message').length === 2 && document.querySelector('.request[data-tone=cut]')`)
		shoot()
		p.enter(app.code(number))
		p.isIn("+1 202-555-0162")
		in.until(`document.querySelector('.message[data-state=used]')`)
		shoot()
		var file bytes.Buffer
		require.NoError(t, gif.EncodeAll(&file, &film))
		name := filepath.Join("..", "..", "docs", "screenshots", "sent-then-cut-"+left.scheme()+".gif")
		require.NoError(t, os.WriteFile(name, file.Bytes(), 0o644))
		t.Logf("%s: %d bytes", filepath.Base(name), file.Len())
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
