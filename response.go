package stytchotp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/flatjson"
	"github.com/stytchotp/stytchotp/internal/transport"
)

const (
	maxIDBytes = 256

	// sampleStatusCode is the status_code in the samples of Stytch's API pages, which
	// servers made from these pages repeat.
	sampleStatusCode = 123
)

// response is a pointer to what an operation returns.
type response[T any] interface {
	*T
	meta() *ResponseMeta
	// read is the [reader] of the response.
	read(body []byte, want expected) (mismatch string, err error)
}

// expected is what the params of a call demand of its answer.
type expected struct {
	userID       string // the user that the call is about
	methodID     string // the phone_id or email_id that it is about
	sessionToken Secret // the session that it is about, by its token
	sessionID    string // or by its id
	session      bool   // a session was asked for
	verdict      bool   // an authorization check was asked for
}

// readAnswer decodes a 2xx answer, or says why it cannot be trusted.
func (c *core) readAnswer(op operation, want expected, answer transport.Answer, meta *ResponseMeta, read reader) error {
	if answer.BodyErr != nil {
		return newInvalidResponse(op, answer, reasonFor(answer.BodyErr), answer.BodyErr)
	}
	if c.live && answer.Header.Get(emulatorHeader) != "" {
		return newInvalidResponse(op, answer, "a live project was answered by an emulator", nil)
	}
	meta.StatusCode = answer.StatusCode // for a body without one
	reason, err := read(answer.Body, want)
	switch {
	case err != nil:
		reason = undecodable(answer.Body)
	case answer.StatusCode > http.StatusAccepted:
		reason = "the status is not one of a complete answer"
	case isErrorBody(answer.Body, meta.StatusCode):
		reason = "the body is an error although the status is not"
	}
	if reason != "" {
		return newInvalidResponse(op, answer, reason, nil)
	}
	meta.RequestID = cleanText(meta.RequestID)
	meta.StatusCode, meta.Header, meta.Raw = answer.StatusCode, answer.Header, answer.Body
	return nil
}

// isErrorBody reports a body that describes a failure under a 2xx status.
func isErrorBody(body []byte, statusCode int) bool {
	if (statusCode < 200 || statusCode > 299) && statusCode != sampleStatusCode {
		return true
	}
	// An escaped name, such as "error\u005ftype", holds a backslash.
	if !bytes.ContainsRune(body, '\\') && !bytes.Contains(bytes.ToLower(body), []byte(`"error_`)) {
		return false
	}
	e, err := decodeErrorBody(body)
	return err == nil && (e.ErrorType != "" || e.ErrorMessage != "")
}

func reasonFor(bodyErr error) string {
	if errors.Is(bodyErr, transport.ErrTooLarge) {
		return "the body is larger than 1 MiB"
	}
	return "the body was cut short"
}

// undecodable says what the body is instead of the JSON expected, without
// repeating any of it.
func undecodable(body []byte) string {
	switch {
	case len(body) == 0:
		return "the body is empty"
	case json.Valid(body):
		return "the body is JSON of another shape"
	}
	return "the body is not JSON"
}

// isID reports a text that can be an identifier: printable ASCII, no space around
// it, and not what a program writes that lost the value.
func isID(s string) bool { return len(s) <= maxIDBytes && isToken(s) }

// isToken reports a text that can be an identifier or a JWT, which is longer.
func isToken(s string) bool {
	switch s {
	case "", "null", "undefined":
		return false
	}
	return strings.TrimSpace(s) == s && !strings.ContainsFunc(s, notPrintableASCII)
}

// sendFields are the fields that the answers to all sends have.
type sendFields struct {
	meta             *ResponseMeta
	userID, methodID *string
	phoneID, emailID *string // one is nil: the answer has no such field
	userCreated      *bool   // nil in an answer to Send
}

