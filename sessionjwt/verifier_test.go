package sessionjwt_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"

	"github.com/stytchotp/stytchotp/sessionjwt"
)

// TestOnEmulator checks a session from its login to its end.
func TestOnEmulator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := otptest.NewInProcess(t)
		login := logIn(t, srv, map[string]any{"plan": "gold", "seats": json.Number("12345678901234567890")})
		v, err := sessionjwt.New(srv.Client())
		require.NoError(t, err)
		for range 3 {
			var session *stytchotp.Session
			session, err = v.Verify(t.Context(), login.SessionJWT)
			require.NoError(t, err)
			assert.Equal(t, login.Session.SessionID, session.SessionID)
			assert.Equal(t, login.UserID, session.UserID)
			assert.Equal(t, login.Session.ExpiresAt, session.ExpiresAt)
			assert.Equal(t, []string{"stytch_user"}, session.Roles)
			assert.Equal(t, stytchotp.Claims{"plan": "gold", "seats": json.Number("12345678901234567890")}, session.CustomClaims)
			assert.Equal(t, login.Session.AuthenticationFactors[0].PhoneNumberFactor, session.AuthenticationFactors[0].PhoneNumberFactor)
		}
		fetches := 0
		for _, request := range srv.Requests() {
			if request.Operation == otptest.OpJWKS {
				fetches++
			}
		}
		assert.Equal(t, 1, fetches)

		pass(5*time.Minute + 9*time.Second)
		_, err = v.Verify(t.Context(), login.SessionJWT)
		require.NoError(t, err, "the leeway")
		pass(2 * time.Second)
		_, err = v.Verify(t.Context(), login.SessionJWT)
		require.ErrorIs(t, err, sessionjwt.ErrExpired)
		checked, err := srv.Client().Sessions.Authenticate(t.Context(), stytchotp.SessionsAuthenticateParams{SessionJWT: login.SessionJWT})
		require.NoError(t, err)
		_, err = v.Verify(t.Context(), checked.SessionJWT)
		require.NoError(t, err)

		v.Reject(login.Session.SessionID)
		_, err = v.Verify(t.Context(), checked.SessionJWT)
		require.ErrorIs(t, err, sessionjwt.ErrExpired)
	})
}

func logIn(t *testing.T, srv *otptest.Server, claims stytchotp.Claims) *stytchotp.AuthenticateResponse {
	t.Helper()
	client, number := srv.Client(), srv.NewPhoneNumber()
	sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	require.NoError(t, err)
	login, err := client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{
		MethodID: sent.MethodID, Code: srv.PhoneCode(number), SessionDurationMinutes: 60, SessionCustomClaims: claims,
	})
	require.NoError(t, err)
	return login
}

const projectID = "project-test-11111111-1111-4111-8111-111111111111"

// keyServer serves a key set that the test controls.
type keyServer struct {
	mu      sync.Mutex
	body    string
	status  int
	delay   time.Duration
	fetches atomic.Int64
}

