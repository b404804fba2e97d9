package otptest_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// TestMadeErrors compares the errors of the constructors with those of calls.
func TestMadeErrors(t *testing.T) {
	t.Parallel()
	srv := otptest.NewServer(t)
	client := srv.Client(stytchotp.WithMaxRetries(0))
	send := func() error {
		_, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: srv.NewPhoneNumber()})
		return err
	}
	for _, errorType := range []stytchotp.ErrorType{
		"too_many_requests", "invalid_phone_number", "downstream_carrier_error", "internal_server_error", "user_lock_limit_reached", "made_up",
	} {
		srv.Inject(otptest.Fault{ErrorType: string(errorType)})
		given, made := send(), otptest.NewStytchError(stytchotp.OpSMSLoginOrCreate, errorType)
		assertAlike(t, given, made)
		assert.Equal(t, errorType, made.ErrorType)
	}
	srv.Inject(otptest.Fault{Drop: otptest.DropAfterSend})
	assertAlike(t, send(), otptest.NewTransportError(stytchotp.OpSMSLoginOrCreate, stytchotp.DeliveryMaybeSent))

	notSent := otptest.NewTransportError(stytchotp.OpEmailSend, stytchotp.DeliveryNotSent)
	assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(notSent))
	assert.ErrorIs(t, notSent, syscall.ECONNREFUSED)
	assert.Equal(t, stytchotp.OpEmailSend, notSent.Op)

	for sentinel, code := range map[error]string{
		stytchotp.ErrInvalidPhoneNumber: "invalid_phone_number", stytchotp.ErrInvalidEmail: "invalid_email",
		stytchotp.ErrCodeIncorrect: "code_incorrect", stytchotp.ErrRegionNotAllowed: "region_not_allowed",
		stytchotp.ErrNumberTypeNotAllowed: "number_type_not_allowed", stytchotp.ErrNumberRefused: "number_refused",
	} {
		made := otptest.NewValidationError(stytchotp.OpSMSSend, sentinel)
		assert.ErrorIs(t, made, sentinel)
		assert.Equal(t, code, stytchotp.PublicCode(made))
		assert.Equal(t, 422, stytchotp.HTTPStatus(fmt.Errorf("login: %w", made)))
		assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(made))
	}
	assert.Panics(t, func() { _ = otptest.NewValidationError(stytchotp.OpSMSSend, errors.New("other")) })
}

func assertAlike(t *testing.T, given, made error) {
	t.Helper()
	require.Error(t, given)
	assert.Equal(t, fmt.Sprintf("%T", given), fmt.Sprintf("%T", made))
	assert.Equal(t, stytchotp.DeliveryOf(given), stytchotp.DeliveryOf(made), "%v", given)
	assert.Equal(t, stytchotp.HTTPStatus(given), stytchotp.HTTPStatus(made), "%v", given)
	assert.Equal(t, stytchotp.PublicCode(given), stytchotp.PublicCode(made), "%v", given)
	for _, sentinel := range []error{stytchotp.ErrRateLimited, stytchotp.ErrInvalidPhoneNumber, stytchotp.ErrUserLocked, stytchotp.ErrUnavailable} {
		assert.Equal(t, errors.Is(given, sentinel), errors.Is(made, sentinel), "%v: %v", given, sentinel)
	}
}
