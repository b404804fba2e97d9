package sessionjwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stytchotp/stytchotp"
)

// sessionClaim is the claim that describes the session.
const sessionClaim = "https://stytch.com/session"

// claims are the claims of a session's JWT.
type claims struct {
	jwt.RegisteredClaims

	session *stytchotp.Session
}

// wireSession is the session as encoded in a JWT.
type wireSession struct {
	ID             string                           `json:"id"`
	StartedAt      time.Time                        `json:"started_at"`
	LastAccessedAt time.Time                        `json:"last_accessed_at"`
	ExpiresAt      time.Time                        `json:"expires_at"`
	Attributes     stytchotp.Attributes             `json:"attributes"`
	Factors        []stytchotp.AuthenticationFactor `json:"authentication_factors"`
	Roles          []string                         `json:"roles"`
}

// UnmarshalJSON decodes the registered claims, the session, and the others as the
// session's custom claims. It runs for each request that is checked, so it decodes each
// claim once.
func (c *claims) UnmarshalJSON(data []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	var w wireSession
	for name, raw := range all {
		var err error
		switch name {
		case "iss":
			c.Issuer, err = decodeString(raw)
		case "sub":
			c.Subject, err = decodeString(raw)
		case "exp":
			c.ExpiresAt, err = decodeTime(raw)
		case "nbf":
			c.NotBefore, err = decodeTime(raw)
		case "iat":
			c.IssuedAt, err = decodeTime(raw)
		case "aud":
			err = json.Unmarshal(raw, &c.Audience)
		case "jti":
		case sessionClaim:
			err = json.Unmarshal(raw, &w)
		default:
			continue
		}
		if err != nil {
			return err
		}
		delete(all, name)
	}
	if w.ID == "" || c.Subject == "" || c.IssuedAt == nil {
		return errors.New("a session's JWT has an id, a sub and an iat")
	}
	custom, err := decodeCustom(all)
	if err != nil {
		return err
	}
	c.session = &stytchotp.Session{
		SessionID: w.ID, UserID: c.Subject, StartedAt: w.StartedAt, LastAccessedAt: w.LastAccessedAt, ExpiresAt: w.ExpiresAt,
		Attributes: w.Attributes, AuthenticationFactors: w.Factors, Roles: w.Roles, CustomClaims: custom,
	}
	return nil
}

// decodeString decodes a string; encoding/json is needed only for one with escapes.
func decodeString(raw json.RawMessage) (text string, err error) {
	if len(raw) >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw[1 : len(raw)-1]), nil
	}
	err = json.Unmarshal(raw, &text)
	return text, err
}

// decodeTime decodes a time in seconds since 1970.
func decodeTime(raw json.RawMessage) (*jwt.NumericDate, error) {
	if seconds, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return jwt.NewNumericDate(time.Unix(seconds, 0)), nil
	}
	date := &jwt.NumericDate{}
	if err := json.Unmarshal(raw, date); err != nil {
		return nil, err
	}
	return date, nil
}

// decodeCustom decodes the project's own claims, numbers as [json.Number].
func decodeCustom(all map[string]json.RawMessage) (stytchotp.Claims, error) {
	custom := make(stytchotp.Claims, len(all))
	for name, raw := range all {
		if text, err := decodeString(raw); err == nil && raw[0] == '"' {
			custom[name] = text
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		custom[name] = value
	}
	return custom, nil
}
