package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

type sessionCheckBody struct {
	StatusCode   int          `json:"status_code"`
	RequestID    string       `json:"request_id"`
	SessionToken string       `json:"session_token"`
	SessionJWT   string       `json:"session_jwt"`
	Session      *sessionBody `json:"session"`
	User         userBody     `json:"user"`
	Verdict      *verdictBody `json:"verdict"`
}

type verdictBody struct {
	Authorized    bool     `json:"authorized"`
	GrantingRoles []string `json:"granting_roles"`
}

type sessionsBody struct {
	StatusCode int            `json:"status_code"`
	RequestID  string         `json:"request_id"`
	Sessions   []*sessionBody `json:"sessions"`
}

type statusBody struct {
	StatusCode int    `json:"status_code"`
	RequestID  string `json:"request_id"`
}

// sessionCheck is a valid request to check a session.
type sessionCheck struct {
	session sessionRef
	minutes int // zero: the session ends when it would have
	claims  map[string]json.RawMessage
	verdict *verdictBody // nil when none is wanted
}

func (e *Emulator) readSessionCheck(r *reader) sessionCheck {
	in := sessionCheck{
		minutes: r.integer("session_duration_minutes", "invalid_session_duration_minutes", minSessionMinutes, maxSessionMinutes),
		claims:  r.object("session_custom_claims", "bad_request"),
		session: r.sessionRef(e),
	}
	if !in.session.given() {
		r.fail(failure("no_session_arguments"))
	}
	if r.take("authorization_check") != nil {
		r.inside("authorization_check", func(inner *reader) {
			resource, action := inner.text("resource_id", "bad_request"), inner.text("action", "bad_request")
			if resource == "" || action == "" {
				inner.fail(explain("bad_request", "authorization_check needs resource_id and action."))
			}
			// The policy of a new project: each user has one role, which may do
			// everything with the user's own data.
			in.verdict = &verdictBody{Authorized: resource == "stytch.self", GrantingRoles: roles()}
		})
	}
	return in
}

// authenticateSession answers POST /v1/sessions/authenticate.
func (e *Emulator) authenticateSession(x *Exchange) (any, *apiError) {
	in := e.readSessionCheck(x.reader)
	if x.reader.err != nil {
		return nil, x.reader.err
	}
	body, err := e.checkSession(in, x)
	if err != nil {
		return nil, err
	}
	jwt, signErr := e.signJWT(body.Session)
	if signErr != nil {
		return nil, failure("internal_server_error")
	}
	body.SessionJWT = jwt
	return body, nil
}

func (e *Emulator) checkSession(in sessionCheck, x *Exchange) (*sessionCheckBody, *apiError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	if err := e.limits.admit(now, OpSessionsAuthenticate, "", ""); err != nil {
		return nil, err
	}
	s, err := e.findSessionLocked(in.session, now)
	if err != nil {
		return nil, err
	}
	if in.verdict != nil && !in.verdict.Authorized {
		return nil, failure("consumer_session_authorization_error")
	}
	claims, err := mergeClaims(s.claims, in.claims)
	if err != nil {
		return nil, err
	}
	if s.canned {
		s = s.copy(now)
	}
	s.lastAccessed = now
	if in.minutes != 0 {
		s.expires = now.Add(time.Duration(in.minutes) * time.Minute)
		s.claims = claims
	}
	if !s.canned {
		e.sessions.add(s) // anew, for its size
		e.users.touch(s.user)
	}
	body := &sessionCheckBody{
		StatusCode: http.StatusOK, RequestID: x.requestID, Verdict: in.verdict,
		Session: s.body(), User: e.userBodyLocked(s.user, now),
	}
	if in.session.token != "" {
		body.SessionToken = s.token // a JWT does not get the token
	}
	return body, nil
}

// getSessions answers GET /v1/sessions?user_id=….
func (e *Emulator) getSessions(x *Exchange) (any, *apiError) {
	id, err := x.queryUserID()
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	if err := e.limits.admit(now, OpSessionsGet, "", ""); err != nil {
		return nil, err
	}
	u := e.users.byID[id]
	if u == nil {
		return nil, failure("user_not_found")
	}
	body := sessionsBody{StatusCode: http.StatusOK, RequestID: x.requestID, Sessions: []*sessionBody{}}
	for _, s := range e.sessions.of(u, now) {
		body.Sessions = append(body.Sessions, s.body())
	}
	return body, nil
}

// queryUserID returns the user_id of the query.
func (x *Exchange) queryUserID() (string, *apiError) {
	values, err := url.ParseQuery(x.call.Query)
	if err != nil {
		return "", explain("bad_request", "The query is not encoded as it should be.")
	}
	return checkUserID(values.Get("user_id"))
}

// revokeSession answers POST /v1/sessions/revoke.
func (e *Emulator) revokeSession(x *Exchange) (any, *apiError) {
	r := x.reader
	id := r.text("session_id", "invalid_session_id")
	if id != "" && !isTestID(id, "session") {
		r.fail(failure("invalid_session_id"))
	}
	ref := r.sessionRef(e)
	switch {
	case id == "" && !ref.given():
		r.fail(failure("no_session_arguments"))
	case id != "" && ref.given():
		r.fail(explain("too_many_session_arguments", "Give one of session_id, session_token and session_jwt."))
	case id != "":
		ref = sessionRef{id: id}
	}
	if r.err != nil {
		return nil, r.err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	if err := e.limits.admit(now, OpSessionsRevoke, "", ""); err != nil {
		return nil, err
	}
	s, err := e.findSessionLocked(ref, now)
	if err != nil {
		return nil, err
	}
	if !s.canned {
		e.sessions.forget(s)
	}
	return statusBody{StatusCode: http.StatusOK, RequestID: x.requestID}, nil
}

// Session is a session that has not ended, as a developer sees it.
type Session struct {
	ID             string    `json:"session_id"`
	UserID         string    `json:"user_id"`
	StartedAt      time.Time `json:"started_at"`
	LastAccessedAt time.Time `json:"last_accessed_at"`
	ExpiresAt      time.Time `json:"expires_at"`
	Recipients     []string  `json:"recipients"` // the numbers and addresses that it rests on
}

// Sessions returns at most limit sessions, the last used first; all of them if limit is
// not positive. The sandbox's session is not among them.
func (e *Emulator) Sessions(limit int) []Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	views := []Session{}
	for s := range e.sessions.recent.all() {
		if limit > 0 && len(views) == limit {
			break
		}
		if s.ended(now) {
			continue
		}
		view := Session{ID: s.id, UserID: s.user.id, StartedAt: s.started, LastAccessedAt: s.lastAccessed, ExpiresAt: s.expires, Recipients: []string{}}
		for _, used := range s.factors {
			view.Recipients = append(view.Recipients, used.factor.value)
		}
		views = append(views, view)
	}
	return views
}

// EndSession ends a session, as its time or a revocation does, and reports whether
// there was one with that id.
func (e *Emulator) EndSession(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions.alive(e.sessions.byID[id], e.clock.now())
	if s == nil || s.canned {
		return false
	}
	e.sessions.forget(s)
	e.publishLocked(Event{Kind: EventSession})
	return true
}
