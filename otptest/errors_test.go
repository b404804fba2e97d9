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
		real, made := send(), otptest.NewStytchError(stytchotp.OpSMSLoginOrCreate, errorType)
		assertAlike(t, real, made)
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

func assertAlike(t *testing.T, real, made error) {
	t.Helper()
	require.Error(t, real)
	assert.IsType(t, real, made)
	assert.Equal(t, stytchotp.DeliveryOf(real), stytchotp.DeliveryOf(made), "%v", real)
	assert.Equal(t, stytchotp.HTTPStatus(real), stytchotp.HTTPStatus(made), "%v", real)
	assert.Equal(t, stytchotp.PublicCode(real), stytchotp.PublicCode(made), "%v", real)
	for _, sentinel := range []error{stytchotp.ErrRateLimited, stytchotp.ErrInvalidPhoneNumber, stytchotp.ErrUserLocked, stytchotp.ErrUnavailable} {
		assert.Equal(t, errors.Is(real, sentinel), errors.Is(made, sentinel), "%v: %v", real, sentinel)
	}
}
