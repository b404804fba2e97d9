// Package answers_test tests that an answer that belongs to another request, or
// that is incomplete, is never a success.
package answers_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

const (
	projectID = "project-test-11111111-1111-4111-8111-111111111111"
	secret    = "secret-test-22222222222222222222222222222222222"

	bob      = "user-test-b0b00000-ebdc-489d-a754-c7e70ba13141"
	alice    = "user-test-a11ce000-ebdc-489d-a754-c7e70ba13141"
	bobPhone = "phone-number-test-b0b00000-e8a3-40c0-b815-ab79986666d0"
	alicePh  = "phone-number-test-a11ce000-e8a3-40c0-b815-ab79986666d0"
	bobEmail = "email-test-b0b00000-d4ed-4e92-b3b9-e5c7198fa286"
)

// answering returns a client whose every call is answered with status and body.
func answering(t *testing.T, status int, body string) *stytchotp.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	client, err := stytchotp.NewClient(projectID, secret, stytchotp.WithBaseURL(server.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// call is a call of the API in a form that tables can hold.
type call func(ctx context.Context, c *stytchotp.Client) (answered bool, err error)

func result[T any](resp *T, err error) (bool, error) { return resp != nil, err }

// phoneSends and emailSends are the sends, by operation.
var (
	phoneSends = map[string]call{
		stytchotp.OpSMSSend: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
			return result(c.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: "+12025550162"}))
		},
		stytchotp.OpSMSLoginOrCreate: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
			return result(c.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"}))
		},
		stytchotp.OpWhatsAppSend: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
			return result(c.OTPs.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{PhoneNumber: "+12025550162"}))
		},
		stytchotp.OpWhatsAppLoginOrCreate: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
			return result(c.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+12025550162"}))
		},
	}
	emailSends = map[string]call{
		stytchotp.OpEmailSend: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
			return result(c.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{Email: "bob@example.com"}))
		},
		stytchotp.OpEmailLoginOrCreate: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
			return result(c.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{Email: "bob@example.com"}))
		},
	}
)

// refuses calls each operation and wants an InvalidResponseError.
func refuses(t *testing.T, calls map[string]call, status int, body string) {
	t.Helper()
	client := answering(t, status, body)
	for op, call := range calls {
		answered, err := call(context.Background(), client)
		var invalid *stytchotp.InvalidResponseError
		if assert.ErrorAs(t, err, &invalid, "%s: %d %s", op, status, body) {
			assert.False(t, answered, op)
			assert.Equal(t, op, invalid.Op)
			assert.Equal(t, status, invalid.StatusCode)
			assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
			for _, id := range []string{bob, alice, bobPhone, alicePh, bobEmail, "ALICE"} {
				assert.NotContains(t, err.Error(), id)
			}
		}
	}
}

func accepts(t *testing.T, calls map[string]call, status int, body string) {
	t.Helper()
	client := answering(t, status, body)
	for op, call := range calls {
		answered, err := call(context.Background(), client)
		assert.NoError(t, err, "%s: %s", op, body)
		assert.True(t, answered, "%s: %s", op, body)
	}
}

func body(fields ...string) string {
	return `{"status_code":200,"request_id":"request-id-test-1",` + strings.Join(fields, ",") + `}`
}

func field(name, value string) string { return fmt.Sprintf("%q:%q", name, value) }

// TestSendsAreAnsweredByTheirKind answers sends to phones with answers about
// addresses, and the other way round.
func TestSendsAreAnsweredByTheirKind(t *testing.T) {
	t.Parallel()
	phone, email := field("phone_id", bobPhone), field("email_id", bobEmail)
	user := field("user_id", bob)

	for _, b := range []string{body(user, phone), body(field("method_id", bobPhone)), body(user, phone, field("method_id", bobPhone)), body(user, phone, email)} {
		accepts(t, phoneSends, http.StatusOK, b)
	}
	for _, b := range []string{body(user, email), body(field("method_id", bobEmail)), body(user, email, field("method_id", bobEmail)), body(user, phone, email)} {
		accepts(t, emailSends, http.StatusOK, b)
	}
	for _, b := range []string{
		body(user, email), body(field("method_id", bobEmail)), body(user, email, field("method_id", bobEmail)),
		body(user, email, field("method_id", bobPhone)),
		body(user, field("phone_id", bobEmail)),
	} {
		refuses(t, phoneSends, http.StatusOK, b)
	}
	for _, b := range []string{
		body(user, phone), body(field("method_id", bobPhone)), body(user, phone, field("method_id", bobPhone)),
		body(user, phone, field("method_id", bobEmail)), body(user, field("email_id", bobPhone)),
	} {
		refuses(t, emailSends, http.StatusOK, b)
	}
}

