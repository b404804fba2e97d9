package stytchotp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

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
