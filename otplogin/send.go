package otplogin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/stytchotp/stytchotp"
)

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
	a := m.addressOf(f.address)
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
