package otptest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// TestInbox mounts the inbox in a development server, beside the application.
func TestInbox(t *testing.T) {
	srv := otptest.NewInProcess(t)
	mux := http.NewServeMux()
	mux.Handle("/otpbox/", http.StripPrefix("/otpbox", srv.Inbox()))
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	get := func(path, host string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL+path, http.NoBody)
		require.NoError(t, err)
		r.Host = host
		response, err := site.Client().Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}

	// Below it is the API too, of the very same server.
	client, err := stytchotp.NewClient(srv.ProjectID, srv.Secret, stytchotp.WithBaseURL(site.URL+"/otpbox"))
	require.NoError(t, err)
	phone := srv.NewPhoneNumber()
	_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: phone})
	require.NoError(t, err)
	code := srv.Code(string(phone))

	status, page := get("/otpbox/", "localhost")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, `data-code="`+code+`"`)
	status, list := get("/otpbox/_otp/messages", "localhost")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, list, code)
	status, refused := get("/otpbox/_otp/messages", "evil.example")
	assert.Equal(t, http.StatusForbidden, status)
	assert.NotContains(t, refused, code)

	// A client that is not on this machine sees nothing, though the server may serve them,
	// through a proxy or without.
	for peer, forwarded := range map[string]string{"192.0.2.1:1234": "", "127.0.0.1:1234": "192.0.2.1"} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/otpbox/", http.NoBody)
		r.RemoteAddr = peer
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		assert.Equal(t, http.StatusForbidden, w.Code)
		assert.NotContains(t, w.Body.String(), code)
	}
}