// unmarshal decodes JSON into the fields and sets the method id. It also returns
// the id of a recipient of the other kind. Most answers are decoded by
// [flatjson.Decode]: encoding/json would take 40 % of the time that a call takes
// in memory.
func (f sendFields) unmarshal(body []byte) (otherID string, err error) {
	before := *f.methodID
	*f.methodID = ""
	if !flatjson.Decode(body, f.at) {
		err = json.Unmarshal(body, &struct {
			RequestID   *string `json:"request_id"`
			StatusCode  *int    `json:"status_code"`
			UserID      *string `json:"user_id"`
			MethodID    *string `json:"method_id"`
			PhoneID     *string `json:"phone_id"`
			EmailID     *string `json:"email_id"`
			UserCreated *bool   `json:"user_created"`
		}{
			&f.meta.RequestID, &f.meta.StatusCode, f.userID, f.methodID,
			cmp.Or(f.phoneID, &otherID), cmp.Or(f.emailID, &otherID), f.userCreated,
		})
	}
	contact := *f.contactID()
	if contact != "" && f.isOtherKind(*f.methodID) {
		*f.methodID = contact
	}
	*f.methodID = cmp.Or(*f.methodID, contact, before)
	return otherID, err
}

// isOtherKind reports the id of an address in an answer about a phone, and of a
// phone in one about an address.
func (f sendFields) isOtherKind(id string) bool {
	if f.emailID != nil {
		return strings.HasPrefix(id, "phone-number-")
	}
	return strings.HasPrefix(id, "email-")
}

// at returns where [flatjson.Decode] puts the value of a key, or nil.
func (f sendFields) at(key string) any {
	switch {
	case key == "request_id":
		return &f.meta.RequestID
	case key == "status_code":
		return &f.meta.StatusCode
	case key == "user_id":
		return f.userID
	case key == "method_id":
		return f.methodID
	case key == "phone_id" && f.phoneID != nil:
		return f.phoneID
	case key == "email_id" && f.emailID != nil:
		return f.emailID
	case key == "user_created" && f.userCreated != nil:
		return f.userCreated
	}
	return nil
}

func (f sendFields) contactID() *string { return cmp.Or(f.phoneID, f.emailID) }

// read refuses an answer without the id that Authenticate needs, one about a
// recipient of the other kind, and one about another user than the one asked for.
// The answers of Stytch's frontend API, which have method_id alone, are accepted.
func (f sendFields) read(body []byte, want expected) (mismatch string, err error) {
	otherID, err := f.unmarshal(body)
	if err != nil {
		return "", err
	}
	switch {
	case !isID(*f.methodID):
		return "the body has no method_id, phone_id or email_id", nil
	case f.isOtherKind(*f.methodID), *f.contactID() == "" && f.isOtherKind(otherID):
		return "the answer is about another channel", nil
	case *f.userID != "" && !isID(*f.userID):
		return "the user_id is not an id", nil
	case isUserID(want.userID) && *f.userID != "" && *f.userID != want.userID:
		return "the answer is about another user", nil
	}
	return "", nil
}

// isUserID reports an id of Stytch's, which an answer repeats. The parameter
// user_id also takes the project's own id of a user.
func isUserID(s string) bool {
	return strings.HasPrefix(s, "user-test-") || strings.HasPrefix(s, "user-live-")
}

func (r *SMSSendResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, &r.PhoneID, nil, nil}
}

func (r *SMSLoginOrCreateResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, &r.PhoneID, nil, &r.UserCreated}
}

func (r *WhatsAppSendResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, &r.PhoneID, nil, nil}
}

func (r *WhatsAppLoginOrCreateResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, &r.PhoneID, nil, &r.UserCreated}
}

func (r *EmailSendResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, nil, &r.EmailID, nil}
}

func (r *EmailLoginOrCreateResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, nil, &r.EmailID, &r.UserCreated}
}

func (r *SMSSendResponse) read(body []byte, want expected) (string, error) {
	return r.fields().read(body, want)
}

func (r *SMSLoginOrCreateResponse) read(body []byte, want expected) (string, error) {
	return r.fields().read(body, want)
}

func (r *WhatsAppSendResponse) read(body []byte, want expected) (string, error) {
	return r.fields().read(body, want)
}

