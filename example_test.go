package stytchotp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// emulator returns a server to run an example on, and a client of it. Your client
// comes from NewClient or NewClientFromEnv.
func emulator() (*otptest.Server, *stytchotp.Client) {
	srv, err := otptest.Start()
	if err != nil {
		panic(err)
	}
	return srv, srv.Client()
}

// A code goes out, the person types it, and a session begins.
func Example() {
	srv, client := emulator()
	defer srv.Close()
	ctx, number := context.Background(), srv.NewPhoneNumber()

	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	if err != nil {
		fmt.Println(err)
		return
	}
	login, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID:               sent.MethodID, // kept on the server
		Code:                   stytchotp.Secret(srv.Code(string(number))),
		SessionDurationMinutes: 60,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("sent to", number.Masked())
	fmt.Println("same person:", login.UserID == sent.UserID)
	fmt.Println("session token:", login.SessionToken.Masked())
	// Output:
	// sent to +1********00
	// same person: true
	// session token: [redacted]
}

func ExampleNewClient() {
	client, err := stytchotp.NewClient("project-test-11111111-1111-4111-8111-111111111111", "secret-test-of-no-project",
		stytchotp.WithTimeout(5*time.Second), stytchotp.WithUserAgent("acme-login/1.4"))
	fmt.Println(client != nil, err)
	// Output:
	// true <nil>
}

// Everything that is wrong is said at once, and the secret is never repeated.
func ExampleNewClient_problems() {
	_, err := stytchotp.NewClient("project-live-11111111-1111-4111-8111-111111111111", "secret-test-of-no-project",
		stytchotp.WithTimeout(0), stytchotp.WithBaseURL("stytch.com"))
	fmt.Println(err)
	// Output:
	// stytchotp: WithTimeout: the timeout must be positive
	// WithBaseURL: the URL must start with https://, or http:// on this machine
	// secret: a test secret does not fit a live project
}

func ExampleNewClientFromEnv() {
	defer setenv(map[string]string{ // as your deployment does
		"STYTCH_PROJECT_ID": "project-test-11111111-1111-4111-8111-111111111111",
		"STYTCH_SECRET":     "secret-test-of-no-project",
	})()

	client, err := stytchotp.NewClientFromEnv()
	fmt.Println(client != nil, err)
	// Output:
	// true <nil>
}

