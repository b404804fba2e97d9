package suite_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stytchotp/stytchotp"
)

// memoryClient returns a client whose server is a function: what is left is the
// SDK's own cost.
func memoryClient(b *testing.B, status int, body string, opts ...stytchotp.Option) *stytchotp.Client {
	b.Helper()
	client, err := stytchotp.NewClient(testProjectID, testSecret, append([]stytchotp.Option{
		stytchotp.WithHTTPClient(&http.Client{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			return &http.Response{
				StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
			}, nil
		})}),
	}, opts...)...)
	if err != nil {
		b.Fatal(err)
	}
	return client
}

func BenchmarkSMSLoginOrCreate(b *testing.B) {
	client := memoryClient(b, http.StatusOK, minimalSend)
	params := stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.OTPs.SMS.LoginOrCreate(b.Context(), params); err != nil {
			b.Fatal(err)
		}
	}
}

// A policy costs what it asks; without one a send pays nothing for it.
func BenchmarkSendPolicy(b *testing.B) {
	params := stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+12025550162"}
	for _, bc := range []struct {
		name string
		opts []stytchotp.Option
	}{
		{"none", nil},
		{"regions and types", []stytchotp.Option{stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: stytchotp.RegionsUSAndCanada()})}},
		{"valid as well", []stytchotp.Option{stytchotp.WithSendPolicy(stytchotp.SendPolicy{Regions: stytchotp.RegionsUSAndCanada(), RequireValid: true})}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			client := memoryClient(b, http.StatusOK, minimalSend, bc.opts...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.OTPs.SMS.LoginOrCreate(b.Context(), params); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParsePhoneNumber(b *testing.B) {
	for name, input := range map[string]string{"E.164": "+12025550162", "national": "(202) 555-0162", "international": "+44 (0)20 7946-0018"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := stytchotp.ParsePhoneNumber(input, "US"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
