// Command send logs a person in with a code sent by SMS, or with -channel by
// WhatsApp or e-mail. Without credentials it uses an emulator and shows what arrives
// there. With STYTCH_PROJECT_ID and STYTCH_SECRET it uses Stytch: its sandbox, or
// with -to a real number or address.
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
	channel := flag.String("channel", "sms", "sms, whatsapp or email")
	to := flag.String("to", "", "with credentials: send a real message to this phone number or address")
	flag.Parse()
	if err := run(context.Background(), stytchotp.Channel(*channel), *to); err != nil {
		fmt.Fprintln(os.Stderr, "send:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, channel stytchotp.Channel, to string) error {
	client, to, readCode, err := connect(channel, to)
	if err != nil {
		return err
	}
	methodID, err := send(ctx, client, channel, to)
	if stytchotp.DeliveryOf(err) == stytchotp.DeliveryMaybeSent {
		return fmt.Errorf("a message may have gone out all the same: %w", err)
	}
	if err != nil {
		return err
	}
	fmt.Printf("Sent a code by %s.\n", channel)

	login, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID:               methodID,
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

// send sends a code and returns the method id to authenticate it with.
func send(ctx context.Context, client *stytchotp.Client, channel stytchotp.Channel, to string) (methodID string, err error) {
	switch channel {
	case stytchotp.ChannelSMS:
		var sent *stytchotp.SMSLoginOrCreateResponse
		sent, err = client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
			PhoneNumber:       stytchotp.PhoneNumber(to),
			ExpirationMinutes: 5,
		})
		if err == nil {
			methodID = sent.MethodID
		}
	case stytchotp.ChannelWhatsApp:
		var sent *stytchotp.WhatsAppLoginOrCreateResponse
		sent, err = client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
			PhoneNumber: stytchotp.PhoneNumber(to),
			Locale:      stytchotp.LocaleSpanish,
		})
		if err == nil {
			methodID = sent.MethodID
		}
	case stytchotp.ChannelEmail:
		var sent *stytchotp.EmailLoginOrCreateResponse
		sent, err = client.OTPs.Email.LoginOrCreate(ctx, stytchotp.EmailLoginOrCreateParams{
			Email:             stytchotp.EmailAddress(to),
			ExpirationMinutes: 10,
		})
		if err == nil {
			methodID = sent.MethodID
		}
	}
	return methodID, err
}

// connect returns a client, the recipient to use, and what reads the code there.
func connect(channel stytchotp.Channel, to string) (client *stytchotp.Client, recipient string, readCode func() stytchotp.Secret, err error) {
	switch channel {
	case stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp, stytchotp.ChannelEmail:
	default:
		return nil, "", nil, fmt.Errorf("-channel is %q: use sms, whatsapp or email", channel)
	}
	if os.Getenv("STYTCH_PROJECT_ID") == "" && os.Getenv("STYTCH_SECRET") == "" {
		srv, startErr := otptest.Start() // ends with the program
		if startErr != nil {
			return nil, "", nil, startErr
		}
		to = string(srv.NewPhoneNumber())
		if channel == stytchotp.ChannelEmail {
			to = string(srv.NewEmailAddress())
		}
		return srv.Client(), to, func() stytchotp.Secret {
			message, _ := srv.WaitMessage(context.Background(), to)
			fmt.Printf("The message reads: %s\n", message.Text)
			return stytchotp.Secret(message.Code)
		}, nil
	}
	client, err = stytchotp.NewClientFromEnv()
	if to == "" {
		sandbox := "+10000000000"
		if channel == stytchotp.ChannelEmail {
			sandbox = "sandbox@stytch.com"
		}
		return client, sandbox, func() stytchotp.Secret { return "000000" }, err
	}
	return client, to, func() (code stytchotp.Secret) {
		fmt.Print("The code: ")
		_, _ = fmt.Scanln((*string)(&code))
		return code
	}, err
}
