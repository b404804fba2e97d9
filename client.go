package stytchotp

//go:generate go run ./internal/printgen

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/transport"
)

// Version is the version of this SDK, sent in the User-Agent header.
const Version = "0.1.0"

// emulatorHeader marks the answers of the emulator in otptest and otpbox.
const emulatorHeader = "X-OTP-Emulator"

// Client calls Stytch's one-time-passcode endpoints for one project, and those that a
// login needs after the code. It is immutable and safe for concurrent use; a program needs one for each project and
// should keep it, since it holds the connections.
type Client struct {
	// OTPs sends and checks one-time passcodes.
	OTPs *OTPsService
	// Sessions checks, lists and ends sessions.
	Sessions *SessionsService
	// Users reads and deletes users and their numbers and addresses.
	Users *UsersService

	core coreFunc
}

// core is what every service works with.
type core struct {
	transport *transport.Client
	projectID string
	timeout   time.Duration
	live      bool
	policy    *sendPolicy // nil when everything may be sent
	observers []observer
	hooks     []hook
}

// coreFunc returns the core. Services hold a function and not the core itself:
// fmt, spew and other printers that follow pointers by reflection cannot look
// into it, and so do not print the credentials.
type coreFunc func() *core

// OTPsService sends one-time passcodes by [SMSService], [WhatsAppService] and
// [EmailService], and checks them with [OTPsService.Authenticate].
type OTPsService struct {
	SMS      *SMSService
	WhatsApp *WhatsAppService
	Email    *EmailService

	core coreFunc
}

// NewClient returns a client for the project with the given id and secret, both
// from Stytch's dashboard.
//
// The prefix of the id picks the address: "project-test-" calls
// https://test.stytch.com, "project-live-" calls https://api.stytch.com, and any
// other id needs [WithBaseURL]. NewClient opens no connection and starts no
// goroutine. It returns one error that names everything wrong with its arguments,
// and never repeats the secret.
func NewClient(projectID, secret string, opts ...Option) (*Client, error) {
	cfg, err := newConfig(projectID, secret, opts)
	if err != nil {
		return nil, err
	}
	c := &core{
		projectID: cfg.projectID,
		timeout:   cfg.timeout,
		live:      cfg.live(),
		policy:    cfg.policy,
		observers: cfg.observers,
		hooks:     cfg.allHooks(),
		transport: transport.New(transport.Config{
			BaseURL:    cfg.baseURL,
			Header:     newHeader(cfg),
			HTTPClient: cfg.httpClient,
			MaxRetries: cfg.maxRetries,
		}),
	}
	get := func() *core { return c }
	return &Client{
		core: get,
		OTPs: &OTPsService{
			SMS:      &SMSService{core: get},
			WhatsApp: &WhatsAppService{core: get},
			Email:    &EmailService{core: get},
			core:     get,
		},
		Sessions: &SessionsService{core: get},
		Users:    &UsersService{core: get},
	}, nil
}

// NewClientFromEnv is [NewClient] with the project id from STYTCH_PROJECT_ID, the
// secret from STYTCH_SECRET and, when it is set, the base URL from
// STYTCH_BASE_URL. An option given here wins over the environment.
func NewClientFromEnv(opts ...Option) (*Client, error) {
	return NewClient(os.Getenv(envProjectID), os.Getenv(envSecret), append(slices.Clip(opts), fromEnv)...)
}

// ProjectID returns the id of the client's project.
func (c *Client) ProjectID() string { return c.core().projectID }

// CloseIdleConnections closes the connections that no call is using. Calls in
// flight and later calls are not affected.
func (c *Client) CloseIdleConnections() { c.core().transport.CloseIdleConnections() }

func newHeader(cfg *config) http.Header {
	credentials := base64.StdEncoding.EncodeToString([]byte(cfg.projectID + ":" + cfg.secret))
	userAgent := "stytchotp-go/" + Version + " (" + runtime.Version() + "; " + runtime.GOOS + "/" + runtime.GOARCH + ")"
	if cfg.userAgent != "" {
		userAgent += " " + cfg.userAgent
	}
	return http.Header{
		"Authorization": {"Basic " + credentials},
		// Exactly this: the API refuses a charset parameter.
		"Content-Type": {"application/json"},
		"Accept":       {"application/json"},
		"User-Agent":   {userAgent},
	}
}

// The operations, as [Call].Op and the Op of errors name them. They are the names
// in package otptest and in otpbox too.
const (
	OpSMSSend               = "otps.sms.send"
	OpSMSLoginOrCreate      = "otps.sms.login_or_create"
	OpWhatsAppSend          = "otps.whatsapp.send"
	OpWhatsAppLoginOrCreate = "otps.whatsapp.login_or_create"
	OpEmailSend             = "otps.email.send"
	OpEmailLoginOrCreate    = "otps.email.login_or_create"
	OpAuthenticate          = "otps.authenticate"

	OpSessionsAuthenticate = "sessions.authenticate"
	OpSessionsGet          = "sessions.get"
	OpSessionsRevoke       = "sessions.revoke"

	OpUsersGet               = "users.get"
	OpUsersDelete            = "users.delete"
	OpUsersDeletePhoneNumber = "users.delete_phone_number"
	OpUsersDeleteEmail       = "users.delete_email"

	// OpDo is the operation of [Client.Do], whatever its path is.
	OpDo = "do"
)

