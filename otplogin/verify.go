package otplogin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"github.com/stytchotp/stytchotp"
)

// Verify checks the code that a person typed in a login. A right code ends the login and
// returns Stytch's answer, with the session. A second click waits for the first one, as
// long as ctx lives and for 15 seconds at most; for 30 seconds more, the same code returns
// the same session, to Limits.Attempts calls at most. A wrong code is
// [stytchotp.ErrCodeIncorrect]; further errors are [ErrNoFlow], [ErrNoMessage], a
// [*RefusedError], a [*StoreError], and those of [stytchotp.OTPsService.Authenticate].
func (l *Logins) Verify(ctx context.Context, params VerifyParams) (*stytchotp.AuthenticateResponse, error) {
	if ctx == nil {
		return nil, errNilContext
	}
	code, err := stytchotp.NormalizeCode(params.Code)
	if err != nil {
		return nil, err
	}
	op := l.operation(OperationTry, params.FlowID)
	op.Try = rand.Text()
	op.Device = l.keys.knows(params.Device, op.Recipient)
	op.Address = l.address(params.IP, params.Attributes)
	tried, to, err := l.apply(ctx, op, params.FlowID)
	if err != nil { // perhaps another click used the last attempt, or logged in already
		return l.loginOfOthers(ctx, op, tried, params.FlowID, code, nil, err)
	}
	defer l.observeLimits(ctx, tried, "", "")
	methodID, err := l.keys.open("method", op.Recipient, tried.Message.MethodID)
	if err != nil {
		return nil, ErrNoMessage // it was made with another key
	}
	op.Kind, op.At, op.Message = OperationJudge, tried.At, tried.Message.ID
	op.Channel, op.Region = tried.Message.Channel, to.region()
	login, judged, err := l.check(context.WithoutCancel(ctx), op, params.FlowID, stytchotp.AuthenticateParams{
		MethodID: string(methodID), Code: code, Attributes: params.Attributes, SessionDurationMinutes: l.config.SessionDurationMinutes,
	})
	if err == nil || errors.Is(err, stytchotp.ErrCodeIncorrect) {
		return login, err
	}
	return l.loginOfOthers(ctx, op, judged, params.FlowID, code, login, err)
}

// check asks Stytch about a code and records what became of it, also when a function of
// the caller's panics. A browser that hangs up must not leave the code half checked.
func (l *Logins) check(ctx context.Context, op *Operation, id string, params stytchotp.AuthenticateParams) (login *stytchotp.AuthenticateResponse, judged *State, err error) {
	err = errPanicked
	defer func() {
		if err == nil {
			op.Sealed = l.sealLogin(id, params.Code, login)
		}
		judged, err = l.judge(ctx, op, err)
	}()
	login, err = l.client.OTPs.Authenticate(ctx, params)
	return login, nil, err
}

// loginOfOthers returns what another call got for the same code and flow, or else login and
// err. It waits until the calls that began before have an answer.
func (l *Logins) loginOfOthers(
	ctx context.Context, try *Operation, state *State, id string, code stytchotp.Secret, login *stytchotp.AuthenticateResponse, err error,
) (*stytchotp.AuthenticateResponse, error) {
	if state == nil {
		return login, err
	}
	find := l.operation(OperationFind, id)
	find.At, find.Try = state.Now+startsTogether, try.Try
	told := false
	ctx, cancel := context.WithTimeout(ctx, time.Duration(tryLife)*time.Millisecond)
	defer cancel()
	for pause := firstPause; state.Result != ResultOver && state.Checking > 0; pause = min(2*pause, lastPause) {
		if sleep(ctx, pause) != nil {
			return login, err
		}
		next, findErr := l.store.Apply(ctx, find)
		if findErr == nil {
			state = next
		} else if !told && ctx.Err() == nil { // once, though the next look will fail too
			told = true
			l.observe(ctx, Event{Kind: EventStoreFailed})
		}
	}
	if other := l.openLogin(state, id, code); other != nil {
		return other, nil
	}
	return login, err
}

// startsTogether is how far apart the places of calls can be that began at once: no two
// places have the same time.
const startsTogether = 100

// sealLogin encrypts the answer to a right code: it takes the flow's id and the code to
// read it.
func (l *Logins) sealLogin(id string, code stytchotp.Secret, login *stytchotp.AuthenticateResponse) []byte {
	encoded, err := json.Marshal(login) //nolint:gosec // it is encrypted at once
	if err != nil {
		return nil // a second click finds no login
	}
	return l.keys.seal("login", id+string(code), encoded)
}

func (l *Logins) openLogin(over *State, id string, code stytchotp.Secret) *stytchotp.AuthenticateResponse {
	if over == nil || over.Result != ResultOver {
		return nil
	}
	encoded, err := l.keys.open("login", id+string(code), over.Sealed)
	var login stytchotp.AuthenticateResponse
	if err != nil || json.Unmarshal(encoded, &login) != nil {
		return nil
	}
	return &login
}

// judge records what became of a code. One that Stytch did not compare is not counted,
// and a wrong one was counted before it was checked.
func (l *Logins) judge(ctx context.Context, op *Operation, err error) (*State, error) {
	var answered *stytchotp.StytchError
	var event EventKind
	switch {
	case err == nil:
		op.Verdict, event = VerdictRight, EventVerified
	case errors.Is(err, stytchotp.ErrCodeIncorrect) && errors.As(err, &answered):
		op.Verdict, event = VerdictCompared, EventWrong
	case errors.Is(err, stytchotp.ErrCodeExpired):
		op.Verdict = VerdictExpired
	case errors.Is(err, stytchotp.ErrUserNotFound): // says nothing about accounts
		op.Verdict, err = VerdictUnknown, ErrNoMessage
	case notCompared(err):
		op.Verdict = VerdictNotCompared
	default: // it may have been compared
		op.Verdict = VerdictCompared
	}
	state, storeErr := l.store.Apply(ctx, op)
	if event != "" { // the observer may panic: the store knows by now
		defer l.observe(ctx, Event{Kind: event, Channel: op.Channel, Region: op.Region})
	}
	if storeErr != nil {
		// The login stands: Stytch accepts a code once, so the flow leads nowhere.
		l.observe(ctx, Event{Kind: EventStoreFailed, Channel: op.Channel, Region: op.Region})
		return nil, err
	}
	return state, err
}

// notCompared reports that Stytch has certainly not compared the code. An answer of a type
// that this version does not know counts as a wrong code.
func notCompared(err error) bool {
	if _, answered := errors.AsType[*stytchotp.StytchError](err); !answered {
		return stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent
	}
	for _, known := range []error{stytchotp.ErrRateLimited, stytchotp.ErrUnauthorized, stytchotp.ErrUserLocked} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
