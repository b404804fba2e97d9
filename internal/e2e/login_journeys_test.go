package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

const signOut = `form[action="/logout"] button`

func TestLoginSMS(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		p.at("/login")
		p.focuses("number")
		number := p.askForSMS() // signs up
		p.focuses("code")
		assert.Contains(t, p.text(".lead"), "We sent a text message to")
		assert.Equal(t, number.International(), p.text(".lead strong"))
		p.enter(app.code(number))
		p.isIn(number.International())

		p.click(signOut)
		p.at("/login")
		p.askFor(string(number), "sms") // signs in
		p.enter(app.code(number))
		p.isIn(number.International())
		messages := app.srv.Messages()
		require.Len(t, messages, 2)
		assert.Equal(t, messages[0].UserID, messages[1].UserID)
	})
}

func TestLoginWhatsApp(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app, number := p.t, p.app, p.app.srv.NewPhoneNumber()
		p.askFor(number.National(), "whatsapp")
		assert.Contains(t, p.text(".lead"), "We sent a WhatsApp message to")
		p.enter(app.code(number))
		p.isIn(number.International())

		p.click(signOut)
		other := p.askForSMS()
		p.again("whatsapp") // because the text message does not come
		assert.Contains(t, p.text(".lead"), "We sent a WhatsApp message to")
		p.enter(app.code(other))
		p.isIn(other.International())
		var channels []stytchotp.Channel
		for _, message := range app.srv.Messages() {
			channels = append(channels, message.Channel)
		}
		assert.Equal(t, []stytchotp.Channel{stytchotp.ChannelWhatsApp, stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp}, channels)
	})
}

func TestLoginEmail(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		app, address := p.app, string(p.app.srv.NewEmailAddress())
		p.tolerate("422")
		p.click(`nav a[href="/login?by=email"]`)
		p.focuses("email")
		p.fill("#email", "unknown")
		p.click("main form button")
		p.sees("not an e-mail address")
		p.focuses("email")
		p.fill("#email", address)
		p.click("main form button")
		assert.Contains(t, p.text(".lead"), "We sent an e-mail to")
		p.enter(app.srv.Code(address))
		p.isIn(address)
	})
}

func TestLoginWrongCode(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		number := p.askForSMS()
		p.enter(app.wrong(number))
		p.sees("That code is not right")
		p.focuses("code")
		assert.Equal(t, "Error: Enter your code · Harbor", get(p.tab, chromedp.Title()))
		p.enter(app.code(number))
		p.isIn(number.International())
	})
}

func TestLoginTooManyWrongCodes(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		number := p.askForSMS()
		for range 5 {
			p.enter(app.wrong(number))
		}
		p.sees("Too many wrong codes")
		p.focuses("notice")
		assert.False(t, p.has("#code"))
		p.click("a.button")
		assert.Equal(t, number.National(), p.typed("#number"), "it need not be typed again")
		p.click("button[value=sms]")
		p.enter(app.code(number))
		p.isIn(number.International())
	})
}

func TestLoginExpiredCode(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		app := p.app
		number := p.askForSMS()
		code := app.code(number)
		app.srv.Advance(expiry)
		p.enter(code)
		p.sees("That code no longer works")
		p.again("sms")
		p.sees("A new code is on its way")
		p.enter(app.code(number))
		p.isIn(number.International())
	})
}

func TestLoginResendSupersedes(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		app := p.app
		number := p.askForSMS()
		first := app.code(number)
		p.again("sms")
		p.enter(first)
		p.sees("check the newest message")
		p.enter(app.code(number))
		p.isIn(number.International())
	})
}

func TestLoginLocked(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		number := p.askForSMS()
		code := app.code(number)
		p.enter(app.wrong(number))
		p.enter(app.wrong(number))
		p.enter(code)
		p.sees("signing in is blocked for a while")
		assert.False(t, p.has("#code"))

		app.srv.Advance(2 * expiry)
		p.click("a.button")
		p.click("button[value=sms]")
		p.again("sms") // by our clock, a code was sent a moment ago
		p.enter(app.code(number))
		p.isIn(number.International())
	}, otptest.WithUserLock(2, 2*expiry))
}

func TestLoginRateLimited(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		p.tolerate("429")
		app.srv.LimitRate(otptest.RateLimit{Operation: otptest.OpAnySend, Max: 0, Window: expiry})
		number := app.srv.NewPhoneNumber()
		p.askFor(number.National(), "sms")
		p.sees("Too many requests at the moment")
		assert.False(t, p.has("[aria-invalid]"), "nothing was typed wrong")
		app.srv.LimitRate()
		p.click("button[value=sms]")
		p.enter(app.code(number))
		p.isIn(number.International())
	})
}

func TestLoginCountryRefused(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		p.tolerate("422")
		p.askFor("+1 876 555 0123", "sms") // Jamaica, though it begins with +1
		p.sees("We cannot send codes to that country")
		assert.Empty(t, app.srv.Requests())
		p.click(`nav a[href="/login?by=email"]`)
		address := string(app.srv.NewEmailAddress())
		p.fill("#email", address)
		p.click("main form button")
		p.enter(app.srv.Code(address))
		p.isIn(address)
	})
}

