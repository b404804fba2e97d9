package emulator

import (
	"net/http"
	"slices"
	"time"
)

type userAnswer struct {
	StatusCode int    `json:"status_code"`
	RequestID  string `json:"request_id"`
	userBody
}

type deletedBody struct {
	StatusCode int       `json:"status_code"`
	RequestID  string    `json:"request_id"`
	UserID     string    `json:"user_id"`
	User       *userBody `json:"user,omitempty"`
}

// checkUserID refuses what is no user id and no external id.
func checkUserID(id string) (string, *apiError) {
	r := &reader{}
	r.checkUserID(id)
	if id == "" {
		r.fail(failure("invalid_user_id"))
	}
	return id, r.err
}

// userLocked returns the user that the path names.
func (e *Emulator) userLocked(x *Exchange, now time.Time) (*user, *apiError) {
	id, err := checkUserID(x.route.id)
	if err != nil {
		return nil, err
	}
	if err := e.limits.admit(now, x.route.operation, "", ""); err != nil {
		return nil, err
	}
	u := e.users.byID[id]
	if u == nil {
		return nil, failure("user_not_found")
	}
	return u, nil
}

// getUser answers GET /v1/users/{user_id}.
func (e *Emulator) getUser(x *Exchange) (any, *apiError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	u, err := e.userLocked(x, now)
	if err != nil {
		return nil, err
	}
	return userAnswer{StatusCode: http.StatusOK, RequestID: x.requestID, userBody: e.userBodyLocked(u, now)}, nil
}

// deleteUser answers DELETE /v1/users/{user_id}.
func (e *Emulator) deleteUser(x *Exchange) (any, *apiError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	u, err := e.userLocked(x, now)
	if err != nil {
		return nil, err
	}
	if !u.canned {
		factors := slices.Clone(u.factors)
		e.users.forget(u) // which ends the user's sessions
		e.announceLastLocked(factors...)
	}
	return deletedBody{StatusCode: http.StatusOK, RequestID: x.requestID, UserID: u.id}, nil
}

// deleteFactor answers DELETE /v1/users/phone_numbers/{phone_id} and
// /v1/users/emails/{email_id}.
func (e *Emulator) deleteFactor(x *Exchange) (any, *apiError) {
	id, prefix, notFound := x.route.id, "phone-number", failure("phone_number_not_found")
	if x.route.operation == OpUsersDeleteEmail {
		prefix, notFound = "email", failure("email_not_found")
	}
	r := &reader{}
	if r.refuseLive("the id", id); r.err != nil {
		return nil, r.err
	}
	if !isTestID(id, prefix) {
		return nil, explain("bad_request", "The id is not one like "+prefix+"-test-… .")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	if err := e.limits.admit(now, x.route.operation, x.recipient, regionOf(x.recipient)); err != nil {
		return nil, err
	}
	f := e.users.factorByID(id, now)
	if f == nil {
		return nil, notFound
	}
	u := f.user
	if !isSandbox(f.value) {
		e.users.detach(f)
		e.announceLastLocked(f)
		e.users.touch(u)
	}
	body := e.userBodyLocked(u, now)
	return deletedBody{StatusCode: http.StatusOK, RequestID: x.requestID, UserID: u.id, User: &body}, nil
}
