package stytchotp

import (
	"encoding/json"

	"github.com/stytchotp/stytchotp/internal/flatjson"
)

// unmarshal is json.Unmarshal, with a short way for the answers to sends, over which
// encoding/json takes longer than over anything else that a call costs here.
func unmarshal(body []byte, resp any) error {
	if sent, ok := resp.(interface{ fields() sendFields }); ok && flatjson.Decode(body, sent.fields().at) {
		return nil
	}
	return json.Unmarshal(body, resp)
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
func (f sendFields) at(key []byte) any {
	switch string(key) {
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
