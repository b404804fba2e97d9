package suite_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// refusedFields calls and returns the code of each field that was refused.
func refusedFields(t *testing.T, srv *cannedServer, err error) map[string]string {
	t.Helper()
	var invalid *stytchotp.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Zero(t, srv.count(), "something was sent")
	codes := map[string]string{}
	for _, field := range invalid.Fields {
		codes[field.Field] = field.Code
	}
	return codes
}

// TestMaskedValuesAreRefused sends to what Masked returns and what logs show.
func TestMaskedValuesAreRefused(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	client := srv.client(t)
	for _, number := range []stytchotp.PhoneNumber{
		stytchotp.PhoneNumber(stytchotp.PhoneNumber("+12025550162").Masked()), "+1********62", "*", "[redacted]", "+1202555016*",
	} {
		_, err := client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: number})
		assert.Equal(t, map[string]string{"phone_number": "masked"}, refusedFields(t, srv, err), string(number))
		assert.ErrorIs(t, err, stytchotp.ErrInvalidPhoneNumber)
		assert.ErrorContains(t, err, "masked")
	}
	for _, address := range []stytchotp.EmailAddress{
		stytchotp.EmailAddress(stytchotp.EmailAddress("ada@example.com").Masked()), "a***@***.com", "[redacted]", "ada*@example.com", "ada@[redacted]",
	} {
		_, err := client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: address})
		assert.Equal(t, map[string]string{"email": "masked"}, refusedFields(t, srv, err), string(address))
		assert.ErrorIs(t, err, stytchotp.ErrInvalidEmail)
	}
	_, err := client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{
		MethodID: "[redacted]", Code: "[redacted]", SessionToken: "[redacted]", SessionJWT: "[redacted]", TelemetryID: "[redacted]",
	})
	assert.Equal(t, map[string]string{
		"method_id": "masked", "code": "masked", "session_token": "masked", "session_jwt": "masked", "telemetry_id": "masked",
	}, refusedFields(t, srv, err))
	_, err = client.OTPs.WhatsApp.Send(t.Context(), stytchotp.WhatsAppSendParams{PhoneNumber: "+12025550162", UserID: "[redacted]", SessionJWT: "[redacted]"})
	assert.Equal(t, map[string]string{"user_id": "masked", "session_jwt": "masked"}, refusedFields(t, srv, err))
}

// TestAddressesThatAreRefused holds characters that are not seen, and lengths that
// no mail server takes.
func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalEmail)
	client := srv.client(t)
	send := func(address string) error {
		_, err := client.OTPs.Email.Send(t.Context(), stytchotp.EmailSendParams{Email: stytchotp.EmailAddress(address)})
		return err
	}
	for _, invisible := range []string{
		"\u200b", "\u200c", "\u200d", "\u200e", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u180b", "\u180e",
		"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2069", "\u206a", "\u2800", "\u3164", "\uffa0", "\ufe0f", "\ufffc\u200b",
		"\U000e0001", "\U000e0061", "\U000e0100", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0000", "\t", "\n", "\r\n", "\u0085", "\u009b", "\u001b", " ", "\xff", "\ufffd", "\ue000",
	} {
		for _, address := range []string{invisible + "ada@example.com", "a" + invisible + "da@example.com", "ada" + invisible + "@example.com", "ada@exa" + invisible + "mple.com", "ada@example.com" + invisible} {
			assert.Equal(t, map[string]string{"email": "invisible_character"}, refusedFields(t, srv, send(address)), "%q", address)
		}
	}
	for _, address := range []string{
		strings.Repeat("a", 65) + "@example.com", "ada@" + strings.Repeat("a", 64) + ".com", "ada@" + strings.Repeat("a.", 130) + "com", "ada", "ada@", "@example.com", `"Ada"<ada@example.com>`,
	} {
		assert.Equal(t, map[string]string{"email": "invalid"}, refusedFields(t, srv, send(address)), "%q", address)
	}
	require.NoError(t, send(strings.Repeat("a", 64)+"@"+strings.Repeat("a", 63)+".com"))
	require.NoError(t, send("jörg@bücher.example"))
}

// TestAttributesNeverSinkASend sends what odd clients claim to be.
func TestAttributesNeverSinkASend(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, minimalSend)
	client := srv.client(t)
	for _, agent := range []string{
		"", "Mozilla/5.0", "a\tb", strings.Repeat("x", 5000), strings.Repeat("é", 5000), "a\x00b\r\nc", "\xff\xfe", "\u202egnp.exe", strings.Repeat("\U0001f600", 300),
	} {
		for _, remote := range []string{"203.0.113.7:1", "[::1]:1", "[fe80::1%eth0]:1", "[::ffff:203.0.113.7]:1", "@", "", "not an address", "203.0.113.7"} {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set("User-Agent", agent)
			r.RemoteAddr = remote
			attributes := stytchotp.AttributesFromRequest(r)
			assert.LessOrEqual(t, len(attributes.UserAgent), 512)
			assert.True(t, utf8.ValidString(attributes.UserAgent))
			assert.NotContains(t, attributes.UserAgent, "\t")
			assert.NotContains(t, attributes.IPAddress, "%")
			assert.NotContains(t, attributes.IPAddress, "ffff")
			_, err := client.OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: "+12025550162", Attributes: attributes})
			require.NoError(t, err, "%q from %q", agent, remote)
		}
	}
}

// TestJoinedErrorsAgree joins errors of two calls: all four functions go by the one
// that is least certain.
func TestJoinedErrorsAgree(t *testing.T) {
	t.Parallel()
	invalid := &stytchotp.ValidationError{Op: stytchotp.OpSMSSend}
	refused := &stytchotp.StytchError{Op: stytchotp.OpSMSSend, StatusCode: 429, RequestID: "refused", ErrorType: stytchotp.ErrorTypeTooManyRequests}
	unsure := &stytchotp.StytchError{Op: stytchotp.OpSMSSend, StatusCode: 500, RequestID: "unsure", ErrorType: stytchotp.ErrorTypeInternalServerError}
	untrusted := &stytchotp.InvalidResponseError{Op: stytchotp.OpAuthenticate, StatusCode: 200, RequestID: "untrusted"}
	other := errors.New("other")
	for _, c := range []struct {
		err      error
		delivery stytchotp.Delivery
		status   int
		code, id string
	}{
		{errors.Join(unsure, invalid), stytchotp.DeliveryMaybeSent, 503, "delivery_unknown", "unsure"},
		{errors.Join(invalid, unsure), stytchotp.DeliveryMaybeSent, 503, "delivery_unknown", "unsure"},
		{errors.Join(refused, errors.Join(other, untrusted)), stytchotp.DeliveryMaybeSent, 503, "result_unknown", "untrusted"},
		{errors.Join(refused, invalid), stytchotp.DeliveryNotSent, 429, "rate_limited", "refused"},
		{errors.Join(other, refused), stytchotp.DeliveryNotSent, 429, "rate_limited", "refused"},
	} {
		assert.Equal(t, c.delivery, stytchotp.DeliveryOf(c.err), "%v", c.err)
		assert.Equal(t, c.status, stytchotp.HTTPStatus(c.err), "%v", c.err)
		assert.Equal(t, c.code, stytchotp.PublicCode(c.err), "%v", c.err)
		assert.Equal(t, c.id, stytchotp.RequestID(c.err), "%v", c.err)
	}
}
