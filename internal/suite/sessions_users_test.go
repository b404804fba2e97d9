package suite_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

const (
	sessionID    = "session-test-fe6c042b-6286-479f-8a4f-b046a6c46509"
	sessionToken = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q"
	userBody     = `{"user_id":"` + userID + `","phone_numbers":[],"emails":[]}`
	sessionBody  = `{"session_id":"` + sessionID + `","user_id":"` + userID + `"}`

	minimalRevoke = `{"status_code":200,"request_id":"` + requestID + `"}`
	minimalUser   = `{"status_code":200,"request_id":"` + requestID + `","user_id":"` + userID + `"}`
	minimalCheck  = `{"status_code":200,"request_id":"` + requestID + `","session_token":"` + sessionToken + `","session":` + sessionBody + `,"user":` + userBody + `}`
)

// accountCall is a call of a session or a user as it is on the wire.
type accountCall struct {
	name, method, path, query, body string
	answer                          string // the least that is accepted
	call                            func(context.Context, *stytchotp.Client) (any, error)
}

func accountCalls() []accountCall {
	jwt := jwtOf(sessionID)
	return []accountCall{
		{
			"sessions.authenticate", "POST", "/v1/sessions/authenticate", "", `{"session_token":"` + sessionToken + `"}`, minimalCheck,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: sessionToken}))
			},
		},
		{
			"sessions.authenticate", "POST", "/v1/sessions/authenticate", "",
			`{"session_jwt":"` + jwt + `","session_duration_minutes":60,"session_custom_claims":{"a":1},"authorization_check":{"resource_id":"documents","action":"read"}}`,
			strings.Replace(minimalCheck, `"session":`, `"verdict":{"authorized":true,"granting_roles":["editor"]},"session":`, 1),
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{
					SessionJWT: stytchotp.Secret(jwt), SessionDurationMinutes: 60, SessionCustomClaims: stytchotp.Claims{"a": 1},
					AuthorizationCheck: stytchotp.AuthorizationCheck{ResourceID: "documents", Action: "read"},
				}))
			},
		},
		{
			"sessions.get", "GET", "/v1/sessions", "user_id=" + userID, "", `{"request_id":"r","sessions":[` + sessionBody + `]}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Sessions.Get(ctx, stytchotp.SessionsGetParams{UserID: userID}))
			},
		},
		{
			"sessions.revoke", "POST", "/v1/sessions/revoke", "", `{"session_id":"` + sessionID + `"}`, minimalRevoke,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Sessions.Revoke(ctx, stytchotp.SessionsRevokeParams{SessionID: sessionID}))
			},
		},
		{
			"users.get", "GET", "/v1/users/" + userID, "", "", minimalUser,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Users.Get(ctx, stytchotp.UsersGetParams{UserID: userID}))
			},
		},
		{
			"users.get", "GET", "/v1/users/7%7Ca%2Fb", "", "", minimalUser,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Users.Get(ctx, stytchotp.UsersGetParams{UserID: "7|a/b"})) // the project's own id
			},
		},
		{
			"users.delete", "DELETE", "/v1/users/" + userID, "", "", minimalUser,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Users.Delete(ctx, stytchotp.UsersDeleteParams{UserID: userID}))
			},
		},
		{
			"users.delete_phone_number", "DELETE", "/v1/users/phone_numbers/" + phoneID, "", "",
			`{"request_id":"r","user_id":"` + userID + `","user":` + userBody + `}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Users.DeletePhoneNumber(ctx, stytchotp.UsersDeletePhoneNumberParams{PhoneID: phoneID}))
			},
		},
		{
			"users.delete_email", "DELETE", "/v1/users/emails/" + emailID, "", "",
			`{"request_id":"r","user_id":"` + userID + `","user":` + userBody + `}`,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				return result(c.Users.DeleteEmail(ctx, stytchotp.UsersDeleteEmailParams{EmailID: emailID}))
			},
		},
		{
			"do", "PUT", "/v1/users/" + userID, "a=b", `{"name":{"first_name":"Ada"}}`, minimalUser,
			func(ctx context.Context, c *stytchotp.Client) (any, error) {
				var out struct {
					stytchotp.ResponseMeta
					UserID string `json:"user_id"`
				}
				err := c.Do(ctx, http.MethodPut, "/v1/users/"+userID+"?a=b", map[string]any{"name": map[string]string{"first_name": "Ada"}}, &out)
				if err != nil {
					return nil, err
				}
				return &out, nil
			},
		},
	}
}

