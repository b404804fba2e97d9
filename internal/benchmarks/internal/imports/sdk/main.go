// Command sdk can make a call by this SDK.
package main

import (
	"context"
	"os"
	"time"

	"github.com/stytchotp/stytchotp"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/imports"
)

func main() {
	client, err := stytchotp.NewClient("project-test-import", "secret-test-import")
	if err == nil && len(os.Args) > 1 {
		sent, err := client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{
			PhoneNumber: stytchotp.PhoneNumber(os.Args[1]),
		})
		if err == nil {
			_, _ = os.Stdout.WriteString(sent.MethodID)
		}
	}
	start := time.Now()
	if _, err := stytchotp.ParsePhoneNumber("+12025550162", ""); err != nil {
		return // nothing is printed, which the report takes for a failure
	}
	imports.Report(time.Since(start))
}