// setenv sets variables of the environment and returns what undoes it.
func setenv(variables map[string]string) (undo func()) {
	before := map[string]string{}
	for name, value := range variables {
		before[name] = os.Getenv(name)
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	return func() {
		for name := range variables {
			_ = os.Setenv(name, before[name])
		}
	}
}

func ExampleClient_CloseIdleConnections() {
	srv, client := emulator()
	defer srv.Close()
	client.CloseIdleConnections() // when the program, or a test, is done with the client
	fmt.Println("later calls open new ones")
	// Output:
	// later calls open new ones
}

// LoginOrCreate logs people in, and signs them up when they are new.
func ExampleSMSService_LoginOrCreate() {
	srv, client := emulator()
	defer srv.Close()

	sent, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{
		PhoneNumber:       "+12025550162",
		ExpirationMinutes: 5,
		Locale:            stytchotp.LocaleGerman,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("new user:", sent.UserCreated)
	fmt.Println("for Authenticate:", sent.MethodID == sent.PhoneID)
	// Output:
	// new user: true
	// for Authenticate: true
}

// Send does not sign people up: a stranger gets no message.
func ExampleSMSService_Send() {
	srv, client := emulator()
	defer srv.Close()

	_, err := client.OTPs.SMS.Send(context.Background(), stytchotp.SMSSendParams{PhoneNumber: "+12025550162"})
	fmt.Println("stranger:", errors.Is(err, stytchotp.ErrUserNotFound))
	fmt.Println("messages:", len(srv.Messages()))
	// Output:
	// stranger: true
	// messages: 0
}

func ExampleWhatsAppService_LoginOrCreate() {
	srv, client := emulator()
	defer srv.Close()

	sent, err := client.OTPs.WhatsApp.LoginOrCreate(context.Background(), stytchotp.WhatsAppLoginOrCreateParams{
		PhoneNumber:         "+12025550162",
		CreateUserAsPending: true, // until a code is checked
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("new user:", sent.UserCreated)
	// Output:
	// new user: true
}

// A number has one method id, whatever channel the code goes by.
func ExampleWhatsAppService_Send() {
	srv, client := emulator()
	defer srv.Close()
	ctx := context.Background()

	bySMS, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if err != nil {
		fmt.Println(err)
		return
	}
	byWhatsApp, err := client.OTPs.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{PhoneNumber: "+12025550162"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bySMS.MethodID == byWhatsApp.MethodID)
	for _, message := range srv.Messages() {
		fmt.Println(message.Channel, message.State)
	}
	// Output:
	// true
	// sms superseded
	// whatsapp live
}

func ExampleEmailService_LoginOrCreate() {
	srv, client := emulator()
	defer srv.Close()

	sent, err := client.OTPs.Email.LoginOrCreate(context.Background(), stytchotp.EmailLoginOrCreateParams{
		Email:             "ada@example.com",
		ExpirationMinutes: 10,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("for Authenticate:", sent.MethodID == sent.EmailID)
	// Output:
	// for Authenticate: true
}

// With a session or a user id, Send adds an address to a user who has none yet.
func ExampleEmailService_Send() {
	srv, client := emulator()
	defer srv.Close()
	ctx, number := context.Background(), srv.NewPhoneNumber()

	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	if err != nil {
		fmt.Println(err)
		return
	}
	// A user gets another address or number when all that they have are verified.
	if _, err = client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: srv.PhoneCode(number)}); err != nil {
		fmt.Println(err)
		return
	}
	added, err := client.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{Email: "ada@example.com", UserID: sent.UserID})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("same person:", added.UserID == sent.UserID)
	// Output:
	// same person: true
}

// What a handler does with each way in which a code can fail.
func ExampleOTPsService_Authenticate() {
	srv, client := emulator()
	defer srv.Close()
	ctx, number := context.Background(), srv.NewPhoneNumber()
	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := srv.Code(string(number))

	verify := func(code string) {
		_, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
			MethodID: sent.MethodID, Code: stytchotp.Secret(code),
		})
		switch {
		case err == nil:
			fmt.Println("logged in")
		case errors.Is(err, stytchotp.ErrCodeIncorrect):
			fmt.Println("that is not the code")
		case errors.Is(err, stytchotp.ErrCodeExpired):
			fmt.Println("that code is no longer good")
		default:
			fmt.Println(err)
		}
	}
	verify(otherThan(code))
	verify(code)
	verify(code) // a code works once
	// Output:
	// that is not the code
	// logged in
	// that code is no longer good
}

// otherThan returns a code that is not the given one.
func otherThan(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

// A session made by one login is extended by the next.
func ExampleOTPsService_Authenticate_extendSession() {
	srv, client := emulator()
	defer srv.Close()
	ctx, number := context.Background(), srv.NewPhoneNumber()

	var token stytchotp.Secret
	for range 2 {
		sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
		if err != nil {
			fmt.Println(err)
			return
		}
		login, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
			MethodID:               sent.MethodID,
			Code:                   stytchotp.Secret(srv.Code(string(number))),
			SessionToken:           token, // empty the first time: not sent
			SessionDurationMinutes: 60,
			SessionCustomClaims:    map[string]any{"plan": "free"},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("session goes on:", token == login.SessionToken, login.Session.CustomClaims["plan"])
		token = login.SessionToken
	}
	// Output:
	// session goes on: false free
	// session goes on: true free
}

// In a handler, r is the request that the person's browser made.
func ExampleAttributesFromRequest() {
	r := httptest.NewRequest(http.MethodPost, "/start", nil)
	r.RemoteAddr = "192.0.2.7:50123"
	r.Header.Set("User-Agent", "Firefox")
	r.Header.Set("X-Forwarded-For", "203.0.113.9") // any client can send this: not trusted

	params := stytchotp.SMSLoginOrCreateParams{
		PhoneNumber: "+12025550162",
		Attributes:  stytchotp.AttributesFromRequest(r),
	}
	fmt.Println(params.Attributes.IPAddress, params.Attributes.UserAgent)
	// Output:
	// 192.0.2.7 Firefox
}

// When the outcome is unknown, whether to send again is the person's choice.
func ExampleDeliveryOf() {
	srv, client := emulator()
	defer srv.Close()
	srv.Inject(otptest.Fault{Operation: otptest.OpSMSLoginOrCreate, Drop: otptest.DropAfterSend})

	for _, number := range []stytchotp.PhoneNumber{"+12025550162", "+1202555", "+12025550163"} {
		_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
		switch stytchotp.DeliveryOf(err) {
		case stytchotp.DeliverySent:
			fmt.Println("sent: ask for the code")
		case stytchotp.DeliveryMaybeSent:
			fmt.Println("perhaps sent: ask for the code all the same")
		case stytchotp.DeliveryNotSent:
			fmt.Println("not sent: say why")
		}
	}
	// Output:
	// perhaps sent: ask for the code all the same
	// not sent: say why
	// sent: ask for the code
}

// Stytch says 404 to a wrong code and 401 to an old one. A browser gets neither.
func ExampleHTTPStatus() {
	wrongCode := &stytchotp.StytchError{StatusCode: 404, ErrorType: stytchotp.ErrorTypeOTPCodeNotFound}
	wrongSecret := &stytchotp.StytchError{StatusCode: 401, ErrorType: stytchotp.ErrorTypeUnauthorizedCredentials}
	fmt.Println(stytchotp.HTTPStatus(nil))
	fmt.Println(stytchotp.HTTPStatus(wrongCode))
	fmt.Println(stytchotp.HTTPStatus(wrongSecret)) // the server's fault, not the person's
	// Output:
	// 200
	// 422
	// 500
}

func ExamplePublicCode() {
	srv, client := emulator()
	defer srv.Close()

	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{
		PhoneNumber: "+442079460958", // a new project sends to the United States and Canada only
	})
	fmt.Println(stytchotp.HTTPStatus(err), stytchotp.PublicCode(err))
	// Output:
	// 422 region_not_allowed
}

// A StytchError is an answer that is no success, whatever its body was.
func ExampleStytchError() {
	srv, client := emulator()
	defer srv.Close()
	srv.Inject(otptest.Fault{RetryAfter: 30 * time.Second})

	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if refused := (*stytchotp.StytchError)(nil); errors.As(err, &refused) {
		fmt.Println(refused.StatusCode, refused.ErrorType, refused.RetryAfter)
		fmt.Println("request id to give to support:", refused.RequestID != "")
	}
	// Output:
	// 429 too_many_requests 30s
	// request id to give to support: true
}

// A ValidationError names everything that is wrong. Nothing was sent.
func ExampleValidationError() {
	srv, client := emulator()
	defer srv.Close()

	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{
		PhoneNumber:       "202 555 0162",
		ExpirationMinutes: 60,
	})
	if invalid := (*stytchotp.ValidationError)(nil); errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			fmt.Println(field.Field)
		}
	}
	fmt.Println("requests made:", len(srv.Requests()))
	// Output:
	// phone_number
	// expiration_minutes
	// requests made: 0
}