// TestAttachingIsAnsweredAboutTheUser attaches a recipient to Bob and answers about
// Alice.
func TestAttachingIsAnsweredAboutTheUser(t *testing.T) {
	t.Parallel()
	attach := func(userID string) map[string]call {
		return map[string]call{
			stytchotp.OpSMSSend: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
				return result(c.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: "+12025550162", UserID: userID}))
			},
			stytchotp.OpWhatsAppSend: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
				return result(c.OTPs.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{PhoneNumber: "+12025550162", UserID: userID}))
			},
			stytchotp.OpEmailSend: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
				return result(c.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{Email: "bob@example.com", UserID: userID}))
			},
		}
	}
	both := body(field("user_id", alice), field("phone_id", alicePh), field("email_id", bobEmail))
	refuses(t, attach(bob), http.StatusOK, both)
	accepts(t, attach(alice), http.StatusOK, both)
	accepts(t, attach("external-7"), http.StatusOK, both) // the answer has Stytch's own id
}

// authenticate checks a code of Bob's; with a session when minutes is not 0.
func authenticate(minutes int) map[string]call {
	return map[string]call{stytchotp.OpAuthenticate: func(ctx context.Context, c *stytchotp.Client) (bool, error) {
		return result(c.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: bobPhone, Code: "123456", SessionDurationMinutes: minutes}))
	}}
}

// TestAuthenticateIsAnsweredAboutItsMethodID gives Bob the answers of others.
func TestAuthenticateIsAnsweredAboutItsMethodID(t *testing.T) {
	t.Parallel()
	method, user := field("method_id", bobPhone), field("user_id", bob)
	refuses(t, authenticate(0), http.StatusOK, `{"status_code":200,"request_id":"r","user_id":"user-test-ALICE","phone_id":"phone-number-test-ALICE"}`)
	for _, b := range []string{
		body(user), body(method), body(),
		body(field("method_id", alicePh), field("user_id", alice)),
		body(field("method_id", alicePh), field("user_id", bob)),
		body(field("method_id", ""), user), body(field("method_id", " "+bobPhone), user), body(field("method_id", strings.ToUpper(bobPhone)), user),
		body(field("phone_id", bobPhone), user), body(field("phone_id", bobPhone), user, `"user_created":false`),
		body(method, user, `"user":{"user_id":"`+alice+`"}`),
		body(method, user, `"session":{"user_id":"`+alice+`"}`, field("session_token", "t")),
		body(method, user, `"user":{"user_id":"`+bob+`"},"session":{"user_id":"`+alice+`"}`),
		body(method, field("user_id", alice), `"user":{"user_id":"`+bob+`"}`),
	} {
		refuses(t, authenticate(0), http.StatusOK, strings.Replace(b, ",}", "}", 1))
	}
	for _, b := range []string{
		body(method, user), body(method, user, `"user":null,"session":null`), body(method, user, `"user":{"user_id":"`+bob+`"}`),
		body(method, user, `"session":{"user_id":"`+bob+`"}`, field("session_token", "t"), field("session_jwt", "j")),
	} {
		accepts(t, authenticate(0), http.StatusOK, b)
	}
}

