package otptest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// eachServer runs a test on a server with a socket and on one without.
func eachServer(t *testing.T, test func(t *testing.T, srv *otptest.Server)) {
	t.Helper()
	t.Run("loopback", func(t *testing.T) {
		t.Parallel()
		test(t, otptest.NewServer(t))
	})
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		test(t, otptest.NewInProcess(t))
	})
}

func TestLogin(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, srv *otptest.Server) {
		client, phone := srv.Client(), srv.NewPhoneNumber()
		sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: phone})
		require.NoError(t, err)
		assert.True(t, sent.UserCreated)

		done, err := client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{
			MethodID: sent.MethodID, Code: stytchotp.Secret(srv.Code(string(phone))), SessionDurationMinutes: 60,
		})
		require.NoError(t, err)
		assert.Equal(t, sent.UserID, done.UserID)
		assert.NotEmpty(t, done.SessionJWT)
	})
}
