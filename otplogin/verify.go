package otplogin

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/stytchotp/stytchotp"
)

// Verify checks the code that a person typed in a login. A right code ends the login and
// returns Stytch's answer, with the session. For a second click, the same code returns
// the same answer for 30 seconds more. A wrong one is [stytchotp.ErrCodeIncorrect];
// further errors are [ErrNoFlow], [ErrNoMessage], a [*RefusedError], a [*StoreError], and
// those of [stytchotp.OTPsService.Authenticate].
func (l *Logins) Verify(ctx context.Context, params VerifyParams) (*stytchotp.AuthenticateResponse, error) {
	code, err := stytchotp.NormalizeCode(params.Code)
	if err != nil {
		return nil, err
	}
	op := l.operation(OperationTry, params.FlowID)
	op.Device = l.keys.knows(params.Device, op.Recipient)
	op.Address = l.address(params.IP, params.Attributes)
	tried, to, err := l.apply(ctx, op, params.FlowID)
	if err != nil {
		if login := l.openLogin(tried, params.FlowID, code); login != nil {
			return login, nil
		}
		return nil, err
	}
	methodID, err := l.keys.open("method", op.Recipient, tried.Message.MethodID)
	if err != nil {
		return nil, ErrNoMessage // it was made with another key
	}
	ctx = context.WithoutCancel(ctx) // a browser that hangs up must not leave the code half checked
	login, err := l.client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID: string(methodID), Code: code, Attributes: params.Attributes, SessionDurationMinutes: l.config.SessionDurationMinutes,
	})
	op.Kind, op.At, op.Message = OperationJudge, tried.At, tried.Message.ID
	op.Channel, op.Region = tried.Message.Channel, to.region()
	if err == nil {
		op.Sealed = l.sealLogin(params.FlowID, code, login)
	}
	judged, err := l.judge(ctx, op, err)
	if errors.Is(err, stytchotp.ErrCodeExpired) { // perhaps another click used it
		if other := l.openLogin(l.awaitOthers(ctx, params.FlowID, judged), params.FlowID, code); other != nil {
			return other, nil
		}
	}
	return login, err
}

// awaitOthers waits until the other calls that check a code of the flow have an answer.
func (l *Logins) awaitOthers(ctx context.Context, id string, state *State) *State {
	for pause := firstPause; state != nil && state.Result != ResultOver && state.Checking > 0; pause = min(2*pause, lastPause) {
		if sleep(ctx, pause) != nil {
			return nil
		}
		state, _, _ = l.find(ctx, id)
	}
	return state
}

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
	switch {
	case err == nil:
		op.Verdict = VerdictRight
		l.observe(ctx, Event{Kind: EventVerified, Channel: op.Channel, Region: op.Region})
	case errors.Is(err, stytchotp.ErrCodeIncorrect) && errors.As(err, &answered):
		l.observe(ctx, Event{Kind: EventWrong, Channel: op.Channel, Region: op.Region})
		op.Verdict = VerdictCompared
	case errors.Is(err, stytchotp.ErrCodeExpired):
		op.Verdict = VerdictExpired
	case errors.Is(err, stytchotp.ErrUserNotFound): // says nothing about accounts
		op.Verdict, err = VerdictUnknown, ErrNoMessage
	case stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent:
		op.Verdict = VerdictNotCompared
	default: // it may have been compared
		op.Verdict = VerdictCompared
	}
	state, storeErr := l.store.Apply(ctx, op)
	if storeErr != nil {
		// The login stands: Stytch accepts a code once, so the flow leads nowhere.
		l.observe(ctx, Event{Kind: EventStoreFailed, Channel: op.Channel, Region: op.Region})
		return nil, err
	}
	return state, err
}
