package otplogin

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/phone"
)

// Config sets [Logins] up. The zero value is ready for use in one process.
type Config struct {
	Limits Limits
	// Store keeps the logins and what the limits count; [NewMemoryStore] by default, for
	// one process. Package redisstore has one for many machines.
	Store Store
	// Key is a secret of at least 32 bytes, by which ids of flows, keys of the store and
	// device tokens are made and what the store keeps is encrypted. It is required with a
	// Store, and the same on all machines. A random one is the default, with which device
	// tokens are worth nothing after a restart.
	Key []byte
	// FailOpen lets messages go out when a store answers for recipients and not for the
	// limits by IP address, by region and for the project, as a part of a Redis Cluster can.
	// Without the flow and the recipient nothing is ever sent.
	FailOpen bool
	// Observer is told what was sent, verified and refused, for metrics. It must be fast
	// and safe for concurrent use.
	Observer func(ctx context.Context, event Event)
	// CodeMinutes is how long a code can be used, 1 to 10; 5 by default.
	CodeMinutes int
	// SessionDurationMinutes is how long the session of a login lasts, 5 to 527040; 60
	// by default.
	SessionDurationMinutes int
	// CreateUserAsPending makes a new user pending until a code is right.
	CreateUserAsPending bool
	// IPv6Prefix is how many bits of an IPv6 address count as one IP address, 32 to
	// 128; 64 by default.
	IPv6Prefix int
}

// Logins runs the logins of a project. It is safe for concurrent use; a program needs
// one.
type Logins struct {
	client *stytchotp.Client
	config Config
	store  Store
	keys   keys
}

// Format prints the limits only, whatever the verb.
func (l Logins) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "otplogin.Logins(%+v)", l.config.Limits)
}

// LogValue logs what Format prints.
func (l Logins) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(l)) }

// New returns logins that send and check by the client. The error names all that is wrong
// with the configuration.
func New(client *stytchotp.Client, config Config) (*Logins, error) {
	if client == nil {
		return nil, errors.New("otplogin: the client is nil")
	}
	if err := config.fill(); err != nil {
		return nil, err
	}
	return &Logins{client: client, config: config, store: config.Store, keys: newKeys(config.Key)}, nil
}

// fill sets the defaults, or says which fields are wrong.
func (c *Config) fill() error {
	var problems []error
	for _, field := range []struct {
		name                string
		value               *int
		fallback, low, high int
	}{
		{"CodeMinutes", &c.CodeMinutes, 5, 1, 10},
		{"SessionDurationMinutes", &c.SessionDurationMinutes, 60, 5, 527_040},
		{"IPv6Prefix", &c.IPv6Prefix, 64, 32, 128},
	} {
		if *field.value == 0 {
			*field.value = field.fallback
		}
		if *field.value < field.low || *field.value > field.high {
			problems = append(problems, fmt.Errorf("otplogin: Config.%s: must be %d to %d", field.name, field.low, field.high))
		}
	}
	switch {
	case c.Key == nil && c.Store != nil:
		problems = append(problems, errors.New("otplogin: Config.Key: is required with a Store: set the same secret of at least 32 bytes on all machines"))
	case c.Key == nil:
		c.Key = []byte(rand.Text() + rand.Text())
	case len(c.Key) < 32:
		problems = append(problems, errors.New("otplogin: Config.Key: must have at least 32 bytes"))
	}
	if c.Store == nil {
		c.Store = NewMemoryStore()
	}
	return errors.Join(append(problems, c.Limits.fill())...)
}

