// Command sms logs a person in with a code sent by SMS. Without credentials it
// uses an emulator and shows what arrives there. With STYTCH_PROJECT_ID and
// STYTCH_SECRET it uses Stytch: its sandbox, or with -to a real phone number.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

func main() {
	to := flag.String("to", "", "with credentials: send a real message to this phone number")
	flag.Parse()
	if err := run(context.Background(), stytchotp.PhoneNumber(*to)); err != nil {
		fmt.Fprintln(os.Stderr, "sms:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, to stytchotp.PhoneNumber) error {
	client, to, readCode, err := connect(to)
	if err != nil {
		return err
	}

	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
		PhoneNumber:       to,
		ExpirationMinutes: 5,
	})
	if stytchotp.DeliveryOf(err) == stytchotp.DeliveryMaybeSent {
		return fmt.Errorf("a message may have gone out all the same: %w", err)
	}
	if err != nil {
		return err
	}
	fmt.Printf("Sent a code to %s.\n", to)

	login, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID:               sent.MethodID,
		Code:                   readCode(),
		SessionDurationMinutes: 60,
	})
	if err != nil {
		return err
	}
	fmt.Printf("Logged in as %s.\n", login.UserID)
	if login.Session != nil && !login.Session.ExpiresAt.IsZero() {
		fmt.Printf("The session ends at %s.\n", login.Session.ExpiresAt.Format(time.TimeOnly))
	}
	return nil
}

// connect returns a client, the phone number to use, and what reads the code there.
func connect(to stytchotp.PhoneNumber) (*stytchotp.Client, stytchotp.PhoneNumber, func() stytchotp.Secret, error) {
	if os.Getenv("STYTCH_PROJECT_ID") == "" && os.Getenv("STYTCH_SECRET") == "" {
		srv, err := otptest.Start() // ends with the program
		if err != nil {
			return nil, "", nil, err
		}
		to = srv.NewPhoneNumber()
		return srv.Client(), to, func() stytchotp.Secret {
			message, _ := srv.WaitMessage(context.Background(), string(to))
			fmt.Printf("The phone shows: %s\n", message.Text)
			return stytchotp.Secret(message.Code)
		}, nil
	}
	client, err := stytchotp.NewClientFromEnv()
	if to == "" {
		return client, "+10000000000", func() stytchotp.Secret { return "000000" }, err
	}
	return client, to, func() (code stytchotp.Secret) {
		fmt.Print("The code: ")
		_, _ = fmt.Scanln((*string)(&code))
		return code
	}, err
}
