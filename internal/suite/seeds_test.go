package suite_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// The requests that Stytch's documentation shows, as they must arrive.
func TestDocumentedRequests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		req  badValue
		path string
		body string
	}{
		{
			"React Native, SMS with autofill",
			badValue{call: smsLogin(stytchotp.SMSLoginOrCreateParams{
				PhoneNumber: "+12025550162", ExpirationMinutes: 5, EnableAutofill: true, AutofillSessionDurationMinutes: 30,
			})},
			"/v1/otps/sms/login_or_create",
			`{"phone_number":"+12025550162","expiration_minutes":5,"enable_autofill":true,"autofill_session_duration_minutes":30}`,
		},
		{
			"React Native, WhatsApp send",
			badValue{call: whatsAppSend(stytchotp.WhatsAppSendParams{PhoneNumber: "+12025550162", ExpirationMinutes: 5})},
			"/v1/otps/whatsapp/send",
			`{"phone_number":"+12025550162","expiration_minutes":5}`,
		},
		{
			"Next.js, WhatsApp login",
			badValue{call: whatsAppLogin(stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+12025550162", ExpirationMinutes: 5})},
			"/v1/otps/whatsapp/login_or_create",
			`{"phone_number":"+12025550162","expiration_minutes":5}`,
		},
		{
			"backend, SMS login",
			badValue{call: smsLogin(stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"})},
			"/v1/otps/sms/login_or_create",
			`{"phone_number":"+12025550162"}`,
		},
		{
			"backend, WhatsApp login",
			badValue{call: whatsAppLogin(stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+12025550162"})},
			"/v1/otps/whatsapp/login_or_create",
			`{"phone_number":"+12025550162"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			srv := newCannedServer(t, http.StatusOK, minimalSend)
			_, err := tc.req.call(t.Context(), srv.client(t))
			require.NoError(t, err)
			got := srv.only(t)
			assert.Equal(t, "/base"+tc.path, got.path)
			assert.Equal(t, tc.body, got.body)
		})
	}
}

// The success that the frontend pages show has a method_id and nothing more; the
// backend pages show all fields.
func TestDocumentedResponses(t *testing.T) {
	t.Parallel()
	t.Run("frontend", func(t *testing.T) {
		t.Parallel()
		const body = `{
  "status_code": 200,
  "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141",
  "method_id": "%s"
}`
		for _, op := range operations()[:6] {
			methodID := phoneID
			if strings.HasPrefix(op.name, "otps.email.") {
				methodID = emailID
			}
			srv := newCannedServer(t, http.StatusOK, fmt.Sprintf(body, methodID))
			resp, err := op.call(t.Context(), srv.client(t))
			require.NoError(t, err, op.name)
			assert.Equal(t, methodID, methodIDOf(t, resp), op.name)
		}
	})
	t.Run("backend", func(t *testing.T) {
		t.Parallel()
		srv := newCannedServer(t, http.StatusOK, `{
  "request_id": "<string>",
  "user_id": "<string>",
  "phone_id": "<string>",
  "user_created": true,
  "status_code": 123
}`)
		resp, err := srv.client(t).OTPs.WhatsApp.LoginOrCreate(t.Context(), stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+12025550162"})
		require.NoError(t, err)
		assert.Equal(t, "<string>", resp.RequestID)
		assert.Equal(t, "<string>", resp.UserID)
		assert.Equal(t, "<string>", resp.PhoneID)
		assert.Equal(t, "<string>", resp.MethodID)
		assert.True(t, resp.UserCreated)
		assert.Equal(t, http.StatusOK, resp.StatusCode, "the status of the answer, not the sample's 123")
	})
}

// The errors that the documentation shows, word for word. In the two 404s a comma
// is missing, so that they are not JSON.
func TestDocumentedErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		status     int
		body       string
		errorType  stytchotp.ErrorType
		message    string
		url        string
		is         error
		httpStatus int
		publicCode string
		delivery   stytchotp.Delivery
	}{
		{
			"400", 400, `{
  "status_code": 400,
  "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141",
  "error_type": "invalid_phone_number",
  "error_message": "phone_number format is invalid.",
  "error_url": "https://stytch.com/docs/api/errors/400"
}`,
			stytchotp.ErrorTypeInvalidPhoneNumber, "phone_number format is invalid.", "https://stytch.com/docs/api/errors/400",
			stytchotp.ErrInvalidPhoneNumber, 422, "invalid_phone_number", stytchotp.DeliveryNotSent,
		},
		{
			"401", 401, `{
  "status_code": 401,
  "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141",
  "error_type": "unauthorized_credentials",
  "error_message": "Unauthorized credentials.",
  "error_url": "https://stytch.com/docs/api/errors/401"
}`,
			stytchotp.ErrorTypeUnauthorizedCredentials, "Unauthorized credentials.", "https://stytch.com/docs/api/errors/401",
			stytchotp.ErrUnauthorized, 500, "internal", stytchotp.DeliveryNotSent,
		},
		{
			"404 with a comma missing", 404, `{
  "status_code": 404,
  "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141"
  "error_type": "user_not_found",
  "error_message": "User could not be found.",
  "error_url": "https://stytch.com/docs/api/errors/404"
}`,
			stytchotp.ErrorTypeUserNotFound, "User could not be found.", "https://stytch.com/docs/api/errors/404",
			stytchotp.ErrUserNotFound, 404, "user_not_found", stytchotp.DeliveryNotSent,
		},
		{
			"429", 429, `{
  "status_code": 429,
  "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141",
  "error_type": "too_many_requests",
  "error_message": "Too many requests have been made.",
  "error_url": "https://stytch.com/docs/api/errors/429"
}`,
			stytchotp.ErrorTypeTooManyRequests, "Too many requests have been made.", "https://stytch.com/docs/api/errors/429",
			stytchotp.ErrRateLimited, 429, "rate_limited", stytchotp.DeliveryNotSent,
		},
		{
			"500", 500, `{
  "status_code": 500,
  "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141",
  "error_type": "internal_server_error",
  "error_message": "Oops, something seems to have gone wrong, please reach out to support@stytch.com to let us know what went wrong.",
  "error_url": "https://stytch.com/docs/api/errors/500"
}`,
			stytchotp.ErrorTypeInternalServerError,
			"Oops, something seems to have gone wrong, please reach out to support@stytch.com to let us know what went wrong.",
			"https://stytch.com/docs/api/errors/500",
			stytchotp.ErrUnavailable, 503, "delivery_unknown", stytchotp.DeliveryMaybeSent,
		},
	} {
		for _, op := range operations()[:6] {
			t.Run(tc.name+" "+op.name, func(t *testing.T) {
				t.Parallel()
				srv := newCannedServer(t, tc.status, tc.body)
				resp, err := op.call(t.Context(), srv.client(t))
				assert.Nil(t, resp)
				var e *stytchotp.StytchError
				require.ErrorAs(t, err, &e)
				assert.Equal(t, op.name, e.Op)
				assert.Equal(t, tc.status, e.StatusCode)
				assert.Equal(t, requestID, e.RequestID)
				assert.Equal(t, tc.errorType, e.ErrorType)
				assert.Equal(t, tc.message, e.ErrorMessage)
				assert.Equal(t, tc.url, e.ErrorURL)
				assert.Equal(t, 1, e.Attempts)
				require.ErrorIs(t, err, tc.is)
				assert.Equal(t, tc.httpStatus, stytchotp.HTTPStatus(err))
				assert.Equal(t, tc.publicCode, stytchotp.PublicCode(err))
				assert.Equal(t, tc.delivery, stytchotp.DeliveryOf(err))
				assert.Contains(t, err.Error(), requestID)
				assert.Equal(t, 1, srv.count())
			})
		}
	}
}
