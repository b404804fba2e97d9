package otplogin

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/stytchotp/stytchotp"
)

// Config sets [Logins] up. The zero value is ready for use.
type Config struct {
	Limits Limits
	// CodeMinutes is how long a code can be used, 1 to 10; 5 by default.
	CodeMinutes int
	// SessionDurationMinutes is how long the session of a login lasts, 5 to 527040; 60
	// by default.
	SessionDurationMinutes int
	// CreateUserAsPending makes a new user pending until a code is right.
	CreateUserAsPending bool
	// Key is a secret of at least 32 bytes by which device tokens are made; a random one
	// by default, with which they are worth nothing after a restart.
	Key []byte
}

// Logins runs the logins of a project. It is safe for concurrent use; a program needs
// one.
type Logins struct {
	client *stytchotp.Client
	config Config
	secret []byte // by which ids and device tokens are made
	memory *memory
}

// New returns logins that send and check by the client. The error names what is wrong
// with the configuration.
func New(client *stytchotp.Client, config Config) (*Logins, error) {
	if client == nil {
		return nil, errors.New("otplogin: the client is nil")
	}
	if err := config.Limits.fill(); err != nil {
		return nil, err
	}
	if config.CodeMinutes == 0 {
		config.CodeMinutes = 5
	}
	if config.SessionDurationMinutes == 0 {
		config.SessionDurationMinutes = 60
	}
	switch {
	case config.CodeMinutes < 1 || config.CodeMinutes > 10:
		return nil, errors.New("otplogin: Config.CodeMinutes: must be 1 to 10")
	case config.SessionDurationMinutes < 5 || config.SessionDurationMinutes > 527_040:
		return nil, errors.New("otplogin: Config.SessionDurationMinutes: must be 5 to 527040")
	}
	if config.Key == nil {
		config.Key = []byte(rand.Text() + rand.Text())
	}
	if len(config.Key) < 32 {
		return nil, errors.New("otplogin: Config.Key: must have at least 32 bytes")
	}
	return &Logins{client: client, config: config, secret: slices.Clone(config.Key), memory: newMemory()}, nil
}

// StartParams are the parameters of [Logins.Start].
type StartParams struct {
	// Recipient is a phone number, as [stytchotp.ParsePhoneNumber] returns it, or an
	// e-mail address; required.
	Recipient string
	// Channel is how a phone number is written to; SMS by default. An address takes
	// e-mail only.
	Channel stytchotp.Channel
	// IP is the address of the person's browser, for the limits by address; that of
	// Attributes by default. Behind a proxy, take it from the header that your proxy
	// controls: otherwise all visitors count as one address, and have one quota of flows.
	IP         string
	Locale     stytchotp.Locale
	Attributes stytchotp.Attributes
	// FormID makes the same form, posted twice, one login. It is a random value of at
	// least 128 bits that the form and a cookie of its browser hold together, such as
	// both joined: a value that another browser can know lets it join the login.
	FormID string
}

// ResendParams are the parameters of [Logins.Resend].
type ResendParams struct {
	FlowID     string            // required
	Channel    stytchotp.Channel // that of the last message by default
	IP         string            // as of StartParams
	Attributes stytchotp.Attributes
}

// VerifyParams are the parameters of [Logins.Verify].
type VerifyParams struct {
	FlowID     string // required
	Code       string // required: what the person typed, in any form that [stytchotp.NormalizeCode] reads
	Attributes stytchotp.Attributes
	// Device is what [Logins.DeviceToken] returned when this browser logged in before. With
	// it, the person can log in although strangers have used the recipient's codes up.
	Device string
}

// Flow is a login that waits for its code.
type Flow struct {
	ID        string // for a cookie; it is all that leads to the login
	Recipient string // the number, in E.164, or the address, in lower case
	Channel   stytchotp.Channel
	// Delivery says whether the message went out: DeliverySent or DeliveryMaybeSent.
	Delivery     stytchotp.Delivery
	Joined       bool      // Start sent no message: the recipient had got one a moment ago
	Checkable    bool      // false: the answer to the send got lost and its message is not known; send another one
	AttemptsLeft int       // codes that can be tried for this message
	ResendAt     time.Time // when another message can go out, as far as the wait is concerned
	SendsLeft    int       // messages that can still go to the recipient for now
	ExpiresAt    time.Time // of the login
	RequestID    string    // of the send, for a log line; "" when no answer named one
}

