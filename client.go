package stytchotp

//go:generate go run ./internal/printgen

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/stytchotp/stytchotp/internal/transport"
)

// Version is the version of this SDK, sent in the User-Agent header.
const Version = "0.1.0"

// emulatorHeader marks the answers of the emulator in otptest and otpbox.
const emulatorHeader = "X-OTP-Emulator"

// Client calls Stytch's one-time-passcode endpoints for one project. It is
// immutable and safe for concurrent use; a program needs one for each project and
// should keep it, since it holds the connections.
type Client struct {
	// OTPs holds the one-time-passcode endpoints.
	OTPs *OTPsService

	core coreFunc
}

// core is what every service works with.
type core struct {
	transport *transport.Client
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
	return &Client{core: get, OTPs: &OTPsService{
		SMS:      &SMSService{core: get},
		WhatsApp: &WhatsAppService{core: get},
		Email:    &EmailService{core: get},
		core:     get,
	}}, nil
}

// NewClientFromEnv is [NewClient] with the project id from STYTCH_PROJECT_ID, the
// secret from STYTCH_SECRET and, when it is set, the base URL from
// STYTCH_BASE_URL. An option given here wins over the environment.
func NewClientFromEnv(opts ...Option) (*Client, error) {
	return NewClient(os.Getenv(envProjectID), os.Getenv(envSecret), append(slices.Clip(opts), fromEnv)...)
}

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
)

// operation is one endpoint: its name, its path and the channel that its message
// goes by.
type operation struct {
	name, path string
	channel    Channel
}

// request is a pointer to the params of an operation.
type request interface {
	// check records everything that is wrong with the params, and what they
	// demand of the answer.
	check(*checker)
}

// post is the one path that every call takes: check the params, ask the send
// policy, encode, send, decode, report.
func post[T any, R response[T]](ctx context.Context, c *core, op operation, params request) (resp *T, err error) {
	found := checker{live: c.live}
	if ctx == nil {
		found.add("ctx", "nil", "must not be nil")
		ctx = context.Background()
	}
	ctx, call := startCall(ctx, c, op)
	err = &TransportError{Op: op.name, cause: errPanicked}
	defer func() { call.end(ctx, err) }()
	resp, err = do[T, R](ctx, c, op, params, found, call)
	return resp, err
}

func do[T any, R response[T]](ctx context.Context, c *core, op operation, params request, found checker, call *startedCall) (*T, error) {
	params.check(&found)
	if len(found.fields) > 0 {
		return nil, &ValidationError{Op: op.name, Fields: found.fields}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if c.policy != nil && found.number != "" {
		if err := c.policy.ask(ctx, op, found.number, &call.Call); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(params)
	if err != nil { // check leaves nothing that cannot be encoded
		return nil, &ValidationError{Op: op.name, Fields: []FieldError{{Field: "params", Code: "not_encodable", Reason: "cannot be encoded as JSON"}}}
	}
	answer, err := c.transport.Do(ctx, http.MethodPost, op.path, body)
	if err != nil {
		return nil, newTransportError(op, err)
	}
	call.StatusCode, call.Attempts = answer.StatusCode, answer.Attempts
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, newStytchError(op, answer, time.Now())
	}
	resp, err := newResponse[T, R](c, op, found.want, answer)
	if err != nil {
		return nil, err
	}
	call.setRequestID(R(resp).meta().RequestID)
	return resp, nil
}
