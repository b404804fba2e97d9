package stytchotp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	testBaseURL = "https://test.stytch.com"
	liveBaseURL = "https://api.stytch.com"

	defaultTimeout    = 10 * time.Second
	defaultMaxRetries = 2
	maxMaxRetries     = 10
	maxBaseURLLength  = 2048
)

// Option changes how [NewClient] builds a [Client]. Options are checked when the
// client is built, never later, and their order does not matter.
type Option func(*config) error

// Where [NewClientFromEnv] looks.
const (
	envProjectID = "STYTCH_PROJECT_ID"
	envSecret    = "STYTCH_SECRET"
	envBaseURL   = "STYTCH_BASE_URL"
)

// fromEnv is the last option of [NewClientFromEnv].
func fromEnv(c *config) error {
	c.projectIDName, c.secretName, c.baseURLName = envProjectID, envSecret, envBaseURL+" or WithBaseURL"
	baseURL := os.Getenv(envBaseURL)
	if baseURL == "" || c.baseURL != "" {
		return nil
	}
	cleaned, err := cleanBaseURL(baseURL)
	if err != nil {
		return fmt.Errorf("%s: %w", envBaseURL, err)
	}
	c.baseURL = cleaned
	return nil
}

// config is what the options work on. The client is built from it once, at the
// end, so that no option can depend on another one's turn.
type config struct {
	projectID  string
	secret     string
	baseURL    string
	httpClient *http.Client
	timeout    time.Duration
	maxRetries int
	userAgent  string
	policy     *sendPolicy
	logger     *slog.Logger
	observers  []observer
	hooks      []hook

	projectIDName, secretName, baseURLName string // what errors call them
}

// WithBaseURL sends the calls to another address than Stytch's own, for example a
// custom domain or an emulator. A path is kept as a prefix.
//
// The URL must be https, or http to a loopback address, and must not carry
// credentials, a query or a fragment.
func WithBaseURL(baseURL string) Option {
	return func(c *config) error {
		cleaned, err := cleanBaseURL(baseURL)
		if err != nil {
			return fmt.Errorf("WithBaseURL: %w", err)
		}
		c.baseURL = cleaned
		return nil
	}
}

// WithHTTPClient sends the calls through the transport of hc, which is
// [http.DefaultTransport] when it has none, and under its timeout if it has one, which limits
// the whole call. hc itself is copied and never written to; its cookie jar and its
// redirect policy are not used, because this SDK keeps no cookies and follows no
// redirect.
//
// The limit on the size of the answer's body holds with any transport, limits on time
// with any that heeds the request's context. The transport must send a request at most
// once: one that repeats requests, as those of go-retryablehttp and hedgedhttp do, can
// send a message twice. TLS versions,
// the size of response headers, proxies, connection reuse and dead-connection checks
// are then up to that transport. A call is tried again, and its error says that nothing
// was sent, only when net/http says that it got no connection and the body was not read
// before: a transport that reads bodies first, to sign or to log them, gives that up.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error {
		if hc == nil {
			return errors.New("WithHTTPClient: the client is nil")
		}
		if rt, ok := hc.Transport.(*http.Transport); ok && rt == nil {
			return errors.New("WithHTTPClient: the client's transport is a nil *http.Transport")
		}
		copied := *hc
		if copied.Transport == nil { // as net/http takes it
			copied.Transport = http.DefaultTransport
		}
		c.httpClient = &copied
		return nil
	}
}

// WithTimeout bounds each call as a whole: connecting, repeated attempts and
// reading the answer. The default is 10 seconds. A context with an earlier
// deadline wins.
func WithTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return errors.New("WithTimeout: the timeout must be positive")
		}
		c.timeout = d
		return nil
	}
}

// WithMaxRetries sets how often a call is repeated of which nothing was sent
// because no connection could be made. The default is 2, the maximum 10, and 0
// switches that off. A call that may have been processed is never repeated, whatever
// n is.
//
// A call that the server says by HTTP/2 it did not process (REFUSED_STREAM, or a GOAWAY
// with a lower stream id: RFC 9113, 6.8 and 8.7) is sent again up to six times, as
// net/http does by itself. n does not count these.
func WithMaxRetries(n int) Option {
	return func(c *config) error {
		if n < 0 || n > maxMaxRetries {
			return fmt.Errorf("WithMaxRetries: must be between 0 and %d", maxMaxRetries)
		}
		c.maxRetries = n
		return nil
	}
}

// WithUserAgent appends a product, such as "acme-login/1.4", to the User-Agent
// header. It takes printable ASCII, at most 256 bytes.
func WithUserAgent(product string) Option {
	return func(c *config) error {
		if product == "" || len(product) > 256 || strings.ContainsFunc(product, notPrintableASCII) {
			return errors.New("WithUserAgent: must be 1 to 256 printable ASCII characters")
		}
		c.userAgent = product
		return nil
	}
}

// WithLogger writes one record for each call to logger: at debug level when the
// call succeeded, at info level when it did though a send policy that only observes
// would have refused it, and at warn level when it failed. A record holds the operation,
// the status code, the request id, the delivery, the attempts, the time taken and the
// error, and nothing that identifies a person. Without this option nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return errors.New("WithLogger: the logger is nil")
		}
		c.logger = logger
		return nil
	}
}

