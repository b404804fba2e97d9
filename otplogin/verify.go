package otplogin

import (
	"context"
	"errors"
	"time"

	"github.com/stytchotp/stytchotp"
)

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
