package otplogin

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp"
)

// reserve takes a place for a message and sends it, or waits for the one that the flow
// goes on with.
func (l *Logins) reserve(ctx context.Context, op *Operation, id string, to target, ip string, attributes stytchotp.Attributes) (*Flow, error) {
	op.Message, op.Channel, op.Region = rand.Text(), to.Channel, to.region()
	op.Address = l.address(ip, attributes)
	state, kept, err := l.apply(ctx, op, id)
	if err != nil {
		return nil, err
	}
	joined := state.Result == ResultJoined
	if state.Result == ResultSend {
		defer l.observeLimits(ctx, state, op.Channel, op.Region)
		// A browser that hangs up must not cost the method id.
		state, err = l.deliver(context.WithoutCancel(ctx), op, state, to, attributes)
	} else {
		state, err = l.await(ctx, id, state)
	}
	if err != nil {
		return nil, err
	}
	f := newFlow(id, kept, state)
	if f.Joined = joined; joined {
		l.observe(ctx, Event{Kind: EventJoined, Channel: op.Channel, Region: op.Region})
	}
	return f, nil
}

// await waits until it is known what became of the message that a flow joined.
func (l *Logins) await(ctx context.Context, id string, state *State) (*State, error) {
	find, joined := l.operation(OperationFind, id), state.Message
	find.Message = joined.ID
	for pause := firstPause; state.Message.Delivery == pending; pause = min(2*pause, lastPause) {
		err := sleep(ctx, pause)
		if err != nil {
			return nil, &waitError{err}
		}
		if state, _, err = l.apply(ctx, find, id); err != nil {
			if _, away := errors.AsType[*StoreError](err); away { // the message may go out all the same
				return nil, &waitError{err}
			}
			return nil, err
		}
	}
	if state.Message.ID == "" || state.Message.At < joined.At { // it did not go out, and nothing else did since
		return nil, errNothingSent
	}
	return state, nil
}

// errNothingSent says that the message that a start joined was given back, not for a
// reason of the joined start's own.
var errNothingSent error = &flowError{text: "the message of this login did not go out", status: http.StatusServiceUnavailable, code: "unavailable"}

// sendTimeout is less than sendLife, after which stores take the sender for dead.
const sendTimeout = 50 * time.Second

// sleep waits, or returns why the context ended before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// The pauses between two looks at a message that another call sends.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = 320 * time.Millisecond
)

// deliver sends a message, and records what became of it also when a function of the
// caller's panics.
func (l *Logins) deliver(ctx context.Context, op *Operation, place *State, to target, attributes stytchotp.Attributes) (state *State, err error) {
	got, err := answer{}, errPanicked
	defer func() {
		sendErr := err
		settled, storeErr := l.settle(ctx, op, place, got, sendErr)
		switch {
		case err != nil && stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent:
		case storeErr != nil:
			err = storeErr
		default:
			state, err = settled, nil
			if state.Expires == 0 { // the login ended while its message was being sent
				state = place
				state.Message.Delivery = stytchotp.DeliveryOf(sendErr).String()
			}
		}
	}()
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	got, err = l.send(sending, to, attributes)
	return nil, err
}

// errPanicked leaves open whether the message went out.
var errPanicked = errors.New("otplogin: a transport or a hook of the client panicked")

// settle records what became of a message. One that certainly did not go out gives its
// place back.
func (l *Logins) settle(ctx context.Context, reserved *Operation, place *State, got answer, err error) (*State, error) {
	op := *reserved
	op.Kind, op.At, op.New, op.Sealed = OperationSettle, place.At, reserved.Kind == OperationStart, nil
	op.RequestID = got.requestID
	delivery := stytchotp.DeliveryOf(err)
	op.Delivery = delivery.String()
	if delivery == stytchotp.DeliveryNotSent {
		op.Failure = &Failure{Status: stytchotp.HTTPStatus(err), Code: stytchotp.PublicCode(err)}
	}
	if got.methodID != "" {
		op.MethodID = l.keys.seal("method", op.Recipient, []byte(got.methodID))
	}
	// Deferred, for the observer may panic: the store knows by then.
	defer l.observe(ctx, Event{Kind: EventSent, Channel: op.Channel, Region: op.Region, Delivery: delivery})
	state, err := l.store.Apply(ctx, &op)
	if err != nil {
		l.observe(ctx, Event{Kind: EventStoreFailed, Channel: op.Channel, Region: op.Region})
		return nil, &StoreError{Err: err, delivery: delivery}
	}
	return state, nil
}

// answer is what is kept of Stytch's answer to a send.
type answer struct{ methodID, requestID string }

func (l *Logins) send(ctx context.Context, to target, attributes stytchotp.Attributes) (answer, error) {
	number, minutes := stytchotp.PhoneNumber(to.Recipient), l.config.CodeMinutes
	var err error
	switch to.Channel {
	case stytchotp.ChannelEmail:
		var sent *stytchotp.EmailLoginOrCreateResponse
		if sent, err = l.client.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{
			Email: stytchotp.EmailAddress(to.Recipient), ExpirationMinutes: minutes, Locale: to.Locale, Attributes: attributes, CreateUserAsPending: l.config.CreateUserAsPending,
		}); err == nil {
			return answer{sent.MethodID, sent.RequestID}, nil
		}
	case stytchotp.ChannelWhatsApp:
		var sent *stytchotp.WhatsAppLoginOrCreateResponse
		if sent, err = l.client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
			PhoneNumber: number, ExpirationMinutes: minutes, Locale: to.Locale, Attributes: attributes, CreateUserAsPending: l.config.CreateUserAsPending,
		}); err == nil {
			return answer{sent.MethodID, sent.RequestID}, nil
		}
	default:
		var sent *stytchotp.SMSLoginOrCreateResponse
		if sent, err = l.client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
			PhoneNumber: number, ExpirationMinutes: minutes, Locale: to.Locale, Attributes: attributes, CreateUserAsPending: l.config.CreateUserAsPending,
		}); err == nil {
			return answer{sent.MethodID, sent.RequestID}, nil
		}
	}
	return answer{requestID: stytchotp.RequestID(err)}, err
}