func (s *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.fetches.Add(1)
	s.mu.Lock()
	body, status, delay := s.body, s.status, s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if status == 0 {
		return nil, errors.New("the connection was refused")
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if status == http.StatusFound {
		header.Set("Location", "https://evil.example/keys")
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (s *keyServer) set(status int, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body = status, body
}

// newVerifier returns a verifier that gets its keys from s.
func newVerifier(tb testing.TB, s *keyServer, opts ...sessionjwt.Option) *sessionjwt.Verifier {
	tb.Helper()
	client, err := stytchotp.NewClient(projectID, "secret-test-22222222222222222222222222222222222", stytchotp.WithHTTPClient(&http.Client{Transport: s}))
	require.NoError(tb, err)
	v, err := sessionjwt.New(client, opts...)
	require.NoError(tb, err)
	return v
}

var (
	key      = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
)

func newKey(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

func jwk(kid string, k *rsa.PublicKey) map[string]any {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes())}
}

func keySet(keys ...any) string {
	body, _ := json.Marshal(map[string]any{"keys": keys, "request_id": "r", "status_code": 200})
	return string(body)
}

// good are the claims of a JWT that is accepted.
func good() jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{
		"iss": "stytch.com/" + projectID, "aud": []string{projectID}, "sub": "user-test-1",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"https://stytch.com/session": map[string]any{
			"id": "session-test-1", "expires_at": now.Add(time.Hour).UTC().Format(time.RFC3339), "roles": []string{"stytch_user"},
		},
	}
}

func with(changes jwt.MapClaims) jwt.MapClaims {
	c := good()
	maps.Copy(c, changes)
	for name, value := range c {
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

func sign(tb testing.TB, claims jwt.Claims, edit ...func(*jwt.Token)) stytchotp.Secret {
	tb.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = "k1"
	var signer any = key()
	for _, f := range edit {
		f(token)
	}
	if token.Method == jwt.SigningMethodNone {
		signer = jwt.UnsafeAllowNoneSignatureType
	}
	signed, err := token.SignedString(signer)
	require.NoError(tb, err)
	return stytchotp.Secret(signed)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := &keyServer{status: 200, body: keySet(jwk("k1", &key().PublicKey), jwk("other", &otherKey().PublicKey))}
	v := newVerifier(t, s)
	_, err := v.Verify(t.Context(), sign(t, good()))
	require.NoError(t, err)

	public, err := json.Marshal(jwk("k1", &key().PublicKey))
	require.NoError(t, err)
	past := time.Now().Add(-time.Hour).Unix()
	for name, token := range map[string]stytchotp.Secret{
		"empty":                                "",
		"not a JWT":                            "a.b.c",
		"two parts":                            "a.b",
		"huge":                                 stytchotp.Secret(strings.Repeat("a", 17<<10)),
		"none":                                 sign(t, good(), func(j *jwt.Token) { j.Method = jwt.SigningMethodNone; j.Header["alg"] = "none" }),
		"PS256":                                sign(t, good(), func(j *jwt.Token) { j.Method = jwt.SigningMethodPS256; j.Header["alg"] = "PS256" }),
		"RS512":                                sign(t, good(), func(j *jwt.Token) { j.Method = jwt.SigningMethodRS512; j.Header["alg"] = "RS512" }),
		"HS256 with the public key":            hs256(t, key().N.Bytes()),
		"HS256 with the public key as JSON":    hs256(t, public),
		"a header that lies":                   sign(t, good(), func(j *jwt.Token) { j.Header["alg"] = "PS256" }),
		"another key":                          sign(t, good(), func(j *jwt.Token) { j.Header["kid"] = "other" }),
		"no kid":                               sign(t, good(), func(j *jwt.Token) { delete(j.Header, "kid") }),
		"a kid that is a number":               sign(t, good(), func(j *jwt.Token) { j.Header["kid"] = 1 }),
		"a long kid":                           sign(t, good(), func(j *jwt.Token) { j.Header["kid"] = strings.Repeat("k", 129) }),
		"an unknown kid":                       sign(t, good(), func(j *jwt.Token) { j.Header["kid"] = "k2" }),
		"its own key":                          sign(t, good(), func(j *jwt.Token) { j.Header["kid"] = "k2"; j.Header["jwk"] = jwk("k2", &key().PublicKey) }),
		"another project":                      sign(t, with(jwt.MapClaims{"iss": "stytch.com/project-test-2"})),
		"another issuer":                       sign(t, with(jwt.MapClaims{"iss": "evil.example/" + projectID})),
		"no issuer":                            sign(t, with(jwt.MapClaims{"iss": nil})),
		"another audience":                     sign(t, with(jwt.MapClaims{"aud": []string{"project-test-2"}})),
		"no audience":                          sign(t, with(jwt.MapClaims{"aud": nil})),
		"no expiry":                            sign(t, with(jwt.MapClaims{"exp": nil})),
		"an expiry that is no number":          sign(t, with(jwt.MapClaims{"exp": "never"})),
		"of the future":                        sign(t, with(jwt.MapClaims{"nbf": time.Now().Add(time.Minute).Unix()})),
		"issued in the future":                 sign(t, with(jwt.MapClaims{"iat": time.Now().Add(time.Minute).Unix()})),
		"no iat":                               sign(t, with(jwt.MapClaims{"iat": nil})),
		"no subject":                           sign(t, with(jwt.MapClaims{"sub": nil})),
		"no session":                           sign(t, with(jwt.MapClaims{"https://stytch.com/session": nil})),
		"a session that is no object":          sign(t, with(jwt.MapClaims{"https://stytch.com/session": 7})),
		"a session without an id":              sign(t, with(jwt.MapClaims{"https://stytch.com/session": map[string]any{}})),
		"expired, and of another project":      sign(t, with(jwt.MapClaims{"exp": past, "aud": []string{"project-test-2"}})),
		"expired, and of another issuer":       sign(t, with(jwt.MapClaims{"exp": past, "iss": "x"})),
		"a signature that was changed":         change(sign(t, good())),
		"expired, and a signature was changed": change(sign(t, with(jwt.MapClaims{"exp": past}))),
	} {
		session, err := v.Verify(t.Context(), token)
		require.ErrorIs(t, err, sessionjwt.ErrInvalid, name)
		assert.Nil(t, session, name)
	}
	for name, token := range map[string]stytchotp.Secret{
		"expired":             sign(t, with(jwt.MapClaims{"exp": past})),
		"its session is over": sign(t, with(jwt.MapClaims{"https://stytch.com/session": map[string]any{"id": "s", "expires_at": "2021-01-01T00:00:00Z"}})),
	} {
		_, err := v.Verify(t.Context(), token)
		require.ErrorIs(t, err, sessionjwt.ErrExpired, name)
	}
	assert.Equal(t, int64(1), s.fetches.Load(), "an unknown kid within a minute of a fetch")
}

// hs256 signs with a public key as the secret.
func hs256(t *testing.T, secret []byte) stytchotp.Secret {
	t.Helper()
	payload, err := json.Marshal(good())
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","kid":"k1","typ":"JWT"}`)) + "." + encode(payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return stytchotp.Secret(signed + "." + encode(mac.Sum(nil)))
}

func change(token stytchotp.Secret) stytchotp.Secret {
	i := strings.LastIndexByte(string(token), '.') + 10
	b := []byte(token)
	b[i] ^= 1
	if b[i] == '.' || b[i] == '/' || b[i] == '@' || b[i] == '`' {
		b[i] = 'x'
	}
	return stytchotp.Secret(b)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s := &keyServer{status: 200, body: keySet(jwk("k1", &key().PublicKey))}
	_, err := newVerifier(t, s, sessionjwt.WithIssuer("https://login.example.com")).Verify(t.Context(), sign(t, good()))
	require.ErrorIs(t, err, sessionjwt.ErrInvalid, "the default issuer is replaced")
	_, err = newVerifier(t, s, sessionjwt.WithIssuer("https://login.example.com")).Verify(t.Context(), sign(t, with(jwt.MapClaims{"iss": "https://login.example.com"})))
	require.NoError(t, err)
	aged := sign(t, with(jwt.MapClaims{"iat": time.Now().Add(-2 * time.Minute).Unix()}))
	_, err = newVerifier(t, s, sessionjwt.WithMaxAge(time.Minute)).Verify(t.Context(), aged)
	require.ErrorIs(t, err, sessionjwt.ErrExpired)
	_, err = newVerifier(t, s, sessionjwt.WithLeeway(time.Minute), nil).Verify(t.Context(), sign(t, with(jwt.MapClaims{"exp": time.Now().Add(-30 * time.Second).Unix()})))
	require.NoError(t, err)

	client, err := stytchotp.NewClient(projectID, "secret-test-22222222222222222222222222222222222")
	require.NoError(t, err)
	_, err = sessionjwt.New(nil)
	require.ErrorContains(t, err, "the client is nil")
	for want, opt := range map[string]sessionjwt.Option{
		"WithLeeway": sessionjwt.WithLeeway(-1), "0 to 5m": sessionjwt.WithLeeway(time.Hour),
		"WithMaxAge": sessionjwt.WithMaxAge(0), "WithIssuer": sessionjwt.WithIssuer(""),
	} {
		_, err := sessionjwt.New(client, opt)
		require.ErrorContains(t, err, want)
	}
}

// A key set that cannot be had leaves the known keys as they are, whatever is wrong
// with it, and is asked for once a minute.
func TestKeySetFails(t *testing.T) {
	t.Parallel()
	weak := newKey(1024)
	big := jwk("k2", &otherKey().PublicKey)
	for name, failure := range map[string]func(*keyServer){
		"down":        func(s *keyServer) { s.set(0, "") },
		"500":         func(s *keyServer) { s.set(500, `{}`) },
		"404":         func(s *keyServer) { s.set(404, `{"error_type":"project_not_found"}`) },
		"redirecting": func(s *keyServer) { s.set(302, keySet(big)) },
		"huge":        func(s *keyServer) { s.set(200, `{"keys":[`+strings.Repeat(`{},`, 1<<20)+`{}]}`) },
		"HTML":        func(s *keyServer) { s.set(200, "<html>") },
		"an error":    func(s *keyServer) { s.set(200, `{"error_type":"x","keys":[]}`) },
		"empty":       func(s *keyServer) { s.set(200, keySet()) },
		"no object":   func(s *keyServer) { s.set(200, `[]`) },
		"weak":        func(s *keyServer) { s.set(200, keySet(jwk("k2", &weak.PublicKey))) },
		"EC":          func(s *keyServer) { s.set(200, keySet(map[string]any{"kty": "EC", "kid": "k2", "crv": "P-256"})) },
		"odd": func(s *keyServer) {
			s.set(200, keySet(7, nil, map[string]any{"kty": "RSA", "kid": "k2", "n": "!", "e": "AQAB"},
				map[string]any{"kty": "RSA", "kid": "k2", "n": big["n"], "e": "AQ"}, map[string]any{"kty": "RSA", "kid": "k2", "n": big["n"], "e": "_________w"},
				map[string]any{"kty": "RSA", "kid": "k2", "alg": "RS512", "n": big["n"], "e": "AQAB"}, map[string]any{"kty": "RSA", "kid": "k2", "use": "enc", "n": big["n"], "e": "AQAB"},
				map[string]any{"kty": "RSA", "kid": "", "n": big["n"], "e": "AQAB"}))
		},
		"slow": func(s *keyServer) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.delay = time.Hour
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &keyServer{}
			failure(s)
			v := newVerifier(t, s)
			_, err := v.Verify(t.Context(), sign(t, good()))
			require.ErrorIs(t, err, sessionjwt.ErrNoKey, name)
			s.mu.Lock()
			s.delay = 0
			s.mu.Unlock()
			s.set(200, keySet(jwk("k1", &key().PublicKey)))
			_, err = v.Verify(t.Context(), sign(t, good()))
			require.ErrorIs(t, err, sessionjwt.ErrNoKey, "once a minute: %s", name)
			pass(time.Minute)
			_, err = v.Verify(t.Context(), sign(t, good()))
			require.NoError(t, err, name)

			failure(s)
			for range 3 {
				pass(time.Hour)
				_, err = v.Verify(t.Context(), sign(t, good()))
				require.NoError(t, err, "a known key goes on: %s", name)
				_, err = v.Verify(t.Context(), sign(t, good(), func(j *jwt.Token) { j.Header["kid"] = "k2" }))
				require.ErrorIs(t, err, sessionjwt.ErrNoKey, name)
			}
		})
	}
}

// A new key is found at its first JWT, and one that was withdrawn is forgotten.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &keyServer{status: 200, body: keySet(jwk("k0", &otherKey().PublicKey))}
		v := newVerifier(t, s)
		_, err := v.Verify(t.Context(), sign(t, good()))
		require.ErrorIs(t, err, sessionjwt.ErrInvalid)
		s.set(200, keySet(jwk("k0", &otherKey().PublicKey), jwk("k1", &key().PublicKey)))
		pass(time.Minute)
		_, err = v.Verify(t.Context(), sign(t, good()))
		require.NoError(t, err)
		s.set(200, keySet(jwk("k0", &otherKey().PublicKey)))
		pass(time.Hour)
		_, err = v.Verify(t.Context(), sign(t, good()))
		require.ErrorIs(t, err, sessionjwt.ErrInvalid)
	})
}

