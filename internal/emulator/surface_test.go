package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

func TestRoutesMethodsAndHeaders(t *testing.T) {
	t.Parallel()
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del(name)
			for _, value := range values {
				r.Header.Add(name, value)
			}
		}
	}
	credentials := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	a := newAPI(t)
	valid := `{"phone_number":"` + phoneA + `"}`

	for name, test := range map[string]struct {
		method, path, body string
		edit               func(*http.Request)
		status             int
		kind               string
	}{
		"no such path":           {"POST", "/v1/otps/pigeon/send", valid, nil, 404, "route_not_found"},
		"no such action":         {"POST", "/v1/otps/sms/resend", valid, nil, 404, "route_not_found"},
		"root":                   {"GET", "/", "", nil, 404, "route_not_found"},
		"slash at the end":       {"POST", smsLogin + "/", valid, nil, 404, "route_not_found"},
		"key set without a name": {"GET", "/v1/sessions/jwks/", "", nil, 404, "route_not_found"},
		"other project's keys":   {"GET", "/v1/sessions/jwks/project-test-other", "", nil, 404, "project_not_found"},
		"GET":                    {"GET", smsLogin, "", nil, 405, "method_not_allowed"},
		"PUT":                    {"PUT", authenticate, valid, nil, 405, "method_not_allowed"},
		"POST for keys":          {"POST", "/v1/sessions/jwks/x", "", nil, 405, "method_not_allowed"},
		"no authorization":       {"POST", smsLogin, valid, header("Authorization"), 400, "invalid_authorization_header"},
		"bearer":                 {"POST", smsLogin, valid, header("Authorization", "Bearer x"), 400, "invalid_authorization_header"},
		"no base64":              {"POST", smsLogin, valid, header("Authorization", "Basic ###"), 400, "invalid_authorization_header"},
		"no colon":               {"POST", smsLogin, valid, header("Authorization", "Basic cHJvamVjdA=="), 400, "invalid_authorization_header"},
		"no project id":          {"POST", smsLogin, valid, credentials("me", a.Secret()), 400, "invalid_project_id_authentication"},
		"other project":          {"POST", smsLogin, valid, credentials("project-test-other", a.Secret()), 401, "unauthorized_credentials"},
		"wrong secret":           {"POST", smsLogin, valid, credentials(a.ProjectID(), "secret-test-wrong"), 401, "unauthorized_credentials"},
		"live project":           {"POST", smsLogin, valid, credentials("project-live-x", "secret-live-x"), 403, "live_credentials_refused_by_emulator"},
		"live secret":            {"POST", smsLogin, valid, credentials(a.ProjectID(), "secret-live-x"), 403, "live_credentials_refused_by_emulator"},
		"no content type":        {"POST", smsLogin, valid, header("Content-Type"), 400, "bad_request"},
		"charset":                {"POST", smsLogin, valid, header("Content-Type", "application/json; charset=utf-8"), 400, "bad_request"},
		"two content types":      {"POST", smsLogin, valid, header("Content-Type", "application/json", "text/html"), 400, "bad_request"},
		"empty body":             {"POST", smsLogin, "", nil, 400, "bad_request"},
		"no JSON":                {"POST", smsLogin, "phone_number=1", nil, 400, "bad_request"},
		"array":                  {"POST", smsLogin, "[" + valid + "]", nil, 400, "bad_request"},
		"null":                   {"POST", smsLogin, "null", nil, 400, "bad_request"},
		"trailing text":          {"POST", smsLogin, valid + "x", nil, 400, "bad_request"},
		"too large":              {"POST", smsLogin, valid[:1] + `"x":"` + strings.Repeat("x", emulator.MaxBody) + `",` + valid[1:], nil, 400, "bad_request"},
		"credentials first":      {"POST", smsLogin, "", credentials("project-test-x", "x"), 401, "unauthorized_credentials"},
	} {
		edits := []func(*http.Request){}
		if test.edit != nil {
			edits = append(edits, test.edit)
		}
		got := a.do(test.method, test.path, test.body, edits...)
		t.Run(name, func(t *testing.T) {
			got.t = t
			got.refused(test.status, test.kind)
		})
	}
	assert.Empty(t, a.Users(0), "a refused call has no effect")
	assert.Equal(t, "POST", a.do("GET", smsSend, "").header.Get("Allow"))
	a.do("POST", "/"+smsLogin, valid).ok() // as asked by clients whose base URL ends with a slash
}

