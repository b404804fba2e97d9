package emulator

import (
	"encoding/json"
	"net/http"
	"time"
)

// authenticateRequest is a valid request to check a code.
type authenticateRequest struct {
	methodID   string
	code       string
	attributes attributes
	matchIP    bool
	matchAgent bool
	session    sessionRef
	minutes    int // of the session; zero: none is wanted
	claims     map[string]json.RawMessage
	telemetry  string
}

func (e *Emulator) readAuthenticate(r *reader) authenticateRequest {
	in := authenticateRequest{methodID: r.methodID(), code: r.code(), attributes: r.attributes()}
	r.inside("options", func(inner *reader) {
		in.matchIP = inner.boolean("ip_match_required")
		in.matchAgent = inner.boolean("user_agent_match_required")
	})
	in.minutes = r.integer("session_duration_minutes", "invalid_session_duration_minutes", minSessionMinutes, maxSessionMinutes)
	in.claims = r.object("session_custom_claims", "bad_request")
	in.telemetry = r.text("telemetry_id", "bad_request")
	in.session = r.sessionRef(e)
	return in
}

// authenticate answers POST /v1/otps/authenticate.
func (e *Emulator) authenticate(x *Exchange) (any, *apiError) {
	in := e.readAuthenticate(x.reader)
	if x.reader.err != nil {
		return nil, x.reader.err
	}
	body, err := e.logIn(in, x)
	if err != nil {
		return nil, err
	}
	if body.Session != nil {
		jwt, signErr := e.signJWT(body.Session)
		if signErr != nil {
			return nil, failure("internal_server_error")
		}
		body.SessionJWT = jwt
	}
	return body, nil
}

func (e *Emulator) logIn(in authenticateRequest, x *Exchange) (*authenticateBody, *apiError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	f, region := e.users.factorByID(in.methodID, now), ""
	if f != nil {
		region = f.region
	}
	if err := e.limits.admit(now, OpAuthenticate, x.recipient, region); err != nil {
		return nil, err
	}
	switch {
	case f == nil && isTestID(in.methodID, "email"):
		return nil, failure("email_not_found")
	case f == nil:
		return nil, failure("phone_number_not_found")
	}
	s, err := e.sessionForLocked(in, f, now)
	if err != nil {
		return nil, err
	}
	if err = e.checkLocked(f, in.code, now); err != nil {
		return nil, err
	}
	if err = in.matchAttributes(f); err != nil {
		return nil, err
	}
	var old json.RawMessage
	if s != nil {
		old = s.claims
	}
	claims, err := mergeClaims(old, in.claims)
	if err != nil {
		return nil, err
	}

	e.useLocked(f, now)
	e.users.touch(f.user)
	body := &authenticateBody{
		StatusCode: http.StatusOK, RequestID: x.requestID, UserID: f.user.id, MethodID: f.id,
	}
	if in.telemetry != "" {
		body.UserDevice = f.user.sawDevice(in.telemetry, in.attributes, now)
	}
	if s = e.grantLocked(in, s, f, claims, now); s != nil {
		body.Session, body.SessionToken = s.body(), s.token
	}
	body.User = e.userBodyLocked(f.user, now)
	return body, nil
}

// sessionForLocked returns the session to go on with, if the request names one. It has
// to be the person's own, and the one that the code was sent in.
func (e *Emulator) sessionForLocked(in authenticateRequest, f *factor, now time.Time) (*session, *apiError) {
	s, err := e.findSessionLocked(in.session, now)
	switch {
	case err != nil || s == nil:
		return nil, err
	case f.last != nil && f.last.session != "" && f.last.session != s.id:
		return nil, explain("session_on_code_does_not_match_session_passed_in", "The code was sent in another session.")
	case s.user != f.user:
		return nil, explain("user_id_mismatch", "The session belongs to another user than the method_id.")
	}
	return s, nil
}

// matchAttributes compares the device with the one that asked for the code. A
// value that is missing matches nothing.
func (in authenticateRequest) matchAttributes(f *factor) *apiError {
	if isSandbox(f.value) {
		return nil
	}
	sent := f.last.attributes
	if in.matchIP && (in.attributes.IPAddress == "" || in.attributes.IPAddress != sent.IPAddress) ||
		in.matchAgent && (in.attributes.UserAgent == "" || in.attributes.UserAgent != sent.UserAgent) {
		return failure("attribute_mismatch")
	}
	return nil
}

// grantLocked starts the session that is wanted or extends s; nil if there is neither.
func (e *Emulator) grantLocked(in authenticateRequest, s *session, f *factor, claims json.RawMessage, now time.Time) *session {
	if s == nil && in.minutes == 0 {
		return nil
	}
	if s == nil {
		s = e.startSessionLocked(f.user, in.attributes, now)
	}
	if s.canned {
		s = s.copy(now)
	}
	s.authenticated(f, f.delivery(), now)
	s.lastAccessed = now
	if in.minutes != 0 {
		s.expires = now.Add(time.Duration(in.minutes) * time.Minute)
		s.claims = claims
	}
	if !s.canned {
		e.sessions.add(s) // anew, for its size
	}
	return s
}
