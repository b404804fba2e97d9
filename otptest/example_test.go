package otptest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// fakeT stands for the *testing.T that a test is called with.
type fakeT struct {
	testing.TB
	cleanups []func()
}

func (*fakeT) Helper() {}

func (*fakeT) Context() context.Context { return context.Background() }

func (*fakeT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (*fakeT) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (t *fakeT) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (t *fakeT) end() {
	for _, f := range t.cleanups {
		f()
	}
}

// In a test, t is the *testing.T.
func ExampleNewServer() {
	t := &fakeT{}
	defer t.end()

	srv := otptest.NewServer(t)
	client, number := srv.Client(), srv.NewPhoneNumber()

	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	if err != nil {
		fmt.Println(err)
		return
	}
	login, err := client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{
		MethodID: sent.MethodID,
		Code:     stytchotp.Secret(srv.Code(string(number))),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("logged in:", login.UserID == sent.UserID)
	// Output:
	// logged in: true
}

// Without a socket; this form works inside a testing/synctest bubble too.
func ExampleNewInProcess() {
	t := &fakeT{}
	defer t.end()

	srv := otptest.NewInProcess(t)
	sent, err := srv.Client().OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: srv.NewEmailAddress()})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("new user:", sent.UserCreated)
	// Output:
	// new user: true
}

// For a program that is not a test.
func ExampleStart() {
	srv, err := otptest.Start(otptest.WithCredentials("project-test-demo", "secret-test-demo"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	fmt.Println(srv.ProjectID, srv.URL[:len("http://127.0.0.1:")])
	// Output:
	// project-test-demo http://127.0.0.1:
}

// A code expires when the server's clock says so; nobody has to wait.
func ExampleServer_Advance() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	client, number := srv.Client(), srv.NewPhoneNumber()

	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number, ExpirationMinutes: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := srv.Code(string(number))
	srv.Advance(5 * time.Minute)
	_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: stytchotp.Secret(code)})
	fmt.Println(errors.Is(err, stytchotp.ErrCodeExpired))
	// Output:
	// true
}

// The message goes out, and then the connection breaks.
func ExampleServer_Inject() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	client, number := srv.Client(), srv.NewPhoneNumber()
	srv.Inject(otptest.Fault{Operation: otptest.OpSMSLoginOrCreate, Drop: otptest.DropAfterSend})

	_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	fmt.Println(stytchotp.DeliveryOf(err), len(srv.Messages()))
	// Output:
	// maybe_sent 1
}

// A fault that nothing met fails the test when it ends.
func ExampleServer_Inject_unused() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 500})
	// Output:
	// otptest: fault 1 was never hit: authenticate, status 500
}

func ExampleServer_Code() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t, otptest.WithFixedCode("+12025550162", "123456"))
	_, err := srv.Client().OTPs.WhatsApp.LoginOrCreate(t.Context(), stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.Code("+12025550162"))
	// Output:
	// 123456
}

// With a seed, ids and codes are the same in every run.
func ExampleWithSeed() {
	t := &fakeT{}
	defer t.end()
	var codes []string
	for range 2 {
		srv := otptest.NewServer(t, otptest.WithSeed("an example"))
		_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
		if err != nil {
			fmt.Println(err)
			return
		}
		codes = append(codes, srv.Code("+12025550162"))
	}
	fmt.Println(codes[0] == codes[1])
	// Output:
	// true
}

func ExampleServer_Messages() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t, otptest.WithFixedCode("+12025550162", "123456"))
	_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{
		PhoneNumber: "+12025550162", Locale: stytchotp.LocaleSpanish,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, message := range srv.Messages() {
		fmt.Println(message.Channel, message.State, message.Text)
	}
	// Output:
	// sms live Tu código de acceso es 123456. Es válido durante 2 min.
}

// What arrived, to check in a test: codes and tokens in it are masked.
func ExampleServer_Requests() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{
		PhoneNumber: "+12025550162", ExpirationMinutes: 5,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, request := range srv.Requests() {
		fmt.Println(request.Method, request.Path, request.Status, request.Body)
	}
	// Output:
	// POST /v1/otps/sms/login_or_create 200 {"expiration_minutes":5,"phone_number":"+12025550162"}
}

// Wait for a message that the code under test sends from another goroutine.
func ExampleServer_WaitMessage() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	client := srv.Client()
	go func() {
		_, _ = client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: "ada@example.com"})
	}()

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	message, err := srv.WaitMessage(ctx, "ada@example.com")
	fmt.Println(message.Subject, err)
	// Output:
	// Your login code <nil>
}

func ExampleServer_AllowCountries() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	client := srv.Client()
	send := func() {
		_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+442079460958"})
		fmt.Println(errors.Is(err, stytchotp.ErrRegionNotAllowed))
	}
	send()
	srv.AllowCountries(otptest.ChannelSMS, "GB")
	send()
	// Output:
	// true
	// false
}

func ExampleServer_LimitRate() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	client := srv.Client()
	srv.LimitRate(otptest.RateLimit{Operation: otptest.OpAnySend, Max: 0, Window: time.Hour})

	_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	fmt.Println(errors.Is(err, stytchotp.ErrRateLimited))
	// Output:
	// true
}

func ExampleWithUserLock() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t, otptest.WithUserLock(1, time.Hour), otptest.WithFixedCode("+12025550162", "123456"))
	client := srv.Client()
	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, code := range []stytchotp.Secret{"000000", "123456"} {
		_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: code})
		fmt.Println(stytchotp.PublicCode(err))
	}
	// Output:
	// code_incorrect
	// user_locked
}

// Numbers and addresses that nobody has, so that tests sharing a server do not meet.
func ExampleServer_NewPhoneNumber() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	first, second := srv.NewPhoneNumber(), srv.NewPhoneNumber()
	fmt.Println(first == second)
	fmt.Println(string(srv.NewEmailAddress()), string(srv.NewEmailAddress()))
	// Output:
	// false
	// person-1@example.com person-2@example.com
}

// When a message is there already, only a newer one will do.
func ExampleServer_WaitMessageAfter() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	client := srv.Client()
	var last int64
	for range 2 {
		_, err := client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: "ada@example.com"})
		if err != nil {
			fmt.Println(err)
			return
		}
		message, err := srv.WaitMessageAfter(t.Context(), "ada@example.com", last)
		fmt.Println(message.ID > last, err)
		last = message.ID
	}
	// Output:
	// true <nil>
	// true <nil>
}

func ExampleServer_Reset() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t)
	client := srv.Client()
	for range 2 {
		sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("new user:", sent.UserCreated)
		srv.Reset()
	}
	// Output:
	// new user: true
	// new user: true
}

// For what is not done through the SDK, such as the keys that session JWTs verify with.
func ExampleServer_HTTPClient() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewInProcess(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/v1/sessions/jwks/"+srv.ProjectID, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := srv.HTTPClient().Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	fmt.Println(response.StatusCode)
	// Output:
	// 200
}

func ExampleWithCredentials() {
	t := &fakeT{}
	defer t.end()
	srv := otptest.NewServer(t, otptest.WithCredentials("project-test-mine", "secret-test-mine"))
	fmt.Println(srv.ProjectID)
	// Output:
	// project-test-mine
}