func TestLiveCredentialsAreExplained(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	got := a.do("POST", smsLogin, "{}", func(r *http.Request) { r.SetBasicAuth("project-live-1", "secret-live-hush") })
	assert.Contains(t, got.str("error_message"), "NOT STYTCH")
	requests := a.Requests(emulator.RequestQuery{})
	require.Len(t, requests, 1)
	assert.NotContains(t, got.raw+requests[0].Body+requests[0].Answer+requests[0].Path, "hush")
}

func TestValidation(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const uuid = "9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11"
	methodID := "phone-number-test-" + uuid
	sms := func(name string, value any) fields { return fields{"phone_number": phoneA, name: value} }
	email := func(name string, value any) fields { return fields{"email": emailA, name: value} }
	auth := func(name string, value any) fields {
		return fields{"method_id": methodID, "code": "123456", name: value}
	}
	token := strings.Repeat("t", 44)

	for _, test := range []struct {
		path string
		body fields
		kind string
	}{
		{smsLogin, fields{}, "invalid_phone_number"},
		{smsLogin, sms("phone_number", nil), "invalid_phone_number"},
		{smsLogin, sms("phone_number", 12025550101), "invalid_phone_number"},
		{smsLogin, sms("phone_number", ""), "invalid_phone_number"},
		{smsLogin, sms("phone_number", "2025550101"), "invalid_phone_number"},
		{smsLogin, sms("phone_number", "+1202555010"), "invalid_phone_number"},
		{smsLogin, sms("phone_number", "+120255501011"), "invalid_phone_number"},
		{smsLogin, sms("phone_number", "+1 202 555 0101"), "invalid_phone_number"},
		{smsLogin, sms("phone_number", " "+phoneA), "invalid_phone_number"},
		{smsLogin, sms("phone_number", "+99912345678"), "invalid_phone_number"},
		{whatsAppSend, fields{"phone_number": []string{phoneA}}, "invalid_phone_number"},
		{smsLogin, sms("expiration_minutes", 0), "invalid_expiration_otp"},
		{smsLogin, sms("expiration_minutes", 11), "invalid_expiration_otp"},
		{smsLogin, sms("expiration_minutes", -1), "invalid_expiration_otp"},
		{smsLogin, sms("expiration_minutes", 1.5), "invalid_expiration_otp"},
		{smsLogin, sms("expiration_minutes", "2"), "invalid_expiration_otp"},
		{smsLogin, sms("expiration_minutes", 1e30), "invalid_expiration_otp"},
		{smsLogin, sms("attributes", "x"), "bad_request"},
		{smsLogin, sms("attributes", fields{"ip_address": "localhost"}), "invalid_ip_address"},
		{smsLogin, sms("attributes", fields{"ip_address": 1}), "invalid_ip_address"},
		{smsLogin, sms("attributes", fields{"user_agent": "a\nb"}), "invalid_user_agent"},
		{smsLogin, sms("attributes", fields{"user_agent": strings.Repeat("a", 5000)}), "invalid_user_agent"},
		{smsLogin, sms("create_user_as_pending", "yes"), "bad_request"},
		{smsLogin, sms("locale", "xx"), "invalid_locale"},
		{smsLogin, sms("locale", "EN"), "invalid_locale"},
		{smsLogin, sms("locale", "ptbr"), "invalid_locale"},
		{whatsAppLogin, sms("locale", "de"), "invalid_locale"},
		{smsLogin, sms("locale", 1), "invalid_locale"},
		{smsLogin, sms("enable_autofill", 1), "bad_request"},
		{smsLogin, sms("autofill_session_duration_minutes", 4), "invalid_session_duration_minutes"},
		{emailLogin, fields{}, "invalid_email"},
		{emailLogin, email("email", 1), "invalid_email"},
		{emailLogin, email("email", "ada"), "invalid_email"},
		{emailLogin, email("email", "ada@localhost"), "invalid_email"},
		{emailLogin, email("email", "a\u202eb@example.com"), "invalid_email"},
		{emailLogin, email("email", "a\u009bb@example.com"), "invalid_email"},
		{emailLogin, email("email", "a\u200bb@example.com"), "invalid_email"},
		{emailLogin, email("email", "Ada <ada@example.com>"), "invalid_email"},
		{emailLogin, email("email", "ada@example.com, b@example.com"), "invalid_email"},
		{emailLogin, email("email", " ada@example.com"), "invalid_email"},
		{emailLogin, email("email", `"a b"@example.com`), "invalid_email"},
		{emailLogin, email("email", strings.Repeat("a", 250)+"@b.co"), "invalid_email"},
		{emailLogin, email("locale", "de-DE"), "invalid_locale"},
		{emailLogin, email("expiration_minutes", 11), "invalid_expiration_otp"},
		{emailLogin, email("login_template_id", "a b"), "invalid_template_id"},
		{emailLogin, email("signup_template_id", 5), "invalid_template_id"},
		{smsSend, sms("user_id", "user-test-1"), "invalid_user_id"},
		{smsSend, sms("user_id", "a b"), "invalid_user_id"},
		{smsSend, sms("user_id", 7), "invalid_user_id"},
		{smsSend, sms("user_id", "user-live-"+uuid), "live_id_used_in_test_environment"},
		{smsSend, sms("session_token", "short"), "invalid_session_token"},
		{smsSend, sms("session_token", true), "invalid_session_token"},
		{smsSend, sms("session_jwt", "a.b.c"), "unable_to_parse_session_jwt"},
		{smsSend, sms("session_jwt", fields{}), "unable_to_parse_session_jwt"},
		{smsSend, fields{"phone_number": phoneA, "session_token": token, "session_jwt": "a.b.c"}, "too_many_session_arguments"},
		{emailSend, fields{"email": emailA, "session_token": token, "user_id": "mine"}, "too_many_user_selection_arguments"},
		{authenticate, fields{"code": "123456"}, "invalid_method_id"},
		{authenticate, auth("method_id", "phone-number-test-1"), "invalid_method_id"},
		{authenticate, auth("method_id", "user-test-"+uuid), "invalid_method_id"},
		{authenticate, auth("method_id", phoneA), "invalid_method_id"},
		{authenticate, auth("method_id", 1), "invalid_method_id"},
		{authenticate, auth("method_id", "email-live-"+uuid), "live_id_used_in_test_environment"},
		{authenticate, fields{"method_id": methodID}, "invalid_code"},
		{authenticate, auth("code", "12345"), "invalid_code"},
		{authenticate, auth("code", "1234567"), "invalid_code"},
		{authenticate, auth("code", "12345a"), "invalid_code"},
		{authenticate, auth("code", "١٢٣٤٥٦"), "invalid_code"},
		{authenticate, auth("code", 123456), "invalid_code"},
		{authenticate, auth("session_duration_minutes", 4), "invalid_session_duration_minutes"},
		{authenticate, auth("session_duration_minutes", 527_041), "invalid_session_duration_minutes"},
		{authenticate, auth("session_duration_minutes", "60"), "invalid_session_duration_minutes"},
		{authenticate, auth("session_custom_claims", []int{1}), "bad_request"},
		{authenticate, auth("options", "x"), "bad_request"},
		{authenticate, auth("options", fields{"ip_match_required": 1}), "bad_request"},
		{authenticate, auth("options", fields{"user_agent_match_required": "true"}), "bad_request"},
		{authenticate, auth("telemetry_id", 1), "bad_request"},
		{authenticate, auth("session_token", "short"), "invalid_session_token"},
	} {
		got := a.post(test.path, test.body)
		assert.Equal(t, test.kind, got.body["error_type"], "%s %v: %s", test.path, test.body, got.raw)
		assert.Equal(t, 400, got.status, "%s %v", test.path, test.body)
	}
	assert.Empty(t, a.Users(0))
	assert.Empty(t, a.Messages(emulator.MessageQuery{}))
}