// jwtOf returns a JWT that names a session. Its signature is not looked at here.
func jwtOf(session string) string {
	payload, _ := json.Marshal(map[string]any{"https://stytch.com/session": map[string]string{"id": session}})
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

func TestAccountWire(t *testing.T) {
	t.Parallel()
	for _, tc := range accountCalls() {
		srv := newCannedServer(t, http.StatusOK, tc.answer)
		var calls []stytchotp.Call
		client := srv.client(t, stytchotp.WithHook(func(_ context.Context, call stytchotp.Call) { calls = append(calls, call) }))
		got, err := tc.call(t.Context(), client)
		require.NoError(t, err, tc.name)
		assert.NotNil(t, got)
		r := srv.only(t)
		assert.Equal(t, tc.method, r.method)
		assert.Equal(t, "/base"+strings.NewReplacer("%7C", "|", "%2F", "/").Replace(tc.path), r.path, tc.name)
		assert.Equal(t, tc.query, r.query, tc.name)
		assert.Equal(t, tc.body, r.body, tc.name)
		assert.Equal(t, "application/json", r.header.Get("Content-Type"))
		require.Len(t, calls, 1)
		assert.Equal(t, tc.name, calls[0].Op)
		assert.Equal(t, stytchotp.DeliverySent, calls[0].Delivery)
	}
}

// Everything that does not fit what was asked for is no success.
func TestAccountAnswers(t *testing.T) {
	t.Parallel()
	bad := map[string][]string{
		"sessions.authenticate": {
			`{}`, `{"request_id":"r"}`,
			strings.Replace(minimalCheck, sessionID, "", 1),
			strings.Replace(minimalCheck, `"session_token":"`+sessionToken+`",`, "", 1),
			strings.Replace(minimalCheck, `"user":{"user_id":"`+userID, `"user":{"user_id":"user-test-2`, 1),
			strings.Replace(minimalCheck, `"user_id":"`+userID+`"}`, `"user_id":null}`, 1),
		},
		"sessions.get": {
			`{"request_id":"r"}`, `{"sessions":[{}]}`, `{"sessions":{}}`,
			`{"sessions":[{"session_id":"s","user_id":"user-test-2"}]}`,
		},
		"sessions.revoke":           {`{}`, `[]`, `{"status_code":200}`, `{"request_id":" "}`},
		"users.get":                 {`{"request_id":"r"}`, `{"user_id":"null"}`, `{"user":` + userBody + `}`},
		"users.delete":              {`{"request_id":"r"}`, `{"user_id":""}`},
		"users.delete_phone_number": {`{"user_id":"` + userID + `","user":{"user_id":"user-test-2"}}`, `{"user":{}}`, `{"user_id":"` + userID + `","user":{"phone_numbers":[{"phone_id":"` + phoneID + `"}]}}`},
		"users.delete_email":        {`{"user_id":"` + userID + `","user":{"user_id":"user-test-2"}}`, `{"user":{}}`, `{"user_id":"` + userID + `","user":{"emails":[{"email_id":"` + emailID + `"}]}}`},
		"do":                        {`[`, `<html>`, `[]`, `{"user_id":7}`},
	}
	everywhere := []string{"", "null,", `{"error_type":"x"}`, `{"status_code":500}`}
	for _, tc := range accountCalls() {
		for _, body := range append(bad[tc.name], everywhere...) {
			srv := newCannedServer(t, http.StatusOK, body)
			got, err := tc.call(t.Context(), srv.client(t))
			var invalid *stytchotp.InvalidResponseError
			require.ErrorAs(t, err, &invalid, "%s %s", tc.name, body)
			assert.Nil(t, got)
			assert.Equal(t, tc.name, invalid.Op)
			assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
			assert.Equal(t, http.StatusServiceUnavailable, stytchotp.HTTPStatus(err))
		}
	}
}

// The answer to a check is about the session that was asked for, by token and by JWT,
// and holds the verdict that was asked for.
func TestSessionAnswersFit(t *testing.T) {
	t.Parallel()
	check := func(body string, params stytchotp.SessionsAuthenticateParams) error {
		srv := newCannedServer(t, http.StatusOK, body)
		_, err := srv.client(t).Sessions.Authenticate(t.Context(), params)
		return err
	}
	byToken := stytchotp.SessionsAuthenticateParams{SessionToken: sessionToken}
	byJWT := stytchotp.SessionsAuthenticateParams{SessionJWT: stytchotp.Secret(jwtOf(sessionID))}
	require.NoError(t, check(minimalCheck, byToken))
	require.NoError(t, check(minimalCheck, byJWT))
	require.NoError(t, check(strings.Replace(minimalCheck, sessionToken, "another", 1), byJWT), "a JWT does not say the token")
	require.ErrorContains(t, check(strings.Replace(minimalCheck, sessionToken, "another", 1), byToken), "another session")
	require.ErrorContains(t, check(strings.Replace(minimalCheck, sessionID, "session-test-2", 1), byJWT), "another session")
	require.NoError(t, check(strings.Replace(minimalCheck, `"session_token":"`+sessionToken+`"`, `"session_token":"","session_jwt":"`+strings.Repeat("j", 2000)+`"`, 1), byJWT), "a JWT is longer than an id")
	require.NoError(t, check(minimalCheck, stytchotp.SessionsAuthenticateParams{SessionJWT: "no.jwt"}), "Stytch decides what a JWT is")
	byToken.AuthorizationCheck = stytchotp.AuthorizationCheck{ResourceID: "documents", Action: "read"}
	require.ErrorContains(t, check(minimalCheck, byToken), "no verdict")
}

// A login can be answered with a JWT alone.
func TestLoginWithJWTAlone(t *testing.T) {
	t.Parallel()
	body := strings.Replace(minimalAuthenticate, `"user_id"`, `"session_jwt":"`+strings.Repeat("j", 2000)+`","user_id"`, 1)
	srv := newCannedServer(t, http.StatusOK, body)
	got, err := srv.client(t).OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: phoneID, Code: "123456", SessionDurationMinutes: 60})
	require.NoError(t, err)
	assert.Len(t, got.SessionJWT, 2000)
}

