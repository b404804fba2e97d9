package emulator

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

const (
	minSessionMinutes  = 5
	maxSessionMinutes  = 527_040 // 366 days
	maxClaimBytes      = 4096
	maxSessionFactors  = 100
	sessionTokenLength = 44
)

type session struct {
	id, token    string
	user         *user
	started      time.Time
	lastAccessed time.Time
	expires      time.Time
	attributes   attributes
	factors      []sessionFactor
	claims       json.RawMessage // an object; encoded, because many small claims are large in a map
	canned       bool            // the sandbox's session never ends
}

// sessionFactor is one way in which the person of a session proved who they are.
type sessionFactor struct {
	kind     string // otp; that of the sandbox's session is magic_link
	factor   *factor
	delivery string
	created  time.Time
	last     time.Time
}

// sessionStore keeps the sessions used last.
type sessionStore struct {
	byToken map[string]*session
	byID    map[string]*session
	recent  *lru[*session]
}

// maxSessionBytes and sessionBytes count what callers can make large, and an estimate
// of the rest.
const (
	maxSessionBytes = 64 << 20
	sessionBytes    = 1 << 10
)

func (s *session) size() int {
	return sessionBytes + len(s.claims) + len(s.attributes.UserAgent) + len(s.factors)*factorBytes
}

func newSessionStore(limit int) sessionStore {
	return sessionStore{byToken: map[string]*session{}, byID: map[string]*session{}, recent: newLRU(limit, maxSessionBytes, (*session).size)}
}

// add keeps the session, whose size was changed if it is known.
func (s *sessionStore) add(added *session) {
	s.byToken[added.token] = added
	s.byID[added.id] = added
	s.recent.use(added, s.forget)
}

func (s *sessionStore) forget(old *session) {
	delete(s.byToken, old.token)
	delete(s.byID, old.id)
	s.recent.remove(old)
}

// ended reports a session that is over; that of a user who was forgotten is too.
func (s *session) ended(now time.Time) bool { return s.user.gone || !now.Before(s.expires) }

// of returns the sessions of u that have not ended, the last used first.
func (s *sessionStore) of(u *user, now time.Time) []*session {
	var found []*session
	for candidate := range s.recent.all() {
		if candidate.user == u && !candidate.ended(now) {
			found = append(found, candidate)
		}
	}
	return found
}

// alive returns found if it can be used, and marks it as used.
func (s *sessionStore) alive(found *session, now time.Time) *session {
	switch {
	case found == nil:
		return nil
	case found.canned:
		return found
	case found.ended(now):
		s.forget(found)
		return nil
	}
	s.recent.use(found, s.forget)
	return found
}

// sessionRef names a session as a request did, by token or by JWT.
type sessionRef struct{ token, id string }

func (ref sessionRef) given() bool { return ref != sessionRef{} }

// sessionRef reads session_token and session_jwt.
func (r *reader) sessionRef(e *Emulator) sessionRef {
	token := r.text("session_token", "invalid_session_token")
	jwt := r.text("session_jwt", "unable_to_parse_session_jwt")
	if token != "" && jwt != "" {
		r.fail(explain("too_many_session_arguments", "Give session_token or session_jwt, not both."))
	}
	if token != "" && (len(token) != sessionTokenLength || strings.ContainsFunc(token, notTokenRune)) {
		r.fail(failure("invalid_session_token"))
	}
	if r.err != nil || jwt == "" {
		return sessionRef{token: token}
	}
	id, err := e.sessionOfJWT(jwt)
	if err != nil {
		r.fail(err)
	}
	return sessionRef{id: id}
}

func notTokenRune(c rune) bool { return c != '=' && c != '+' && c != '/' && notExternalID(c) }

// findSessionLocked returns the session that ref names. With no ref there is neither a
// session nor an error.
func (e *Emulator) findSessionLocked(ref sessionRef, now time.Time) (*session, *apiError) {
	if !ref.given() {
		return nil, nil
	}
	found := e.sessions.byToken[ref.token]
	if ref.token == "" {
		found = e.sessions.byID[ref.id]
	}
	if found = e.sessions.alive(found, now); found == nil {
		return nil, failure("session_not_found")
	}
	return found, nil
}

// startSessionLocked makes a session for u; it is not one until it has an expiry.
func (e *Emulator) startSessionLocked(u *user, a attributes, now time.Time) *session {
	s := &session{
		id: "session-test-" + e.random.uuid(), token: e.random.token(sessionTokenLength / 4 * 3),
		user: u, started: now, attributes: a,
	}
	e.sessions.add(s)
	return s
}

// copy returns a session that can be changed while s stays as it is: the sandbox's,
// which always lasts a day more.
func (s *session) copy(now time.Time) *session {
	c := *s
	c.factors = slices.Clone(s.factors)
	c.lastAccessed, c.expires = now, now.Add(24*time.Hour)
	return &c
}

// authenticated adds a factor to the session or notes that it was used again.
func (s *session) authenticated(f *factor, delivery string, now time.Time) {
	for i, known := range s.factors {
		if known.factor.id == f.id && known.delivery == delivery {
			s.factors[i].last = now
			return
		}
	}
	if len(s.factors) < maxSessionFactors {
		s.factors = append(s.factors, sessionFactor{kind: "otp", factor: f, delivery: delivery, created: now, last: now})
	}
}

// mergeClaims returns old, an encoded object or nothing, with the changes made: null
// removes a claim, and those that the API sets itself are ignored.
func mergeClaims(old json.RawMessage, changes map[string]json.RawMessage) (json.RawMessage, *apiError) {
	merged := decodeClaims(old)
	for name, value := range changes {
		switch {
		case reservedClaim(name):
		case strings.HasPrefix(name, "https://stytch.com/"):
			return nil, explain("stytch_claims_in_custom_claims", "A custom claim must not begin with https://stytch.com/.")
		case string(value) == "null":
			delete(merged, name)
		default:
			merged[name] = value
		}
	}
	encoded, err := json.Marshal(merged)
	if err != nil || len(encoded) > maxClaimBytes {
		return nil, failure("custom_claims_too_large")
	}
	return encoded, nil
}

func decodeClaims(encoded json.RawMessage) map[string]json.RawMessage {
	claims := map[string]json.RawMessage{}
	_ = json.Unmarshal(encoded, &claims) // nothing, or what mergeClaims returned
	return claims
}

func reservedClaim(name string) bool {
	switch name {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti":
		return true
	}
	return false
}
