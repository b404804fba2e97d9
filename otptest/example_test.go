package otptest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// A program without credentials can log a person in on an emulator of its own.
func ExampleStart() {
	srv, err := otptest.Start(otptest.WithFixedCode("+12025550162", "424242"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	_, err = srv.Client().OTPs.WhatsApp.LoginOrCreate(context.Background(), stytchotp.WhatsAppLoginOrCreateParams{
		PhoneNumber: "+12025550162",
		Locale:      "es",
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, m := range srv.Messages() {
		fmt.Println(m.Channel, m.State)
		fmt.Println(m.Text)
	}
	// Output:
	// whatsapp live
	// Tu código de acceso es 424242. Es válido durante 2 min.
}