// TestSessionThatWasAskedForIsThere asks for a session and gets none.
func TestSessionThatWasAskedForIsThere(t *testing.T) {
	t.Parallel()
	method, user := field("method_id", bobPhone), field("user_id", bob)
	for _, b := range []string{
		body(method, user), body(method, user, `"session_token":"","session_jwt":""`), body(method, user, `"session_token":null`),
		body(method, user, `"session_token":"  ","session_jwt":"\u200b"`), body(method, user, `"session_token":"null","session_jwt":"undefined"`),
	} {
		refuses(t, authenticate(60), http.StatusOK, b)
		accepts(t, authenticate(0), http.StatusOK, b)
	}
	accepts(t, authenticate(60), http.StatusOK, body(method, user, `"session_token":"token","session_jwt":"jwt"`))
	accepts(t, authenticate(60), http.StatusOK, body(method, user, `"session_token":"","session_jwt":"jwt"`)) // a session named by its JWT
}

// TestBlankIDsAreNone answers with ids that identify nothing.
func TestBlankIDsAreNone(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"", " ", "\t", "\n", "\u00a0", "\u200b", "\ufeff", "\u2060", "\u00ad", "\x00", "\ufffd", "\u202e", "null", "undefined",
		" " + bobPhone, bobPhone + "\r\n", bobPhone + "\x00", "phone\u200b", strings.Repeat("a", 1<<20-200),
	} {
		quoted := jsonString(id)
		refuses(t, phoneSends, http.StatusOK, body(field("user_id", bob), `"phone_id":`+quoted))
		refuses(t, phoneSends, http.StatusOK, body(`"method_id":`+quoted))
		refuses(t, emailSends, http.StatusOK, body(field("user_id", bob), `"email_id":`+quoted))
		refuses(t, authenticate(0), http.StatusOK, body(field("method_id", bobPhone), `"user_id":`+quoted))
		if id != "" {
			refuses(t, phoneSends, http.StatusOK, body(field("phone_id", bobPhone), `"user_id":`+quoted))
		}
	}
	for _, missing := range []string{`"phone_id":null`, `"phone_id":null,"method_id":null`, `"user_id":"x"`} {
		refuses(t, phoneSends, http.StatusOK, body(missing))
	}
}

func jsonString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String() + `"`
}

// TestErrorsUnderASuccess answers with 2xx and the body of a failure.
func TestErrorsUnderASuccess(t *testing.T) {
	t.Parallel()
	all := map[string]call{}
	for _, calls := range []map[string]call{phoneSends, emailSends, authenticate(0)} {
		maps.Copy(all, calls)
	}
	ids := []string{field("user_id", bob), field("phone_id", bobPhone), field("email_id", bobEmail)}
	fits := func(more ...string) map[string]string {
		return map[string]string{
			"send":         body(append(ids, more...)...),
			"authenticate": body(append([]string{field("method_id", bobPhone), field("user_id", bob)}, more...)...),
		}
	}
	try := func(verdict func(*testing.T, map[string]call, int, string), status int, bodies map[string]string) {
		sends := map[string]call{}
		for op, call := range all {
			if op != stytchotp.OpAuthenticate {
				sends[op] = call
			}
		}
		verdict(t, sends, status, bodies["send"])
		verdict(t, authenticate(0), status, bodies["authenticate"])
	}
	try(accepts, http.StatusOK, fits())
	try(accepts, http.StatusCreated, fits())
	try(accepts, http.StatusOK, fits(`"error_type":""`, `"error_message":null`))
	for _, e := range []string{
		field("error_type", "internal_server_error"), field("ERROR_TYPE", "internal_server_error"), field("Error_Type", "x"),
		field("error_message", "Oops"), `"err\u006fr_type":"x"`, `"\u0065rror_message":"x"`,
	} {
		try(refuses, http.StatusOK, fits(e))
	}
	for _, status := range []string{"0", "-500", "199", "300", "404", "500", "1000"} {
		bodies := fits()
		for name := range bodies {
			bodies[name] = strings.Replace(bodies[name], `"status_code":200`, `"status_code":`+status, 1)
		}
		try(refuses, http.StatusOK, bodies)
	}
	for _, status := range []int{http.StatusNonAuthoritativeInfo, http.StatusResetContent, http.StatusPartialContent, http.StatusIMUsed} {
		try(refuses, status, fits())
	}
}