// A flood of unknown key ids costs one fetch a minute, and delays no JWT of a known key.
func TestFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &keyServer{status: 200, body: keySet(jwk("k1", &key().PublicKey)), delay: time.Second}
		v := newVerifier(t, s)
		known := sign(t, good())
		_, err := v.Verify(t.Context(), known)
		require.NoError(t, err)
		begin := time.Now()
		for range 10 {
			pass(time.Minute)
			known = sign(t, good())
			var flood sync.WaitGroup
			for i := range 200 {
				flood.Go(func() {
					_, err := v.Verify(t.Context(), sign(t, good(), func(j *jwt.Token) { j.Header["kid"] = fmt.Sprint("unknown", i) }))
					assert.ErrorIs(t, err, sessionjwt.ErrInvalid)
				})
			}
			flood.Go(func() {
				at := time.Now()
				_, err := v.Verify(t.Context(), known)
				assert.NoError(t, err)
				assert.Equal(t, at, time.Now(), "it waits for no fetch")
			})
			flood.Wait()
		}
		assert.LessOrEqual(t, s.fetches.Load(), int64(time.Since(begin)/time.Minute)+1)
	})
}

// A caller who leaves ends neither the fetch nor the wait of others.
func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &keyServer{status: 200, body: keySet(jwk("k1", &key().PublicKey)), delay: time.Second}
		v := newVerifier(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := v.Verify(ctx, sign(t, good()))
		require.NoError(t, err, "the keys came")

		v = newVerifier(t, s)
		first := sign(t, good())
		go func() { _, _ = v.Verify(t.Context(), first) }()
		synctest.Wait()
		ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = v.Verify(ctx, sign(t, good()))
		require.ErrorIs(t, err, sessionjwt.ErrNoKey)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		pass(time.Second) // the fetch ends
	})
}

