package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// paste puts a text into the field that has the focus, all at once.
func (p *person) paste(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// A code is sent as soon as it is complete, however it was written.
func TestLoginPastedCode(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]func(string) string{
		"plain":  func(c string) string { return c },
		"space":  func(c string) string { return c[:3] + " " + c[3:] },
		"dashes": func(c string) string { return " " + c[:2] + "-" + c[2:4] + "–" + c[4:] },
		"persian": func(c string) string {
			return strings.Map(func(r rune) rune { return r - '0' + '۰' }, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := startLogin(t)
			p := app.person(t, phone())
			number := p.askForSMS()
			p.focuses("code")
			p.visit(p.paste(written(app.code(number))))
			p.isIn(number.International())
			assert.Equal(t, 1, app.checks())
		})
	}
	t.Run("incomplete", func(t *testing.T) {
		t.Parallel()
		app := startLogin(t)
		p := app.person(t, phone())
		number := p.askForSMS()
		p.focuses("code")
		p.do(p.paste("12345"), p.paste("x6"))
		p.click(`form[action="/login/code"] button`)
		p.sees("A code has 6 digits")
		assert.Zero(t, app.checks(), "only the button sent it")
		p.enter(app.code(number))
		p.isIn(number.International())
	})
}

// Where the browser reads codes out of text messages, the person does not type.
func TestLoginWebOTP(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	p := newPerson(t, app, phone())
	p.runFirst(`
		window.OTPCredential = class {};
		navigator.credentials.get = (options) => new Promise((agree) => {
			window.asked = options.otp.transport.join();
			window.arrive = (code) => agree({ code });
		});`)
	p.open(app.url)
	number := p.askForSMS()
	assert.Equal(t, "sms", get(p.tab, chromedp.Evaluate[string](`window.asked`)))
	p.visit(chromedp.Evaluate[chromedp.Void](`window.arrive("` + app.code(number) + `")`))
	p.isIn(number.International())
}

// twice presses a button again while the answer to the first time is on its way.
func (p *person) twice(selector string) {
	p.t.Helper()
	box := get(p.tab, chromedp.Dimensions(chromedp.CSS(selector))).Content
	x, y := (box[0]+box[4])/2, (box[1]+box[5])/2
	p.visit(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y))
}

// A person who presses a button twice gets one message and one session.
func TestLoginDoubleClick(t *testing.T) {
	t.Parallel()
	for _, d := range []device{desktop(), desktop().withoutScript()} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			app := startLogin(t)
			p := newPerson(t, app, d)
			p.runFirst(`addEventListener("submit", (e) => { sessionStorage.posts = (sessionStorage.posts ?? "") + (e.defaultPrevented ? "" : "x") })`)
			p.open(app.url)
			number := app.srv.NewPhoneNumber()
			app.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Delay: 4 * time.Second}) // so that there is time for it
			p.fill("#number", number.National())
			p.twice("button[value=sms]")
			p.at("/login/code")
			if !d.noScript {
				assert.Equal(t, "x", get(p.tab, chromedp.Evaluate[string](`sessionStorage.posts`)), "asked once")
			}
			_, err := app.srv.WaitMessage(t.Context(), string(number)) // the second answer may be faster than the first
			require.NoError(t, err)
			assert.Len(t, app.srv.Messages(), 1)

			app.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 4 * time.Second, SendFirst: true})
			if d.noScript {
				p.fill("#code", app.code(number))
				p.twice(`form[action="/login/code"] button`)
			} else {
				p.visit(chromedp.SendKeys(chromedp.CSS("#code"), app.code(number)+"7"))
			}
			p.isIn(number.International())
		})
	}
}

// The button says how long to wait, and says so to those who do not see it.
func TestLoginCountdown(t *testing.T) {
	t.Parallel()
	app := startLoginWith(t, otptest.NewServer(t), "-wait", "10s")
	p := app.person(t, desktop())
	p.askForSMS()
	assert.Regexp(t, `^Send a new code in ([1-9]|10) s$`, p.text("#resend button"))
	assert.True(t, p.has("#resend button[value=sms]:disabled"))
	assert.True(t, p.has("#resend button[value=whatsapp]:disabled"))
	assert.Empty(t, get(p.tab, chromedp.TextContent(chromedp.CSS("[aria-live]"))), "no voice counts seconds")
	p.do(chromedp.WaitEnabled(chromedp.CSS("#resend button[value=whatsapp]")))
	assert.Equal(t, "Send a new code", p.text("#resend button"))
	assert.Equal(t, "You can send a new code now.", p.text("[aria-live]"))
	p.again("sms")
	assert.Regexp(t, `^Send a new code in (1[1-9]|20) s$`, p.text("#resend button"), "longer each time")
}

// The Enter key is enough, on every page.
func TestLoginByKeyboard(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	p := app.person(t, desktop().withoutScript())
	number := app.srv.NewPhoneNumber()
	p.focuses("number")
	p.visit(chromedp.KeyEvent(number.National() + "\r"))
	p.at("/login/code")
	assert.Equal(t, stytchotp.ChannelSMS, app.srv.Messages()[0].Channel, "the first button is what Enter means")
	p.focuses("code")
	p.visit(chromedp.KeyEvent(app.code(number) + "\r"))
	p.isIn(number.International())
	p.visit(chromedp.KeyEvent("\t\r"))
	p.at("/login")
}

