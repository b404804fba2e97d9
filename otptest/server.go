package otptest

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/emulator"
)

// inProcessURL is the base URL of a server without a socket. The name cannot be
// resolved, so a client that was not given the transport fails.
const inProcessURL = "https://otptest.invalid"

// Server is one project of the OTP API, in memory. It is safe for concurrent use.
// A subtest uses the view of it that [Server.For] returns.
type Server struct {
	URL       string // base URL, without a slash at the end
	ProjectID string // accepted together with Secret
	Secret    string

	tb   testing.TB // the test that mistakes fail; nil for a server made by Start
	view bool       // made by For
	*project
}

// project is what a server and its views share.
type project struct {
	engine     *emulator.Emulator
	listener   *listener // nil in process
	httpClient *http.Client
	phones     atomic.Int64
	emails     atomic.Int64
	closed     atomic.Bool

	closing  sync.Once
	mu       sync.Mutex
	clients  []*stytchotp.Client
	problems []error
}

// NewServer starts a server on a loopback port and closes it when the test ends.
// Then the test also fails if a fault set up with [Server.Inject] was never hit.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := start(tb, opts)
	if err != nil {
		tb.Fatalf("otptest: %v", err)
	}
	return s
}

// NewInProcess returns a server without a socket. Its clients reach it by
// function calls, with the errors and [net/http/httptrace] events of a real
// connection, and no goroutine outlives a call; so it works inside a
// [testing/synctest] bubble, where the emulator's clock is the bubble's. Like
// [NewServer] it is closed when the test ends.
func NewInProcess(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s, err := build(tb, opts)
	if err != nil {
		tb.Fatalf("otptest: %v", err)
		return nil // reached only with a testing.TB that does not stop
	}
	s.URL = inProcessURL
	s.httpClient = &http.Client{Transport: s.Transport()}
	s.cleanUp()
	return s
}

// Start starts a server on a loopback port for a program that is not a test, such
// as an example or a development server. Close it when done.
func Start(opts ...Option) (*Server, error) { return start(nil, opts) }

func start(tb testing.TB, opts []Option) (*Server, error) {
	s, err := build(tb, opts)
	if err != nil {
		return nil, err
	}
	if s.listener, err = listen(s.engine); err != nil {
		return nil, err
	}
	s.URL = "http://" + s.listener.address
	s.httpClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	s.cleanUp()
	return s, nil
}

func build(tb testing.TB, opts []Option) (*Server, error) {
	var c config
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("a nil option")
		}
		opt(&c)
	}
	engine, err := emulator.New(c.emulator)
	if err != nil {
		return nil, err
	}
	return &Server{tb: tb, project: &project{engine: engine}, ProjectID: engine.ProjectID(), Secret: engine.Secret()}, nil
}

func (s *Server) cleanUp() {
	if s.tb == nil {
		return
	}
	s.tb.Cleanup(func() {
		s.tb.Helper()
		if err := s.Close(); err != nil {
			s.tb.Errorf("%v", err)
		}
	})
}

// For returns a view of the server for a subtest: what goes wrong through the view
// fails tb, also when subtests run in parallel. A fault that was injected through it
// and was never hit fails tb when tb ends. Users, messages, faults and the clock are
// those of the server.
func (s *Server) For(tb testing.TB) *Server {
	return &Server{URL: s.URL, ProjectID: s.ProjectID, Secret: s.Secret, tb: tb, view: true, project: s.project}
}

// Close closes the server and its connections and waits until its goroutines have
// ended. The error names the faults that were never hit and, for a server made by
// [Start], other mistakes in its use. Servers made for a test are closed for you;
// closing twice does nothing, nor does closing a nil server, which is what comes
// with an error.
func (s *Server) Close() error {
	if s == nil || s.project == nil {
		return nil
	}
	s.closing.Do(func() {
		s.closed.Store(true)
		s.mu.Lock()
		clients := s.clients
		s.mu.Unlock()
		for _, client := range clients {
			client.CloseIdleConnections()
		}
		s.httpClient.CloseIdleConnections()
		if s.listener != nil {
			s.listener.close()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, fault := range s.engine.UnusedFaults() {
			s.problems = append(s.problems, fmt.Errorf("otptest: fault %d was never hit: %s", fault.ID, describeFault(fault.Fault)))
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.problems...)
}

// Client returns a client of this server. Further options are applied after those
// that make it one. An option that is refused fails the test, or panics on a
// server made by [Start], where [Server.ClientOptions] with
// [stytchotp.NewClient] returns the error instead.
func (s *Server) Client(opts ...stytchotp.Option) *stytchotp.Client {
	if s.tb != nil {
		s.tb.Helper()
	}
	client, err := stytchotp.NewClient(s.ProjectID, s.Secret, append(s.ClientOptions(), opts...)...)
	if err != nil {
		if s.tb == nil {
			panic(err)
		}
		s.tb.Fatalf("otptest: %v", err)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, client)
	return client
}

// ClientOptions returns what makes a client one of this server: the base URL, and
// in process the HTTP client too.
func (s *Server) ClientOptions() []stytchotp.Option {
	opts := []stytchotp.Option{stytchotp.WithBaseURL(s.URL)}
	if s.listener == nil {
		opts = append(opts, stytchotp.WithHTTPClient(s.httpClient))
	}
	return opts
}

// HTTPClient returns an HTTP client that reaches the server at URL, for what is
// not done through the SDK.
func (s *Server) HTTPClient() *http.Client { return s.httpClient }

// Handler returns the API as a handler, to be mounted at the root of a server of
// your own. To drop a connection it panics with [http.ErrAbortHandler], which
// net/http understands.
func (s *Server) Handler() http.Handler { return s.engine }

// Now returns the server's time, in UTC.
func (s *Server) Now() time.Time { return s.engine.Now() }

// Advance moves the server's clock forward, so that codes and sessions expire
// without waiting. Time in the test's own process does not change. A negative
// duration, or more than goes into the year 2200, is a mistake that fails the test.
func (s *Server) Advance(d time.Duration) {
	if err := s.engine.Advance(d); err != nil {
		s.mistake(err)
	}
}

// AllowCountries lets a channel, [ChannelSMS] or [ChannelWhatsApp], send to more
// countries, named by their ISO 3166 alpha-2 codes. As in a new project, only US
// and CA are allowed at the start; other numbers are answered with 400
// invalid_phone_number_country_code.
func (s *Server) AllowCountries(channel stytchotp.Channel, countries ...string) {
	if err := s.engine.AllowCountries(string(channel), countries...); err != nil {
		s.mistake(err)
	}
}

// LimitRate replaces all rate limits. There are none at the start.
func (s *Server) LimitRate(limits ...RateLimit) {
	converted := make([]emulator.RateLimit, 0, len(limits))
	for _, limit := range limits {
		converted = append(converted, emulator.RateLimit(limit))
	}
	if err := s.engine.SetRateLimits(converted...); err != nil {
		s.mistake(err)
	}
}

// Reset forgets users, messages, requests and faults, sets the clock right and
// undoes [Server.AllowCountries] and [Server.LimitRate]. Numbers and addresses
// that were handed out are not handed out again.
func (s *Server) Reset() { s.engine.Reset() }

// mistake reports a wrong use of the server: at once in a test, otherwise when
// the server is closed.
func (s *Server) mistake(err error) {
	if s.tb != nil {
		s.tb.Helper()
		s.tb.Fatalf("otptest: %v", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, fmt.Errorf("otptest: %w", err))
}
