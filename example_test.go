package stytchotp_test

import (
	"context"
	"errors"
	"fmt"
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
	// WithBaseURL: the URL must start with https://
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
	ctx := context.Background()

	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if err != nil {
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