// A TransportError means that no answer came.
func ExampleTransportError() {
	srv, client := emulator()
	defer srv.Close()
	srv.Inject(otptest.Fault{Drop: otptest.DropAfterSend})

	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if broken := (*stytchotp.TransportError)(nil); errors.As(err, &broken) {
		fmt.Println("timeout:", broken.Timeout())
		fmt.Println("delivery:", broken.Delivery())
	}
	// Output:
	// timeout: false
	// delivery: maybe_sent
}

// An InvalidResponseError is a success that cannot be trusted.
func ExampleInvalidResponseError() {
	srv, client := emulator()
	defer srv.Close()
	srv.Inject(otptest.Fault{HTML: true, Status: 200}) // a wireless network's sign-in page

	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if unusable := (*stytchotp.InvalidResponseError)(nil); errors.As(err, &unusable) {
		fmt.Println(unusable.StatusCode, unusable.Reason, unusable.Delivery())
	}
	// Output:
	// 200 the body is not JSON maybe_sent
}

// The logger gets one record a call, without anything that identifies a person.
func ExampleWithLogger() {
	srv, _ := emulator()
	defer srv.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug, // calls that succeed; those that fail are warnings
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "duration" || a.Key == "request_id" {
				return slog.Attr{} // they differ from run to run
			}
			return a
		},
	}))
	client := srv.Client(stytchotp.WithLogger(logger))

	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// level=DEBUG msg="stytch call" op=otps.sms.login_or_create status_code=200 delivery=sent attempts=1
}

