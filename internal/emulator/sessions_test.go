package emulator_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// claims verifies a JWT with the key that the emulator serves, and nothing else.
func (a *api) claims(jwt string) fields {
	a.t.Helper()
	keys := a.do(http.MethodGet, "/v1/sessions/jwks/"+a.ProjectID(), "", func(r *http.Request) { r.Header.Del("Authorization") }).ok()
	key := func(name string) string {
		value, ok := keys.at("keys", 0, name).(string)
		require.True(a.t, ok)
		return value
	}
	decode := func(text string) []byte {
		data, err := base64.RawURLEncoding.DecodeString(text)
		require.NoError(a.t, err)
		return data
	}
	object := func(text string) (value fields) {
		require.NoError(a.t, json.Unmarshal(decode(text), &value))
		return value
	}
	parts := strings.Split(jwt, ".")
	require.Len(a.t, parts, 3)
	assert.Equal(a.t, fields{"alg": "RS256", "kid": key("kid"), "typ": "JWT"}, object(parts[0]))
	assert.Regexp(a.t, `^jwk-test-[0-9a-f-]{36}$`, key("kid"))
	assert.Equal(a.t, "RSA", key("kty"))
	assert.Equal(a.t, "sig", key("use"))

	public := rsa.PublicKey{
		N: new(big.Int).SetBytes(decode(key("n"))),
		E: int(new(big.Int).SetBytes(decode(key("e"))).Int64()),
	}
	assert.Equal(a.t, 2048, public.N.BitLen())
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.NoError(a.t, rsa.VerifyPKCS1v15(&public, crypto.SHA256, digest[:], decode(parts[2])))
	return object(parts[1])
}

func TestSession(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	start := time.Date(2100, time.March, 4, 5, 6, 7, 0, time.UTC)
	require.NoError(t, a.Freeze(start))
	methodID, code := a.login(phoneA)
	done := a.authenticate(methodID, code, fields{
		"session_duration_minutes": 60,
		"attributes":               fields{"ip_address": "203.0.113.7", "user_agent": "Firefox"},
		"session_custom_claims":    fields{"plan": "gold", "aud": "evil", "sub": "evil"},
	}).ok()

	assert.Len(t, done.str("session_token"), 44)
	assert.Regexp(t, `^session-test-[0-9a-f-]{36}$`, done.at("session", "session_id"))
	assert.Equal(t, done.str("user_id"), done.at("session", "user_id"))
	assert.Equal(t, "2100-03-04T05:06:07Z", done.at("session", "started_at"))
	assert.Equal(t, "2100-03-04T05:06:07Z", done.at("session", "last_accessed_at"))
	assert.Equal(t, "2100-03-04T06:06:07Z", done.at("session", "expires_at"))
	assert.Equal(t, map[string]any{"ip_address": "203.0.113.7", "user_agent": "Firefox"}, done.at("session", "attributes"))
	assert.Equal(t, map[string]any{"plan": "gold"}, done.at("session", "custom_claims"))
	factor := map[string]any{
		"type": "otp", "delivery_method": "sms", "last_authenticated_at": "2100-03-04T05:06:07Z",
		"created_at": "2100-03-04T05:06:07Z", "updated_at": "2100-03-04T05:06:07Z",
		"phone_number_factor": map[string]any{"phone_id": methodID, "phone_number": phoneA},
	}
	assert.Equal(t, []any{factor}, done.at("session", "authentication_factors"))

	before := time.Now().Unix()
	claims := a.claims(done.str("session_jwt"))
	assert.Equal(t, []any{a.ProjectID()}, claims["aud"])
	assert.Equal(t, "stytch.com/"+a.ProjectID(), claims["iss"])
	assert.Equal(t, done.str("user_id"), claims["sub"])
	assert.InDelta(t, before, claims["iat"], 60, "of the real clock, by which SDKs check it")
	assert.Equal(t, claims["iat"], claims["nbf"])
	assert.InDelta(t, claims["iat"].(float64)+300, claims["exp"], 0)
	assert.Equal(t, "gold", claims["plan"])
	session, ok := claims["https://stytch.com/session"].(map[string]any)
	require.True(t, ok)
	assert.Equal(t, done.at("session", "session_id"), session["id"])
	delete(factor, "created_at")
	delete(factor, "updated_at")
	assert.Equal(t, []any{factor}, session["authentication_factors"], "a JWT is shorter")
	assert.Equal(t, "2100-03-04T06:06:07Z", session["expires_at"])
}