// operation is one endpoint: its name, its path and the channel that its message
// goes by.
type operation struct {
	name, path string
	method     string // POST when empty
	channel    Channel
}

// request is a pointer to the params of an operation.
type request interface {
	// check records everything that is wrong with the params, and what they
	// demand of the answer.
	check(*checker)
}

// call makes a call of an operation whose response is a T.
func call[T any, R response[T]](ctx context.Context, c *core, op operation, params request) (*T, error) {
	var resp T
	err := c.call(ctx, op, params, R(&resp).meta(), R(&resp).read)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// reader decodes the body of an answer. It also says what in it does not fit the
// request, or "".
type reader func(body []byte, want expected) (mismatch string, err error)

// call is the one path that every call takes: check the params, ask the send
// policy, encode, send, decode, report.
func (c *core) call(ctx context.Context, op operation, params request, meta *ResponseMeta, read reader) (err error) {
	found := checker{live: c.live}
	if ctx == nil {
		found.add("ctx", "nil", "must not be nil")
		ctx = context.Background()
	}
	call := newCall(c, op)
	err = &TransportError{Op: op.name, cause: errPanicked}
	defer func() { call.end(ctx, err) }()
	ctx = call.begin(ctx, c.observers)
	err = c.do(ctx, op, params, found, call, meta, read)
	return err
}

func (c *core) do(ctx context.Context, op operation, params request, found checker, call *startedCall, meta *ResponseMeta, read reader) error {
	params.check(&found)
	if len(found.fields) > 0 {
		return &ValidationError{Op: op.name, Fields: found.fields}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if c.policy != nil && found.number != "" {
		if err := c.policy.ask(ctx, op, found.number, &call.Call); err != nil {
			return err
		}
	}
	body, err := encode(op, params)
	if err != nil { // check leaves nothing of ours that cannot be encoded
		return &ValidationError{Op: op.name, Fields: []FieldError{{Field: "params", Code: "not_encodable", Reason: "cannot be encoded as JSON", cause: err}}}
	}
	answer, err := c.transport.Do(ctx, cmp.Or(op.method, http.MethodPost), op.path, body)
	if err != nil {
		return newTransportError(op, err)
	}
	call.StatusCode, call.Attempts = answer.StatusCode, answer.Attempts
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return newStytchError(op, answer, time.Now())
	}
	if err := c.readAnswer(op, found.want, answer, meta, read); err != nil {
		return err
	}
	call.setRequestID(meta.RequestID)
	return nil
}

// encode returns the body of a request: nothing for an operation of which the params
// are in the path.
func encode(op operation, params request) ([]byte, error) {
	switch p, free := params.(*doParams); {
	case free && p.in == nil, !free && op.method != "":
		return nil, nil
	case free:
		return json.Marshal(p.in)
	}
	return json.Marshal(params)
}

// Do calls any other endpoint of the API, with the promises of the other calls: one
// request, errors that say whether it may have been processed, and nothing private in
// what the SDK writes.
//
// method is an HTTP method, and path begins with a slash, as in
// "/v1/users/search"; escape what you put into it. in is encoded as JSON and sent
// unless it is nil. The JSON of the answer is decoded into out, a pointer, or dropped
// if out is nil. With a struct that embeds [ResponseMeta], out gets the request id, the
// header and the whole body too. Of a path with a typed method, use that: Do does not
// check the params or what the answer is about.
//
// [Call].Op and the Op of errors is [OpDo].
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	params := &doParams{method, path, in, out}
	meta := &ResponseMeta{}
	if m, ok := out.(interface{ meta() *ResponseMeta }); ok && !isNil(out) {
		meta = m.meta()
	}
	return c.core().call(ctx, operation{name: OpDo, method: method, path: path}, params, meta,
		func(body []byte, _ expected) (string, error) {
			if out == nil {
				return "", json.Unmarshal(body, new(any))
			}
			return "", unmarshal(body, out)
		})
}

// doParams are the arguments of [Client.Do].
type doParams struct {
	method, path string
	in, out      any
}

func (p *doParams) check(c *checker) {
	switch p.method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		c.add("method", "invalid", "must be GET, POST, PUT, PATCH or DELETE")
	}
	if parsed, err := url.Parse(p.path); err != nil || !isPath(p.path, parsed) {
		c.add("path", "invalid", "must be an escaped path such as /v1/users/search, without a host, dots or a fragment")
	}
	if p.in != nil && p.method == http.MethodGet {
		c.add("in", "invalid", "must be nil for GET: put it into the query of path")
	}
	if p.out != nil && (reflect.TypeOf(p.out).Kind() != reflect.Pointer || isNil(p.out)) {
		c.add("out", "invalid", "must be a pointer that is not nil, or nil")
	}
}

// isPath reports a path that names an endpoint of the server and no other server.
func isPath(path string, parsed *url.URL) bool {
	if !strings.HasPrefix(path, "/") || parsed.Host != "" || strings.ContainsFunc(path, notPrintableASCII) || strings.ContainsAny(path, "#\\ ") {
		return false
	}
	for segment := range strings.SplitSeq(parsed.Path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// isNil reports a nil pointer in v.
func isNil(v any) bool {
	value := reflect.ValueOf(v)
	return value.Kind() == reflect.Pointer && value.IsNil()
}
