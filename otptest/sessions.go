package otptest

import (
	"errors"
	"time"
)

// Session is a session that has not ended.
type Session struct {
	ID             string
	UserID         string
	StartedAt      time.Time
	LastAccessedAt time.Time
	ExpiresAt      time.Time
	Recipients     []string // the numbers and addresses that it rests on
}

// Sessions returns the sessions that have not ended, the last used first, without
// those of the sandbox.
func (s *Server) Sessions() []Session {
	list := s.engine.Sessions(0)
	sessions := make([]Session, 0, len(list))
	for _, session := range list {
		sessions = append(sessions, Session(session))
	}
	return sessions
}

// EndSession ends a session, as its time or a revocation does: its token is answered
// with session_not_found from then on. A session that does not exist, or has ended, is
// a mistake that fails the test.
func (s *Server) EndSession(id string) {
	if !s.engine.EndSession(id) {
		s.mistake(errors.New("no session has this id, or it has ended"))
	}
}
