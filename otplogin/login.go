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
	// Attributes by default.
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

// isFresh reports that the recipient has a message that a new flow can go on with: it is
// too early for another one, and its code can still be used.
func (l *Logins) isFresh(r *recipient, now time.Time) bool {
	if r.last == nil || r.last.over || !now.Before(r.last.at.Add(time.Duration(l.config.CodeMinutes)*time.Minute)) {
		return false
	}
	return r.last.isPending() || now.Before(l.nextSend(r))
}

// nextSend returns when the wait after the newest message is over. There is none when its
// code cannot be checked: its method id is not known.
func (l *Logins) nextSend(r *recipient) time.Time {
	if !r.last.isPending() && r.last.methodID == "" {
		return r.last.at
	}
	return r.last.at.Add(l.config.Limits.wait(r.streak))
}

func (m *message) isPending() bool {
	select {
	case <-m.done:
		return false
	default:
		return true
	}
}

// reserve takes a place for a message of f within all limits, or says which refuses it.
func (l *Logins) reserve(r *recipient, f *flow, channel stytchotp.Channel, now time.Time) *RefusedError {
	limits, m := &l.config.Limits, l.memory
	a := m.addresses[f.address]
	if r.last != nil {
		if at := l.nextSend(r); r.last.isPending() || now.Before(at) {
			return &RefusedError{Limit: LimitWait, RetryAt: at}
		}
	}
	m.project, a.sends = recent(m.project, now, day), recent(a.sends, now, hour)
	for _, limit := range []struct {
		name   string
		times  []time.Time
		window time.Duration
		max    int
	}{
		{LimitRecipientHour, r.sends, hour, limits.RecipientHour},
		{LimitRecipientDay, r.sends, day, limits.RecipientDay},
		{LimitAddressHour, a.sends, hour, limits.AddressHour},
		{LimitProjectDay, m.project, day, limits.ProjectDay},
	} {
		if free, at := count(limit.times, now, limit.window, limit.max); !free {
			return &RefusedError{Limit: limit.name, RetryAt: at}
		}
	}
	r.last = &message{channel: channel, at: now, done: make(chan struct{}), before: r.last, attempts: f.attempts}
	r.streak++
	r.sends = append(r.sends, now)
	if limits.AddressHour >= 0 {
		a.sends = append(a.sends, now)
	}
	if limits.ProjectDay >= 0 {
		m.project = append(m.project, now)
	}
	f.message, f.attempts = r.last, 0
	return nil
}

// finish sends the message that was reserved, or waits for the one that the flow joined.
// A flow whose first message did not go out is forgotten.
func (l *Logins) finish(ctx context.Context, id string, p pending, attributes stytchotp.Attributes) (*Flow, error) {
	if p.send {
		// A browser that hangs up must not cost the method id. The client has a time
		// limit of its own.
		l.deliver(context.WithoutCancel(ctx), p, attributes)
	}
	select {
	case <-p.message.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	if p.message.delivery == stytchotp.DeliveryNotSent {
		if k := keyOf("flow", id); p.first && l.memory.flows[k] == p.flow {
			l.memory.drop(k, p.flow)
		}
		return nil, p.message.err
	}
	v := l.view(id, p.flow)
	v.Joined = !p.send
	return v, nil
}

// deliver sends a message, and records what became of it also when a function of the
// caller's panics.
func (l *Logins) deliver(ctx context.Context, p pending, attributes stytchotp.Attributes) {
	sent, err := answer{}, errPanicked
	defer func() { l.settle(p.flow, p.message, sent, err) }()
	sent, err = l.send(ctx, p.flow.to, p.message.channel, attributes)
}

// errPanicked leaves open whether the message went out.
var errPanicked = errors.New("otplogin: a transport or a hook of the client panicked")

// settle records what became of a message. One that certainly did not go out gives its
// place back.
func (l *Logins) settle(f *flow, msg *message, sent answer, err error) {
	m := l.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	defer close(msg.done)
	r := m.recipients[f.recipient]
	msg.delivery, msg.err, msg.requestID = stytchotp.DeliveryOf(err), err, sent.requestID
	if msg.delivery == stytchotp.DeliveryNotSent {
		r.last = msg.before
		r.streak--
		if f.message == msg && r.last != nil { // the login goes on with the message that it had
			f.message, f.attempts = r.last, msg.attempts
		}
		r.sends, m.project = without(r.sends, msg.at), without(m.project, msg.at)
		if a := m.addresses[f.address]; a != nil {
			a.sends = without(a.sends, msg.at)
		}
		return
	}
	msg.before = nil
	if sent.methodID != "" {
		r.methodID = sent.methodID
	}
	msg.methodID = r.methodID // of an earlier message, when this answer got lost
}

// without returns the times less one that is equal to at.
func without(times []time.Time, at time.Time) []time.Time {
	if i := slices.Index(times, at); i >= 0 {
		return slices.Delete(slices.Clone(times), i, i+1)
	}
	return times
}

// answer is what is kept of Stytch's answer to a send.
type answer struct{ methodID, requestID string }

func (l *Logins) send(ctx context.Context, to target, channel stytchotp.Channel, attributes stytchotp.Attributes) (answer, error) {
	number, minutes := stytchotp.PhoneNumber(to.recipient), l.config.CodeMinutes
	var err error
	switch channel {
	case stytchotp.ChannelEmail:
		var sent *stytchotp.EmailLoginOrCreateResponse
		if sent, err = l.client.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{
			Email: stytchotp.EmailAddress(to.recipient), ExpirationMinutes: minutes, Locale: to.locale, Attributes: attributes, CreateUserAsPending: l.config.CreateUserAsPending,
		}); err == nil {
			return answer{sent.MethodID, sent.RequestID}, nil
		}
	case stytchotp.ChannelWhatsApp:
		var sent *stytchotp.WhatsAppLoginOrCreateResponse
		if sent, err = l.client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
			PhoneNumber: number, ExpirationMinutes: minutes, Locale: to.locale, Attributes: attributes, CreateUserAsPending: l.config.CreateUserAsPending,
		}); err == nil {
			return answer{sent.MethodID, sent.RequestID}, nil
		}
	default:
		var sent *stytchotp.SMSLoginOrCreateResponse
		if sent, err = l.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
			PhoneNumber: number, ExpirationMinutes: minutes, Locale: to.locale, Attributes: attributes, CreateUserAsPending: l.config.CreateUserAsPending,
		}); err == nil {
			return answer{sent.MethodID, sent.RequestID}, nil
		}
	}
	return answer{requestID: stytchotp.RequestID(err)}, err
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

