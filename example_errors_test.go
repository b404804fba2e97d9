package stytchotp_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

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
