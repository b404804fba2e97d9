package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
)

// crowd sends n messages.
func (b *box) crowd(n int) {
	b.t.Helper()
	for i := range n {
		_, err := b.client.OTPs.Email.LoginOrCreate(b.t.Context(), stytchotp.EmailLoginOrCreateParams{
			Email: stytchotp.EmailAddress(fmt.Sprintf("person-%d@example.com", i)),
		})
		require.NoError(b.t, err)
	}
}

// The keyboard reaches the clock soon, however many messages there are.
func TestOtpboxClockByKeyboard(t *testing.T) {
	t.Parallel()
	b := startBox(t, "--quiet")
	b.crowd(200)
	for _, d := range []device{desktop(), desktop().wide(1280), phone()} {
		in := b.look(t, d)
		stops := 0
		for !in.is(`Boolean(document.activeElement.closest('#clock'))`) {
			in.press(kb.Tab)
			stops++
			require.LessOrEqual(t, stops, 10, "%s %d", d, d.width)
		}
	}
}

// Clock, faults and requests are seen without scrolling on a small laptop.
func TestOtpboxNothingToScroll(t *testing.T) {
	t.Parallel()
	b := startBox(t, "--quiet")
	b.crowd(200)
	b.fill()
	d := desktop().wide(1280)
	d.height = 800
	in := b.look(t, d)
	for selector, least := range map[string]int{
		"#clock button": 4, ".fault-form button": 9, ".faults li": 2, ".request summary": 2, ".users li": 1, "#reset": 1,
	} {
		seen := in.count(fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => {
			const { left, right, top, bottom } = e.getBoundingClientRect();
			const at = (x, y) => e.contains(document.elementFromPoint(x, y));
			return bottom <= innerHeight && at(left + 3, top + 3) && at(right - 3, bottom - 3);
		}).length`, selector))
		assert.GreaterOrEqual(t, seen, least, selector)
	}
	assert.LessOrEqual(t, in.num(`document.querySelector('#users').getBoundingClientRect().bottom`), 800.0, "the list of users scrolls by itself")
}

// A browser opens six connections to an origin at most: tabs share one stream of events.
func TestOtpboxManyTabs(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	tabs := []*inbox{b.look(t, desktop())}
	for range 8 {
		in := &inbox{tabs[0].another(), b}
		in.tolerate("net::ERR_")
		in.open(b.url + "/")
		in.until(`document.querySelector('#link').dataset.state === 'live'`)
		tabs = append(tabs, in)
	}
	b.sms(boxNumber)
	for _, in := range tabs {
		in.shows(b.code(string(boxNumber)), "live")
		assert.Equal(t, "ok", get(in.tab, chromedp.Evaluate[string](`fetch('/livez').then((a) => a.json()).then(({ status }) => status)`, chromedp.EvalAwaitPromise)))
	}
}

// Without shared workers, only the tab in front follows the events.
func TestOtpboxTabsWithoutWorker(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	in := b.visit(t, desktop(), "/livez")
	in.runFirst(`delete globalThis.SharedWorker; let hidden = false; Object.defineProperty(document, 'hidden', { get: () => hidden });
		window.streams = []; const Real = EventSource; window.EventSource = class extends Real { constructor(url) { super(url); streams.push(this) } };
		window.hide = (state) => { hidden = state; document.dispatchEvent(new Event('visibilitychange')) }`)
	in.open(b.url + "/")
	in.until(`document.querySelector('#link').dataset.state === 'live'`)
	b.sms(boxNumber)
	in.shows(b.code(string(boxNumber)), "live")
	in.run(`hide(true)`)
	assert.True(t, in.is(`streams.every((s) => s.readyState === EventSource.CLOSED)`), "another tab needs the connection")
	b.sms("+12025550162")
	in.run(`hide(false)`)
	in.shows(b.code("+12025550162"), "live")
}

// A code that the project may not send to a country: the button beside the refusal lets
// the next one go out.
func TestOtpboxAllow(t *testing.T) {
	t.Parallel()
	const german = "+4915123450001"
	for _, d := range []device{desktop(), desktop().withoutScript()} {
		b := startBox(t)
		_, err := b.client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: german})
		require.ErrorIs(t, err, stytchotp.ErrRegionNotAllowed)
		in := b.look(t, d)
		assert.Equal(t, "Allow DE", in.content(".allow button"))
		if d.noScript {
			in.visit(chromedp.Click(chromedp.CSS(".allow button")))
		} else {
			in.click(".allow button")
			in.until(`!document.querySelector('.allow')`)
		}
		assert.False(t, in.has(".allow"), "it is allowed")
		b.sms(german)
	}
}

// Messages that were deleted by mistake come back, in their order.
func TestOtpboxUndo(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	b.sms(boxNumber)
	b.crowd(2)
	in := b.look(t, desktop())
	in.until(`document.querySelectorAll('.message').length === 3`)
	before := in.str(`[...document.querySelectorAll('.message')].map((m) => m.id).join()`)
	in.press("/")
	in.press("person")
	in.click("#clear")
	in.until(`document.querySelector('#undo-button')`)
	assert.Contains(t, in.content("#undo"), "2 deleted")
	in.click("#undo-button")
	in.until(`document.querySelectorAll('.message').length === 2`)
	in.press("/")
	in.press(kb.Escape)
	in.until(`document.querySelectorAll('.message').length === 3`)
	assert.Equal(t, before, in.str(`[...document.querySelectorAll('.message')].map((m) => m.id).join()`))
	in.until(`!document.querySelector('#undo-button')`)
	in.notReloaded()
}

// The first code needs no other program.
func TestOtpboxTestCode(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	in := b.look(t, desktop())
	in.click("#test-code")
	in.until(row("0") + `?.dataset.state === 'live'`)
	assert.Equal(t, b.code("+12025550162"), in.str(row("0")+`.dataset.code`))
	assert.False(t, in.is(`document.querySelector('#empty').checkVisibility()`))
}

// A message has an address, which shows it and its request; so does the request.
func TestOtpboxLinks(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	b.sms(boxNumber)
	b.crowd(3)
	in := b.look(t, desktop())
	alone := func(in *inbox) {
		in.until(`document.querySelectorAll('.message:not([hidden])').length === 1`)
		in.until(`document.querySelectorAll('.request:not([hidden])').length === 1`)
		assert.Contains(t, in.content(".message:not([hidden])"), string(boxNumber))
		assert.Contains(t, in.content(".request:not([hidden])"), string(boxNumber))
	}
	in.run(`document.querySelector('#d-1').open = true`)
	in.click("#d-1 a[data-filter]")
	alone(in)
	assert.Contains(t, in.path(), "q=request-id-test-")
	alone(b.visit(t, desktop(), in.path()))
	in.notReloaded()
	in.press("/")
	in.press(kb.Escape)
	in.until(`document.querySelectorAll('.message:not([hidden])').length === 4`)
	in.run(`document.querySelector('#rd-1').open = true`)
	in.click("#rd-1 a[data-filter]")
	alone(in)
	in.visit(chromedp.Click(chromedp.CSS("#d-1 a[href='_otp/messages/1']")))
	assert.Contains(t, in.content("body"), `"recipient":"`+string(boxNumber)+`"`)
}

// A notification is shown for a tab in the background, and only to those who asked.
func TestOtpboxNotifies(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	in := b.visit(t, desktop(), "/livez")
	in.allow("notifications")
	in.runFirst(`window.shown = []; const Real = Notification;
		window.Notification = class { constructor(title, options) { shown.push(title); return new Real(title, options); }
			static get permission() { return Real.permission } static requestPermission() { return Real.requestPermission() } };
		let hidden = true; Object.defineProperty(document, 'hidden', { get: () => hidden, set: (state) => { hidden = state } })`)
	in.open(b.url + "/")
	in.until(`document.querySelector('#link').dataset.state === 'live'`)
	arrives := func() string {
		b.sms(boxNumber)
		code := b.code(string(boxNumber))
		in.shows(code, "live")
		return code
	}
	arrives()
	assert.Equal(t, 0, in.count(`shown.length`), "not asked for")
	in.click("#help-button")
	in.click("#notify")
	in.until(`localStorage.getItem('otpbox-notify') === 'on'`)
	in.press(kb.Escape)
	code := arrives()
	in.until(`shown.length === 1`)
	assert.Equal(t, "SMS code "+code[:3]+" "+code[3:], in.str(`shown[0]`), "and no recipient")
	in.run(`document.hidden = false`)
	arrives()
	assert.Equal(t, 1, in.count(`shown.length`), "a person looks at the page")
}

// A picture of the whole page shows what is to be scrolled to.
func TestOtpboxWholePage(t *testing.T) {
	t.Parallel()
	b := startBox(t, "--quiet")
	b.crowd(200)
	in := b.look(t, desktop())
	in.until(`document.querySelectorAll('.message').length === 200`)
	picture, err := png.Decode(bytes.NewReader(get(in.tab, chromedp.FullScreenshot(100))))
	require.NoError(t, err)
	for _, n := range []int{0, 100, 199} {
		at := get(in.tab, chromedp.Evaluate[[]int](fmt.Sprintf(`(({ left, right, top, bottom }) => [left, right, top + scrollY, bottom + scrollY].map(Math.round))(
			document.querySelectorAll('.message .code')[%d].getBoundingClientRect())`, n)))
		dark := 0
		for x := at[0]; x < at[1]; x++ {
			for y := at[2]; y < at[3]; y++ {
				if r, _, _, _ := picture.At(x, y).RGBA(); r < 0x6000 {
					dark++
				}
			}
		}
		assert.Greater(t, dark, 300, "the code of row %d is drawn", n)
	}
}

// In forced colors a pressed button and the bar of a live code are still seen.
func TestOtpboxForcedColors(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	b.sms(boxNumber)
	in := b.look(t, desktop())
	in.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}},
		})
		return err
	}))
	background := func(selector string) string {
		return in.str(`getComputedStyle(document.querySelector('` + selector + `')).backgroundColor`)
	}
	in.run(`const probe = document.body.appendChild(document.createElement('p')); probe.id = 'probe'; probe.style.background = 'Highlight'; probe.style.forcedColorAdjust = 'none'`)
	assert.NotEqual(t, background("#probe"), background("#mask"))
	in.press("m")
	assert.Equal(t, background("#probe"), background("#mask"), "pressed")
	picture, err := png.Decode(bytes.NewReader(get(in.tab, chromedp.CaptureScreenshot())))
	require.NoError(t, err)
	at := get(in.tab, chromedp.Evaluate[[]int](`(({ left, top, height }) => [left + 20, top + height / 2, top - 8].map(Math.round))(
		document.querySelector('.life').getBoundingClientRect())`))
	assert.NotEqual(t, picture.At(at[0], at[2]), picture.At(at[0], at[1]), "the bar is not the color of what is behind it")
}

// What was allowed at the start is allowed after a reset.
func TestOtpboxResetKeepsCountries(t *testing.T) {
	t.Parallel()
	b := startBox(t, "--countries", "DE")
	in := b.look(t, desktop())
	in.run(`window.confirm = () => true`)
	b.sms("+4915123450001")
	in.shows(b.code("+4915123450001"), "live")
	in.until(`document.querySelector('.request') && document.querySelector('#users').textContent.includes('+4915123450001')`) // nothing moves any more
	in.click("#reset")
	in.until(`!document.querySelector('.message')`)
	b.sms("+4915123450001")
}

// nodePackages installs what the tests use of npm.
func nodePackages(t *testing.T) {
	t.Helper()
	out, err := installNodePackages()
	require.NoError(t, err, "npm ci: %s", out)
}

var installNodePackages = sync.OnceValues(func() ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	install.Dir = "node"
	return install.CombinedOutput()
})

// axe finds nothing on any page, in any state.
func TestOtpboxAxe(t *testing.T) {
	t.Parallel()
	nodePackages(t)
	axe, err := os.ReadFile(filepath.Join("node", "node_modules", "axe-core", "axe.min.js"))
	require.NoError(t, err)
	empty, full := startBox(t), startBox(t)
	full.fill()
	guarded := startBox(t, "--token", "a token of sixteen")
	for _, d := range []device{desktop().wide(1280), desktop().wide(1280).inDark(), phone(), phone().inDark(), phone().wide(320)} {
		check := func(in *inbox, state string) {
			in.t.Helper()
			in.run(string(axe))
			found := get(in.tab, chromedp.Evaluate[string](`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
				violations.map((v) => v.id + ': ' + v.help + '\n' + v.nodes.map((n) => '  ' + n.html.slice(0, 160)).join('\n')).join('\n'))`, chromedp.EvalAwaitPromise))
			assert.Empty(t, found, "%s %d %s: %s", d, d.width, d.scheme(), state)
		}
		check(empty.look(t, d), "empty")
		in := full.look(t, d)
		check(in, "full")
		in.run(`for (const details of document.querySelectorAll('details')) details.open = true`)
		check(in, "details open")
		in.press("m")
		check(in, "masked")
		in.press("?")
		check(in, "dialog")
		in.press(kb.Escape)
		in.press("m")
		in.press("/")
		in.press("nothing has this")
		check(in, "nothing found")
		full.sms("+12025550177")
		full.control(http.MethodDelete, "/_otp/messages?to=%2B12025550177", "")
		in.press(kb.Escape)
		in.until(`document.querySelector('#undo-button')`)
		check(in, "deleted")
		check(full.visit(t, d, "/_otp/"), "control API")
		login := guarded.visit(t, d, "/livez")
		login.tolerate("401")
		login.open(guarded.url + "/?wrong=1")
		check(login, "token")
	}
}

// runFirst has a script run in each page before the page's own.
func (b *tab) runFirst(script string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}
