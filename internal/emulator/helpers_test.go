package emulator_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

const (
	phoneA = "+12025550101"
	phoneB = "+14165550102"
	emailA = "ada@example.com"

	smsLogin      = "/v1/otps/sms/login_or_create"
	smsSend       = "/v1/otps/sms/send"
	whatsAppLogin = "/v1/otps/whatsapp/login_or_create"
	whatsAppSend  = "/v1/otps/whatsapp/send"
	emailLogin    = "/v1/otps/email/login_or_create"
	emailSend     = "/v1/otps/email/send"
	authenticate  = "/v1/otps/authenticate"
)

// fields is a JSON object as it stands on the wire.
type fields map[string]any

// api talks to an emulator as a stranger would: over HTTP, knowing no types.
type api struct {
	*emulator.Emulator

	t testing.TB
}

func newAPI(tb testing.TB, config ...emulator.Config) *api {
	tb.Helper()
	config = append(config, emulator.Config{})
	e, err := emulator.New(config[0])
	require.NoError(tb, err)
	return &api{Emulator: e, t: tb}
}

type reply struct {
	t      testing.TB
	status int
	header http.Header
	raw    string
	body   fields
}

// do sends a request with the right credentials and content type, changed by edit.
func (a *api) do(method, path, body string, edit ...func(*http.Request)) reply {
	a.t.Helper()
	r := a.request(method, path, body)
	for _, change := range edit {
		change(r)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	got := reply{t: a.t, status: w.Code, header: w.Header(), raw: w.Body.String()}
	if w.Header().Get("Content-Type") == "application/json" {
		require.NoError(a.t, json.Unmarshal(w.Body.Bytes(), &got.body), got.raw)
	}
	return got
}

func (a *api) request(method, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(a.t.Context(), method, path, strings.NewReader(body))
	r.SetBasicAuth(a.ProjectID(), a.Secret())
	r.Header.Set("Content-Type", "application/json")
	return r
}

func (a *api) post(path string, body fields) reply {
	a.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(a.t, err)
	return a.do(http.MethodPost, path, string(encoded))
}

func (r reply) ok() reply {
	r.t.Helper()
	require.Equal(r.t, http.StatusOK, r.status, r.raw)
	return r
}

// refused requires an error in the envelope that all errors have.
func (r reply) refused(status int, kind string) {
	r.t.Helper()
	require.Equal(r.t, kind, r.body["error_type"], r.raw)
	assert.Equal(r.t, status, r.status)
	assert.InEpsilon(r.t, status, r.body["status_code"], 0)
	assert.Regexp(r.t, `^request-id-test-[0-9a-f-]{36}$`, r.body["request_id"])
	assert.NotEmpty(r.t, r.body["error_message"])
	assert.Contains(r.t, r.body["error_url"], "https://stytch.com/docs/api/errors/")
	assert.Equal(r.t, "1", r.header.Get("X-OTP-Emulator"))
}

func (r reply) str(name string) string {
	r.t.Helper()
	value, ok := r.body[name].(string)
	require.True(r.t, ok, "%s is no string in %s", name, r.raw)
	return value
}

// at follows names and indices into the body.
func (r reply) at(path ...any) any {
	r.t.Helper()
	var value any = map[string]any(r.body)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			require.True(r.t, ok, "no object at %v in %s", path, r.raw)
			require.Contains(r.t, object, step, "in %s", r.raw)
			value = object[step]
		case int:
			list, ok := value.([]any)
			require.True(r.t, ok && step < len(list), "no list at %v in %s", path, r.raw)
			value = list[step]
		}
	}
	return value
}

// login sends a code by SMS and returns the method id and the code.
func (a *api) login(number string) (methodID, code string) {
	a.t.Helper()
	sent := a.post(smsLogin, fields{"phone_number": number}).ok()
	return sent.str("phone_id"), a.code(number)
}

func (a *api) code(recipient string) string {
	a.t.Helper()
	m, found := a.LatestMessage(emulator.MessageQuery{Recipient: recipient})
	require.True(a.t, found, "no message")
	return m.Code
}

func (a *api) authenticate(methodID, code string, more ...fields) reply {
	a.t.Helper()
	body := fields{"method_id": methodID, "code": code}
	for _, extra := range more {
		maps.Copy(body, extra)
	}
	return a.post(authenticate, body)
}

// wrong returns a code that is not the given one and is no sandbox code.
func wrong(code string) string {
	if code == "111111" {
		return "222222"
	}
	return "111111"
}

func (a *api) advance(d time.Duration) {
	a.t.Helper()
	require.NoError(a.t, a.Advance(d))
}

// serve puts the emulator on a real socket.
func (a *api) serve() *httptest.Server {
	a.t.Helper()
	srv := httptest.NewServer(a)
	a.t.Cleanup(srv.Close)
	return srv
}

// send asks over a socket for a code by SMS and returns the status and body, or
// how it failed.
func (a *api) send(srv *httptest.Server) (status int, answer string, err error) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, srv.URL+smsLogin, strings.NewReader(`{"phone_number":"`+phoneA+`"}`))
	require.NoError(a.t, err)
	r.SetBasicAuth(a.ProjectID(), a.Secret())
	r.Header.Set("Content-Type", "application/json")
	response, err := srv.Client().Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// pass lets time go by. It is for synctest bubbles, where that takes no time.
func pass(d time.Duration) { <-time.After(d) }