// Reject is bounded: beyond that, all JWTs of before are too old.
func TestRejectIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVerifier(t, &keyServer{status: 200, body: keySet(jwk("k1", &key().PublicKey))})
		v.Reject("session-test-1")
		token := sign(t, good())
		for i := range 10_000 {
			v.Reject(strconv.Itoa(i))
		}
		_, err := v.Verify(t.Context(), token)
		require.ErrorIs(t, err, sessionjwt.ErrExpired)
		pass(time.Minute)
		_, err = v.Verify(t.Context(), sign(t, with(jwt.MapClaims{"https://stytch.com/session": map[string]any{"id": "another"}})))
		require.NoError(t, err, "a JWT of after that")
	})
}

func FuzzVerify(f *testing.F) {
	s := &keyServer{status: 200, body: keySet(jwk("k1", &key().PublicKey))}
	v := newVerifier(f, s)
	valid := sign(f, good())
	f.Add(string(valid))
	f.Add("a.b.c")
	f.Add("")
	f.Add(strings.Replace(string(valid), ".", "..", 1))
	f.Fuzz(func(t *testing.T, token string) {
		session, err := v.Verify(t.Context(), stytchotp.Secret(token))
		if token == string(valid) {
			return
		}
		if err == nil {
			// The same bytes may be encoded in another way; nothing else is accepted.
			parts, want := strings.Split(token, "."), strings.Split(string(valid), ".")
			if parts[0] != want[0] || parts[1] != want[1] {
				t.Fatalf("accepted %q", token)
			}
			return
		}
		if session != nil {
			t.Fatal("an error with a session")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	s := &keyServer{status: 200, body: keySet(jwk("k1", &key().PublicKey))}
	token := string(sign(b, with(jwt.MapClaims{"plan": "gold", "exp": time.Now().Add(time.Hour).Unix()})))
	b.Run("offline", func(b *testing.B) {
		v := newVerifier(b, s)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(b.Context(), stytchotp.Secret(token)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("RSA alone", func(b *testing.B) {
		parts := strings.Split(token, ".")
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			if err := jwt.SigningMethodRS256.Verify(parts[0]+"."+parts[1], signature, &key().PublicKey); err != nil {
				b.Fatal(err)
			}
		}
	})
}