func (r *WhatsAppLoginOrCreateResponse) read(body []byte, want expected) (string, error) {
	return r.fields().read(body, want)
}

func (r *EmailSendResponse) read(body []byte, want expected) (string, error) {
	return r.fields().read(body, want)
}

func (r *EmailLoginOrCreateResponse) read(body []byte, want expected) (string, error) {
	return r.fields().read(body, want)
}

// UnmarshalJSON decodes r and sets MethodID, which Stytch calls phone_id.
func (r *SMSSendResponse) UnmarshalJSON(b []byte) error {
	_, err := r.fields().unmarshal(b)
	return err
}

// UnmarshalJSON decodes r and sets MethodID, which Stytch calls phone_id.
func (r *SMSLoginOrCreateResponse) UnmarshalJSON(b []byte) error {
	_, err := r.fields().unmarshal(b)
	return err
}

// UnmarshalJSON decodes r and sets MethodID, which Stytch calls phone_id.
func (r *WhatsAppSendResponse) UnmarshalJSON(b []byte) error {
	_, err := r.fields().unmarshal(b)
	return err
}

// UnmarshalJSON decodes r and sets MethodID, which Stytch calls phone_id.
func (r *WhatsAppLoginOrCreateResponse) UnmarshalJSON(b []byte) error {
	_, err := r.fields().unmarshal(b)
	return err
}

// UnmarshalJSON decodes r and sets MethodID, which Stytch calls email_id.
func (r *EmailSendResponse) UnmarshalJSON(b []byte) error {
	_, err := r.fields().unmarshal(b)
	return err
}

// UnmarshalJSON decodes r and sets MethodID, which Stytch calls email_id.
func (r *EmailLoginOrCreateResponse) UnmarshalJSON(b []byte) error {
	_, err := r.fields().unmarshal(b)
	return err
}

// read refuses an answer about another code, user or session than the one asked
// for.
func (r *AuthenticateResponse) read(body []byte, want expected) (mismatch string, err error) {
	if err = unmarshal(body, r); err != nil {
		return "", err
	}
	switch {
	case !isID(r.UserID):
		return "the body has no user_id", nil
	case r.MethodID != want.methodID:
		return "the method_id is not the one that was asked about", nil
	case r.User.UserID != "" && r.User.UserID != r.UserID,
		r.Session != nil && r.Session.UserID != "" && r.Session.UserID != r.UserID:
		return "the body is about more than one user", nil
	case want.session && !isToken(string(r.SessionToken)) && !isToken(string(r.SessionJWT)):
		return "the body has no session_token or session_jwt, and a session was asked for", nil
	}
	return "", nil
}

// unmarshal is json.Unmarshal, but drops times that cannot be read.
func unmarshal(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	if isOddTime(err) {
		return json.Unmarshal(withoutOddTimes(body), v)
	}
	return err
}

// isOddTime reports an error of a time.Time, the only field that refuses JSON of the
// right type.
func isOddTime(err error) bool {
	var syntax *json.SyntaxError
	return err != nil && !errors.As(err, &syntax) && !isWrongType(err)
}

// withoutOddTimes returns the object without its times that are none, such as "",
// so that a login that is over does not fail for one of them.
func withoutOddTimes(body []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object any
	if decoder.Decode(&object) != nil {
		return body
	}
	dropOddTimes(object)
	var cleaned bytes.Buffer
	encoder := json.NewEncoder(&cleaned)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(object) != nil {
		return body
	}
	return cleaned.Bytes()
}

func dropOddTimes(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			dropOddTimes(element)
		}
	case map[string]any:
		for key, element := range value {
			switch name := strings.ToLower(key); { // as encoding/json reads it
			case name == "custom_claims" || strings.HasSuffix(name, "_metadata"): // the project's own
			case strings.HasSuffix(name, "_at"):
				if text, ok := element.(string); !ok || new(time.Time).UnmarshalText([]byte(text)) != nil {
					delete(value, key)
				}
			default:
				dropOddTimes(element)
			}
		}
	}
}
