package suite_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// TestOddTimes: a time that is none costs no login that is over, and nothing else.
func TestOddTimes(t *testing.T) {
	const own = `{"expires_at":"never","html":"<b>","n":12345678901234567890}`
	body := `{"user_id":"u","method_id":"m","session_token":"t","session":{"session_id":"s","started_at":"","expires_at":"2026-11-21T10:00:00Z","custom_claims":` + own +
		`,"authentication_factors":[{"type":"otp","created_at":7,"delivery_method":"sms"}]},"user":{"user_id":"u","Created_At":"2026-11-21 10:00",
		"lock_expires_at":{},"emails":[{"email_id":"e"}],"Trusted_Metadata":` + own + `},"user_device":{"visitor_id_details":{"first_seen_at":"x","is_new":true}}}`
	s := &scripted{status: 200, header: http.Header{}, body: []byte(body)}
	resp, err := s.client(t).OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: "m", Code: "123456"})
	require.NoError(t, err)
	assert.Equal(t, "t", string(resp.SessionToken))
	assert.True(t, resp.Session.StartedAt.IsZero())
	assert.Equal(t, "2026-11-21T10:00:00Z", resp.Session.ExpiresAt.Format(time.RFC3339))
	assert.Equal(t, "never", resp.Session.CustomClaims["expires_at"])
	assert.Equal(t, stytchotp.ChannelSMS, resp.Session.AuthenticationFactors[0].DeliveryMethod)
	assert.True(t, resp.Session.AuthenticationFactors[0].CreatedAt.IsZero())
	assert.Equal(t, "e", resp.User.Emails[0].EmailID)
	assert.Contains(t, string(resp.User.TrustedMetadata), own, "byte for byte")
	assert.True(t, resp.UserDevice.VisitorIDDetails.IsNew)
	assert.Equal(t, body, string(resp.Raw))

	s.body = []byte(`{"user_id":"u","method_id":"m","session_token":7,"user":{"created_at":""}}`)
	_, err = s.client(t).OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: "m", Code: "123456"})
	require.ErrorContains(t, err, "JSON of another shape")
}

// TestSendsAreDecodedTheShortWay compares each operation with itself: a field that
// nobody knows makes it take encoding/json instead. The values must be the same.
func TestSendsAreDecodedTheShortWay(t *testing.T) {
	for _, m := range methods {
		if m.op == authenticateOp {
			continue
		}
		body := `{"request_id":"r","status_code":200,"user_id":"u","phone_id":"p","method_id":"m","user_created":true}`
		if strings.HasPrefix(m.op, "otps.email.") {
			body = strings.Replace(body, "phone_id", "email_id", 1)
		}
		if strings.HasSuffix(m.op, ".send") {
			body = strings.Replace(body, `,"user_created":true`, "", 1)
		}
		allocs := func(body string) float64 {
			s := &scripted{status: 200, header: http.Header{}, body: []byte(body)}
			client := s.client(t)
			return testing.AllocsPerRun(50, func() {
				response, err := m.call(t.Context(), client, "call")
				require.NoError(t, err)
				assert.NoError(t, sameFields(response.full, s.body), m.op)
			})
		}
		short, long := allocs(body), allocs(strings.Replace(body, "}", `,"x":1}`, 1))
		assert.Less(t, short, long-2, "%s takes the long way", m.op)
	}
}