func TestDeliveryMethods(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, name, to, delivery, factor, value string }{
		{smsLogin, "phone_number", phoneA, "sms", "phone_number_factor", "phone_number"},
		{whatsAppLogin, "phone_number", phoneA, "whatsapp", "phone_number_factor", "phone_number"},
		{emailLogin, "email", emailA, "email", "email_factor", "email_address"},
	} {
		a := newAPI(t)
		a.post(test.path, fields{test.name: test.to}).ok()
		m, _ := a.LatestMessage(emulator.MessageQuery{})
		done := a.authenticate(m.MethodID, m.Code, fields{"session_duration_minutes": 5}).ok()
		assert.Equal(t, test.delivery, done.at("session", "authentication_factors", 0, "delivery_method"))
		assert.Equal(t, test.to, done.at("session", "authentication_factors", 0, test.factor, test.value))
	}
}

func TestSessionIsExtended(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	require.NoError(t, a.Freeze(time.Date(2100, time.March, 4, 5, 0, 0, 0, time.UTC)))
	userID, token, jwt := a.loggedIn(phoneA)
	a.advance(30 * time.Minute) // the JWT is stale by now, the session is not

	emailID := a.post(emailSend, fields{"email": emailA, "session_jwt": jwt}).ok().str("email_id")
	done := a.authenticate(emailID, a.code(emailA), fields{"session_jwt": jwt, "session_duration_minutes": 90}).ok()
	assert.Equal(t, userID, done.str("user_id"))
	assert.Equal(t, token, done.str("session_token"))
	assert.Equal(t, "2100-03-04T05:00:00Z", done.at("session", "started_at"))
	assert.Equal(t, "2100-03-04T05:30:00Z", done.at("session", "last_accessed_at"))
	assert.Equal(t, "2100-03-04T07:00:00Z", done.at("session", "expires_at"))
	assert.Len(t, done.at("session", "authentication_factors"), 2)

	// The same factor again is not a third one, and without a duration the end stays.
	methodID, code := a.login(phoneA)
	a.advance(time.Minute)
	done = a.authenticate(methodID, code, fields{"session_token": token}).ok()
	assert.Len(t, done.at("session", "authentication_factors"), 2)
	assert.Equal(t, "2100-03-04T05:31:00Z", done.at("session", "authentication_factors", 0, "last_authenticated_at"))
	assert.Equal(t, "2100-03-04T05:00:00Z", done.at("session", "authentication_factors", 0, "created_at"))
	assert.Equal(t, "2100-03-04T07:00:00Z", done.at("session", "expires_at"))

	a.advance(2 * time.Hour)
	methodID, code = a.login(phoneA)
	a.authenticate(methodID, code, fields{"session_token": token}).refused(404, "session_not_found")
	a.authenticate(methodID, code, fields{"session_jwt": jwt}).refused(404, "session_not_found")
	a.authenticate(methodID, code).ok() // the failures did not use the code up
}

func TestCustomClaims(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	_, token, _ := a.loggedIn(phoneA)
	extend := func(claims fields) reply {
		methodID, code := a.login(phoneA)
		return a.authenticate(methodID, code, fields{
			"session_token": token, "session_duration_minutes": 5, "session_custom_claims": claims,
		})
	}
	assert.Equal(t, map[string]any{"a": 1.0, "b": map[string]any{"c": "d"}}, extend(fields{"a": 1, "b": fields{"c": "d"}}).ok().at("session", "custom_claims"))
	done := extend(fields{"a": nil, "e": 2, "iss": 1, "exp": 1, "nbf": 1, "iat": 1, "jti": 1}).ok()
	assert.Equal(t, map[string]any{"b": map[string]any{"c": "d"}, "e": 2.0}, done.at("session", "custom_claims"))
	assert.InEpsilon(t, 2, a.claims(done.str("session_jwt"))["e"], 0)

	extend(fields{"big": strings.Repeat("x", 4096)}).refused(400, "custom_claims_too_large")
	extend(fields{"more": strings.Repeat("x", 3000)}).ok()
	extend(fields{"evenMore": strings.Repeat("x", 1200)}).refused(400, "custom_claims_too_large")
	extend(fields{"https://stytch.com/session": 1}).refused(400, "stytch_claims_in_custom_claims")
	extend(fields{"more": nil, "evenMore": strings.Repeat("x", 1200)}).ok()
}