func TestLoginMistypedNumber(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		p.tolerate("422")
		p.askFor("202-555-01", "sms") // too short
		p.sees("That is not a phone number we can use")
		p.focuses("number")
		assert.Equal(t, "202-555-01", p.typed("#number"))

		p.askForSMS() // another person's
		p.click(`nav a[href="/login"]`)
		right := p.askForSMS()
		assert.Equal(t, right.International(), p.text(".lead strong"))
		p.enter(app.code(right))
		p.isIn(right.International())
	})
}

// The message goes out and the answer to us is lost, and with it the method id.
func TestLoginUnclearSend(t *testing.T) {
	t.Parallel()
	lost := otptest.Fault{Operation: otptest.OpAnySend, SendFirst: true, Drop: otptest.DropAfterSend}
	t.Run("the first", func(t *testing.T) {
		t.Parallel()
		eachDevice(t, func(p *person) {
			t, app := p.t, p.app
			app.srv.Inject(lost)
			number := p.askForSMS()
			require.Len(t, app.srv.Messages(), 1)
			assert.Contains(t, p.text(".lead"), "We tried to send a message to")
			p.sees("If you received a code, we cannot check that one")
			p.focuses("notice")
			p.enter(app.code(number)) // as a person does who does not read
			p.sees("Please send a new code")
			assert.Zero(t, app.checks())
			p.again("sms")
			p.sees("A new code is on its way")
			p.enter(app.code(number))
			p.isIn(number.International())
		})
	})
	t.Run("a later one", func(t *testing.T) {
		t.Parallel()
		eachDevice(t, func(p *person) {
			t, app := p.t, p.app
			number := p.askForSMS()
			app.srv.Inject(lost)
			p.again("sms")
			p.sees("If a code arrives, enter it here")
			require.Len(t, app.srv.Messages(), 2)
			p.enter(app.code(number)) // the one whose answer was lost
			p.isIn(number.International())
		})
	})
}

func TestLoginBackButton(t *testing.T) {
	t.Parallel()
	for _, d := range devices() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			app := startLoginWith(t, otptest.NewServer(t), "-wait", "10m")
			p := app.person(t, d)
			back := func() {
				t.Helper()
				p.do(chromedp.NavigateBack())
			}
			number := p.askForSMS()
			back()
			p.at("/login")
			assert.Equal(t, number.National(), p.typed("#number"))
			p.click("button[value=sms]")
			p.at("/login/code")
			p.sees("A code was sent a moment ago")
			assert.Len(t, app.srv.Messages(), 1)
			p.enter(app.code(number))
			p.isIn(number.International())
			back()
			p.isIn(number.International())

			p.click(signOut)
			p.at("/login")
			back()
			p.at("/login")
			assert.False(t, p.has(signOut), "nothing of the account is shown again")
		})
	}
}

func TestLoginReload(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		reload := func() {
			t.Helper()
			p.do(chromedp.Reload())
		}
		number := p.askForSMS()
		reload()
		p.enter(app.wrong(number))
		reload()
		p.sees("That code is not right")
		assert.Equal(t, 1, app.checks(), "a reload tries no code")
		p.again("sms")
		reload()
		assert.Len(t, app.srv.Messages(), 2, "a reload sends nothing")
		p.enter(app.code(number))
		reload()
		p.isIn(number.International())
	})
}

func TestLoginTwoTabs(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		t, app := p.t, p.app
		number := p.askForSMS()
		second := p.otherTab()
		second.open(app.url + "/login/code")
		second.again("sms")
		p.enter(app.code(number)) // that the second tab asked for
		p.isIn(number.International())
		second.enter("123456")
		second.isIn(number.International())

		second.click(signOut)
		p.open(app.url)
		p.at("/login")
		first := p.askForSMS()
		second.open(app.url)
		other := second.askForSMS()
		before := app.checks()
		p.enter(app.code(first))
		p.sees("You started another login in the meantime")
		assert.Equal(t, before, app.checks())
		assert.Equal(t, other.International(), p.text(".lead strong"))
		p.enter(app.code(other))
		p.isIn(other.International())
	})
}

func TestLoginSignOut(t *testing.T) {
	t.Parallel()
	eachDevice(t, func(p *person) {
		app := p.app
		number := p.askForSMS()
		p.enter(app.code(number))
		second := p.otherTab()
		second.open(app.url)
		second.isIn(number.International())
		p.click(signOut)
		p.at("/login")
		second.do(chromedp.Reload())
		second.at("/login")
	})
}

// A page that the browser kept for the back button shows no account that was left since.
func TestLoginKeptPage(t *testing.T) {
	t.Parallel()
	app := startLogin(t)
	p := app.person(t, phone())
	number := p.askForSMS()
	p.enter(app.code(number))
	p.isIn(number.International())
	second := p.otherTab()
	second.open(app.url)
	second.click(signOut)
	p.visit(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`))
	p.at("/login")
}
