// Command quickstart logs a person in by SMS and by WhatsApp, shows the errors on the
// way, and checks, extends and revokes the session. It needs nothing: without STYTCH_PROJECT_ID and STYTCH_SECRET
// it talks to an emulator inside itself. With them it talks to Stytch, and sends
// real messages only to a number that it was given, after asking.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

func main() {
	to := flag.String("to", "", "with credentials: send real messages to this number, such as +12025550162")
	flag.Parse()
	if err := run(context.Background(), stytchotp.PhoneNumber(*to)); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, to stytchotp.PhoneNumber) error {
	client, srv, phone, err := connect(to)
	if err != nil {
		return err
	}
	if srv != nil {
		defer srv.Close()
	}

	fmt.Println("\n1. Log in by SMS")
	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: phone.number})
	if err != nil {
		return err
	}
	fmt.Printf("   sent to %s, new user: %t, request id %s\n", phone.number.Masked(), sent.UserCreated, sent.RequestID)
	login := stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: phone.read(), SessionDurationMinutes: 60}
	person, err := client.OTPs.Authenticate(ctx, login)
	if err != nil {
		return err
	}
	fmt.Printf("   logged in as %s, session token %s\n", person.UserID, person.SessionToken.Masked())

	fmt.Println("\n2. Log in by WhatsApp, with a typing mistake first")
	again, err := client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: phone.number})
	if err != nil {
		return err
	}
	login = stytchotp.AuthenticateParams{MethodID: again.MethodID, Code: phone.read()}
	mistyped := login
	mistyped.Code = "123456"
	_, err = client.OTPs.Authenticate(ctx, mistyped)
	explain("A wrong code", err)
	if _, err = client.OTPs.Authenticate(ctx, login); err != nil {
		return err
	}
	fmt.Println("   The right code then works: a mistake does not use it up.")

	fmt.Println("\n3. Come too late")
	if err = comeTooLate(ctx, client, srv, phone); err != nil {
		return err
	}

	fmt.Println("\n4. Type a number that cannot exist")
	_, err = client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+1202555"})
	explain("An invalid number", err)

	fmt.Println("\n5. After the code: the session")
	if err = keepSession(ctx, client, person); err != nil {
		return err
	}
	fmt.Println("\nNext: examples/handlers is a backend that uses all of this; the README explains it.")
	return nil
}

// comeTooLate moves the emulator's clock beyond the life of a code.
func comeTooLate(ctx context.Context, client *stytchotp.Client, srv *otptest.Server, phone phone) error {
	if srv == nil {
		fmt.Println("   skipped: only the emulator's clock can be moved")
		return nil
	}
	late, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: phone.number, ExpirationMinutes: 5})
	if err != nil {
		return err
	}
	code := phone.read()
	srv.Advance(6 * time.Minute)
	fmt.Println("   six minutes pass on the emulator's clock")
	_, err = client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{MethodID: late.MethodID, Code: code})
	explain("An expired code", err)
	return nil
}

// keepSession does with a session what a backend does on later requests.
func keepSession(ctx context.Context, client *stytchotp.Client, person *stytchotp.AuthenticateResponse) error {
	check := stytchotp.SessionsAuthenticateParams{SessionToken: person.SessionToken}
	checked, err := client.Sessions.Authenticate(ctx, check)
	if err != nil {
		return err
	}
	fmt.Printf("   checked:  it ends at %s\n", checked.Session.ExpiresAt.Format(time.TimeOnly))
	check.SessionDurationMinutes = 120
	if checked, err = client.Sessions.Authenticate(ctx, check); err != nil {
		return err
	}
	fmt.Printf("   extended: it ends at %s\n", checked.Session.ExpiresAt.Format(time.TimeOnly))
	if _, err = client.Sessions.Revoke(ctx, stytchotp.SessionsRevokeParams{SessionToken: person.SessionToken}); err != nil {
		return err
	}
	fmt.Println("   revoked")
	if _, err = client.Sessions.Authenticate(ctx, check); err == nil {
		fmt.Println("   the sandbox's session goes on all the same")
		return nil
	}
	explain("A session that was revoked", err)
	return nil
}

// explain prints what an error tells a handler.
func explain(what string, err error) {
	fmt.Printf("   %s: %v\n", what, err)
	for name, sentinel := range map[string]error{
		"ErrCodeIncorrect":      stytchotp.ErrCodeIncorrect,
		"ErrCodeExpired":        stytchotp.ErrCodeExpired,
		"ErrInvalidPhoneNumber": stytchotp.ErrInvalidPhoneNumber,
		"ErrSessionNotFound":    stytchotp.ErrSessionNotFound,
	} {
		if errors.Is(err, sentinel) {
			fmt.Printf("     errors.Is    %s\n", name)
		}
	}
	fmt.Printf("     HTTPStatus   %d, what to answer the browser\n", stytchotp.HTTPStatus(err))
	fmt.Printf("     PublicCode   %s\n", stytchotp.PublicCode(err))
	fmt.Printf("     DeliveryOf   %s, what became of the message or the code\n", stytchotp.DeliveryOf(err))
	if refused := (*stytchotp.StytchError)(nil); errors.As(err, &refused) {
		fmt.Printf("     request id   %s\n", refused.RequestID)
	}
}

// phone is where the messages arrive.
type phone struct {
	number stytchotp.PhoneNumber
	read   func() stytchotp.Secret // what the person types
}

// connect returns a client of Stytch, or without credentials of an emulator.
func connect(to stytchotp.PhoneNumber) (*stytchotp.Client, *otptest.Server, phone, error) {
	if os.Getenv("STYTCH_PROJECT_ID") == "" && os.Getenv("STYTCH_SECRET") == "" {
		srv, err := otptest.Start()
		if err != nil {
			return nil, nil, phone{}, err
		}
		fmt.Println("No credentials, so this runs on an emulator inside this program. Nothing leaves the machine.")
		number := srv.NewPhoneNumber()
		return srv.Client(), srv, phone{number, func() stytchotp.Secret {
			code := srv.Code(string(number))
			fmt.Printf("   the phone shows  [ %s ]\n", code)
			return stytchotp.Secret(code)
		}}, nil
	}
	client, err := stytchotp.NewClientFromEnv(stytchotp.WithUserAgent("quickstart"))
	if err != nil {
		return nil, nil, phone{}, err
	}
	stdin := bufio.NewScanner(os.Stdin)
	ask := func(question string) string {
		fmt.Print(question)
		stdin.Scan()
		return strings.TrimSpace(stdin.Text())
	}
	if info, statErr := os.Stdin.Stat(); to == "" && statErr == nil && info.Mode()&os.ModeCharDevice != 0 {
		to = stytchotp.PhoneNumber(ask("A number for real messages, such as +12025550162 (empty: none is sent): "))
	}
	if to == "" {
		where := "Stytch"
		if base := os.Getenv("STYTCH_BASE_URL"); base != "" {
			where = base
		}
		fmt.Println("This is", where, "with the sandbox number: no message is sent.")
		return client, nil, phone{"+10000000000", func() stytchotp.Secret { return "000000" }}, nil
	}
	if ask(fmt.Sprintf("This sends two REAL messages, which cost money, to %s. Type yes to go on: ", to.Masked())) != "yes" {
		return nil, nil, phone{}, errors.New("not confirmed; nothing was sent")
	}
	return client, nil, phone{to, func() stytchotp.Secret { return stytchotp.Secret(ask("   the code on the phone: ")) }}, nil
}
