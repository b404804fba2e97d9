package stytchotp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