func TestForgedJWTs(t *testing.T) {
	t.Parallel()
	a, other := newAPI(t), newAPI(t)
	_, _, jwt := a.loggedIn(phoneA)
	_, _, foreign := other.loggedIn(phoneA)
	twin := newAPI(t, emulator.Config{ProjectID: a.ProjectID()})
	_, _, twins := twin.loggedIn(phoneA)
	parts := strings.Split(jwt, ".")
	encode := base64.RawURLEncoding.EncodeToString
	kid, ok := a.do(http.MethodGet, "/v1/sessions/jwks/"+a.ProjectID(), "").ok().at("keys", 0, "kid").(string)
	require.True(t, ok)
	none := encode([]byte(`{"alg":"none","kid":"` + kid + `","typ":"JWT"}`))

	for _, forged := range []string{
		foreign, twins, "x", "..", parts[0] + "." + parts[1] + ".", parts[0] + "." + parts[1] + ".!",
		none + "." + parts[1] + ".", none + "." + parts[1] + "." + parts[2],
		parts[0] + "." + encode([]byte(`{}`)) + "." + parts[2],
		parts[0] + "." + parts[1] + "." + encode([]byte("signature")),
	} {
		a.post(smsSend, fields{"phone_number": phoneB, "session_jwt": forged}).refused(400, "unable_to_parse_session_jwt")
	}
	a.post(smsSend, fields{"phone_number": phoneB, "session_jwt": jwt}).ok()
	a.post(smsSend, fields{"phone_number": phoneB, "session_token": strings.Repeat("t", 44)}).refused(404, "session_not_found")
}

func TestSessionsEndWithTheirUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t, emulator.Config{MaxUsers: 1})
	_, token, jwt := a.loggedIn(phoneA)
	a.login(phoneB)
	require.Len(t, a.Users(0), 1)
	a.post(emailSend, fields{"email": emailA, "session_token": token}).refused(404, "session_not_found")
	a.post(emailSend, fields{"email": emailA, "session_jwt": jwt}).refused(404, "session_not_found")
	a.post(smsSend, fields{"phone_number": phoneA}).refused(404, "user_not_found")

	// The user left alone for longest goes first, not the oldest.
	for _, use := range []func(a *api, methodID, code string){
		func(a *api, _, _ string) { a.login(phoneA) },
		func(a *api, methodID, code string) { a.authenticate(methodID, code).ok() },
	} {
		a = newAPI(t, emulator.Config{MaxUsers: 2})
		methodID, code := a.login(phoneA)
		a.login(phoneB)
		use(a, methodID, code)
		a.login("+12025550103")
		a.post(smsSend, fields{"phone_number": phoneA}).ok()
		a.post(smsSend, fields{"phone_number": phoneB}).refused(404, "user_not_found")
	}

	// The session left alone for longest goes first, not the oldest.
	a = newAPI(t, emulator.Config{MaxSessions: 2})
	_, used, _ := a.loggedIn(phoneA)
	_, idle, _ := a.loggedIn(phoneA)
	a.post(emailSend, fields{"email": emailA, "session_token": used}).ok()
	a.loggedIn(phoneA)
	a.post(emailSend, fields{"email": emailA, "session_token": used}).ok()
	a.post(emailSend, fields{"email": emailA, "session_token": idle}).refused(404, "session_not_found")

	a = newAPI(t, emulator.Config{MaxSessions: 1})
	_, old, _ := a.loggedIn(phoneA)
	_, fresh, _ := a.loggedIn(phoneA)
	a.post(emailSend, fields{"email": emailA, "session_token": old}).refused(404, "session_not_found")
	a.post(emailSend, fields{"email": emailA, "session_token": fresh}).ok()
}