// Verify checks the code that a person typed in a login. A right code ends the login and
// returns Stytch's answer, with the session. A wrong one is
// [stytchotp.ErrCodeIncorrect]; further errors are [ErrNoFlow], [ErrNoMessage], a
// [*RefusedError], and those of [stytchotp.OTPsService.Authenticate].
func (l *Logins) Verify(ctx context.Context, params VerifyParams) (*stytchotp.AuthenticateResponse, error) {
	code, err := stytchotp.NormalizeCode(params.Code)
	if err != nil {
		return nil, err
	}
	t, err := l.try(params.FlowID, params.Device)
	if err != nil {
		return nil, err
	}
	login, err := l.client.OTPs.Authenticate(context.WithoutCancel(ctx), stytchotp.AuthenticateParams{
		MethodID: t.methodID, Code: code, Attributes: params.Attributes, SessionDurationMinutes: l.config.SessionDurationMinutes,
	})
	return login, l.judge(params.FlowID, t, err)
}

// try is a code that is being tried.
type try struct {
	flow     *flow
	message  *message
	methodID string
	at       time.Time
	known    bool // by a browser that has logged in before
}

// try counts a code before it is tried.
func (l *Logins) try(id, device string) (t try, err error) {
	m := l.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	f, r, err := l.find(id, now)
	if err != nil {
		return t, err
	}
	limits := &l.config.Limits
	if r.last == nil || r.last.isPending() || r.last.methodID == "" {
		return t, ErrNoMessage
	}
	if limits.Attempts >= 0 && f.attempts >= limits.Attempts {
		return t, &RefusedError{Limit: LimitAttempts}
	}
	t = try{flow: f, message: r.last, methodID: r.last.methodID, at: now, known: l.knows(device, f.recipient)}
	failures, most := &r.failures, limits.RecipientFailures
	if t.known {
		failures, most = &r.devices, limits.DeviceFailures
	}
	if free, at := count(*failures, now, day, most); !free {
		return t, &RefusedError{Limit: LimitRecipientFailures, RetryAt: at}
	}
	f.attempts++
	*failures = append(*failures, now)
	return t, nil
}

// judge records what became of a code. One that Stytch did not compare is not counted.
func (l *Logins) judge(id string, t try, err error) error {
	m := l.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.recipients[t.flow.recipient]
	if err == nil {
		// The method id is forgotten: whether a lost answer can be made good for must not
		// tell who has logged in before.
		r.failures, r.devices, r.streak, r.methodID, t.message.over = nil, nil, 0, "", true
		if k := keyOf("flow", id); m.flows[k] == t.flow {
			m.drop(k, t.flow)
		}
		return nil
	}
	var answered *stytchotp.StytchError
	wrong := errors.Is(err, stytchotp.ErrCodeIncorrect) && errors.As(err, &answered)
	if !wrong && stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent {
		t.flow.attempts = max(t.flow.attempts-1, 0)
		if t.known {
			r.devices = without(r.devices, t.at)
		} else {
			r.failures = without(r.failures, t.at)
		}
	}
	switch {
	case errors.Is(err, stytchotp.ErrCodeExpired):
		t.message.over = true
	case errors.Is(err, stytchotp.ErrUserNotFound): // says nothing about accounts
		r.methodID, t.message.methodID, t.message.over = "", "", true
		return ErrNoMessage
	}
	return err
}