// Start begins a login and sends its first message, unless the recipient got one a
// moment ago: then the login goes on with that. The error is a [*RefusedError], or that
// of the send.
func (l *Logins) Start(ctx context.Context, params StartParams) (*Flow, error) {
	to, err := newTarget(params.Recipient, params.Channel, params.Locale)
	if err != nil {
		return nil, err
	}
	id := newID()
	if params.FormID != "" {
		id = l.idOf(params.FormID + "\x00" + to.recipient)
	}
	f := &flow{recipient: keyOf("recipient", to.recipient), to: to, address: clientKey(clientIP(params.IP, params.Attributes))}
	p, err := l.begin(keyOf("flow", id), f)
	if err != nil {
		return nil, err
	}
	return l.finish(ctx, id, p, params.Attributes)
}

// pending is a message that a flow waits for.
type pending struct {
	flow    *flow
	message *message
	send    bool // it is for this call to send it
	first   bool // the flow is new
}

// begin reserves a message for a new flow, or joins one, or finds the flow that the same
// form began.
func (l *Logins) begin(k key, f *flow) (p pending, err error) {
	m := l.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sweep(now)
	if known := m.flows[k]; known != nil && now.Before(known.expires) {
		return pending{flow: known, message: known.message}, nil
	}
	r := m.recipientOf(f.recipient, now)
	f.expires = now.Add(flowTTL)
	if r == nil || !m.add(k, f) {
		return p, &RefusedError{Limit: LimitFlows}
	}
	if l.isFresh(r, now) {
		f.message = r.last
		return pending{flow: f, message: r.last, first: true}, nil
	}
	if refused := l.reserve(r, f, f.to.channel, now); refused != nil {
		m.drop(k, f)
		return p, refused
	}
	return pending{flow: f, message: r.last, send: true, first: true}, nil
}

// Get returns a login. The error is [ErrNoFlow].
func (l *Logins) Get(flowID string) (*Flow, error) {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	f, _, err := l.find(flowID, time.Now())
	if err != nil {
		return nil, err
	}
	return l.view(flowID, f), nil
}

// find returns a flow and its recipient, and brings the flow to the recipient's newest
// message.
func (l *Logins) find(id string, now time.Time) (*flow, *recipient, error) {
	f := l.memory.flows[keyOf("flow", id)]
	if f == nil || !now.Before(f.expires) {
		return nil, nil, ErrNoFlow
	}
	r := l.memory.recipientOf(f.recipient, now)
	if r == nil {
		return nil, nil, &RefusedError{Limit: LimitFlows}
	}
	if r.last != nil && f.message != r.last {
		f.message, f.attempts = r.last, 0
	}
	return f, r, nil
}

func (l *Logins) view(id string, f *flow) *Flow {
	r := l.memory.recipients[f.recipient]
	attempts := l.config.Limits.Attempts - f.attempts
	if l.config.Limits.Attempts < 0 {
		attempts = 1
	}
	v := &Flow{
		ID: id, Recipient: f.to.recipient, RequestID: f.message.requestID, Channel: f.message.channel, Delivery: f.message.delivery, Checkable: f.message.methodID != "",
		AttemptsLeft: max(attempts, 0), ExpiresAt: f.expires,
	}
	if r != nil && r.last != nil {
		v.ResendAt, v.SendsLeft = l.nextSend(r), l.config.Limits.sendsLeft(r.sends, time.Now())
	}
	return v
}

// Resend sends another message of a login, by another channel if one is given: only
// ever because the person asked for it. The error is [ErrNoFlow], a [*RefusedError], or
// that of the send; the login goes on with the message that it had.
func (l *Logins) Resend(ctx context.Context, params ResendParams) (*Flow, error) {
	p, err := l.again(params)
	if err != nil {
		return nil, err
	}
	return l.finish(ctx, params.FlowID, p, params.Attributes)
}

func (l *Logins) again(params ResendParams) (p pending, err error) {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	now := time.Now()
	f, r, err := l.find(params.FlowID, now)
	if err != nil {
		return p, err
	}
	channel := params.Channel
	if channel == "" {
		channel = f.message.channel
	}
	if _, err := newTarget(f.to.recipient, channel, ""); err != nil {
		return p, err
	}
	if refused := l.reserve(r, f, channel, now); refused != nil {
		return p, refused
	}
	return pending{flow: f, message: r.last, send: true}, nil
}