// WithHook calls hook after each call, in the caller's goroutine and before the
// method returns, with the context of the call. It is the short form of
// [WithObserver]. Given several times, the hooks run in the order given.
func WithHook(hook func(ctx context.Context, call Call)) Option {
	return func(c *config) error {
		if hook == nil {
			return errors.New("WithHook: the hook is nil")
		}
		c.hooks = append(c.hooks, hook)
		return nil
	}
}

// WithObserver calls begin before each call with its context and its operation,
// for example [OpSMSSend]. The call uses the context that begin returns, so that a
// span put into it is the parent of the HTTP request's. The function that begin
// returns is called with the outcome before the method returns, after the hooks. A
// nil context keeps the one before it; a nil function is not called.
//
// Begin and end run once for every call, also for one that is refused before it is
// sent, in the caller's goroutine; end runs also when the transport, a hook or
// another observer panics. Given several times, the observers begin in the order given
// and end in the reverse order.
func WithObserver(begin func(ctx context.Context, op string) (context.Context, func(Call))) Option {
	return func(c *config) error {
		if begin == nil {
			return errors.New("WithObserver: the begin function is nil")
		}
		c.observers = append(c.observers, begin)
		return nil
	}
}

// allHooks returns the hooks, the logger's first.
func (c *config) allHooks() []hook {
	if c.logger == nil {
		return c.hooks
	}
	return append([]hook{logHook(c.logger)}, c.hooks...)
}

// newConfig applies the options and reports everything that is wrong at once.
func newConfig(projectID, secret string, opts []Option) (*config, error) {
	c := &config{
		projectID:  projectID,
		secret:     secret,
		timeout:    defaultTimeout,
		maxRetries: defaultMaxRetries,

		projectIDName: "project id",
		secretName:    "secret",
		baseURLName:   "WithBaseURL",
	}
	var problems []error
	for _, opt := range opts {
		if opt == nil {
			problems = append(problems, errors.New("an option is nil"))
		} else if err := opt(c); err != nil {
			problems = append(problems, err)
		}
	}
	problems = append(problems, c.checkCredentials())
	if c.baseURL == "" {
		switch {
		case c.live():
			c.baseURL = liveBaseURL
		case c.test():
			c.baseURL = testBaseURL
		case projectID != "":
			problems = append(problems, errors.New(
				c.projectIDName+`: starts with neither "project-test-" nor "project-live-": check the id; for a server other than Stytch's, set `+c.baseURLName))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("stytchotp: %w", err)
	}
	return c, nil
}

func (c *config) live() bool { return strings.HasPrefix(c.projectID, "project-live-") }
func (c *config) test() bool { return strings.HasPrefix(c.projectID, "project-test-") }

// checkCredentials refuses what cannot work, without ever repeating it.
func (c *config) checkCredentials() error {
	var problems []error
	if c.projectID == "" {
		problems = append(problems, errors.New(c.projectIDName+": is empty"+whereCredentialsAre))
	} else if strings.ContainsAny(c.projectID, ": ") || strings.ContainsFunc(c.projectID, notPrintableASCII) {
		problems = append(problems, errors.New(c.projectIDName+": holds a character that no project id has, such as a colon, a space or a line break"))
	}
	if c.secret == "" {
		problems = append(problems, errors.New(c.secretName+": is empty"+whereCredentialsAre))
	} else if strings.ContainsFunc(c.secret, notPrintableASCII) || strings.TrimSpace(c.secret) != c.secret {
		problems = append(problems, errors.New(c.secretName+": holds a character that no secret has, such as a space or a line break at its end"))
	}
	if c.live() && strings.HasPrefix(c.secret, "secret-test-") {
		problems = append(problems, errors.New(c.secretName+": a test secret does not fit a live project"))
	}
	if c.test() && strings.HasPrefix(c.secret, "secret-live-") {
		problems = append(problems, errors.New(c.secretName+": a live secret does not fit a test project"))
	}
	return errors.Join(problems...)
}

const whereCredentialsAre = ": take it from Stytch's dashboard, or run the program on the emulator by otpbox run"

// notPrintableASCII reports a character that has no place in a header value.
func notPrintableASCII(r rune) bool { return r < ' ' || r > '~' }

// cleanBaseURL checks a base URL and strips the slash at its end. Its errors never
// repeat the URL, which may hold a password.
func cleanBaseURL(raw string) (string, error) {
	if len(raw) > maxBaseURLLength {
		return "", fmt.Errorf("the URL is longer than %d bytes", maxBaseURLLength)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", errors.New("the URL cannot be parsed: it is like https://test.stytch.com")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("the URL must start with https://, or http:// on this machine")
	case u.Hostname() == "" || u.Opaque != "":
		return "", errors.New("the URL has no host")
	case u.User != nil:
		return "", errors.New("the URL must not carry credentials")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/v1"):
		return "", errors.New("the URL must not end in /v1, with which the paths of all calls begin")
	case u.RawQuery != "" || u.ForceQuery:
		return "", errors.New("the URL must not have a query")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return "", errors.New("the URL must not have a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", errors.New("plain http is allowed to a loopback address only")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