func TestAccountValidation(t *testing.T) {
	t.Parallel()
	for want, call := range map[string]func(context.Context, *stytchotp.Client) error{
		"session_token is required, or session_jwt": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: " "})
			return err
		},
		"session_jwt must not be set beside session_token": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: "t", SessionJWT: "j"})
			return err
		},
		"session_duration_minutes must be between 5 and 527040": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: "t", SessionDurationMinutes: 4})
			return err
		},
		"session_custom_claims cannot be encoded as JSON": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: "t", SessionCustomClaims: stytchotp.Claims{"f": func() {}}})
			return err
		},
		"authorization_check.action is required": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{
				SessionToken: "t", AuthorizationCheck: stytchotp.AuthorizationCheck{ResourceID: "documents"},
			})
			return err
		},
		"session_token is masked": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: stytchotp.Secret(stytchotp.Secret("t").Masked())})
			return err
		},
		"session_id is required, or session_token or session_jwt": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Revoke(ctx, stytchotp.SessionsRevokeParams{})
			return err
		},
		"session_jwt must not be set beside session_id": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Revoke(ctx, stytchotp.SessionsRevokeParams{SessionID: "s", SessionJWT: "j"})
			return err
		},
		"user_id is required": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Sessions.Get(ctx, stytchotp.SessionsGetParams{})
			return err
		},
		"phone_id is required": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Users.DeletePhoneNumber(ctx, stytchotp.UsersDeletePhoneNumberParams{PhoneID: "\t"})
			return err
		},
		"email_id is masked": func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Users.DeleteEmail(ctx, stytchotp.UsersDeleteEmailParams{EmailID: "[redacted]"})
			return err
		},
		"params cannot be encoded as JSON": func(ctx context.Context, c *stytchotp.Client) error {
			return c.Do(ctx, http.MethodPost, "/v1/x", func() {}, nil)
		},
		"in must be nil for GET": func(ctx context.Context, c *stytchotp.Client) error {
			return c.Do(ctx, http.MethodGet, "/v1/x", 1, nil)
		},
		"out must be a pointer": func(ctx context.Context, c *stytchotp.Client) error {
			return c.Do(ctx, http.MethodGet, "/v1/x", nil, stytchotp.User{})
		},
		"out must be a pointer that is not nil": func(ctx context.Context, c *stytchotp.Client) error {
			return c.Do(ctx, http.MethodGet, "/v1/x", nil, (*stytchotp.UsersGetResponse)(nil))
		},
		"method must be": func(ctx context.Context, c *stytchotp.Client) error {
			return c.Do(ctx, "get", "/v1/x", nil, nil)
		},
	} {
		refusedLocally(t, want, call)
	}
	for _, id := range []string{".", "..", " a", "a\nb", "ümlaut", "\x00", "null", strings.Repeat("x", 257)} {
		refusedLocally(t, "user_id is not an id", func(ctx context.Context, c *stytchotp.Client) error {
			_, err := c.Users.Delete(ctx, stytchotp.UsersDeleteParams{UserID: id})
			return err
		})
	}
	for _, path := range []string{"", "v1/x", "//evil.example/v1", "https://evil.example/v1", "/v1/../x", "/v1/%2e%2e/x", "/v1/x#f", "/v1/x y", "/v1/\n", "/v1/%zz", "/v1/ü", `/v1\x`, "/."} {
		refusedLocally(t, "path must be", func(ctx context.Context, c *stytchotp.Client) error {
			return c.Do(ctx, http.MethodDelete, path, nil, nil)
		})
	}
}

