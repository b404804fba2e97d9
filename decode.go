package stytchotp

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/flatjson"
)

// unmarshal is json.Unmarshal, with a short way for the answers to sends, over which
// encoding/json takes longer than over anything else that a call costs here.
func unmarshal(body []byte, resp any) error {
	if sent, ok := resp.(interface{ fields() sendFields }); ok && flatjson.Decode(body, sent.fields().at) {
		return nil
	}
	err := json.Unmarshal(body, resp)
	if isOddTime(err) {
		return json.Unmarshal(withoutOddTimes(body), resp)
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

// sendFields are where the fields of an answer to a send go.
type sendFields struct {
	meta             *ResponseMeta
	userID, methodID *string
	contact          string // phone_id or email_id
	contactID        *string
	created          *bool // nil in an answer to Send
}

// at returns where [flatjson.Decode] puts the value of a key, or nil.
func (f sendFields) at(key string) any {
	switch key {
	case "request_id":
		return &f.meta.RequestID
	case "status_code":
		return &f.meta.StatusCode
	case "user_id":
		return f.userID
	case "method_id":
		return f.methodID
	case f.contact:
		return f.contactID
	case "user_created":
		if f.created != nil {
			return f.created
		}
	}
	return nil
}

func (r *SMSSendResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, "phone_id", &r.PhoneID, nil}
}

func (r *SMSLoginOrCreateResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, "phone_id", &r.PhoneID, &r.UserCreated}
}

func (r *WhatsAppSendResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, "phone_id", &r.PhoneID, nil}
}

func (r *WhatsAppLoginOrCreateResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, "phone_id", &r.PhoneID, &r.UserCreated}
}

func (r *EmailSendResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, "email_id", &r.EmailID, nil}
}

func (r *EmailLoginOrCreateResponse) fields() sendFields {
	return sendFields{&r.ResponseMeta, &r.UserID, &r.MethodID, "email_id", &r.EmailID, &r.UserCreated}
}
