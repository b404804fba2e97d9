package suite_test

import (
	"context"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

const (
	testNumber  = "+12025550162"
	testAddress = "ada@example.com"
)

// goodBody answers every operation.
const goodBody = `{"status_code":200,"request_id":"` + requestID + `","user_id":"` + userID +
	`","phone_id":"` + phoneID + `","email_id":"` + emailID + `","method_id":"` + phoneID +
	`","session_jwt":"j","session":` + sessionBody + `,"sessions":[` + sessionBody + `],"user":` + userBody + `}`

// methods are the operations of the client, by name. Each calls its method with
// params that are right and a tag by which a fault server tells calls apart, and
// returns what the responses have in common.
var methods = []method{
	{"otps.sms.send", func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
		r, err := c.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{PhoneNumber: testNumber, Attributes: tagged(tag)})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.MethodID, r}, err
	}},
	{"otps.sms.login_or_create", func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
		r, err := c.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: testNumber, Attributes: tagged(tag)})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.MethodID, r}, err
	}},
	{"otps.whatsapp.send", func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
		r, err := c.OTPs.WhatsApp.Send(ctx, stytchotp.WhatsAppSendParams{PhoneNumber: testNumber, Attributes: tagged(tag)})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.MethodID, r}, err
	}},
	{"otps.whatsapp.login_or_create", func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
		r, err := c.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: testNumber, Attributes: tagged(tag)})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.MethodID, r}, err
	}},
	{"otps.email.send", func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
		r, err := c.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{Email: testAddress, Attributes: tagged(tag)})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.MethodID, r}, err
	}},
	{"otps.email.login_or_create", func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
		r, err := c.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{Email: testAddress, Attributes: tagged(tag)})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.MethodID, r}, err
	}},
	{authenticateOp, func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
		r, err := c.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: phoneID, Code: "123456", Attributes: tagged(tag)})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.UserID, r}, err
	}},
}

// accountMethods are the calls of sessions and users. They have no attributes for a tag.
var accountMethods = []method{
	{"sessions.authenticate", func(ctx context.Context, c *stytchotp.Client, _ string) (*answered, error) {
		r, err := c.Sessions.Authenticate(ctx, stytchotp.SessionsAuthenticateParams{SessionToken: sessionToken})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.Session.SessionID, r}, err
	}},
	{"sessions.get", func(ctx context.Context, c *stytchotp.Client, _ string) (*answered, error) {
		r, err := c.Sessions.Get(ctx, stytchotp.SessionsGetParams{UserID: userID})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.Sessions[0].SessionID, r}, err
	}},
	{revokeOp, func(ctx context.Context, c *stytchotp.Client, _ string) (*answered, error) {
		r, err := c.Sessions.Revoke(ctx, stytchotp.SessionsRevokeParams{SessionID: sessionID})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.RequestID, r}, err
	}},
	{"users.get", func(ctx context.Context, c *stytchotp.Client, _ string) (*answered, error) {
		r, err := c.Users.Get(ctx, stytchotp.UsersGetParams{UserID: userID})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.UserID, r}, err
	}},
	{"users.delete", func(ctx context.Context, c *stytchotp.Client, _ string) (*answered, error) {
		r, err := c.Users.Delete(ctx, stytchotp.UsersDeleteParams{UserID: userID})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.UserID, r}, err
	}},
	{"users.delete_phone_number", func(ctx context.Context, c *stytchotp.Client, _ string) (*answered, error) {
		r, err := c.Users.DeletePhoneNumber(ctx, stytchotp.UsersDeletePhoneNumberParams{PhoneID: phoneID})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.UserID, r}, err
	}},
	{"users.delete_email", func(ctx context.Context, c *stytchotp.Client, _ string) (*answered, error) {
		r, err := c.Users.DeleteEmail(ctx, stytchotp.UsersDeleteEmailParams{EmailID: emailID})
		if r == nil {
			return nil, err
		}
		return &answered{r.ResponseMeta, r.UserID, r}, err
	}},
}

const revokeOp = "sessions.revoke"

const authenticateOp = "otps.authenticate"

type method struct {
	op   string
	call func(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error)
}

// answered is what the responses have in common.
type answered struct {
	stytchotp.ResponseMeta
	id   string // what the next step needs
	full any    // the response itself
}

func tagged(tag string) stytchotp.Attributes { return stytchotp.Attributes{UserAgent: tag} }

// send is the operation for tests to which one is as good as the other.
func send(ctx context.Context, c *stytchotp.Client, tag string) (*answered, error) {
	return methods[1].call(ctx, c, tag)
}

// newClient returns a client of a test project for the server at url. The end of
// the test closes its connections.
func newClient(tb testing.TB, url string, opts ...stytchotp.Option) *stytchotp.Client {
	tb.Helper()
	opts = append([]stytchotp.Option{stytchotp.WithBaseURL(url), stytchotp.WithTimeout(callTimeout)}, opts...)
	client, err := stytchotp.NewClient(testProjectID, testSecret, opts...)
	require.NoError(tb, err)
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

// protocols are what the fault servers speak.
var protocols = []struct {
	name  string
	http2 bool
}{{"HTTP/1.1", false}, {"HTTP/2", true}}

// reply answers with a body of known length.
func reply(status int, contentType, body string, fields ...string) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		known := []string{"Content-Type", contentType, "Content-Length", strconv.Itoa(len(body))}
		e.Head(status, append(known, fields...)...)
		_ = e.Body([]byte(body))
		e.End()
	}
}

// replyJSON answers with JSON.
func replyJSON(status int, body string, fields ...string) func(faultserver.Exchange) {
	return reply(status, "application/json", body, fields...)
}

// good answers as Stytch does when all is well.
func good(e faultserver.Exchange) { replyJSON(200, goodBody)(e) }

// allocated returns how many bytes the process has allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