// A hook counts calls by outcome, for instance.
func ExampleWithHook() {
	srv, _ := emulator()
	defer srv.Close()
	counts := map[string]int{}
	client := srv.Client(stytchotp.WithHook(func(_ context.Context, call stytchotp.Call) {
		counts[fmt.Sprintf("%s %d %s", call.Op, call.StatusCode, call.Delivery)]++
	}))

	for _, number := range []stytchotp.PhoneNumber{"+12025550162", "+12025550163", "+442079460958"} {
		_, _ = client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	}
	fmt.Println(counts)
	// Output:
	// map[otps.sms.login_or_create 200 sent:2 otps.sms.login_or_create 400 not_sent:1]
}

// A tracer gives each call a context with a span in it, and ends the span.
func ExampleWithObserver() {
	srv, _ := emulator()
	defer srv.Close()
	type span struct{}
	client := srv.Client(stytchotp.WithObserver(func(ctx context.Context, op string) (context.Context, func(stytchotp.Call)) {
		return context.WithValue(ctx, span{}, op), func(call stytchotp.Call) {
			fmt.Println(op, call.StatusCode, call.Delivery)
		}
	}))
	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// otps.sms.login_or_create 200 sent
}

func ExampleWithTimeout() {
	_, err := stytchotp.NewClient("project-test-1", "secret-test-1", stytchotp.WithTimeout(-time.Second))
	fmt.Println(err)
	// Output:
	// stytchotp: WithTimeout: the timeout must be positive
}

func ExampleWithMaxRetries() {
	// Nothing listens there, so no connection can be made, and only then is a call repeated.
	client, err := stytchotp.NewClient("project-test-1", "secret-test-1",
		stytchotp.WithBaseURL("http://127.0.0.1:1"), stytchotp.WithMaxRetries(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if broken := (*stytchotp.TransportError)(nil); errors.As(err, &broken) {
		fmt.Println(broken.Attempts, "attempts,", broken.Delivery())
	}
	// Output:
	// 2 attempts, not_sent
}

func ExampleWithBaseURL() {
	_, err := stytchotp.NewClient("project-test-1", "secret-test-1", stytchotp.WithBaseURL("http://login.example.com"))
	fmt.Println(err)
	// Output:
	// stytchotp: WithBaseURL: plain http is allowed to a loopback address only
}

// A transport of your own, for a proxy or a tracer. The client is copied.
func ExampleWithHTTPClient() {
	srv, _ := emulator()
	defer srv.Close()
	seen := 0
	client := srv.Client(stytchotp.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			seen++
			return srv.Transport().RoundTrip(r)
		}),
	}))
	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	fmt.Println(seen, err)
	// Output:
	// 1 <nil>
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func ExampleWithUserAgent() {
	srv, _ := emulator()
	defer srv.Close()
	var header string
	client := srv.Client(stytchotp.WithUserAgent("acme-login/1.4"), stytchotp.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			header = r.UserAgent()
			return srv.Transport().RoundTrip(r)
		}),
	}))
	_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	fmt.Println(header[len(header)-len("acme-login/1.4"):], err)
	// Output:
	// acme-login/1.4 <nil>
}

