package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// Numbers that are reserved for fiction can be sent to, as can new area codes.
func TestFictionalNumbers(t *testing.T) {
	p := start(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.url+"/_otp/countries", strings.NewReader(`{"sms":["US","GB"]}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Timeout: time.Minute}).Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)

	for _, number := range []stytchotp.PhoneNumber{"+12025550100", "+447700900123", "+441632960001", "+14362345678"} {
		_, err := p.client().OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
		require.NoError(t, err, string(number))
		status, code, stderr := finish(t, "code", string(number), "--url", p.url)
		assert.Equal(t, 0, status, stderr)
		assert.Regexp(t, `^[0-9]{6}\n$`, code)
	}
}