func TestExactMessages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, test := range []struct {
		got  reply
		want string
	}{
		{a.post(smsLogin, fields{}), "phone_number format is invalid."},
		{a.post(smsLogin, fields{"phone_number": "+447911123456"}), "The phone number's country code is invalid, unsupported, or disabled."},
		{a.post(emailLogin, fields{}), "Email format is invalid."},
		{a.post(smsSend, fields{"phone_number": phoneA}), "User could not be found."},
		{a.authenticate("x", "123456"), "method_id format is invalid."},
		{a.do("POST", smsSend, "{}", func(r *http.Request) { r.SetBasicAuth("project-test-x", "") }), "Unauthorized credentials."},
	} {
		assert.Equal(t, test.want, test.got.str("error_message"))
	}
}

func TestNullAndEmptyMeanAbsent(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.post(smsSend, fields{"phone_number": phoneA, "user_id": "", "session_token": nil, "session_jwt": "", "locale": ""}).refused(404, "user_not_found")
	a.post(smsLogin, fields{"phone_number": phoneA, "expiration_minutes": nil, "attributes": nil, "locale": nil, "create_user_as_pending": nil}).ok()
}

func TestUnknownFieldsAreReportedNotRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.post(smsLogin, fields{"phone_number": phoneA, "phoneNumber": "x", "expiry": 2, "user_id": "x"}).ok()
	requests := a.Requests(emulator.RequestQuery{})
	require.Len(t, requests, 1)
	assert.Equal(t, []string{"expiry", "phoneNumber", "user_id"}, requests[0].UnknownFields)
}

