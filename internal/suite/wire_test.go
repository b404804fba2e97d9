package suite_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// Every operation, with all fields and with the required ones alone, arrives as
// method, path, headers and body say, and nothing else arrives.
func TestWire(t *testing.T) {
	t.Parallel()
	attributes := stytchotp.Attributes{IPAddress: "203.0.113.7", UserAgent: "Mozilla/5.0"}
	for _, tc := range []struct {
		name, path, body string
		call             func(context.Context, *stytchotp.Client) (any, error)
	}{
		{
			"sms send, all", "/v1/otps/sms/send",
			`{"phone_number":"+12025550162","expiration_minutes":5,"attributes":{"ip_address":"203.0.113.7","user_agent":"Mozilla/5.0"},"locale":"zh-Hans","user_id":"u","session_token":"st","session_jwt":"sj","enable_autofill":true,"autofill_session_duration_minutes":30}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{
					PhoneNumber: "+12025550162", ExpirationMinutes: 5, Attributes: attributes,
					Locale: stytchotp.LocaleSimplifiedChinese, UserID: "u", SessionToken: "st", SessionJWT: "sj",
					EnableAutofill: true, AutofillSessionDurationMinutes: 30,
				}))
			},
		},
		{
			"sms login_or_create, all", "/v1/otps/sms/login_or_create",
			`{"phone_number":"+12025550162","expiration_minutes":1,"attributes":{"ip_address":"203.0.113.7","user_agent":"Mozilla/5.0"},"create_user_as_pending":true,"locale":"pt-br","enable_autofill":true,"autofill_session_duration_minutes":30}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
					PhoneNumber: "+12025550162", ExpirationMinutes: 1, Attributes: attributes, CreateUserAsPending: true,
					Locale: stytchotp.LocaleBrazilianPortuguese, EnableAutofill: true, AutofillSessionDurationMinutes: 30,
				}))
			},
		},
		{
			"whatsapp send, all", "/v1/otps/whatsapp/send",
			`{"phone_number":"+442079460018","expiration_minutes":10,"attributes":{"ip_address":"203.0.113.7","user_agent":"Mozilla/5.0"},"locale":"de-DE","user_id":"u","session_token":"st","session_jwt":"sj"}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.OTPs.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{
					PhoneNumber: "+442079460018", ExpirationMinutes: 10, Attributes: attributes,
					Locale: stytchotp.LocaleGerman, UserID: "u", SessionToken: "st", SessionJWT: "sj",
				}))
			},
		},
		{
			"whatsapp login_or_create, all", "/v1/otps/whatsapp/login_or_create",
			`{"phone_number":"+442079460018","expiration_minutes":10,"attributes":{"user_agent":"Mozilla/5.0"},"create_user_as_pending":true,"locale":"xx-unknown"}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
					PhoneNumber: "+442079460018", ExpirationMinutes: 10, CreateUserAsPending: true,
					Attributes: stytchotp.Attributes{UserAgent: "Mozilla/5.0"}, Locale: "xx-unknown",
				}))
			},
		},
		{
			"email send, all", "/v1/otps/email/send",
			`{"email":"ada+x\u0026y@example.com","expiration_minutes":5,"attributes":{"ip_address":"2001:db8::1"},"locale":"fr","login_template_id":"l","signup_template_id":"s","user_id":"u","session_token":"st","session_jwt":"sj"}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{
					Email: "ada+x&y@example.com", ExpirationMinutes: 5, Attributes: stytchotp.Attributes{IPAddress: "2001:db8::1"},
					Locale: stytchotp.LocaleFrench, LoginTemplateID: "l", SignupTemplateID: "s",
					UserID: "u", SessionToken: "st", SessionJWT: "sj",
				}))
			},
		},
		{
			"email login_or_create, all", "/v1/otps/email/login_or_create",
			`{"email":"ada@example.com","expiration_minutes":5,"attributes":{"ip_address":"203.0.113.7","user_agent":"Mozilla/5.0"},"create_user_as_pending":true,"locale":"es","login_template_id":"l","signup_template_id":"s"}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{
					Email: "ada@example.com", ExpirationMinutes: 5, Attributes: attributes, CreateUserAsPending: true,
					Locale: stytchotp.LocaleSpanish, LoginTemplateID: "l", SignupTemplateID: "s",
				}))
			},
		},
		{
			"authenticate, all", "/v1/otps/authenticate",
			`{"method_id":"` + phoneID + `","code":"012345","attributes":{"ip_address":"203.0.113.7","user_agent":"Mozilla/5.0"},"options":{"ip_match_required":true,"user_agent_match_required":false},"session_token":"st","session_jwt":"sj","session_duration_minutes":527040,"session_custom_claims":{"gone":null,"role":"admin"},"telemetry_id":"t"}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
					MethodID: phoneID, Code: "012345", Attributes: attributes,
					Options:      stytchotp.AuthenticateOptions{IPMatchRequired: true},
					SessionToken: "st", SessionJWT: "sj", SessionDurationMinutes: 527040,
					SessionCustomClaims: map[string]any{"role": "admin", "gone": nil}, TelemetryID: "t",
				}))
			},
		},
		{"sms send, required", "/v1/otps/sms/send", `{"phone_number":"+12025550162"}`, operations()[0].call},
		{"sms login_or_create, required", "/v1/otps/sms/login_or_create", `{"phone_number":"+12025550162"}`, operations()[1].call},
		{"whatsapp send, required", "/v1/otps/whatsapp/send", `{"phone_number":"+12025550162"}`, operations()[2].call},
		{"whatsapp login_or_create, required", "/v1/otps/whatsapp/login_or_create", `{"phone_number":"+12025550162"}`, operations()[3].call},
		{"email send, required", "/v1/otps/email/send", `{"email":"ada@example.com"}`, operations()[4].call},
		{"email login_or_create, required", "/v1/otps/email/login_or_create", `{"email":"ada@example.com"}`, operations()[5].call},
		{"authenticate, required", "/v1/otps/authenticate", `{"method_id":"` + phoneID + `","code":"123456"}`, operations()[6].call},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			methodID := phoneID
			if strings.HasPrefix(tc.path, "/v1/otps/email/") {
				methodID = emailID
			}
			srv := newCannedServer(t, http.StatusOK,
				`{"status_code":200,"request_id":"`+requestID+`","user_id":"`+userID+`","method_id":"`+methodID+`","session_token":"t"}`)
			resp, err := tc.call(t.Context(), srv.client(t, stytchotp.WithUserAgent("acme/1.0")))
			require.NoError(t, err)
			require.NotNil(t, resp)

			got := srv.only(t)
			assert.Equal(t, http.MethodPost, got.method)
			assert.Equal(t, "/base"+tc.path, got.path)
			assert.Empty(t, got.query)
			assert.Equal(t, tc.body, got.body)

			credentials := base64.StdEncoding.EncodeToString([]byte(testProjectID + ":" + testSecret))
			want := http.Header{
				"Authorization":  {"Basic " + credentials},
				"Content-Type":   {"application/json"},
				"Accept":         {"application/json"},
				"Content-Length": {strconv.Itoa(len(tc.body))},
				"User-Agent": {fmt.Sprintf("stytchotp-go/%s (%s; %s/%s) acme/1.0",
					stytchotp.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)},
			}
			assert.Equal(t, want, got.header, "no header more, no header less")
		})
	}
}

// The responses carry MethodID whatever the answer calls it.
func TestMethodID(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, want string }{
		{"method_id", `{"method_id":"m"}`, "m"},
		{"phone_id", `{"phone_id":"p","email_id":"e"}`, "p or e"},
		{"method_id first", `{"method_id":"m","phone_id":"p","email_id":"e"}`, "m"},
	} {
		for _, op := range operations()[:6] {
			t.Run(tc.name+" "+op.name, func(t *testing.T) {
				t.Parallel()
				srv := newCannedServer(t, http.StatusOK, tc.body)
				resp, err := op.call(t.Context(), srv.client(t))
				require.NoError(t, err)
				assert.Contains(t, tc.want, methodIDOf(t, resp))
			})
		}
	}
}

func methodIDOf(t *testing.T, resp any) string {
	t.Helper()
	switch r := resp.(type) {
	case *stytchotp.SMSSendResponse:
		return r.MethodID
	case *stytchotp.SMSLoginOrCreateResponse:
		return r.MethodID
	case *stytchotp.WhatsAppSendResponse:
		return r.MethodID
	case *stytchotp.WhatsAppLoginOrCreateResponse:
		return r.MethodID
	case *stytchotp.EmailSendResponse:
		return r.MethodID
	case *stytchotp.EmailLoginOrCreateResponse:
		return r.MethodID
	}
	require.FailNow(t, "no such response", "%T", resp)
	return ""
}
