package otplogin_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// A login from the first message to the session.
func Example() {
	srv, err := otptest.Start() // in place of Stytch
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx, number := context.Background(), srv.NewPhoneNumber()

	logins, err := otplogin.New(srv.Client(), otplogin.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	flow, err := logins.Start(ctx, otplogin.StartParams{Recipient: string(number)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("message:", flow.Delivery, "codes left:", flow.AttemptsLeft)

	// A stranger who asks for the same number causes no second message.
	if _, err = logins.Start(ctx, otplogin.StartParams{Recipient: string(number)}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("messages:", len(srv.Messages()))

	_, err = logins.Resend(ctx, otplogin.ResendParams{FlowID: flow.ID})
	if refused, ok := errors.AsType[*otplogin.RefusedError](err); ok {
		fmt.Println("resend:", refused.Limit, stytchotp.PublicCode(err))
	}

	login, err := logins.Verify(ctx, otplogin.VerifyParams{FlowID: flow.ID, Code: srv.Code(string(number))})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("signed in:", login.SessionToken != "")
	// Output:
	// message: sent codes left: 5
	// messages: 1
	// resend: wait rate_limited
	// signed in: true
}
