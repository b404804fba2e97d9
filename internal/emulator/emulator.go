package emulator

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// The bounds used where a [Config] names none.
const (
	DefaultMaxUsers    = 20_000
	DefaultMaxSessions = 20_000
	DefaultMaxMessages = 10_000
	DefaultMaxRequests = 2_000
)

// Config sets an [Emulator] up. The zero value is ready for use.
type Config struct {
	// ProjectID and Secret are the credentials to accept: by default a new id
	// like project-test-… and a new secret like secret-test-…. A live project id
	// is refused.
	ProjectID, Secret string

	// Seed makes ids, codes, tokens and credentials repeat from run to run as
	// long as the calls come in the same order. Empty: they are unpredictable.
	// JWT signatures never repeat.
	Seed string

	// FixedCodes gives a recipient, an E.164 number or an e-mail address, the same
	// six digits every time.
	FixedCodes map[string]string

	// Countries are those that SMS and WhatsApp messages may go to from the start,
	// besides US and CA, by their ISO 3166 alpha-2 codes.
	Countries []string

	// RateLimits to begin with; none by default.
	RateLimits []RateLimit

	// UserLockThreshold is how many wrong codes in a row lock a user, 1 to 100,
	// 10 by default. UserLockTTL is for how long, 5 minutes to 7 days, one hour
	// by default.
	UserLockThreshold int
	UserLockTTL       time.Duration

	// How much is kept. Beyond that, the oldest message and request, and the
	// user and session left alone for longest, are forgotten.
	MaxUsers, MaxSessions, MaxMessages, MaxRequests int
}

// Emulator is one project of the consumer OTP API. It is safe for concurrent use.
// Methods whose names end in Locked are called with mu held.
type Emulator struct {
	config Config
	kid    string

	mu        sync.Mutex
	clock     clock
	random    *random
	users     registry
	sessions  sessionStore
	messages  messageStore
	fixed     map[string]string
	journal   journal
	faults    faultList
	limits    limiter
	countries map[string]map[string]bool
	hub       hub
	counts    counts
}

// New returns an emulator in its initial state. The error names what is wrong
// with the configuration.
func New(config Config) (*Emulator, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	config.fill()
	e := &Emulator{config: config}
	// Credentials and the key id outlive a reset, so they have a source of their own.
	identity := newRandom(config.Seed, "identity")
	if e.config.ProjectID == "" {
		e.config.ProjectID = "project-test-" + identity.uuid()
	}
	if e.config.Secret == "" {
		e.config.Secret = "secret-test-" + identity.token(27)
	}
	e.kid = "jwk-test-" + identity.uuid()
	e.counts = counts{calls: map[CallCount]int64{}, messages: map[string]int64{}}
	e.hub.waiters = map[string]*waiter{}
	e.hub.subscriptions = map[*Subscription]bool{}
	e.clearLocked()
	return e, nil
}

// ProjectID returns the project id that the emulator accepts.
func (e *Emulator) ProjectID() string { return e.config.ProjectID }

// Secret returns the secret that the emulator accepts.
func (e *Emulator) Secret() string { return e.config.Secret }

// Reset brings everything back to how [New] made it, the clock, the faults, the
// countries and the seeded sources included. Credentials and subscriptions stay,
// and ids of messages and requests go on rising, so that a cursor stays valid.
func (e *Emulator) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clearLocked()
	e.publishLocked(Event{Kind: EventReset})
}

func (e *Emulator) clearLocked() {
	e.clock = clock{}
	e.random = newRandom(e.config.Seed, "state")
	e.users = newRegistry(e.config.MaxUsers)
	e.sessions = newSessionStore(e.config.MaxSessions)
	e.messages = newMessageStore(e.config.MaxMessages, e.messages.lastID)
	e.journal = newJournal(e.config.MaxRequests, e.journal.lastID)
	e.faults = faultList{lastID: e.faults.lastID}
	e.limits = newLimiter(e.config.RateLimits)
	e.countries = defaultCountries(e.config.Countries)
	e.fixed = make(map[string]string, len(e.config.FixedCodes))
	for recipient, code := range e.config.FixedCodes {
		e.fixed[normalize(recipient)] = code
	}
	e.addSandboxLocked()
}

// FixCode makes every later code for recipient the given six digits, until the
// next reset. An empty code ends that.
func (e *Emulator) FixCode(recipient, code string) error {
	if code != "" {
		if err := checkFixedCode(recipient, code); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if code == "" {
		delete(e.fixed, normalize(recipient))
		return nil
	}
	if _, known := e.fixed[normalize(recipient)]; !known && len(e.fixed) >= maxFixedCodes {
		return fmt.Errorf("emulator: at most %d recipients can have a fixed code", maxFixedCodes)
	}
	e.fixed[normalize(recipient)] = code
	return nil
}

const maxFixedCodes = 10_000

// checkFixedCode refuses a code that no message could ever have.
func checkFixedCode(recipient, code string) error {
	if err := CheckRecipient(recipient); err != nil {
		return err
	}
	switch {
	case isSandbox(normalize(recipient)):
		return errors.New("emulator: the sandbox's code is always " + sandboxCode)
	case !isCode(code):
		return errors.New("emulator: a fixed code has six digits")
	}
	return nil
}

func (c *Config) check() error {
	var problems []error
	if strings.HasPrefix(c.ProjectID, livePrefix) || strings.HasPrefix(c.Secret, liveSecretPrefix) {
		problems = append(problems, errors.New("emulator: live credentials are not accepted here; use project-test-… and secret-test-…"))
	} else if c.ProjectID != "" && !isProjectID(c.ProjectID) {
		problems = append(problems, errors.New("emulator: a project id is project-test- and letters, digits or dashes"))
	}
	if strings.ContainsFunc(c.Secret, isControl) || len(c.Secret) > 256 {
		problems = append(problems, errors.New("emulator: a secret has at most 256 bytes and no control characters"))
	}
	for recipient, code := range c.FixedCodes {
		problems = append(problems, checkFixedCode(recipient, code))
	}
	if len(c.FixedCodes) > maxFixedCodes {
		problems = append(problems, fmt.Errorf("emulator: at most %d recipients can have a fixed code", maxFixedCodes))
	}
	problems = append(problems, CheckCountries(c.Countries...))
	for _, limit := range c.RateLimits {
		problems = append(problems, limit.check())
	}
	if c.UserLockThreshold < 0 || c.UserLockThreshold > 100 {
		problems = append(problems, errors.New("emulator: UserLockThreshold is 1 to 100"))
	}
	if c.UserLockTTL != 0 && (c.UserLockTTL < 5*time.Minute || c.UserLockTTL > 7*24*time.Hour) {
		problems = append(problems, errors.New("emulator: UserLockTTL is 5 minutes to 7 days"))
	}
	if min(c.MaxUsers, c.MaxSessions, c.MaxMessages, c.MaxRequests) < 0 {
		problems = append(problems, errors.New("emulator: a bound is not negative"))
	}
	return errors.Join(problems...)
}

func (c *Config) fill() {
	fill := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	fill(&c.MaxUsers, DefaultMaxUsers)
	fill(&c.MaxSessions, DefaultMaxSessions)
	fill(&c.MaxMessages, DefaultMaxMessages)
	fill(&c.MaxRequests, DefaultMaxRequests)
	fill(&c.UserLockThreshold, 10)
	if c.UserLockTTL == 0 {
		c.UserLockTTL = time.Hour
	}
}
