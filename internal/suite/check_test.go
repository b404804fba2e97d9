package suite_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// badValue is params that must be refused here, with the fields to blame.
type badValue struct {
	name   string
	call   func(context.Context, *stytchotp.Client) (any, error)
	fields []string
	is     error // the sentinel it answers, if any
}

func smsLogin(p stytchotp.SMSLoginOrCreateParams) func(context.Context, *stytchotp.Client) (any, error) {
	return func(ctx context.Context, c *stytchotp.Client) (any, error) {
		return result(c.OTPs.SMS.LoginOrCreate(ctx, p))
	}
}

func smsSend(p stytchotp.SMSSendParams) func(context.Context, *stytchotp.Client) (any, error) {
	return func(ctx context.Context, c *stytchotp.Client) (any, error) { return result(c.OTPs.SMS.Send(ctx, p)) }
}

func whatsAppLogin(p stytchotp.WhatsAppLoginOrCreateParams) func(context.Context, *stytchotp.Client) (any, error) {
	return func(ctx context.Context, c *stytchotp.Client) (any, error) {
		return result(c.OTPs.WhatsApp.LoginOrCreate(ctx, p))
	}
}

func whatsAppSend(p stytchotp.WhatsAppSendParams) func(context.Context, *stytchotp.Client) (any, error) {
	return func(ctx context.Context, c *stytchotp.Client) (any, error) {
		return result(c.OTPs.WhatsApp.Send(ctx, p))
	}
}

func emailLogin(p stytchotp.EmailLoginOrCreateParams) func(context.Context, *stytchotp.Client) (any, error) {
	return func(ctx context.Context, c *stytchotp.Client) (any, error) {
		return result(c.OTPs.Email.LoginOrCreate(ctx, p))
	}
}

func emailSend(p stytchotp.EmailSendParams) func(context.Context, *stytchotp.Client) (any, error) {
	return func(ctx context.Context, c *stytchotp.Client) (any, error) { return result(c.OTPs.Email.Send(ctx, p)) }
}

func authenticate(p stytchotp.AuthenticateParams) func(context.Context, *stytchotp.Client) (any, error) {
	return func(ctx context.Context, c *stytchotp.Client) (any, error) {
		return result(c.OTPs.Authenticate(ctx, p))
	}
}

