package otptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/emulator"
)

// NewStytchError returns the error of an operation, for example
// [stytchotp.OpAuthenticate], that Stytch refused with the given type, for tests
// that replace the client with a fake. errors.Is, [stytchotp.DeliveryOf],
// [stytchotp.HTTPStatus] and [stytchotp.PublicCode] answer as in production. The
// status is the one that Stytch gives with the type, or 400 when that is not known.
func NewStytchError(op string, errorType stytchotp.ErrorType) *stytchotp.StytchError {
	status, message := emulator.Describe(string(errorType))
	body := fmt.Sprintf(`{"status_code":%d,"request_id":"request-id-test-00000000-0000-4000-8000-000000000000","error_type":%q,"error_message":%q}`,
		status, errorType, message)
	refused := failure[*stytchotp.StytchError](func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(body)),
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}, sendTo("+12025550162"))
	refused.Op = op
	return refused
}

// NewTransportError returns the error of an operation that got no answer, for tests
// that replace the client with a fake. With [stytchotp.DeliveryNotSent] no
// connection could be made; otherwise the connection broke after the request was
// sent.
func NewTransportError(op string, delivery stytchotp.Delivery) *stytchotp.TransportError {
	unanswered := failure[*stytchotp.TransportError](func(r *http.Request) (*http.Response, error) {
		if delivery == stytchotp.DeliveryNotSent {
			events := eventsOf(r.Context())
			events.GetConn(r.URL.Host)
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		_, _ = io.Copy(io.Discard, r.Body)
		return nil, io.ErrUnexpectedEOF
	}, sendTo("+12025550162"))
	unanswered.Op = op
	return unanswered
}

// NewValidationError returns the error of an operation whose params were refused
// before anything was sent, for tests that replace the client with a fake. It
// answers sentinel, which is one that validation gives:
// [stytchotp.ErrInvalidPhoneNumber], [stytchotp.ErrInvalidEmail],
// [stytchotp.ErrCodeIncorrect], [stytchotp.ErrRegionNotAllowed],
// [stytchotp.ErrNumberTypeNotAllowed] or [stytchotp.ErrNumberRefused]. It panics for
// any other.
func NewValidationError(op string, sentinel error) *stytchotp.ValidationError {
	var call call
	var policy stytchotp.SendPolicy
	switch sentinel {
	case stytchotp.ErrInvalidPhoneNumber: //nolint:errorlint // it is one of these values or a mistake
		call = sendTo("+1202")
	case stytchotp.ErrInvalidEmail:
		call = func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{Email: "ada"})
			return err
		}
	case stytchotp.ErrCodeIncorrect:
		call = func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: "phone-number-test-1", Code: "12345a"})
			return err
		}
	case stytchotp.ErrRegionNotAllowed:
		call, policy.Regions = sendTo("+442079460018"), []string{"US"}
	case stytchotp.ErrNumberTypeNotAllowed:
		call = sendTo("+18005550199")
	case stytchotp.ErrNumberRefused:
		call, policy.Checker = sendTo("+12025550162"), stytchotp.CheckerFunc(
			func(context.Context, stytchotp.PhoneNumber, stytchotp.Channel) (bool, error) { return false, nil })
	default:
		panic(fmt.Sprintf("otptest: NewValidationError: no validation answers %v", sentinel))
	}
	refused := failure[*stytchotp.ValidationError](nil, call, stytchotp.WithSendPolicy(policy))
	refused.Op = op
	return refused
}

type call func(context.Context, *stytchotp.Client) error

func sendTo(number stytchotp.PhoneNumber) call {
	return func(ctx context.Context, c *stytchotp.Client) error {
		_, err := c.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
		return err
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// failure makes a call with a real client over a transport of the test's, and
// returns the error that the client gave.
func failure[E error](transport roundTripper, run call, opts ...stytchotp.Option) E {
	client, err := stytchotp.NewClient("project-test-otptest", "secret-test-otptest", append(opts,
		stytchotp.WithHTTPClient(&http.Client{Transport: transport}), stytchotp.WithMaxRetries(0))...)
	if err == nil {
		err = run(context.Background(), client)
	}
	var failed E
	if !errors.As(err, &failed) {
		panic(fmt.Sprintf("otptest: the client gave %v", err)) // the tests of this package make each of these errors
	}
	return failed
}
