package stytchotp

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stytchotp/stytchotp/internal/flatjson"
)

// TestSendsAreDecodedByFlatjson takes the documented answer of each send through the
// fast decoder, which leaves a field that it was not told of to encoding/json.
func TestSendsAreDecodedByFlatjson(t *testing.T) {
	t.Parallel()
	for _, fields := range []sendFields{
		(&SMSSendResponse{}).fields(), (&SMSLoginOrCreateResponse{}).fields(),
		(&WhatsAppSendResponse{}).fields(), (&WhatsAppLoginOrCreateResponse{}).fields(),
		(&EmailSendResponse{}).fields(), (&EmailLoginOrCreateResponse{}).fields(),
	} {
		contact := "phone_id"
		if fields.emailID != nil {
			contact = "email_id"
		}
		body := `{"request_id":"r","status_code":200,"user_id":"u","` + contact + `":"p","method_id":"m"`
		if fields.userCreated != nil {
			body += `,"user_created":true`
		}
		assert.True(t, flatjson.Decode([]byte(body+"}"), fields.at), body)
		assert.Equal(t, []any{"r", 200, "u", "p", "m"},
			[]any{fields.meta.RequestID, fields.meta.StatusCode, *fields.userID, *fields.contactID(), *fields.methodID})
		if fields.userCreated != nil {
			assert.True(t, *fields.userCreated)
		}
		assert.False(t, flatjson.Decode([]byte(body+`,"new":1}`), fields.at), "a field that it does not know")
	}
}