func badValues() []badValue {
	var all []badValue
	add := func(name string, call func(context.Context, *stytchotp.Client) (any, error), is error, fields ...string) {
		all = append(all, badValue{name, call, fields, is})
	}

	for name, number := range map[string]stytchotp.PhoneNumber{
		"empty": "", "plus alone": "+", "no plus": "12025550162", "two zeros for the plus": "0012025550162",
		"words": "not a phone", "vanity": "+1800FLOWERS", "spaces": "+1 202 555 0162", "dashes": "+1-202-555-0162",
		"brackets": "+1(202)5550162", "line break": "+12025550162\r\n", "NUL before": "\x00+12025550162",
		"extension": "+12025550162;ext=5", "tel link": "tel:+12025550162", "not UTF-8": "+1202555\xff0162",
		"full-width digits": "+１２０２５５５０１６２", "Arabic digits": "+١٢٠٢٥٥٥٠١٦٢", "two pluses": "++12025550162",
		"country code alone": "+1", "too short for the US": "+1202555016", "too long for the US": "+120255501622",
		"too long for any country": "+1234567890123456", "endless": stytchotp.PhoneNumber("+1" + strings.Repeat("2", 1<<20)),
		"no such country": "+9990000000", "country code zero": "+02025550162", "national part of Italy missing": "+39",
		"too long for Denmark": "+45123456789", "two numbers": "+12025550162,+12025550163",
	} {
		add("phone number: "+name, smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: number}), stytchotp.ErrInvalidPhoneNumber, "phone_number")
	}
	bad := stytchotp.PhoneNumber("5550162")
	add("phone number: sms send", smsSend(stytchotp.SMSSendParams{PhoneNumber: bad}), stytchotp.ErrInvalidPhoneNumber, "phone_number")
	add("phone number: whatsapp login", whatsAppLogin(stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: bad}), stytchotp.ErrInvalidPhoneNumber, "phone_number")
	add("phone number: whatsapp send", whatsAppSend(stytchotp.WhatsAppSendParams{PhoneNumber: bad}), stytchotp.ErrInvalidPhoneNumber, "phone_number")

	for name, address := range map[string]stytchotp.EmailAddress{
		"empty": "", "no at": "ada.example.com", "no local part": "@example.com", "no domain": "ada@",
		"two ats": "ada@b@example.com", "space": "ada lovelace@example.com", "display name": "Ada <ada@example.com>",
		"angle brackets": "<ada@example.com>", "trailing space": "ada@example.com ", "line break": "ada@example.com\r\nBcc: x@example.com",
		"two addresses": "ada@example.com,b@example.com", "dot first": ".ada@example.com", "NUL": "ada\x00@example.com",
		"not UTF-8": "ada\xff@example.com", "too long": stytchotp.EmailAddress(strings.Repeat("a", 250) + "@example.com"),
	} {
		add("e-mail: "+name, emailLogin(stytchotp.EmailLoginOrCreateParams{Email: address}), stytchotp.ErrInvalidEmail, "email")
	}
	add("e-mail: send", emailSend(stytchotp.EmailSendParams{Email: "ada"}), stytchotp.ErrInvalidEmail, "email")

	for name, minutes := range map[string]int{"negative": -1, "eleven": 11, "smallest": math.MinInt, "largest": math.MaxInt} {
		add("expiration, sms login: "+name, smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162", ExpirationMinutes: minutes}), nil, "expiration_minutes")
		add("expiration, sms send: "+name, smsSend(stytchotp.SMSSendParams{PhoneNumber: "+12025550162", ExpirationMinutes: minutes}), nil, "expiration_minutes")
		add("expiration, whatsapp login: "+name, whatsAppLogin(stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+12025550162", ExpirationMinutes: minutes}), nil, "expiration_minutes")
		add("expiration, whatsapp send: "+name, whatsAppSend(stytchotp.WhatsAppSendParams{PhoneNumber: "+12025550162", ExpirationMinutes: minutes}), nil, "expiration_minutes")
		add("expiration, email login: "+name, emailLogin(stytchotp.EmailLoginOrCreateParams{Email: "ada@example.com", ExpirationMinutes: minutes}), nil, "expiration_minutes")
		add("expiration, email send: "+name, emailSend(stytchotp.EmailSendParams{Email: "ada@example.com", ExpirationMinutes: minutes}), nil, "expiration_minutes")
	}

	for name, ip := range map[string]string{"a name": "localhost", "with a port": "203.0.113.7:80", "a list": "203.0.113.7, 10.0.0.1", "too many parts": "1.2.3.4.5"} {
		add("IP address: "+name, smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162", Attributes: stytchotp.Attributes{IPAddress: ip}}), nil, "attributes.ip_address")
	}

	autofill := "autofill_session_duration_minutes"
	add("autofill duration without autofill, login", smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162", AutofillSessionDurationMinutes: 30}), nil, autofill)
	add("autofill duration without autofill, send", smsSend(stytchotp.SMSSendParams{PhoneNumber: "+12025550162", AutofillSessionDurationMinutes: 30}), nil, autofill)
	add("autofill duration too short", smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162", EnableAutofill: true, AutofillSessionDurationMinutes: 4}), nil, autofill)
	add("autofill duration negative and alone", smsSend(stytchotp.SMSSendParams{PhoneNumber: "+12025550162", AutofillSessionDurationMinutes: -5}), nil, autofill, autofill)

	ok := stytchotp.AuthenticateParams{MethodID: phoneID, Code: "123456"}
	with := func(change func(*stytchotp.AuthenticateParams)) func(context.Context, *stytchotp.Client) (any, error) {
		p := ok
		change(&p)
		return authenticate(p)
	}
	add("nothing", authenticate(stytchotp.AuthenticateParams{}), stytchotp.ErrCodeIncorrect, "method_id", "code")
	add("no method id", with(func(p *stytchotp.AuthenticateParams) { p.MethodID = "" }), nil, "method_id")
	for name, code := range map[string]stytchotp.Secret{
		"empty": "", "letters": "12345a", "space": "123 456", "dash": "123-456", "minus": "-12345", "Arabic digits": "١٢٣٤٥٦",
		"line break": "123456\n", "endless": stytchotp.Secret(strings.Repeat("1", 1<<20)),
	} {
		add("code: "+name, with(func(p *stytchotp.AuthenticateParams) { p.Code = code }), stytchotp.ErrCodeIncorrect, "code")
	}
	for name, minutes := range map[string]int{"four": 4, "one": 1, "negative": -60, "a minute too long": 527041, "largest": math.MaxInt} {
		add("session duration: "+name, with(func(p *stytchotp.AuthenticateParams) { p.SessionDurationMinutes = minutes }), nil, "session_duration_minutes")
	}
	for name, claims := range map[string]map[string]any{
		"a channel": {"c": make(chan int)}, "a function": {"f": func() {}}, "not a number": {"n": math.NaN()},
		"infinite": {"n": math.Inf(1)}, "too large": {"k": strings.Repeat("x", 4096)}, "one byte too large": {"k": strings.Repeat("x", 4096-len(`{"k":""}`)+1)},
	} {
		add("claims: "+name, with(func(p *stytchotp.AuthenticateParams) { p.SessionCustomClaims = claims }), nil, "session_custom_claims")
	}
	add("authenticate with a bad IP address", with(func(p *stytchotp.AuthenticateParams) { p.Attributes.IPAddress = "x" }), nil, "attributes.ip_address")
	add("everything at once", authenticate(stytchotp.AuthenticateParams{
		Code: "x", SessionDurationMinutes: 1, Attributes: stytchotp.Attributes{IPAddress: "x"}, SessionCustomClaims: map[string]any{"f": func() {}},
	}), stytchotp.ErrCodeIncorrect, "method_id", "code", "attributes.ip_address", "session_duration_minutes", "session_custom_claims")
	return all
}

// Bad input is refused here: every field that is wrong is named, no value is
// repeated, and no request is made.
func TestBadValues(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	client := srv.client(t)
	values := badValues()
	assert.GreaterOrEqual(t, len(values), 60)
	for _, tc := range values {
		t.Run(tc.name, func(t *testing.T) {
			resp, err := tc.call(t.Context(), client)
			assert.Nil(t, resp)
			var invalid *stytchotp.ValidationError
			require.ErrorAs(t, err, &invalid)
			var fields []string
			for _, f := range invalid.Fields {
				fields = append(fields, f.Field)
				assert.NotEmpty(t, f.Reason)
				assert.Contains(t, err.Error(), f.Field+" "+f.Reason)
			}
			assert.Equal(t, tc.fields, fields)
			assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
			for _, sentinel := range []error{stytchotp.ErrInvalidPhoneNumber, stytchotp.ErrInvalidEmail, stytchotp.ErrCodeIncorrect} {
				assert.Equal(t, tc.is == sentinel, errors.Is(err, sentinel), "%v", sentinel)
			}
			assert.Less(t, len(err.Error()), 500)
		})
	}
	assert.Zero(t, srv.count(), "something was sent")
}

// The edges of every range pass.
func TestGoodValues(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *stytchotp.Client) (any, error){
		"shortest expiration":       smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162", ExpirationMinutes: 1}),
		"longest expiration":        smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162", ExpirationMinutes: 10}),
		"sandbox number":            smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+10000000000"}),
		"short number of a country": smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+2903000"}),
		"long number of a country":  smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+4915112345678"}),
		"sandbox address":           emailLogin(stytchotp.EmailLoginOrCreateParams{Email: "sandbox@stytch.com"}),
		"address with a tag":        emailLogin(stytchotp.EmailLoginOrCreateParams{Email: "o'brien+tag@sub.example.co.uk"}),
		"address with umlauts":      emailLogin(stytchotp.EmailLoginOrCreateParams{Email: "jörg@bücher.example"}),
		"shortest session":          authenticate(stytchotp.AuthenticateParams{MethodID: "m", Code: "0", SessionDurationMinutes: 5}),
		"longest session":           authenticate(stytchotp.AuthenticateParams{MethodID: "m", Code: "000000", SessionDurationMinutes: 527040}),
		"largest claims": authenticate(stytchotp.AuthenticateParams{
			MethodID: "m", Code: "1", SessionDurationMinutes: 5,
			SessionCustomClaims: map[string]any{"k": strings.Repeat("x", 4096-len(`{"k":""}`))},
		}),
		"IPv6": smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162", Attributes: stytchotp.Attributes{IPAddress: "2001:db8::1"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newCannedServer(t, http.StatusOK, `{"user_id":"u","method_id":"m","session_token":"t"}`)
			_, err := call(t.Context(), srv.client(t))
			require.NoError(t, err)
			assert.Equal(t, 1, srv.count())
		})
	}
}

// The sandbox number is refused in a live project, where it would be an error of
// the program.
func TestSandboxNumberInLiveProject(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	client, err := stytchotp.NewClient(liveProjectID, liveSecret, stytchotp.WithBaseURL(srv.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	for _, op := range []func(context.Context, *stytchotp.Client) (any, error){
		smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+10000000000"}),
		smsSend(stytchotp.SMSSendParams{PhoneNumber: "+10000000000"}),
		whatsAppLogin(stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+10000000000"}),
		whatsAppSend(stytchotp.WhatsAppSendParams{PhoneNumber: "+10000000000"}),
	} {
		_, err := op(t.Context(), client)
		require.ErrorIs(t, err, stytchotp.ErrInvalidPhoneNumber)
	}
	assert.Zero(t, srv.count())
}

// A nil context is an error like any other bad argument.
func TestNilContext(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	var calls int
	client := srv.client(t, stytchotp.WithHook(func(ctx context.Context, _ stytchotp.Call) {
		calls++
		assert.NotNil(t, ctx)
	}))
	for _, op := range operations() {
		var nilContext context.Context
		_, err := op.call(nilContext, client)
		var invalid *stytchotp.ValidationError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "ctx", invalid.Fields[0].Field)
	}
	assert.Zero(t, srv.count())
	assert.Equal(t, 7, calls)
}
