package otptest_test

import (
	"context"
	"fmt"

	"github.com/stretchr/testify/mock"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// sender is the part of the client that the code under test uses: *SMSService has
// this method.
type sender interface {
	LoginOrCreate(context.Context, stytchotp.SMSLoginOrCreateParams) (*stytchotp.SMSLoginOrCreateResponse, error)
}

var _ sender = (*stytchotp.SMSService)(nil)

// answer is the code under test: what to tell a person after a send.
func answer(ctx context.Context, sms sender) string {
	_, err := sms.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})
	if stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent {
		return stytchotp.PublicCode(err)
	}
	return "enter the code"
}

// fakeSender is a fake written by hand.
type fakeSender struct{ err error }

func (f fakeSender) LoginOrCreate(context.Context, stytchotp.SMSLoginOrCreateParams) (*stytchotp.SMSLoginOrCreateResponse, error) {
	if f.err != nil {
		return nil, f.err
	}
	return &stytchotp.SMSLoginOrCreateResponse{MethodID: "phone-number-test-1"}, nil
}

func ExampleNewTransportError() {
	ctx, op := context.Background(), stytchotp.OpSMSLoginOrCreate
	fmt.Println(answer(ctx, fakeSender{}))
	fmt.Println(answer(ctx, fakeSender{otptest.NewTransportError(op, stytchotp.DeliveryMaybeSent)}))
	fmt.Println(answer(ctx, fakeSender{otptest.NewTransportError(op, stytchotp.DeliveryNotSent)}))
	// Output:
	// enter the code
	// enter the code
	// unavailable
}

// mockSender is a mock of testify's.
type mockSender struct{ mock.Mock }

func (m *mockSender) LoginOrCreate(ctx context.Context, params stytchotp.SMSLoginOrCreateParams) (*stytchotp.SMSLoginOrCreateResponse, error) {
	args := m.Called(ctx, params)
	response, _ := args.Get(0).(*stytchotp.SMSLoginOrCreateResponse)
	return response, args.Error(1)
}

func ExampleNewStytchError() {
	var sms mockSender
	params := stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"}
	sms.On("LoginOrCreate", mock.Anything, params).
		Return(nil, otptest.NewStytchError(stytchotp.OpSMSLoginOrCreate, stytchotp.ErrorTypeTooManyRequests))
	fmt.Println(answer(context.Background(), &sms))
	// Output:
	// rate_limited
}

func ExampleNewValidationError() {
	err := otptest.NewValidationError(stytchotp.OpSMSLoginOrCreate, stytchotp.ErrRegionNotAllowed)
	fmt.Println(answer(context.Background(), fakeSender{err}))
	// Output:
	// region_not_allowed
}