// A number is a string: what stores, keys or sends it takes the number itself.
// Params and responses print masked and go through JSON whole.
func ExamplePhoneNumber() {
	number := stytchotp.PhoneNumber("+12025550162")
	fmt.Printf("login:%s\n", number)
	fmt.Println("shown as", number.Masked())

	params := stytchotp.SMSSendParams{PhoneNumber: number}
	encoded, _ := json.Marshal(params)
	fmt.Println(string(encoded))
	fmt.Println(params)
	// Output:
	// login:+12025550162
	// shown as +1********62
	// {"phone_number":"+12025550162"}
	// stytchotp.SMSSendParams{"phone_number":"+1********62"}
}

func ExampleParsePhoneNumber() {
	for _, typed := range []string{"(202) 555-0162", "0044 20 7946 0958", "1-800-FLOWERS"} {
		number, err := stytchotp.ParsePhoneNumber(typed, "US")
		fmt.Printf("%q %t\n", number.Region(), errors.Is(err, stytchotp.ErrInvalidPhoneNumber))
	}
	// Output:
	// "US" false
	// "GB" false
	// "" true
}

func ExampleNormalizeCode() {
	code, err := stytchotp.NormalizeCode("١٢٣ ٤٥٦")
	fmt.Println(string(code), err)
	// Output:
	// 123456 <nil>
}

// A policy refuses before anything is sent, and goes by the whole number: +1 876 is
// Jamaica.
func ExampleWithSendPolicy() {
	srv, err := otptest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client(stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: []string{"US", "CA"}}))

	_, err = client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+18765550123"})
	fmt.Println(errors.Is(err, stytchotp.ErrRegionNotAllowed), stytchotp.DeliveryOf(err), len(srv.Requests()))
	// Output:
	// true not_sent 0
}

func ExamplePhoneNumber_Masked() {
	fmt.Println(stytchotp.PhoneNumber("+442079460958").Masked())
	// Output:
	// +44********58
}

func ExampleEmailAddress_Masked() {
	fmt.Println(stytchotp.EmailAddress("ada@example.com").Masked())
	// Output:
	// a***@***.com
}

// What a number says about itself. National and International are the whole number.
func ExamplePhoneNumber_Region() {
	for _, n := range []stytchotp.PhoneNumber{"+12025550162", "+18765550123", "+442079460958"} {
		fmt.Println(n.Region(), n.Type(), n.National())
	}
	// Output:
	// US fixed_line_or_mobile (202) 555-0162
	// JM mobile (876) 555-0123
	// GB fixed_line 020 7946 0958
}

func ExampleRegionsUSAndCanada() {
	fmt.Println(stytchotp.RegionsUSAndCanada())
	// Output:
	// [US CA]
}

// A checker is a rule of your own, or a lookup that costs money.
func ExampleCheckerFunc() {
	srv, _ := emulator()
	defer srv.Close()
	client := srv.Client(stytchotp.WithSendPolicy(stytchotp.SendPolicy{
		Checker: stytchotp.CheckerFunc(func(_ context.Context, n stytchotp.PhoneNumber, _ stytchotp.Channel) (bool, error) {
			return n != "+12025550163", nil
		}),
	}))
	for _, n := range []stytchotp.PhoneNumber{"+12025550162", "+12025550163"} {
		_, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: n})
		fmt.Println(errors.Is(err, stytchotp.ErrNumberRefused))
	}
	// Output:
	// false
	// true
}
