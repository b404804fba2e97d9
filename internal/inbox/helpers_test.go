package inbox

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

const (
	number      = "+12025550162"
	otherNumber = "+12125550123"
	projectID   = "project-test-inbox"
	secret      = "secret-test-inbox"
	token       = "a token of the tests"
)

// box is an inbox behind a real socket on loopback.
type box struct {
	t      *testing.T
	engine *emulator.Emulator
	inbox  *Inbox
	server *httptest.Server
	header http.Header // of every request
}

func newBox(t *testing.T, change ...func(*Config)) *box {
	t.Helper()
	return newBoxIn(t, 0, change...)
}

// shortTimeout is how long a server gives a request that gives each only so long. It is
// more than a busy machine takes.
const shortTimeout = 4 * time.Second

func newShortTimeoutBox(t *testing.T) *box {
	t.Helper()
	return newBoxIn(t, shortTimeout)
}

func newBoxIn(t *testing.T, limit time.Duration, change ...func(*Config)) *box {
	t.Helper()
	engine, err := emulator.New(emulator.Config{ProjectID: projectID, Secret: secret})
	require.NoError(t, err)
	config := Config{Emulator: engine}
	for _, f := range change {
		f(&config)
	}
	handler, err := New(config)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(handler)
	if limit > 0 {
		handler.writeTimeout = limit
		server.Config.ReadTimeout, server.Config.WriteTimeout = limit, limit
	}
	server.Start()
	t.Cleanup(server.Close)
	server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &box{t: t, engine: engine, inbox: handler, server: server, header: http.Header{}}
}

func withToken(c *Config) { c.Token = token }

// answer is an answer with its body read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *box) try(method, path, body string, header ...string) (answer, error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, b.server.URL+path, strings.NewReader(body))
	require.NoError(b.t, err)
	maps.Copy(r.Header, b.header)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := b.server.Client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(content)}, err
}

func (b *box) do(method, path, body string, header ...string) answer {
	b.t.Helper()
	a, err := b.try(method, path, body, header...)
	require.NoError(b.t, err)
	return a
}

// object makes a call whose answer is a JSON object with the given status.
func (b *box) object(status int, method, path, body string) map[string]any {
	b.t.Helper()
	a := b.do(method, path, body)
	require.Equal(b.t, status, a.status, a.body)
	var object map[string]any
	require.NoError(b.t, json.Unmarshal([]byte(a.body), &object), a.body)
	return object
}

// trySend asks the emulated API for a code.
func (b *box) trySend(recipient string) (answer, error) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.server.URL+sendPath(recipient), strings.NewReader(sendBody(recipient)))
	require.NoError(b.t, err)
	return b.try(http.MethodPost, sendPath(recipient), sendBody(recipient),
		"Content-Type", "application/json", "Authorization", basicAuth(r))
}

func basicAuth(r *http.Request) string {
	r.SetBasicAuth(projectID, secret)
	return r.Header.Get("Authorization")
}

func sendPath(recipient string) string {
	if strings.Contains(recipient, "@") {
		return "/v1/otps/email/login_or_create"
	}
	return "/v1/otps/sms/login_or_create"
}

func sendBody(recipient string) string {
	field := "phone_number"
	if strings.Contains(recipient, "@") {
		field = "email"
	}
	body, _ := json.Marshal(map[string]string{field: recipient})
	return string(body)
}

func (b *box) send(recipient string) emulator.Message {
	b.t.Helper()
	a, err := b.trySend(recipient)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, a.status, a.body)
	m, found := b.engine.LatestMessage(emulator.MessageQuery{Recipient: recipient})
	require.True(b.t, found)
	return m
}
