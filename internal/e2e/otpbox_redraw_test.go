package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
)

// redrawing draws every list and panel of the page anew each 20 ms, whatever the
// person does, until the test ends. It goes past the code that holds updates back.
func (in *inbox) redrawing() {
	in.t.Helper()
	_ = get(in.tab, chromedp.Evaluate[any](`import(document.querySelector('script[type=module]').src.replace('inbox.js', 'rows.js')).then((rows) => {
		window.redrawn = 0;
		const again = () => rows.reload().then(() => { window.redrawn += 1; setTimeout(again, 20); }, () => {}); // until otpbox ends
		again();
	}).then(() => 0)`, chromedp.EvalAwaitPromise))
	in.redraws(2)
}

// redraws waits until the page was drawn anew n times more.
func (in *inbox) redraws(n int) {
	in.t.Helper()
	in.until(fmt.Sprintf(`window.redrawn >= %d`, in.count(`window.redrawn`)+n))
}

// middle returns where an element is.
func (in *inbox) middle(selector string) (x, y float64) {
	in.t.Helper()
	in.do(chromedp.ScrollIntoView(chromedp.CSS(selector)))
	at := get(in.tab, chromedp.Evaluate[[]float64](fmt.Sprintf(`(({ x, y, width, height }) => [x + width / 2, y + height / 2])(
		document.querySelector(%q).getBoundingClientRect())`, selector)))
	return at[0], at[1]
}

// hold presses an element, and lets go of it after the page was drawn anew while the page is drawn anew.
func (in *inbox) hold(selector string) {
	in.t.Helper()
	x, y := in.middle(selector)
	mouse := func(kind input.DispatchMouseEventType) {
		in.do(chromedp.MouseEvent(kind, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	}
	require.True(in.t, in.is(fmt.Sprintf(`document.elementFromPoint(%f, %f).closest(%q) !== null`, x, y, selector)), "%s is covered", selector)
	mouse(chromedp.MousePressed)
	in.redraws(3)
	mouse(chromedp.MouseReleased)
}

// TestOtpboxRedraw works with a page that is drawn anew all the time: nothing that
// is pressed, focused, opened or typed may get lost.
func TestOtpboxRedraw(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	for i := range 3 {
		b.sms(stytchotp.PhoneNumber(fmt.Sprintf("+1202555016%d", i)))
	}
	for range 3 {
		b.control(http.MethodPost, "/_otp/faults", `{"status":503,"times":-1,"recipient":"+12025550100"}`)
	}
	in := b.look(t, desktop())
	in.allow("clipboard-read")
	in.redrawing()

	t.Run("press", func(t *testing.T) {
		in.hold("#copy-2")
		in.until(`document.querySelector('#announce').textContent.includes('Copied')`)
		in.hold("#rs-1")
		in.until(`document.querySelector('#rd-1[open]') !== null`) // and stays open
		in.hold("#ds-3")
		in.until(`document.querySelector('#d-3[open]') !== null`)
		in.hold("#fault-2")
		in.until(`document.querySelectorAll('.faults li').length === 2`)
		assert.True(t, in.has("#fault-1") && in.has("#fault-3"), "another fault was removed")
		in.hold("#clock-10m")
		in.until(`document.querySelector('.ahead') !== null`)
		in.hold("#clock-freeze")
		in.until(`document.querySelector('#clock-freeze').value === 'false'`)
		in.hold("#fault-all")
		in.until(`!document.querySelector('.faults')`)
		assert.Empty(t, b.control(http.MethodGet, "/_otp/faults", "")["faults"])
		in.hold("#mask")
		in.until(`document.querySelector('html[data-masked]') !== null`)
	})
	t.Run("keyboard", func(t *testing.T) {
		for _, id := range []string{"copy-1", "rs-2", "clock-30s", "clock-freeze"} {
			in.do(chromedp.Focus(chromedp.CSS("#" + id)))
			in.redraws(3)
			assert.Equal(t, id, in.focused())
		}
		in.do(chromedp.Focus(chromedp.CSS("#rs-2")))
		in.redraws(1)
		in.do(chromedp.KeyEvent(" "))
		in.redraws(2)
		in.until(`document.querySelector('#rd-2[open]') !== null`)
		in.do(chromedp.Focus(chromedp.CSS("#filter")))
		for _, key := range "0161" {
			in.do(chromedp.KeyEvent(string(key)))
			in.redraws(1)
		}
		assert.Equal(t, "0161", in.str(`document.querySelector('#filter').value`))
	})
	in.notReloaded()
}

func (in *inbox) focused() string { in.t.Helper(); return in.str(`document.activeElement.id`) }