func TestLoginInAnotherBrowser(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	p := app.person(t, desktop())
	number := p.askForSMS()
	thief := app.person(t, desktop())
	thief.open(app.url + "/login/code")
	thief.at("/login")
	thief.askForSMS()
	thief.enter(app.code(number))
	thief.sees("That code is not right")
	p.enter(app.code(number))
	p.isIn(number.International())
}

// A page of another site posts a form, and puts the app into a frame.
func TestLoginCrossSite(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/frame" {
			fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><iframe src="%s/login"></iframe>`, app.url)
			return
		}
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><form method="post" action="%s%s">
			<input name="number" value="+12025550199"><input name="code" value="123456"><button>Win</button></form>`, app.url, r.URL.Path)
	}))
	t.Cleanup(evil.Close)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(evil.URL, "http://"))
	require.NoError(t, err)
	site := "http://localhost:" + port // another site than 127.0.0.1

	p := app.person(t, desktop())
	number := p.askForSMS()
	p.enter(app.code(number))
	before := len(app.srv.Requests())
	second := p.otherTab()
	second.tolerate("status of 403")
	second.tolerate("favicon.ico") // the refusal is no page with an icon
	for _, path := range []string{"/login", "/login/code", "/login/resend", "/logout"} {
		second.open(site + path)
		second.visit(chromedp.Click(chromedp.CSS("button")))
		assert.Contains(t, second.text("body"), "cross-origin", path)
	}
	assert.Len(t, app.srv.Requests(), before)
	p.do(chromedp.Reload())
	p.isIn(number.International())

	second.tolerate("frame-ancestors")
	second.open(site + "/frame")
	require.Eventually(t, func() bool {
		second.mu.Lock()
		defer second.mu.Unlock()
		return strings.Contains(strings.Join(second.hushed, "\n"), "frame-ancestors")
	}, stepLimit, 20*time.Millisecond, "the browser says why it shows no frame")
}

// A script that gets into a page all the same is not run.
func TestLoginInlineScript(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	p := app.person(t, desktop())
	p.tolerate("Content Security Policy")
	ran := get(p.tab, chromedp.Evaluate[bool](`(() => {
		const script = document.createElement("script");
		script.textContent = "window.ran = true";
		document.body.append(script);
		return Boolean(window.ran);
	})()`))
	assert.False(t, ran)
}

func TestLoginLanguage(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	p := app.person(t, phone().speaking("de-DE,de;q=0.9,en;q=0.8"))
	assert.Equal(t, "Anmelden", p.text("h1"))
	assert.Equal(t, "DE", p.typed("#country"))
	p.askFor("01512 3456789", "sms")
	assert.Equal(t, "+49 1512 3456789", p.text(".lead strong"))
	messages := app.srv.Messages()
	require.Len(t, messages, 1)
	assert.Equal(t, "de-DE", messages[0].Locale)
	p.enter(messages[0].Code)
	assert.Equal(t, "Sie sind angemeldet", p.text("h1"))

	// As the person's clock shows it, at every hour of the day.
	expires, err := time.Parse(time.RFC3339, get(p.tab, chromedp.AttributeValue(chromedp.CSS("time"), "datetime")).Value)
	require.NoError(t, err)
	for hour := -11; hour <= 12; hour++ {
		zone := fmt.Sprintf("Etc/GMT%+d", -hour) // POSIX counts to the west
		p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
			return err
		}))
		p.visit(chromedp.Reload())
		assert.Equal(t, expires.In(time.FixedZone(zone, hour*60*60)).Format("15:04"), p.text("time"), zone)
	}
}

// Without credentials the example brings its own otpbox: a person reads the code there.
func TestLoginWithItsOwnInbox(t *testing.T) {
	t.Parallel()
	none := []string{"STYTCH_PROJECT_ID=", "STYTCH_SECRET=", "STYTCH_BASE_URL="}
	program := start(t, build(t, "examples/login"), none, "-listen", "127.0.0.1:0")
	app := &login{program: program, url: program.line(t, "The app:")}
	p := app.person(t, desktop())
	inbox := p.otherTab()
	inbox.open(program.line(t, "Its codes:"))
	p.askFor("202-555-0162", "sms")
	p.at("/login/code")
	inbox.do(chromedp.WaitReady(chromedp.CSS("#messages li[data-code]"))) // it comes by itself
	p.enter(get(inbox.tab, chromedp.AttributeValue(chromedp.CSS("#messages li"), "data-code")).Value)
	p.isIn("+1 202-555-0162")
}

// As it runs behind https, with names of cookies that only this host can set. Chromium
// takes loopback for safe.
func TestLoginSecureCookies(t *testing.T) {
	t.Parallel()
	app := startLoginWith(t, otptest.NewServer(t), "-secure")
	p := app.person(t, phone())
	number := p.askForSMS()
	p.enter(app.code(number))
	p.isIn(number.International())
	cookies := get(p.tab, func(ctx context.Context, t *chromedp.Target) ([]*network.Cookie, error) {
		all, err := cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{})
		return all.Cookies, err
	})
	var names []string
	for _, cookie := range cookies {
		names = append(names, cookie.Name)
		assert.True(t, cookie.Secure && cookie.HTTPOnly)
		assert.Equal(t, network.CookieSameSiteLax, cookie.SameSite)
	}
	assert.ElementsMatch(t, []string{"__Host-session", "__Host-session_jwt", "__Host-browser", "__Host-device"}, names, "that of the login is gone")
	assert.Empty(t, get(p.tab, chromedp.Evaluate[string](`document.cookie`)), "no script sees it")
}
