package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

func TestLoginOrCreate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, name, to, id, prefix string }{
		{smsLogin, "phone_number", phoneA, "phone_id", "phone-number-test-"},
		{whatsAppLogin, "phone_number", phoneA, "phone_id", "phone-number-test-"},
		{emailLogin, "email", emailA, "email_id", "email-test-"},
	} {
		a := newAPI(t)
		first := a.post(test.path, fields{test.name: test.to}).ok()
		assert.Regexp(t, `^`+test.prefix+`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, first.str(test.id))
		assert.Regexp(t, `^user-test-[0-9a-f-]{36}$`, first.str("user_id"))
		assert.Regexp(t, `^request-id-test-[0-9a-f-]{36}$`, first.str("request_id"))
		assert.Equal(t, true, first.body["user_created"])
		assert.InEpsilon(t, 200, first.body["status_code"], 0)
		assert.Len(t, first.body, 5, first.raw)
		assert.Equal(t, "1", first.header.Get("X-OTP-Emulator"))

		second := a.post(test.path, fields{test.name: test.to}).ok()
		assert.Equal(t, false, second.body["user_created"], "a user is created once")
		assert.Equal(t, first.str("user_id"), second.str("user_id"))
		assert.Equal(t, first.str(test.id), second.str(test.id))
		assert.NotEqual(t, first.str("request_id"), second.str("request_id"))
	}
}

func TestSendIsForUsersThatExist(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.post(smsSend, fields{"phone_number": phoneA}).refused(404, "user_not_found")
	a.post(whatsAppSend, fields{"phone_number": phoneA}).refused(404, "user_not_found")
	a.post(emailSend, fields{"email": emailA}).refused(404, "email_not_found")
	assert.Empty(t, a.Messages(emulator.MessageQuery{}))

	created := a.post(smsLogin, fields{"phone_number": phoneA}).ok()
	for _, path := range []string{smsSend, whatsAppSend} {
		sent := a.post(path, fields{"phone_number": phoneA}).ok()
		assert.Equal(t, created.str("phone_id"), sent.str("phone_id"), "an id names the number and not the channel")
		assert.NotContains(t, sent.body, "user_created")
		assert.Len(t, sent.body, 4)
	}
	created = a.post(emailLogin, fields{"email": emailA}).ok()
	assert.Equal(t, created.str("email_id"), a.post(emailSend, fields{"email": "ADA@Example.com"}).ok().str("email_id"))
}

func TestAuthenticateOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	methodID, code := a.login(phoneA)
	assert.Regexp(t, `^\d{6}$`, code)

	done := a.authenticate(methodID, code).ok()
	assert.Equal(t, methodID, done.str("method_id"))
	assert.Empty(t, done.str("session_token"))
	assert.Empty(t, done.str("session_jwt"))
	assert.Nil(t, done.at("session"))
	assert.Equal(t, false, done.at("reset_sessions"))
	assert.Nil(t, done.at("user_device"))
	assert.Equal(t, done.str("user_id"), done.at("user", "user_id"))
	assert.Equal(t, methodID, done.at("user", "phone_numbers", 0, "phone_id"))
	assert.Equal(t, phoneA, done.at("user", "phone_numbers", 0, "phone_number"))
	assert.Equal(t, true, done.at("user", "phone_numbers", 0, "verified"))
	assert.Equal(t, "active", done.at("user", "status"))
	assert.Equal(t, false, done.at("user", "is_locked"))
	assert.Nil(t, done.at("user", "lock_created_at"))
	for _, list := range []string{"emails", "providers", "webauthn_registrations", "biometric_registrations", "totps", "crypto_wallets"} {
		assert.Equal(t, []any{}, done.at("user", list), list)
	}

	a.authenticate(methodID, code).refused(401, "unable_to_auth_otp_code")
	a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
}

func TestWrongCodeLeavesTheRightOneAlive(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	methodID, code := a.login(phoneA)
	for range 9 {
		a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
	}
	a.authenticate(methodID, code).ok()
}

func TestSupersededCodeIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ first, second string }{
		{smsLogin, smsLogin}, {smsLogin, smsSend}, {smsLogin, whatsAppLogin}, {whatsAppLogin, smsSend},
	} {
		a := newAPI(t)
		methodID := a.post(test.first, fields{"phone_number": phoneA}).ok().str("phone_id")
		old := a.code(phoneA)
		a.post(test.second, fields{"phone_number": phoneA}).ok()
		fresh := a.code(phoneA)
		require.NotEqual(t, old, fresh)

		a.authenticate(methodID, old).refused(404, "otp_code_not_found")
		a.authenticate(methodID, fresh).ok()
		messages := a.Messages(emulator.MessageQuery{})
		require.Len(t, messages, 2)
		assert.Equal(t, emulator.StateUsed, messages[0].State)
		assert.Equal(t, emulator.StateSuperseded, messages[1].State)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	for minutes, body := range map[int]fields{
		2:  {"phone_number": phoneA},
		1:  {"phone_number": phoneA, "expiration_minutes": 1},
		10: {"phone_number": phoneA, "expiration_minutes": 10},
	} {
		life := time.Duration(minutes) * time.Minute
		a := newAPI(t)
		require.NoError(t, a.Freeze(time.Time{}))
		methodID := a.post(smsLogin, body).ok().str("phone_id")
		code := a.code(phoneA)
		a.advance(life)
		a.authenticate(methodID, code).refused(401, "unable_to_auth_otp_code")
		assert.Equal(t, emulator.StateExpired, a.Messages(emulator.MessageQuery{})[0].State)

		a.post(smsLogin, body).ok()
		a.advance(life - time.Nanosecond)
		a.authenticate(methodID, a.code(phoneA)).ok()
	}
}

func TestMethodIDsThatAreNotThere(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const uuid = "9b2f5b2e-0a6c-4c54-8f4f-6d1e1b0a7c11"
	a.authenticate("phone-number-test-"+uuid, "123456").refused(404, "phone_number_not_found")
	a.authenticate("email-test-"+uuid, "123456").refused(404, "email_not_found")
}

func TestCodeOfAnotherPersonIsWrong(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	idA, codeA := a.login(phoneA)
	idB, codeB := a.login(phoneB)
	if codeA == codeB {
		t.Skip("one in a million")
	}
	a.authenticate(idA, codeB).refused(404, "otp_code_not_found")
	a.authenticate(idB, codeB).ok()
	a.authenticate(idA, codeA).ok()
}

func TestUserLock(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	require.NoError(t, a.Freeze(time.Time{}))
	methodID, code := a.login(phoneA)
	for range 10 {
		a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
	}
	a.authenticate(methodID, code).refused(429, "user_lock_limit_reached")
	users := a.Users(0)
	require.Len(t, users, 1)
	assert.Equal(t, time.Hour, users[0].LockExpiresAt.Sub(users[0].LockCreatedAt))

	a.advance(time.Hour - time.Second)
	methodID, code = a.login(phoneA) // a new code does not help
	a.authenticate(methodID, code).refused(429, "user_lock_limit_reached")
	a.advance(time.Second)
	done := a.authenticate(methodID, code).ok()
	assert.Equal(t, false, done.at("user", "is_locked"))

	// A success in between starts the count anew.
	methodID, code = a.login(phoneA)
	for range 9 {
		a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
	}
	a.authenticate(methodID, code).ok()
	methodID, code = a.login(phoneA)
	a.authenticate(methodID, wrong(code)).refused(404, "otp_code_not_found")
	a.authenticate(methodID, code).ok()
}

func TestLockShowsInTheUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{UserLockThreshold: 1, UserLockTTL: 5 * time.Minute})
	idA, code := a.login(phoneA)
	user := a.authenticate(idA, code, fields{"session_duration_minutes": 60}).ok()
	sent := a.post(emailSend, fields{"email": emailA, "user_id": user.str("user_id")}).ok()
	emailCode := a.code(emailA)

	// Locked by the phone number, the user cannot log in with the address either.
	a.authenticate(idA, wrong(code)).refused(404, "otp_code_not_found")
	a.authenticate(sent.str("email_id"), emailCode).refused(429, "user_lock_limit_reached")
	view := a.Users(0)[0]
	assert.Equal(t, 5*time.Minute, view.LockExpiresAt.Sub(view.LockCreatedAt))
}

func TestPendingUserTurnsActive(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	methodID := a.post(smsLogin, fields{"phone_number": phoneA, "create_user_as_pending": true}).ok().str("phone_id")
	assert.Equal(t, "pending", a.Users(0)[0].Status)
	assert.Equal(t, "active", a.authenticate(methodID, a.code(phoneA)).ok().at("user", "status"))

	// The flag is about new users only.
	a.post(smsLogin, fields{"phone_number": phoneA, "create_user_as_pending": true}).ok()
	assert.Equal(t, "active", a.Users(0)[0].Status)
	a.post(smsLogin, fields{"phone_number": phoneB}).ok()
	assert.Equal(t, "active", a.Users(0)[0].Status)
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	const (
		userID  = "user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd"
		phoneID = "phone-number-test-98cfbe19-6c8f-4b8b-b62a-e78a5a7bdff3"
		emailID = "email-test-23873e89-d4ed-4e92-b3b9-e5c7198fa286"
	)
	a := newAPI(t)
	for _, path := range []string{smsLogin, smsSend, whatsAppLogin, whatsAppSend} {
		sent := a.post(path, fields{"phone_number": "+10000000000"}).ok()
		assert.Equal(t, phoneID, sent.str("phone_id"))
		assert.Equal(t, userID, sent.str("user_id"))
	}
	for _, path := range []string{emailLogin, emailSend} {
		assert.Equal(t, emailID, a.post(path, fields{"email": "sandbox@stytch.com"}).ok().str("email_id"))
	}
	assert.Empty(t, a.Messages(emulator.MessageQuery{}), "no message goes out")

	for range 12 {
		a.authenticate(phoneID, "111111").refused(404, "otp_code_not_found")
	}
	for range 2 {
		done := a.authenticate(phoneID, "000000", fields{"session_duration_minutes": 5}).ok()
		assert.Empty(t, done.at("user", "status"))
		assert.Equal(t, false, done.at("user", "phone_numbers", 0, "verified"))
		assert.Nil(t, done.at("user", "created_at"))
		assert.NotEmpty(t, done.str("session_token"))
	}
	a.authenticate(emailID, "000000").ok()
	for range 2 {
		done := a.authenticate(phoneID, "000000", fields{"telemetry_id": "one", "attributes": fields{"ip_address": "203.0.113.7"}}).ok()
		assert.Equal(t, true, done.at("user_device", "visitor_id_details", "is_new"), "it leaves nothing behind")
		assert.Equal(t, true, done.at("user_device", "ip_address_details", "is_new"), "it leaves nothing behind")
	}
	attached := a.post(smsSend, fields{"phone_number": phoneB, "user_id": userID}).ok().str("phone_id")
	for range 12 {
		a.authenticate(attached, wrong(a.code(phoneB))).refused(404, "otp_code_not_found")
	}
	a.authenticate(attached, a.code(phoneB)).ok()

	methodID, code := a.login(phoneA)
	require.NotEqual(t, "000000", code)
	a.authenticate(methodID, "000000").refused(404, "otp_code_not_found")
}

func TestSandboxSessionTokens(t *testing.T) {
	t.Parallel()
	const phoneID = "phone-number-test-98cfbe19-6c8f-4b8b-b62a-e78a5a7bdff3"
	const token = "WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY"
	a := newAPI(t)
	for range 2 {
		done := a.authenticate(phoneID, "000000", fields{
			"session_token": token, "session_duration_minutes": 60, "session_custom_claims": fields{"a": 1},
		}).ok()
		assert.Equal(t, token, done.str("session_token"))
	}
	done := a.authenticate(phoneID, "000000", fields{"session_token": token}).ok()
	assert.Equal(t, map[string]any{}, done.at("session", "custom_claims"), "the canned session does not change")
	a.authenticate(phoneID, "000000", fields{"session_token": "59cnLELtq5cFVS6uYK9f-pAWzBkhqZl8AvLhbhOvKNWw"}).refused(404, "session_not_found")
	a.post(smsSend, fields{"phone_number": "+10000000000", "session_token": token}).ok()
}

func TestAttributesMustMatchWhenAsked(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	device := fields{"ip_address": "203.0.113.7", "user_agent": "Firefox"}
	methodID := a.post(smsLogin, fields{"phone_number": phoneA, "attributes": device}).ok().str("phone_id")
	code := a.code(phoneA)
	both := fields{"ip_match_required": true, "user_agent_match_required": true}

	for _, other := range []fields{
		nil,
		{"ip_address": "203.0.113.8", "user_agent": "Firefox"},
		{"ip_address": "203.0.113.7", "user_agent": "Chrome"},
	} {
		a.authenticate(methodID, code, fields{"attributes": other, "options": both}).refused(401, "attribute_mismatch")
	}
	a.authenticate(methodID, code, fields{"attributes": device, "options": both}).ok()

	methodID, code = a.login(phoneA)
	a.authenticate(methodID, code, fields{"attributes": device, "options": fields{"ip_match_required": true}}).refused(401, "attribute_mismatch")
	a.authenticate(methodID, code, fields{"attributes": device, "options": fields{"ip_match_required": false}}).ok()
}

func TestUserDevice(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	logIn := func(telemetry, address string) reply {
		methodID, code := a.login(phoneA)
		return a.authenticate(methodID, code, fields{"telemetry_id": telemetry, "attributes": fields{"ip_address": address}}).ok()
	}
	first := logIn("one", "203.0.113.7")
	assert.Equal(t, true, first.at("user_device", "visitor_id_details", "is_new"))
	assert.Equal(t, "203.0.113.7", first.at("user_device", "ip_address"))
	again := logIn("one", "203.0.113.8")
	assert.Equal(t, first.at("user_device", "visitor_id"), again.at("user_device", "visitor_id"))
	assert.Equal(t, false, again.at("user_device", "visitor_id_details", "is_new"))
	assert.Equal(t, true, again.at("user_device", "ip_address_details", "is_new"))
	other := logIn("two", "203.0.113.8")
	assert.NotEqual(t, first.at("user_device", "visitor_id"), other.at("user_device", "visitor_id"))
	assert.Equal(t, false, other.at("user_device", "ip_address_details", "is_new"))
	a.advance(time.Minute)
	back := logIn("one", "203.0.113.7")
	assert.Equal(t, false, back.at("user_device", "ip_address_details", "is_new"), "though the visitor has been elsewhere")
	assert.Equal(t, first.at("user_device", "ip_address_details", "first_seen_at"), back.at("user_device", "ip_address_details", "first_seen_at"))
	assert.NotEqual(t, first.at("user_device", "ip_address_details", "last_seen_at"), back.at("user_device", "ip_address_details", "last_seen_at"))
	for i := range 50 {
		logIn(strings.Repeat("x", i+1), "")
	}
}

func TestSeededCodesRepeat(t *testing.T) {
	t.Parallel()
	run := func(seed string, disturb bool) (codes []string, id string) {
		a := newAPI(t, emulator.Config{Seed: seed})
		for range 5 {
			if disturb {
				a.do(http.MethodGet, "/", "")
			}
			_, code := a.login(phoneA)
			codes = append(codes, code)
		}
		return codes, a.ProjectID() + a.Secret()
	}
	first, idFirst := run("x", false)
	second, idSecond := run("x", true)
	other, idOther := run("y", false)
	assert.Equal(t, first, second)
	assert.Equal(t, idFirst, idSecond)
	assert.NotEqual(t, first, other)
	assert.NotEqual(t, idFirst, idOther)
	unseeded, idUnseeded := run("", false)
	again, idAgain := run("", false)
	assert.NotEqual(t, unseeded, again)
	assert.NotEqual(t, idUnseeded, idAgain)

	a := newAPI(t, emulator.Config{Seed: "x"})
	for range 2 {
		a.Reset()
		_, code := a.login(phoneA)
		assert.Equal(t, first[0], code, "a reset starts the codes anew")
	}
}

func TestFixedCodes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{FixedCodes: map[string]string{"ADA@example.com": "424242"}})
	a.post(emailLogin, fields{"email": emailA}).ok()
	assert.Equal(t, "424242", a.code(emailA))
	require.NoError(t, a.FixCode(phoneA, "000001"))
	_, code := a.login(phoneA)
	assert.Equal(t, "000001", code)
	methodID, _ := a.login(phoneA)
	a.authenticate(methodID, "000001").ok()
	require.NoError(t, a.FixCode(phoneA, ""))
	_, code = a.login(phoneA)
	assert.NotEqual(t, "000001", code)
	require.Error(t, a.FixCode(phoneA, "12345"))
	require.Error(t, a.FixCode(phoneA, "12345x"))
	require.ErrorContains(t, a.FixCode("2025550162", "123456"), `"2025550162" is neither`)
	require.ErrorContains(t, a.FixCode("sandbox@stytch.com", "123456"), "always 000000")
}
