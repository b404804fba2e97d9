// Command tollfraud is a backend that sends codes to two countries only, and shows
// what it refuses and why.
//
// Toll fraud means that an attacker makes a login page send messages to numbers that
// earn the attacker money. The bill is yours, so the numbers are checked before a message
// goes out: the region of the whole number, the kind of line, and a rule of your
// own. Then it shows what limits on a login stop, and what that saves. The program is its
// own attacker and needs no credentials.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tollfraud:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	srv, err := otptest.Start()
	if err != nil {
		return err
	}
	defer func() { _ = srv.Close() }()

	var seen monitor
	policy := stytchotp.SendPolicy{
		Regions: stytchotp.RegionsUSAndCanada(),
		Checker: stytchotp.CheckerFunc(denyList),
	}
	backend := &backend{client: srv.Client(stytchotp.WithSendPolicy(policy), stytchotp.WithHook(seen.record))}

	fmt.Fprintln(out, "A backend that sends to the United States and Canada:")
	for _, typed := range []string{
		"(202) 555-0162",       // Washington
		"+1 613 555 0123",      // Ottawa
		"+1 876 523 0123",      // Jamaica, behind the same +1
		"+1 671 300 1234",      // Guam, as well
		"+44 7911 123456",      // Guernsey, not even the United Kingdom
		"+1 900 234 5678",      // premium rate: the fraudster earns by the minute
		"+1 800 234 5678",      // toll-free
		"+882 16 1234 5678",    // a satellite phone, of no country
		"1-800-FLOWERS",        // letters
		"202-555-0199",         // on our own list
		"202 555 0162 x 99999", // an extension
	} {
		status, answer := backend.post(ctx, typed)
		fmt.Fprintf(out, "  %-22s %d %s\n", typed, status, answer)
	}

	fmt.Fprintf(out, "\n%d messages went out.\n\nWhat the hook counted, for a dashboard or an alert:\n", len(srv.Messages()))
	seen.print(out)

	// Before a policy is switched on, let it watch: it refuses nothing and tells
	// the hook what it would have refused.
	policy.ObserveOnly = true
	var watched monitor
	backend.client = srv.Client(stytchotp.WithSendPolicy(policy), stytchotp.WithHook(watched.record))
	srv.AllowCountries(stytchotp.ChannelSMS, "US", "CA", "JM")
	status, answer := backend.post(ctx, "+1 876 523 0123")
	fmt.Fprintf(out, "\nThe same policy, only observing:\n  %-22s %d %s\n", "+1 876 523 0123", status, answer)
	watched.print(out)
	return simulate(ctx, out)
}

// denyList stands for a rule of your own, such as a lookup at a carrier service.
func denyList(_ context.Context, number stytchotp.PhoneNumber, _ stytchotp.Channel) (bool, error) {
	return number != "+12025550199", nil
}

// backend has the one endpoint that attackers look for.
type backend struct{ client *stytchotp.Client }

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, err := stytchotp.ParsePhoneNumber(r.FormValue("phone_number"), "US")
	if err == nil {
		_, err = b.client.OTPs.SMS.LoginOrCreate(r.Context(), stytchotp.SMSLoginOrCreateParams{
			PhoneNumber: number,
			Attributes:  stytchotp.AttributesFromRequest(r),
		})
	}
	answer := map[string]string{"next": "enter the code"}
	if err != nil {
		answer = map[string]string{"error": stytchotp.PublicCode(err)}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(stytchotp.HTTPStatus(err))
	_ = json.NewEncoder(w).Encode(answer)
}

// post calls the backend as a browser would.
func (b *backend) post(ctx context.Context, typed string) (status int, answer string) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/start", strings.NewReader("phone_number="+strings.ReplaceAll(typed, "+", "%2B")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// monitor counts outcomes by region, which is how an attack shows first.
type monitor struct {
	mu    sync.Mutex
	order []string
	count map[string]int
}

func (m *monitor) record(_ context.Context, call stytchotp.Call) {
	outcome := "sent"
	switch {
	case call.PolicyRefusal != "" && call.Err == nil:
		outcome = "sent, although " + call.PolicyRefusal
	case call.PolicyRefusal != "":
		outcome = call.PolicyRefusal
	case call.Err != nil:
		outcome = stytchotp.PublicCode(call.Err)
	}
	key := fmt.Sprintf("%-4s%s", call.Region, outcome)

	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count == nil {
		m.count = make(map[string]int)
	}
	if m.count[key] == 0 {
		m.order = append(m.order, key)
	}
	m.count[key]++
}

func (m *monitor) print(out io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range m.order {
		fmt.Fprintf(out, "  %dx %s\n", m.count[key], key)
	}
}
