package otplogin

import (
	"context"
	"errors"

	"github.com/stytchotp/stytchotp"
)

// Verify checks the code that a person typed in a login. A right code ends the login and
// returns Stytch's answer, with the session. A wrong one is
// [stytchotp.ErrCodeIncorrect]; further errors are [ErrNoFlow], [ErrNoMessage], a
// [*RefusedError], a [*StoreError], and those of [stytchotp.OTPsService.Authenticate].
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
	return login, l.judge(ctx, op, err)
}

// judge records what became of a code. One that Stytch did not compare is not counted,
// and a wrong one was counted before it was checked.
func (l *Logins) judge(ctx context.Context, op *Operation, err error) error {
	var answered *stytchotp.StytchError
	switch {
	case err == nil:
		op.Verdict = VerdictRight
		l.observe(ctx, Event{Kind: EventVerified, Channel: op.Channel, Region: op.Region})
	case errors.Is(err, stytchotp.ErrCodeIncorrect) && errors.As(err, &answered):
		l.observe(ctx, Event{Kind: EventWrong, Channel: op.Channel, Region: op.Region})
		return err
	case errors.Is(err, stytchotp.ErrCodeExpired):
		op.Verdict = VerdictExpired
	case errors.Is(err, stytchotp.ErrUserNotFound): // says nothing about accounts
		op.Verdict, err = VerdictUnknown, ErrNoMessage
	case stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent:
		op.Verdict = VerdictNotCompared
	default:
		return err // it may have been compared
	}
	if _, storeErr := l.store.Apply(ctx, op); storeErr != nil {
		// The login stands: Stytch accepts a code once, so the flow leads nowhere.
		l.observe(ctx, Event{Kind: EventStoreFailed, Channel: op.Channel, Region: op.Region})
	}
	return err
}
