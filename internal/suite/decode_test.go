package suite_test

import (
	"io"
	"math"
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

// The documented answer of each send is decoded by the fast decoder: an answer with a
// field that it was not told of is left to encoding/json and costs more.
func TestSendsAreDecodedFast(t *testing.T) {
	for _, op := range operations()[:6] {
		body := strings.Replace(op.successBody(), "{", `{"method_id":"m",`, 1)
		if strings.Contains(op.name, "login_or_create") {
			body = strings.Replace(body, "{", `{"user_created":true,`, 1)
		}
		cost := func(body string) float64 {
			answering := &http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				header := http.Header{"Content-Type": {"application/json"}}
				return &http.Response{StatusCode: http.StatusOK, Header: header, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			})}
			client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithHTTPClient(answering))
			require.NoError(t, err)
			least := math.Inf(1)
			for range 3 {
				least = min(least, testing.AllocsPerRun(50, func() {
					_, err = op.call(t.Context(), client)
					require.NoError(t, err)
				}))
			}
			return least
		}
		assert.Less(t, cost(body), cost(strings.Replace(body, "{", `{"new":1,`, 1)), op.name)
	}
}
