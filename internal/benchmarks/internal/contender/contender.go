// Package contender holds four ways to make the same two calls: net/http done
// carefully, net/http as most people write it, resty as its README shows it, and
// this SDK. All check the status, bound the time and understand error answers, so
// that what differs is how, and not what.
//
// They live in one package, and so in one binary, because what a program links
// slows all of it: the garbage collector marks the metadata of phonenumbers for
// every contender.
package contender

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp"
)

// The credentials that all contenders send. No server here checks them.
const (
	ProjectID = "project-test-11111111-1111-4111-8111-111111111111"
	Secret    = "secret-test-22222222222222222222222222222222222"
)

const (
	loginOrCreatePath = "/v1/otps/sms/login_or_create"
	authenticatePath  = "/v1/otps/authenticate"

	timeout = 10 * time.Second
)

// Contender makes the two calls of a login.
type Contender interface {
	// LoginOrCreate returns what Authenticate wants with the code.
	LoginOrCreate(ctx context.Context, phoneNumber string) (methodID string, err error)
	Authenticate(ctx context.Context, methodID, code string) (userID string, err error)
	// Close closes the connections that no call is using.
	Close()
}

// Entry is a contender before it knows whom to call.
type Entry struct {
	Number int
	Name   string
	// New returns the contender as it calls baseURL: with its own transport when
	// rt is nil, over rt otherwise.
	New func(baseURL string, rt http.RoundTripper) (Contender, error)
}

// All returns the contenders, in the order in which tables list them.
func All() []Entry {
	return []Entry{
		{1, "net/http, careful", newCareful},
		{2, "net/http, usual", newUsual},
		{3, "resty, README", newResty},
		{4, "this SDK", newSDK},
	}
}

// sendParams is the body of a send: what a person writes who needs one field.
type sendParams struct {
	PhoneNumber string `json:"phone_number"`
}

// sendResult is the answer to a send, with the fields that the SDK returns.
type sendResult struct {
	RequestID   string `json:"request_id"`
	StatusCode  int    `json:"status_code"`
	UserID      string `json:"user_id"`
	PhoneID     string `json:"phone_id"`
	MethodID    string `json:"method_id"`
	UserCreated bool   `json:"user_created"`
}

func (r *sendResult) methodID() string {
	if r.MethodID != "" {
		return r.MethodID
	}
	return r.PhoneID
}

// authenticateParams is the body of an authenticate.
type authenticateParams struct {
	MethodID               string `json:"method_id"`
	Code                   string `json:"code"`
	SessionDurationMinutes int    `json:"session_duration_minutes"`
}

const sessionMinutes = 60

// authenticateResult is the SDK's own struct: forty fields for a user, a session
// and its factors, which is most of what decoding costs. It has no method that
// decodes, so encoding/json decodes it by reflection.
type authenticateResult = stytchotp.AuthenticateResponse

// apiError is an error answer, with the fields that a handler acts on.
type apiError struct {
	StatusCode   int    `json:"status_code"`
	RequestID    string `json:"request_id"`
	ErrorType    string `json:"error_type"`
	ErrorMessage string `json:"error_message"`
	ErrorURL     string `json:"error_url"`
}

func (e *apiError) Error() string {
	return fmt.Sprintf("stytch: status %d: %s (%s)", e.StatusCode, e.ErrorType, e.RequestID)
}
