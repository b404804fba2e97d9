package values_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// TestAnswersGoThroughJSON takes the answers of the emulator, and one in which each
// documented field is set, through JSON and compares them with what came in.
func TestAnswersGoThroughJSON(t *testing.T) {
	t.Parallel()
	srv := otptest.NewServer(t)
	client, ctx := srv.Client(), t.Context()
	number, address := srv.NewPhoneNumber(), srv.NewEmailAddress()

	sms, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	require.NoError(t, err)
	wholeInJSON(t, sms, sms.Raw)
	smsAgain, err := client.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: number})
	require.NoError(t, err)
	wholeInJSON(t, smsAgain, smsAgain.Raw)
	whatsApp, err := client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: number})
	require.NoError(t, err)
	wholeInJSON(t, whatsApp, whatsApp.Raw)
	whatsAppAgain, err := client.OTPs.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{PhoneNumber: number})
	require.NoError(t, err)
	wholeInJSON(t, whatsAppAgain, whatsAppAgain.Raw)
	email, err := client.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{Email: address})
	require.NoError(t, err)
	wholeInJSON(t, email, email.Raw)
	emailAgain, err := client.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{Email: address})
	require.NoError(t, err)
	wholeInJSON(t, emailAgain, emailAgain.Raw)
	login, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID: sms.MethodID, Code: srv.PhoneCode(number), SessionDurationMinutes: 60,
		SessionCustomClaims: stytchotp.Claims{"account": int64(9007199254740993)},
		Attributes:          stytchotp.Attributes{IPAddress: "203.0.113.7", UserAgent: "Mozilla/5.0"},
	})
	require.NoError(t, err)
	wholeInJSON(t, login, login.Raw)
	withoutSession, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: email.MethodID, Code: srv.EmailCode(address)})
	require.NoError(t, err)
	wholeInJSON(t, withoutSession, withoutSession.Raw)

	full, err := os.ReadFile("../testdata/authenticate_full.json")
	require.NoError(t, err)
	var compact bytes.Buffer // as encoding/json leaves a json.RawMessage
	require.NoError(t, json.Compact(&compact, full))
	var documented stytchotp.AuthenticateResponse
	require.NoError(t, json.Unmarshal(compact.Bytes(), &documented))
	wholeInJSON(t, &documented, full)
}

// wholeInJSON encodes a response: it decodes to the same, and holds everything that
// the answer had.
func wholeInJSON[T any](t *testing.T, response *T, answer []byte) {
	t.Helper()
	encoded, err := json.Marshal(response)
	require.NoError(t, err)
	var again T
	require.NoError(t, json.Unmarshal(encoded, &again))
	meta := reflect.ValueOf(response).Elem().FieldByName("ResponseMeta").Addr().Interface().(*stytchotp.ResponseMeta) //nolint:forcetypeassert // in every response
	meta.Header, meta.Raw = nil, nil                                                                                  // not on the wire
	assert.Equal(t, response, &again)

	var was, is any
	require.NoError(t, json.Unmarshal(answer, &was))
	require.NoError(t, json.Unmarshal(encoded, &is))
	holds(t, is, was, "")
}

// holds checks that is has everything that was has, but for nulls.
func holds(t *testing.T, is, was any, path string) {
	t.Helper()
	switch was := was.(type) {
	case nil:
	case map[string]any:
		object, _ := is.(map[string]any)
		for key, value := range was {
			holds(t, object[key], value, path+"."+key)
		}
	case []any:
		list, _ := is.([]any)
		if assert.Len(t, list, len(was), path) {
			for i, value := range was {
				holds(t, list[i], value, path+"[]")
			}
		}
	default:
		assert.Equal(t, was, is, path)
	}
}