// refusedLocally makes a call that is wrong and so sends nothing.
func refusedLocally(t *testing.T, want string, call func(context.Context, *stytchotp.Client) error) {
	t.Helper()
	srv := newCannedServer(t, http.StatusOK, minimalUser)
	err := call(t.Context(), srv.client(t))
	var invalid *stytchotp.ValidationError
	require.ErrorAs(t, err, &invalid, want)
	require.ErrorContains(t, err, want)
	assert.Zero(t, srv.count(), want)
	assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
	assert.Equal(t, http.StatusInternalServerError, stytchotp.HTTPStatus(err), "the program is at fault")
}

// Without an answer, each call says what that means: a session or a user can be asked
// about again.
func TestAccountErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range accountCalls() {
		failing := &http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New(untrustedText) })}
		client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithHTTPClient(failing))
		require.NoError(t, err)
		_, err = tc.call(t.Context(), client)
		require.ErrorContains(t, err, "stytchotp: "+tc.name+": ")
		require.ErrorContains(t, err, "the request may have been processed")
		require.NotContains(t, err.Error(), "message")
		assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
		want := "unavailable"
		if tc.name == "do" {
			want = "result_unknown"
		}
		assert.Equal(t, want, stytchotp.PublicCode(err))
		assert.Equal(t, http.StatusServiceUnavailable, stytchotp.HTTPStatus(err))

		srv := newCannedServer(t, http.StatusNotFound, `{"error_type":"session_not_found","request_id":"`+requestID+`"}`)
		_, err = tc.call(t.Context(), srv.client(t))
		require.ErrorIs(t, err, stytchotp.ErrSessionNotFound)
		assert.Equal(t, http.StatusUnauthorized, stytchotp.HTTPStatus(err))
		assert.Equal(t, requestID, stytchotp.RequestID(err))
		assert.Equal(t, 1, srv.count(), "no call is repeated")
	}
}

// Do decodes into anything, and into nothing.
func TestDo(t *testing.T) {
	t.Parallel()
	srv := newCannedServer(t, http.StatusOK, `{"request_id":"r","n":12345678901234567890,"at":""}`)
	client := srv.client(t)
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/v1/x", nil, nil))
	var raw json.RawMessage
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/v1/x", nil, &raw))
	assert.Contains(t, string(raw), "12345678901234567890")
	var out any
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/v1/x", nil, &out))
	var typed stytchotp.SessionsRevokeResponse
	require.NoError(t, client.Do(t.Context(), http.MethodGet, "/v1/x", nil, &typed))
	assert.Equal(t, "r", typed.RequestID)
	assert.Equal(t, http.StatusOK, typed.StatusCode)
	assert.Equal(t, "application/json", typed.Header.Get("Content-Type"))
	assert.NotEmpty(t, typed.Raw)
	require.ErrorContains(t, client.Do(nil, http.MethodGet, "/v1/x", nil, nil), "ctx must not be nil") //nolint:staticcheck // that is the test
}