// StartParams are the parameters of [Logins.Start].
type StartParams struct {
	// Recipient is a phone number, as [stytchotp.ParsePhoneNumber] returns it, or an
	// e-mail address; required.
	Recipient string
	// Channel is how a phone number is written to; SMS by default. An e-mail address
	// takes e-mail only.
	Channel stytchotp.Channel
	// IP is the address of the person's browser, for the limits by it; that of
	// Attributes by default, unless it is of a private network. Behind a proxy, take it
	// from the header that your proxy controls: otherwise it is the proxy's, and all
	// visitors count as one, or none does.
	IP         string
	Locale     stytchotp.Locale
	Attributes stytchotp.Attributes
	// FormID makes the same form, posted twice, one login. Concatenate a random value in
	// the form and a random value in a cookie, at least 128 bits each: a browser that
	// knows the whole value can join the login.
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
	IP         string // as of StartParams
	Attributes stytchotp.Attributes
	// Device is what [Logins.DeviceToken] returned when this browser logged in before. With
	// it, the person can log in although strangers have used the recipient's codes up.
	Device string
}

// Flow is a login that waits for its code.
type Flow struct {
	ID        string // for a cookie; it is all that leads to the login
	Recipient string // the number, in E.164, or the e-mail address, in lower case
	Channel   stytchotp.Channel
	// Delivery says whether the message went out: DeliverySent or DeliveryMaybeSent.
	Delivery     stytchotp.Delivery
	Joined       bool      // Start sent no message: another login had sent the recipient one a moment ago
	Checkable    bool      // false: the answer to the send got lost and its message is not known; send another one
	AttemptsLeft int       // codes that can be tried for this message
	ResendAt     time.Time // when another message can go out, as far as the wait is concerned
	SendsLeft    int       // messages that can still go to the recipient for now
	ExpiresAt    time.Time // of the login
	RequestID    string    // of the send, for a log line; "" when no answer named one
}

// Start begins a login and sends its first message, unless the recipient got one a
// moment ago: then the login goes on with that. The error is a [*RefusedError], a
// [*StoreError], or that of the send; a call that waited for another one's send gets an
// error with the same [stytchotp.HTTPStatus] and [stytchotp.PublicCode], or, when ctx ended
// before, one that wraps the context's.
//
// A send that may have gone out is no error: Delivery of the flow says so. When Checkable
// is false, offer Resend. The end of ctx does not stop a send that has begun; the client's
// timeout limits it.
func (l *Logins) Start(ctx context.Context, params StartParams) (*Flow, error) {
	if ctx == nil {
		return nil, errNilContext
	}
	to, err := newTarget(params.Recipient, params.Channel, params.Locale)
	if err != nil {
		return nil, err
	}
	id := rand.Text()
	if params.FormID != "" {
		id = l.keys.hash("form", params.FormID+"\x00"+to.Recipient)
	}
	id += l.keys.hash("recipient", to.Recipient)
	op := l.operation(OperationStart, id)
	op.Sealed = l.keys.seal("flow", id, to.encode())
	for again := range maxStarts {
		flow, err := l.reserve(ctx, op, id, to, params.IP, params.Attributes)
		if again < maxStarts-1 && errors.Is(err, errNothingSent) {
			continue
		}
		return flow, err
	}
	return nil, errNothingSent
}

// maxStarts is how often a start begins anew whose message another one could not send.
const maxStarts = 3

// Resend sends another message of a login, by another channel if one is given: only
// ever because the person asked for it. The error is [ErrNoFlow], a [*RefusedError], a
// [*StoreError], or that of the send; the login goes on with the message that it had.
func (l *Logins) Resend(ctx context.Context, params ResendParams) (*Flow, error) {
	if ctx == nil {
		return nil, errNilContext
	}
	flow, to, err := l.find(ctx, params.FlowID)
	if err != nil {
		return nil, err
	}
	channel := params.Channel
	if channel == "" {
		channel = flow.Message.Channel
	}
	if to, err = newTarget(to.Recipient, cmp.Or(channel, to.Channel), to.Locale); err != nil {
		return nil, err
	}
	return l.reserve(ctx, l.operation(OperationResend, params.FlowID), params.FlowID, to, params.IP, params.Attributes)
}

