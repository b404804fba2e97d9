package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
)

// fill puts something into every part of the page.
func (b *box) fill() {
	b.t.Helper()
	ctx, otps := b.t.Context(), b.client.OTPs
	_, err := otps.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: boxNumber})
	require.NoError(b.t, err)
	id := b.sms("+12025550162")
	code := b.code("+12025550162")
	require.Error(b.t, b.authenticate(id, otherCode(code)))
	require.NoError(b.t, b.authenticate(id, code))
	_, err = otps.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{Email: boxEmail, Locale: "pt-br", ExpirationMinutes: 10})
	require.NoError(b.t, err)
	_, err = otps.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+447400123456"})
	require.ErrorIs(b.t, err, stytchotp.ErrRegionNotAllowed)
	b.control(http.MethodPut, "/_otp/clock", `{"advance":"3m"}`)
	_, err = otps.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: boxNumber, Locale: "nl"})
	require.NoError(b.t, err)
	b.control(http.MethodPost, "/_otp/faults", `{"operation":"any_send","drop":"after_send"}`)
	_, err = otps.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: boxNumber, Locale: "de-DE", ExpirationMinutes: 5})
	require.Error(b.t, err)
	b.control(http.MethodPost, "/_otp/faults", `{"operation":"otps.authenticate","status":429,"retry_after":"30s"}`)
	b.control(http.MethodPost, "/_otp/faults", `{"operation":"otps.email.send","status":503,"times":2}`)
	_, err = otps.Email.Send(ctx, stytchotp.EmailSendParams{Email: boxEmail})
	require.ErrorIs(b.t, err, stytchotp.ErrUnavailable)
	_, err = otps.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+14155550188", Locale: "fr", ExpirationMinutes: 5})
	require.NoError(b.t, err)
}

// faint lists the texts whose contrast with what is behind them is less than WCAG's
// level AA asks for.
const faint = `(() => {
	const channel = (v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
	const parse = (text) => text.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
	const behind = (element) => {
		for (let e = element; e; e = e.parentElement) {
			const color = parse(getComputedStyle(e).backgroundColor);
			if (color.length === 3 || color[3] === 1) return color;
		}
		return [255, 255, 255];
	};
	const found = [];
	for (const element of document.querySelectorAll('body *')) {
		const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || element.placeholder;
		if (!own || !element.checkVisibility() || element.closest('.sr, dialog:not([open]), noscript')) continue;
		const style = getComputedStyle(element, element.placeholder && !element.value ? '::placeholder' : null);
		const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize);
		const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
		const contrast = (a + .05) / (b + .05);
		if (contrast < (large ? 3 : 4.5)) found.push(contrast.toFixed(2) + ' ' + element.outerHTML.slice(0, 120));
	}
	return found.join('\n');
})()`

// unnamed lists what can be pressed or filled in and has no name to speak of.
const unnamed = `[...document.querySelectorAll('button, a, input:not([type=hidden]), select, summary, [role]')]
	.filter((e) => !(e.ariaLabel || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.labels?.length || e.id === 'announce' || e.id === 'problem'))
	.map((e) => e.outerHTML).join('\n')`

func (d device) wide(width int64) device { d.width = width; return d }

// TestOtpboxLook: nothing is cut off, faint or too small, on any screen.
func TestOtpboxLook(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	full := startBox(t)
	full.fill()
	grounds := map[string]bool{}
	for _, d := range []device{
		desktop().wide(1440), desktop().wide(1440).inDark(), desktop(), phone().wide(375), phone().wide(375).inDark(), phone().wide(320),
	} {
		for _, box := range []*box{b, full} {
			in := box.look(t, d)
			in.until(`document.querySelector('#link').dataset.state === 'live'`)
			if box == full {
				in.until(`document.querySelectorAll('.message').length === 6`)
				in.run(`for (const d of document.querySelectorAll('details')) d.open = true`)
			}
			assert.Empty(t, in.str(faint), "%s %d %s: contrast", d, d.width, d.scheme())
			assert.Empty(t, in.str(unnamed), "%s: names", d)
			assert.Empty(t, in.str(`[...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && !e.closest('.sr, .skip') && e.getBoundingClientRect().right > innerWidth + 1)
				.filter((e) => !e.closest('pre')).map((e) => e.outerHTML.slice(0, 100)).join('\n')`), "%s %d: sticks out", d, d.width)
			assert.LessOrEqual(t, in.num(`document.documentElement.scrollWidth`), float64(d.width), "%s %d: nothing sticks out", d, d.width)
			grounds[d.scheme()+" "+in.str(`getComputedStyle(document.documentElement).backgroundColor`)] = true
			small := in.str(`[...document.querySelectorAll('button, select, input:not([type=checkbox]):not([type=hidden])')].filter((e) => e.checkVisibility())
				.filter((e) => e.getBoundingClientRect().height < ` + map[bool]string{true: "40", false: "24"}[d.mobile] + `).map((e) => e.outerHTML).join()`)
			assert.Empty(t, small, "%s %d: large enough to hit", d, d.width)
			assert.Equal(t, 1, in.count(`document.querySelectorAll('h1').length`))
			assert.True(t, in.is(`document.querySelectorAll('main').length === 1 && Boolean(document.documentElement.lang)`))
		}
	}
	assert.Len(t, grounds, 2, "one ground for light and one for dark: %v", grounds)
}

// TestOtpboxScreenshots takes the pictures for the documents:
//
//	go test . -run TestOtpboxScreenshots -screenshots
func TestOtpboxScreenshots(t *testing.T) {
	wantScreenshots(t)
	full := startBox(t, "--port", "6872", "--seed", "screenshots")
	views := []device{desktop().wide(1280), phone().wide(375)}
	for i := range views {
		views[i].height = 800
	}
	for _, d := range views {
		for _, d := range []device{d, d.inDark()} {
			full.look(t, d).picture("otpbox-empty")
		}
	}
	full.fill()
	for _, d := range views {
		for _, d := range []device{d, d.inDark()} {
			in := full.look(t, d)
			in.until(`document.querySelectorAll('.message').length === 6`)
			in.picture("otpbox-inbox")
		}
	}
}

// picture writes what is to be seen without scrolling, sharp enough for good screens.
func (in *inbox) picture(name string) {
	in.t.Helper()
	d := in.device
	in.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, page.BringToFront, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: d.width, Height: d.height, DeviceScaleFactor: 2, Mobile: d.mobile,
		})
		return err
	}))
	get(in.tab, chromedp.Evaluate[any](`document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 300))).then(() => 0)`, chromedp.EvalAwaitPromise))
	file := filepath.Join("..", "..", "docs", "screenshots", name+"-"+d.name+"-"+d.scheme()+".png")
	require.NoError(in.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(in.t, os.WriteFile(file, shrink(in.t, get(in.tab, chromedp.CaptureScreenshot())), 0o644))
}
