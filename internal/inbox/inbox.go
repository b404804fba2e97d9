package inbox

import (
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// DefaultMaxStreams is how many event streams are open at once where a [Config]
// names no other number. A browser tab needs one.
const DefaultMaxStreams = 64

// MinTokenLength is the length of the shortest token that is accepted.
const MinTokenLength = 16

// Config sets an [Inbox] up.
type Config struct {
	// Emulator is what is shown. It is required.
	Emulator *emulator.Emulator

	// Token opens page and control API, which then can be reached from other
	// machines. Without one only loopback is answered. At least 16 bytes.
	Token string

	// Hosts are further names that the server is reached by. Loopback is always
	// known, and with a token also IP addresses and names without a dot, such as
	// those of Docker Compose.
	Hosts []string

	// BaseURL is the address to give to an SDK, as the page shows it. Empty: the
	// address that the page was asked for.
	BaseURL string

	// CertificateAuthority is a PEM certificate to hand out at /_otp/ca.pem.
	CertificateAuthority []byte

	// MaxStreams bounds the event streams that are open at once.
	MaxStreams int
}

// Inbox serves the page, the control API and the emulated API. It is an
// [http.Handler] for the root of a server, or below [http.StripPrefix] for a path
// that ends with a slash.
type Inbox struct {
	config       Config
	emulator     *emulator.Emulator
	guard        guard
	templates    *template.Template
	routes       *http.ServeMux
	streams      chan struct{} // a place for each stream that may be open
	writeTimeout time.Duration
	version      string
}

// New returns an inbox of config.Emulator.
func New(config Config) (*Inbox, error) {
	if config.Emulator == nil {
		return nil, errors.New("inbox: the emulator is missing")
	}
	if config.Token != "" && len(config.Token) < MinTokenLength {
		return nil, errors.New("inbox: a token has at least 16 characters; openssl rand -hex 16 makes a good one")
	}
	templates, err := parseTemplates()
	if err != nil {
		return nil, err
	}
	if config.MaxStreams <= 0 {
		config.MaxStreams = DefaultMaxStreams
	}
	b := &Inbox{
		config:       config,
		emulator:     config.Emulator,
		guard:        newGuard(config.Token, config.Hosts),
		templates:    templates,
		streams:      make(chan struct{}, config.MaxStreams),
		writeTimeout: defaultTimeout,
		version:      Version(),
	}
	b.routes = b.newRoutes()
	return b, nil
}

// ServeHTTP answers page, control API and emulated API.
func (b *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(emulator.Header, "1")
	w.Header().Set("Server", "otpbox/"+b.version)
	if refusal := b.guard.refuse(r); refusal != nil {
		refusal.write(w)
		return
	}
	if !isOurs(r.URL.Path) {
		b.serveEmulator(w, r)
		return
	}
	protect(w.Header())
	limitTime(w, b.writeTimeout)
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if refusal := b.guard.refuseOrigin(r); refusal != nil {
		refusal.write(w)
		return
	}
	if r.URL.Path == "" { // mounted below a path, whose slash was left out
		http.Redirect(w, r, prefix(r)+"/", http.StatusPermanentRedirect)
		return
	}
	b.routes.ServeHTTP(w, r)
}

// isOurs reports whether a path belongs to the page or the control API. All others
// are the emulator's, who says what is wrong with them as the real API does.
func isOurs(path string) bool {
	switch path {
	case "", "/", "/livez", "/readyz", "/metrics", "/favicon.ico", "/_otp":
		return true
	}
	return strings.HasPrefix(path, "/_otp/")
}

func (b *Inbox) newRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	open := func(pattern string, handle handler) { mux.Handle(pattern, handle) }
	guarded := func(pattern string, handle handler) { mux.Handle(pattern, b.guard.api(handle)) }

	for _, path := range []string{"/livez", "/readyz", "/_otp/livez", "/_otp/readyz"} {
		open("GET "+path, alive)
	}
	open("GET /_otp/{$}", b.apiPage)
	open("GET /_otp/openapi.json", describeControl)
	open("GET /_otp/openapi-otp.json", describeOTP)
	open("GET /_otp/ca.pem", b.certificateAuthority)

	guarded("GET /metrics", b.metrics)
	guarded("GET /_otp/messages", b.listMessages)
	guarded("GET /_otp/messages/latest", b.latestMessage)
	guarded("GET /_otp/messages/{id}", b.showMessage)
	guarded("DELETE /_otp/messages", b.deleteMessages)
	guarded("GET /_otp/users", b.listUsers)
	guarded("GET /_otp/sessions", b.listSessions)
	guarded("DELETE /_otp/sessions/{id}", b.endSession)
	guarded("GET /_otp/requests", b.listRequests)
	guarded("GET /_otp/faults", b.listFaults)
	guarded("POST /_otp/faults", b.addFault)
	guarded("DELETE /_otp/faults", b.clearFaults)
	guarded("DELETE /_otp/faults/{id}", b.removeFault)
	guarded("GET /_otp/clock", b.showClock)
	guarded("PUT /_otp/clock", b.setClock)
	guarded("GET /_otp/rate-limits", b.listRateLimits)
	guarded("PUT /_otp/rate-limits", b.setRateLimits)
	guarded("GET /_otp/countries", b.listCountries)
	guarded("PUT /_otp/countries", b.setCountries)
	guarded("PUT /_otp/fixed-codes", b.fixCode)
	guarded("POST /_otp/reset", b.reset)
	guarded("GET /_otp/events", b.events)
	mux.Handle("/_otp/", handler(b.notFound))
	mux.Handle("/_otp", handler(b.notFound))

	b.pageRoutes(mux)
	return mux
}
