package suite_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// top is the root of the module.
const top = "../../"

const (
	testProjectID = "project-test-11111111-1111-4111-8111-111111111111"
	testSecret    = "secret-test-22222222222222222222222222222222222"
	liveProjectID = "project-live-11111111-1111-4111-8111-111111111111"
	liveSecret    = "secret-live-22222222222222222222222222222222222"

	requestID = "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141"
	userID    = "user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd"
	phoneID   = "phone-number-test-d5a3b680-e8a3-40c0-b815-ab79986666d0"
	emailID   = "email-test-23873e89-d4ed-4e92-b3b9-e5c7198fa286"

	// Not the port of a server that was closed: another test may have got it since.
	nobodyListens = "http://127.0.0.1:1"
)

// received is a request as it arrived.
type received struct {
	method, path, query string
	header              http.Header
	body                string
}

// cannedServer answers every request alike and keeps what arrived.
type cannedServer struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

// newCannedServer answers with status, the header lines of header (name, value,
// name, value …) and body. Its base URL has a path, so that a client that builds
// absolute paths fails.
func newCannedServer(t *testing.T, status int, body string, header ...string) *cannedServer {
	t.Helper()
	s := &cannedServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		s.mu.Lock()
		s.requests = append(s.requests, received{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), string(data)})
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *cannedServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// only returns the single request that arrived.
func (s *cannedServer) only(t *testing.T) received {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Len(t, s.requests, 1)
	return s.requests[0]
}

// callTimeout is the time limit of a call that is not about its time limit: the default of
// ten seconds is too short when a machine stands still.
const callTimeout = 2 * time.Minute

// client returns a client of the test project that calls s under the path /base.
func (s *cannedServer) client(t *testing.T, opts ...stytchotp.Option) *stytchotp.Client {
	t.Helper()
	c, err := stytchotp.NewClient(testProjectID, testSecret,
		append([]stytchotp.Option{stytchotp.WithBaseURL(s.URL + "/base"), stytchotp.WithTimeout(callTimeout)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// operation is one of the seven endpoints in a form that tables can hold.
type operation struct {
	name string
	path string
	call func(context.Context, *stytchotp.Client) (any, error) // with the least params
}

const (
	minimalSend         = `{"status_code":200,"request_id":"` + requestID + `","user_id":"` + userID + `","phone_id":"` + phoneID + `"}`
	minimalEmail        = `{"status_code":200,"request_id":"` + requestID + `","user_id":"` + userID + `","email_id":"` + emailID + `"}`
	minimalAuthenticate = `{"status_code":200,"request_id":"` + requestID + `","user_id":"` + userID + `","method_id":"` + phoneID + `"}`
)

// successBody returns the least that the operation accepts as a success.
func (o operation) successBody() string {
	switch o.name {
	case "otps.authenticate":
		return minimalAuthenticate
	case "otps.email.send", "otps.email.login_or_create":
		return minimalEmail
	}
	return minimalSend
}

// operations lists the seven endpoints.
func operations() []operation {
	return []operation{
		{"otps.sms.send", "/v1/otps/sms/send", func(ctx context.Context, c *stytchotp.Client) (any, error) {
			return result(c.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: "+12025550162"}))
		}},
		{"otps.sms.login_or_create", "/v1/otps/sms/login_or_create", func(ctx context.Context, c *stytchotp.Client) (any, error) {
			return result(c.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"}))
		}},
		{"otps.whatsapp.send", "/v1/otps/whatsapp/send", func(ctx context.Context, c *stytchotp.Client) (any, error) {
			return result(c.OTPs.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{PhoneNumber: "+12025550162"}))
		}},
		{"otps.whatsapp.login_or_create", "/v1/otps/whatsapp/login_or_create", func(ctx context.Context, c *stytchotp.Client) (any, error) {
			return result(c.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+12025550162"}))
		}},
		{"otps.email.send", "/v1/otps/email/send", func(ctx context.Context, c *stytchotp.Client) (any, error) {
			return result(c.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{Email: "ada@example.com"}))
		}},
		{"otps.email.login_or_create", "/v1/otps/email/login_or_create", func(ctx context.Context, c *stytchotp.Client) (any, error) {
			return result(c.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{Email: "ada@example.com"}))
		}},
		{"otps.authenticate", "/v1/otps/authenticate", func(ctx context.Context, c *stytchotp.Client) (any, error) {
			return result(c.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: phoneID, Code: "123456"}))
		}},
	}
}

// result turns a typed pair into an untyped one, so that a nil pointer is a nil
// interface: an error never comes with a response.
func result[T any](resp *T, err error) (any, error) {
	if resp == nil {
		return nil, err
	}
	return resp, err
}