func TestCountries(t *testing.T) {
	t.Parallel()
	const british, bahamian, satellite = "+442079460018", "+12423570101", "+88216211111"
	a := newAPI(t)
	for _, path := range []string{smsLogin, smsSend, whatsAppLogin, whatsAppSend} {
		for _, number := range []string{british, bahamian, satellite} {
			a.post(path, fields{"phone_number": number}).refused(400, "invalid_phone_number_country_code")
		}
	}
	assert.Empty(t, a.Users(0))
	a.post(smsLogin, fields{"phone_number": phoneA}).ok()
	a.post(smsLogin, fields{"phone_number": phoneB}).ok()

	require.NoError(t, a.AllowCountries("sms", "gb", "BS"))
	a.post(smsLogin, fields{"phone_number": british}).ok()
	a.post(smsLogin, fields{"phone_number": bahamian}).ok()
	a.post(whatsAppLogin, fields{"phone_number": british}).refused(400, "invalid_phone_number_country_code")
	assert.Equal(t, []string{"BS", "CA", "GB", "US"}, a.Countries("sms"))
	assert.Equal(t, []string{"CA", "US"}, a.Countries("whatsapp"))

	require.NoError(t, a.SetCountries("sms", "GB"))
	a.post(smsLogin, fields{"phone_number": phoneA}).refused(400, "invalid_phone_number_country_code")

	require.Error(t, a.AllowCountries("email", "US"))
	require.Error(t, a.AllowCountries("sms", "GBR"))
	require.Error(t, a.AllowCountries("sms", "DE", "4ß"))
	require.ErrorContains(t, a.AllowCountries("sms", "DE", "UK"), `"UK" is no ISO 3166`)
	assert.Equal(t, []string{"GB"}, a.Countries("sms"))
}

// A range that the metadata does not know counts for the region that its numbers begin
// like, and what no plan can have is no number. Fictional numbers work.
func TestUnknownRanges(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, number := range []string{"+14362345678", "+16212345678", "+12025550100", "+15555555555"} {
		a.post(smsLogin, fields{"phone_number": number}).ok()
	}
	for _, number := range []string{"+11125550123", "+10612345678", "+12121550123", "+4901711234567", "+1********62"} {
		a.post(smsLogin, fields{"phone_number": number}).refused(400, "invalid_phone_number")
	}
	a.post(smsLogin, fields{"phone_number": "+447700900123"}).refused(400, "invalid_phone_number_country_code")
	require.NoError(t, a.SetCountries("sms", "GB"))
	a.post(smsLogin, fields{"phone_number": "+447700900123"}).ok()
	a.post(smsLogin, fields{"phone_number": "+441632960001"}).ok()
	a.post(smsLogin, fields{"phone_number": "+14362345678"}).refused(400, "invalid_phone_number")
	a.post(smsLogin, fields{"phone_number": "+12025550100"}).refused(400, "invalid_phone_number_country_code")
	assert.Len(t, a.Messages(emulator.MessageQuery{Recipient: "+44 7700 900 123"}), 1)
}

func TestBadConfigurations(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]emulator.Config{
		"live project":        {ProjectID: "project-live-x"},
		"live secret":         {Secret: "secret-live-x"},
		"no project":          {ProjectID: "mine"},
		"secret":              {Secret: "a\nb"},
		"fixed code":          {FixedCodes: map[string]string{phoneA: "12345"}},
		"fixed number":        {FixedCodes: map[string]string{"2025550162": "123456"}},
		"fixed address":       {FixedCodes: map[string]string{"ada@localhost": "123456"}},
		"fixed, no recipient": {FixedCodes: map[string]string{"": "123456"}},
		"fixed sandbox":       {FixedCodes: map[string]string{"+10000000000": "123456"}},
		"limit":               {RateLimits: []emulator.RateLimit{{Max: 1}}},
		"threshold":           {UserLockThreshold: 101},
		"lock time":           {UserLockTTL: 1},
		"negative bound":      {MaxUsers: -1},
		"limit operation":     {RateLimits: []emulator.RateLimit{{Operation: "x", Window: 1e9}}},
		"limit by nothing":    {RateLimits: []emulator.RateLimit{{By: "x", Window: 1e9}}},
		"negative limit":      {RateLimits: []emulator.RateLimit{{Max: -1, Window: 1e9}}},
	} {
		_, err := emulator.New(config)
		require.Error(t, err, name)
	}
}
