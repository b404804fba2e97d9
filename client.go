package stytchotp

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
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

	core *core
}

// core is what every service works with. It stays behind a pointer so that
// printing a client shows nothing of it.
type core struct {
	transport *transport.Client
	timeout   time.Duration
	live      bool
	policy    *sendPolicy                 // nil when everything may be sent
	observe   func(context.Context, Call) // nil when nobody listens
}

// OTPsService sends one-time passcodes by [SMSService], [WhatsAppService] and
// [EmailService], and checks them with [OTPsService.Authenticate].
type OTPsService struct {
	SMS      *SMSService
	WhatsApp *WhatsAppService
	Email    *EmailService

	core *core
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
		timeout: cfg.timeout,
		live:    cfg.live(),
		policy:  cfg.policy,
		observe: newObserver(cfg.logger, cfg.hooks),
		transport: transport.New(transport.Config{
			BaseURL:    cfg.baseURL,
			Header:     newHeader(cfg),
			HTTPClient: cfg.httpClient,
			MaxRetries: cfg.maxRetries,
		}),
	}
	return &Client{core: c, OTPs: &OTPsService{
		SMS:      &SMSService{core: c},
		WhatsApp: &WhatsAppService{core: c},
		Email:    &EmailService{core: c},
		core:     c,
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
func (c *Client) CloseIdleConnections() { c.core.transport.CloseIdleConnections() }

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

// operation is one endpoint: its path, its name in errors, logs and hooks, and the
// channel that its message goes by.
type operation struct {
	name, path string
	channel    Channel
}

// request is a pointer to the params of an operation.
type request interface {
	// check records everything that is wrong with the params.
	check(*checker)
	// wire returns what is encoded: the params without the methods that mask
	// them in print.
	wire() any
}

// response is a pointer to what an operation returns.
type response[T any] interface {
	*T
	meta() *ResponseMeta
	// complete fills in what is derived, and returns the id without which the
	// answer is useless to the caller.
	complete() (name, id string)
}

// post is the one path that every call takes: check, ask the policy, encode, send,
// understand, report.
func post[T any, R response[T]](ctx context.Context, c *core, op operation, params request) (*T, error) {
	call := startCall(c, op)
	resp, err := do[T, R](ctx, c, op, params, &call.Call)
	call.end(ctx, err)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

func do[T any, R response[T]](ctx context.Context, c *core, op operation, params request, call *Call) (*T, error) {
	number, err := check(ctx, c, op, params)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > c.timeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	if c.policy != nil && number != "" {
		if err = c.policy.ask(ctx, op, number, call); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(params.wire())
	if err != nil { // check leaves nothing that cannot be encoded
		return nil, &ValidationError{Op: op.name, Fields: []FieldError{{Field: "params", Code: "not_encodable", Reason: "cannot be encoded as JSON"}}}
	}
	answer, err := c.transport.Post(ctx, op.path, body)
	if err != nil {
		return nil, newTransportError(op, err)
	}
	call.StatusCode, call.Attempts = answer.StatusCode, answer.Attempts
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, newStytchError(op, answer, time.Now())
	}
	resp, err := decode[T, R](c, op, answer)
	if err != nil {
		return nil, err
	}
	call.RequestID = R(resp).meta().RequestID
	return resp, nil
}

// check reports everything that is wrong with the params, and the number that the
// send policy is to be asked about.
func check(ctx context.Context, c *core, op operation, params request) (PhoneNumber, error) {
	found := checker{live: c.live}
	if ctx == nil {
		found.add("ctx", "nil", "must not be nil")
	}
	params.check(&found)
	if len(found.fields) > 0 {
		return "", &ValidationError{Op: op.name, Fields: found.fields}
	}
	return found.number, nil
}

// decode understands a 2xx answer, or says why it cannot be trusted.
func decode[T any, R response[T]](c *core, op operation, answer transport.Answer) (*T, error) {
	if answer.BodyErr != nil {
		return nil, newInvalidResponse(op, answer, reasonFor(answer.BodyErr), answer.BodyErr)
	}
	if c.live && answer.Header.Get(emulatorHeader) != "" {
		return nil, newInvalidResponse(op, answer, "a live project was answered by an emulator", nil)
	}
	var resp T
	r := R(&resp)
	if err := unmarshal(answer.Body, r); err != nil {
		return nil, newInvalidResponse(op, answer, undecodable(answer.Body), nil)
	}
	meta := r.meta()
	name, id := r.complete()
	switch {
	case isErrorBody(answer.Body, meta.StatusCode):
		return nil, newInvalidResponse(op, answer, "the body is an error although the status is not", nil)
	case id == "":
		return nil, newInvalidResponse(op, answer, "the body has no "+name, nil)
	}
	meta.StatusCode, meta.Header, meta.Raw = answer.StatusCode, answer.Header, answer.Body
	return &resp, nil
}

// isErrorBody reports a body that speaks of a failure under a 2xx status.
func isErrorBody(body []byte, statusCode int) bool {
	if statusCode > 299 {
		return true
	}
	// Without its first characters, of which every body is full, the name is
	// found to be missing in a third of the time.
	if !bytes.Contains(body, []byte(`rror_type"`)) {
		return false
	}
	e, err := decodeErrorBody(body)
	return err == nil && e.ErrorType != ""
}

func reasonFor(bodyErr error) string {
	if errors.Is(bodyErr, transport.ErrTooLarge) {
		return "the body is larger than 1 MiB"
	}
	return "the body was cut short"
}

// undecodable says what the body is instead of the JSON expected, without
// repeating any of it.
func undecodable(body []byte) string {
	switch {
	case len(body) == 0:
		return "the body is empty"
	case json.Valid(body):
		return "the body is JSON of another shape"
	}
	return "the body is not JSON"
}
