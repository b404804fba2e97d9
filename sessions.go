package stytchotp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// SessionsService checks, lists and ends the sessions that
// [OTPsService.Authenticate] starts.
type SessionsService struct{ core coreFunc }

// Authenticate checks a session by its token or its JWT, at Stytch: a session that was
// revoked or has ended is [ErrSessionNotFound]. With SessionDurationMinutes the session
// lasts that long from now. The answer holds a new JWT, and the JWT that is checked may
// be one that has expired. A JWT can be checked without a call: see package sessionjwt.
//
// API: https://stytch.com/docs/api-reference/consumer/api/sessions/authenticate-session
func (s *SessionsService) Authenticate(ctx context.Context, params SessionsAuthenticateParams) (*SessionsAuthenticateResponse, error) {
	return call[SessionsAuthenticateResponse](ctx, s.core(), sessionsAuthenticate, &params)
}

// Get returns the sessions of a user that have not ended.
//
// API: https://stytch.com/docs/api-reference/consumer/api/sessions/get-sessions
func (s *SessionsService) Get(ctx context.Context, params SessionsGetParams) (*SessionsGetResponse, error) {
	op := operation{name: OpSessionsGet, method: http.MethodGet, path: "/v1/sessions?user_id=" + url.QueryEscape(params.UserID)}
	return call[SessionsGetResponse](ctx, s.core(), op, &params)
}

// Revoke ends a session for good, by its id, its token or its JWT. A JWT of it is
// accepted by who checks it offline until it expires, five minutes after it was made.
// Revoking a session that has ended is [ErrSessionNotFound].
//
// API: https://stytch.com/docs/api-reference/consumer/api/sessions/revoke-session
func (s *SessionsService) Revoke(ctx context.Context, params SessionsRevokeParams) (*SessionsRevokeResponse, error) {
	return call[SessionsRevokeResponse](ctx, s.core(), sessionsRevoke, &params)
}

var (
	sessionsAuthenticate = operation{name: OpSessionsAuthenticate, path: "/v1/sessions/authenticate"}
	sessionsRevoke       = operation{name: OpSessionsRevoke, path: "/v1/sessions/revoke"}
)

func (p *SessionsAuthenticateParams) check(c *checker) {
	c.want = expected{sessionToken: p.SessionToken, sessionID: sessionIDOf(p.SessionJWT), session: true, verdict: p.AuthorizationCheck != AuthorizationCheck{}}
	c.oneOf("session_token", string(p.SessionToken), "session_jwt", string(p.SessionJWT))
	c.between("session_duration_minutes", p.SessionDurationMinutes, minSessionMinutes, maxSessionMinutes)
	c.customClaims(p.SessionCustomClaims)
	if c.want.verdict {
		c.id("authorization_check.resource_id", p.AuthorizationCheck.ResourceID)
		c.id("authorization_check.action", p.AuthorizationCheck.Action)
	}
}

func (p *SessionsGetParams) check(c *checker) {
	c.want.userID = p.UserID
	c.pathID("user_id", p.UserID)
}

func (p *SessionsRevokeParams) check(c *checker) {
	c.oneOf("session_id", p.SessionID, "session_token", string(p.SessionToken), "session_jwt", string(p.SessionJWT))
}

// sessionIDOf returns the id of the session that a JWT says it is of, or "". Stytch
// checks the signature, not this.
func sessionIDOf(jwt Secret) string {
	_, rest, _ := strings.Cut(string(jwt), ".")
	payload, _, _ := strings.Cut(rest, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return ""
	}
	var claims struct {
		Session struct {
			ID string `json:"id"`
		} `json:"https://stytch.com/session"`
	}
	if json.Unmarshal(decoded, &claims) != nil {
		return ""
	}
	return claims.Session.ID
}

// read refuses an answer about another session or user than the one asked for.
func (r *SessionsAuthenticateResponse) read(body []byte, want expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err != nil {
		return "", err
	}
	switch {
	case r.Session == nil || !isID(r.Session.SessionID) || !isID(r.Session.UserID):
		return "the body has no session with a session_id and a user_id", nil
	case !isToken(string(r.SessionToken)) && !isToken(string(r.SessionJWT)):
		return "the body has no session_token or session_jwt", nil
	case want.sessionToken != "" && r.SessionToken != "" && r.SessionToken != want.sessionToken,
		want.sessionID != "" && r.Session.SessionID != want.sessionID:
		return "the answer is about another session", nil
	case r.User.UserID != "" && r.User.UserID != r.Session.UserID:
		return "the body is about more than one user", nil
	case want.verdict && r.Verdict == nil:
		return "the body has no verdict, and an authorization_check was asked for", nil
	}
	return "", nil
}

// read refuses an answer without a list, and one with a session of another user.
func (r *SessionsGetResponse) read(body []byte, want expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err != nil {
		return "", err
	}
	if r.Sessions == nil && !bytes.Contains(body, []byte(`"sessions"`)) {
		return "the body has no sessions", nil
	}
	for _, s := range r.Sessions {
		switch {
		case !isID(s.SessionID) || !isID(s.UserID):
			return "a session has no session_id or user_id", nil
		case isUserID(want.userID) && s.UserID != want.userID:
			return "the answer is about another user", nil
		}
	}
	return "", nil
}

// read demands a request_id: nothing else tells the answer from another page.
func (r *SessionsRevokeResponse) read(body []byte, _ expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err == nil && !isID(r.RequestID) {
		mismatch = "the body has no request_id"
	}
	return mismatch, err
}