// Get returns a login. The error is [ErrNoFlow] or a [*StoreError].
func (l *Logins) Get(ctx context.Context, flowID string) (*Flow, error) {
	if ctx == nil {
		return nil, errNilContext
	}
	state, to, err := l.find(ctx, flowID)
	if err != nil {
		return nil, err
	}
	return newFlow(flowID, to, state), nil
}

// Conversions returns for each region and channel how many codes were sent and how many
// verified; [Conversion.Unusual] says which are unusual now. The error is a [*StoreError].
func (l *Logins) Conversions(ctx context.Context) ([]Conversion, error) {
	if ctx == nil {
		return nil, errNilContext
	}
	rows, err := l.store.Conversions(ctx, append(phone.Regions(), nonGeographic, ""))
	if err != nil {
		return nil, &StoreError{Err: err, delivery: stytchotp.DeliveryNotSent}
	}
	return rows, nil
}

// operation returns an operation on the flow of an id, which ends in the hash of the
// recipient: so a store finds both in one place.
func (l *Logins) operation(kind OperationKind, id string) *Operation {
	return &Operation{
		Kind: kind, Flow: l.keys.hash("flow", id), Recipient: id[max(0, len(id)-hashLength):],
		Limits: &l.config.Limits, CodeMinutes: l.config.CodeMinutes, FailOpen: l.config.FailOpen && kind != OperationTry,
	}
}

func (l *Logins) find(ctx context.Context, id string) (*State, target, error) {
	return l.apply(ctx, l.operation(OperationFind, id), id)
}

// apply does an operation that needs a flow.
func (l *Logins) apply(ctx context.Context, op *Operation, id string) (*State, target, error) {
	if len(id) != 2*hashLength || strings.Trim(id, base32Alphabet) != "" {
		return nil, target{}, ErrNoFlow
	}
	state, err := l.store.Apply(ctx, op)
	if err != nil {
		if ctx.Err() == nil { // the caller did not give up
			l.observe(ctx, Event{Kind: EventStoreFailed, Channel: op.Channel, Region: op.Region})
		}
		return nil, target{}, &StoreError{Err: err, delivery: stytchotp.DeliveryNotSent}
	}
	if state.Result != ResultSend && state.Result != ResultTry { // else when the place is settled: the observer may panic
		l.observeLimits(ctx, state, op.Channel, op.Region)
	}
	switch state.Result {
	case ResultRefused:
		return state, target{}, &RefusedError{Limit: state.Refused, RetryAt: state.RetryAt.Time()}
	case ResultNoFlow:
		return nil, target{}, ErrNoFlow
	case ResultOver:
		return state, target{}, ErrNoFlow
	case ResultNoMessage:
		return state, target{}, ErrNoMessage
	case ResultFailed:
		if state.Failure.Code == FailureTakenBack {
			return nil, target{}, errNothingSent
		}
		return nil, target{}, &flowError{text: "the message of this login did not go out", status: state.Failure.Status, code: state.Failure.Code}
	}
	plain, err := l.keys.open("flow", id, state.Sealed)
	if err != nil {
		return nil, target{}, ErrNoFlow // it was made with another key
	}
	to, err := decodeTarget(plain)
	return state, to, err
}

func newFlow(id string, to target, s *State) *Flow {
	f := &Flow{
		ID: id, Recipient: to.Recipient, RequestID: s.Message.RequestID, Channel: cmp.Or(s.Message.Channel, to.Channel),
		Delivery: stytchotp.DeliveryMaybeSent, Checkable: len(s.Message.MethodID) > 0,
		AttemptsLeft: s.AttemptsLeft, SendsLeft: s.SendsLeft, ResendAt: s.ResendAt.Time(), ExpiresAt: s.Expires.Time(),
	}
	if s.Message.Delivery == sent {
		f.Delivery = stytchotp.DeliverySent
	}
	return f
}
