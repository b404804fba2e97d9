package suite_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// authenticateWith returns what Authenticate makes of body.
func authenticateWith(t *testing.T, body string) *stytchotp.AuthenticateResponse {
	t.Helper()
	srv := newCannedServer(t, http.StatusOK, body)
	var asked struct {
		MethodID string `json:"method_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &asked))
	resp, err := srv.client(t).OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: asked.MethodID, Code: "123456"})
	require.NoError(t, err)
	return resp
}

// An answer in which every documented field is set fills every field of ours: one
// that stayed zero would be misspelled, or missing in the file.
func TestEveryResponseField(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/authenticate_full.json")
	require.NoError(t, err)
	resp := authenticateWith(t, string(body))
	assertFilled(t, "AuthenticateResponse", reflect.ValueOf(*resp))

	assert.Equal(t, stytchotp.Secret("WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY"), resp.SessionToken)
	assert.Equal(t, time.Date(2021, 8, 28, 0, 41, 58, 935673000, time.UTC), resp.Session.StartedAt)
	assert.Equal(t, stytchotp.UserStatusActive, resp.User.Status)
	assert.Equal(t, stytchotp.PhoneNumber("+12025550162"), resp.User.PhoneNumbers[0].PhoneNumber)
	assert.Equal(t, stytchotp.EmailAddress("ada@example.com"), resp.Session.AuthenticationFactors[0].EmailFactor.EmailAddress)
	assert.JSONEq(t, string(body), string(resp.Raw))
}

// assertFilled reports every exported field below v that has its zero value.
func assertFilled(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if assert.False(t, v.IsZero(), "%s is empty", path) {
		switch v.Kind() {
		case reflect.Pointer:
			assertFilled(t, path, v.Elem())
		case reflect.Slice:
			if v.Type().Elem().Kind() == reflect.Struct {
				assertFilled(t, path+"[0]", v.Index(0))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() && v.Type() != reflect.TypeFor[time.Time]() {
					assertFilled(t, path+"."+f.Name, v.Field(i))
				}
			}
		default:
		}
	}
}

// Nulls, missing fields and unknown fields break nothing.
func TestTolerantDecoding(t *testing.T) {
	t.Parallel()

	t.Run("the sandbox user", func(t *testing.T) {
		t.Parallel()
		resp := authenticateWith(t, `{"method_id":"phone-number-test-98cfbe19-6c8f-4b8b-b62a-e78a5a7bdff3","request_id":"`+requestID+`","session":null,"session_jwt":"","session_token":"","status_code":200,"user_id":"`+userID+`",
			"user":{"created_at":null,"crypto_wallets":[],"emails":[{"email":"sandbox@stytch.com","email_id":"`+emailID+`","verified":false}],"name":null,"password":null,
			"phone_numbers":[{"phone_id":"phone-number-test-98cfbe19-6c8f-4b8b-b62a-e78a5a7bdff3","phone_number":"+10000000000","verified":false}],
			"providers":[],"status":"","totps":[],"user_id":"`+userID+`","webauthn_registrations":[]}}`)
		assert.Nil(t, resp.Session)
		assert.Empty(t, string(resp.SessionToken))
		assert.True(t, resp.User.CreatedAt.IsZero())
		assert.Nil(t, resp.User.Password)
		assert.Empty(t, resp.User.Status)
		assert.Equal(t, stytchotp.PhoneNumber("+10000000000"), resp.User.PhoneNumbers[0].PhoneNumber)
	})

	t.Run("nothing but the ids", func(t *testing.T) {
		t.Parallel()
		resp := authenticateWith(t, `{"user_id":"u","method_id":"`+phoneID+`"}`)
		assert.Equal(t, "u", resp.UserID)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
	})

	t.Run("every field null", func(t *testing.T) {
		t.Parallel()
		body, err := os.ReadFile("testdata/authenticate_full.json")
		require.NoError(t, err)
		var full map[string]any
		require.NoError(t, json.Unmarshal(body, &full))
		for _, path := range paths(full, nil) {
			if path[0] == "user_id" {
				continue
			}
			var changed map[string]any
			require.NoError(t, json.Unmarshal(body, &changed))
			setNull(changed, path)
			encoded, err := json.Marshal(changed)
			require.NoError(t, err)
			var resp stytchotp.AuthenticateResponse
			require.NoError(t, json.Unmarshal(encoded, &resp), "%v is null", path)
		}
	})

	t.Run("unknown fields stay reachable", func(t *testing.T) {
		t.Parallel()
		resp := authenticateWith(t, `{"user_id":"u","method_id":"`+phoneID+`","brand_new":{"deep":[1,2,3]},"session":{"session_id":"s","authentication_factors":[{"type":"telepathy","delivery_method":"aether","telepathy_factor":{"id":"x"}}]}}`)
		var unknown struct {
			BrandNew struct{ Deep []int } `json:"brand_new"`
		}
		require.NoError(t, json.Unmarshal(resp.Raw, &unknown))
		assert.Equal(t, []int{1, 2, 3}, unknown.BrandNew.Deep)
		assert.Equal(t, stytchotp.FactorType("telepathy"), resp.Session.AuthenticationFactors[0].Type)
	})

	t.Run("the header is kept", func(t *testing.T) {
		t.Parallel()
		srv := newCannedServer(t, http.StatusAccepted, minimalSend, "X-Anything", "kept")
		resp, err := srv.client(t).OTPs.SMS.Send(t.Context(), stytchotp.SMSSendParams{PhoneNumber: "+12025550162"})
		require.NoError(t, err)
		assert.Equal(t, "kept", resp.Header.Get("X-Anything"))
		assert.Equal(t, http.StatusAccepted, resp.StatusCode)
		assert.Equal(t, requestID, resp.RequestID)
	})
}

// paths lists the way to every value in a JSON object.
func paths(v any, at []any) [][]any {
	var all [][]any
	each := func(key, child any) {
		path := append(append([]any{}, at...), key)
		all = append(append(all, path), paths(child, path)...)
	}
	switch x := v.(type) {
	case map[string]any:
		for key, child := range x {
			each(key, child)
		}
	case []any:
		for i, child := range x {
			each(i, child)
		}
	}
	return all
}

func setNull(v any, path []any) {
	for i, key := range path {
		last := i == len(path)-1
		switch x := v.(type) {
		case map[string]any:
			if v = x[key.(string)]; last {
				x[key.(string)] = nil
			}
		case []any:
			if v = x[key.(int)]; last {
				x[key.(int)] = nil
			}
		}
	}
}

func TestAttributesFromRequest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, remote, forwarded, ip string
	}{
		{"IPv4", "203.0.113.7:51234", "", "203.0.113.7"},
		{"IPv6", "[2001:db8::1]:51234", "", "2001:db8::1"},
		{"no port", "203.0.113.7", "", "203.0.113.7"},
		{"forwarded for another client", "203.0.113.7:51234", "198.51.100.9", "203.0.113.7"},
		{"IPv6 with a zone", "[fe80::1%eth0]:51234", "", ""},
		{"a Unix socket", "@", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.RemoteAddr = tc.remote
			r.Header.Set("User-Agent", "Mozilla/5.0")
			r.Header.Set("X-Forwarded-For", tc.forwarded)
			r.Header.Set("X-Real-Ip", tc.forwarded)
			assert.Equal(t, stytchotp.Attributes{IPAddress: tc.ip, UserAgent: "Mozilla/5.0"}, stytchotp.AttributesFromRequest(r))
		})
	}
	assert.Equal(t, stytchotp.Attributes{}, stytchotp.AttributesFromRequest(nil))
}

// Single values can be stored and sent on: only what prints is masked.
func TestSensitiveValues(t *testing.T) {
	t.Parallel()
	type stored struct {
		Phone stytchotp.PhoneNumber  `json:"phone"`
		Email stytchotp.EmailAddress `json:"email"`
		Token stytchotp.Secret       `json:"token"`
	}
	want := stored{"+12025550162", "ada@example.com", "s3cret"}
	encoded, err := json.Marshal(want)
	require.NoError(t, err)
	assert.JSONEq(t, `{"phone":"+12025550162","email":"ada@example.com","token":"s3cret"}`, string(encoded))
	var got stored
	require.NoError(t, json.Unmarshal(encoded, &got))
	assert.Equal(t, want, got)

	for _, tc := range []struct {
		value interface{ Masked() string }
		want  string
	}{
		{stytchotp.PhoneNumber("+12025550162"), "+1********62"},
		{stytchotp.PhoneNumber(""), ""},
		{stytchotp.EmailAddress("ada@example.com"), "a***@***.com"},
		{stytchotp.EmailAddress("ada@example.co.uk"), "a***@***.uk"},
		{stytchotp.EmailAddress("örjan@bücher.example"), "ö***@***.example"},
		{stytchotp.EmailAddress("ada@localhost"), "a***@***"},
		{stytchotp.EmailAddress("a@example.com"), "[redacted]"},
		{stytchotp.EmailAddress("ada"), "[redacted]"},
		{stytchotp.EmailAddress("@"), "[redacted]"},
		{stytchotp.EmailAddress("ada@b@example.com"), "[redacted]"},
		{stytchotp.EmailAddress("ada@example.12345"), "a***@***"},
		{stytchotp.EmailAddress("\nada@example.com"), "[redacted]"},
		{stytchotp.EmailAddress("\x1bada@example.com"), "[redacted]"},
		{stytchotp.EmailAddress(""), ""},
		{stytchotp.Secret("123456"), "[redacted]"},
		{stytchotp.Secret(""), ""},
	} {
		assert.Equal(t, tc.want, tc.value.Masked())
	}
	assert.Equal(t, strings.Repeat("*", 7), stytchotp.PhoneNumber("garbage").Masked())
}
