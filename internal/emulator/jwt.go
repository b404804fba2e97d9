package emulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// jwtLifetime is fixed, however long the session lasts.
const jwtLifetime = 5 * time.Minute

// sessionClaim is the claim of a session's JWT that describes the session.
const sessionClaim = "https://stytch.com/session"

type jwtHeader struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

type jwtSession struct {
	ID           string      `json:"id"`
	StartedAt    string      `json:"started_at"`
	LastAccessed string      `json:"last_accessed_at"`
	ExpiresAt    string      `json:"expires_at"`
	Attributes   attributes  `json:"attributes"`
	Factors      []jwtFactor `json:"authentication_factors"`
	Roles        []string    `json:"roles"`
}

// jwtFactor is a factor in a JWT, which leaves out when it was first used.
type jwtFactor struct {
	Type                string           `json:"type"`
	DeliveryMethod      string           `json:"delivery_method"`
	LastAuthenticatedAt string           `json:"last_authenticated_at"`
	PhoneNumberFactor   *phoneFactorBody `json:"phone_number_factor,omitempty"`
	EmailFactor         *emailFactorBody `json:"email_factor,omitempty"`
}

func (e *Emulator) issuer() string { return "stytch.com/" + e.config.ProjectID }

// signJWT returns a JWT of the session. Its iat, nbf and exp are of the real clock, by
// which clients check them, wherever that of the emulator was moved. It does not hold
// the lock: a signature takes longer than everything else together.
func (e *Emulator) signJWT(s *sessionBody) (string, error) {
	now := time.Now()
	key, err := signingKey()
	if err != nil {
		return "", err
	}
	claims := make(map[string]any, len(s.CustomClaims)+7)
	for name, value := range s.CustomClaims {
		claims[name] = value
	}
	claims["aud"] = []string{e.config.ProjectID}
	claims["iss"] = e.issuer()
	claims["sub"] = s.UserID
	claims["iat"] = now.Unix()
	claims["nbf"] = now.Unix()
	claims["exp"] = now.Add(jwtLifetime).Unix()
	factors := make([]jwtFactor, 0, len(s.Factors))
	for _, f := range s.Factors {
		factors = append(factors, jwtFactor{f.Type, f.DeliveryMethod, f.LastAuthenticatedAt, f.PhoneNumberFactor, f.EmailFactor})
	}
	claims[sessionClaim] = jwtSession{
		ID: s.SessionID, StartedAt: s.StartedAt, LastAccessed: s.LastAccessedAt, ExpiresAt: s.ExpiresAt,
		Attributes: s.Attributes, Factors: factors, Roles: s.Roles,
	}
	header, err := json.Marshal(jwtHeader{Algorithm: "RS256", KeyID: e.kid, Type: "JWT"})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// sessionOfJWT returns the id of the session that a JWT of this emulator names.
// An expired JWT is good enough: whether the session is alive decides.
func (e *Emulator) sessionOfJWT(token string) (id string, failed *apiError) {
	malformed := failure("unable_to_parse_session_jwt")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", malformed
	}
	var header jwtHeader
	// The key id comes first: a foreign JWT must not cost the making of a key.
	if !decodePart(parts[0], &header) || header.Algorithm != "RS256" || header.KeyID != e.kid {
		return "", malformed
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return "", malformed
	}
	key, err := signingKey()
	if err != nil {
		return "", failure("internal_server_error")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature) != nil {
		return "", malformed
	}
	var claims struct {
		Issuer  string     `json:"iss"`
		Session jwtSession `json:"https://stytch.com/session"`
	}
	if !decodePart(parts[1], &claims) || claims.Issuer != e.issuer() {
		return "", malformed
	}
	return claims.Session.ID, nil
}

func decodePart(part string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(data, into) == nil
}
