package inbox

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Prometheus gets totals that a reset does not change, and a call says which trace it is of.
func TestMetricsAndTraces(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	assert.NotContains(t, b.do(http.MethodGet, "/metrics", "").body, "{")
	trace := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	b.header = http.Header{"Traceparent": {trace}}
	b.send(number)
	for _, wrong := range []string{trace + "1", trace[1:], "00_" + trace[3:], "0X" + trace[2:], "private" + trace[7:]} {
		b.header = http.Header{"Traceparent": {wrong}}
		b.send(otherNumber)
	}
	b.header = nil
	requests := b.object(200, http.MethodGet, "/_otp/requests", "")["requests"].([]any)
	assert.Equal(t, trace, requests[len(requests)-1].(map[string]any)["trace_parent"])
	for _, request := range requests[:len(requests)-1] {
		assert.NotContains(t, request, "trace_parent")
	}
	b.do(http.MethodPost, "/_otp/reset", "")
	answer := b.do(http.MethodGet, "/metrics", "")
	assert.Equal(t, "text/plain; version=0.0.4; charset=utf-8", answer.header.Get("Content-Type"))
	assert.Equal(t, `# HELP otpbox_calls_total Calls of Stytch's API since the start; the status is 0 when the caller got no answer. A refused connection is no call.
# TYPE otpbox_calls_total counter
otpbox_calls_total{operation="otps.sms.login_or_create",status="200"} 6
# HELP otpbox_messages_total Messages since the start.
# TYPE otpbox_messages_total counter
otpbox_messages_total{channel="sms"} 6
`, answer.body)
}
