package suite_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

const childVariable = "STYTCHOTP_TEST_CANARY_CHILD"

// TestProcessPrintsNothing runs a process of its own through every fault, with
// every input a canary and everything that can be switched on switched on, lets it
// end in a panic, and searches all that it wrote.
func TestProcessPrintsNothing(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		canaryProcess(t)
		return
	}
	for _, ending := range []string{"faults", "error", "copy", "response", "params"} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			var output bytes.Buffer
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessPrintsNothing$", "-test.v")
			child.Env = append(os.Environ(), childVariable+"="+ending)
			child.Stdout, child.Stderr = &output, &output
			require.Error(t, child.Run(), "it ends in a panic")
			assert.Contains(t, output.String(), "panic: ")
			assert.Equal(t, ending == "faults", strings.Contains(output.String(), "calls met their faults"))
			for line := range strings.Lines(output.String()) {
				if found := leaks(line); len(found) > 0 {
					t.Errorf("%q in: %.300s", found, line)
				}
			}
		})
	}
}

// canaryProcess is the child.
func canaryProcess(t *testing.T) {
	t.Helper()
	switch params := canaryAuthenticate(); os.Getenv(childVariable) {
	case "faults":
		panic(canaryFaults(t))
	case "error":
		panic(sensitive()[15])
	case "copy":
		panic(*sensitive()[15].(*stytchotp.StytchError))
	case "response":
		panic(sensitive()[13])
	case "params":
		panic(params)
	}
}

// canaryFaults calls through every fault, prints whatever it gets hold of, and
// returns an error of the last call.
func canaryFaults(t *testing.T) error {
	t.Helper()
	var all []fault
	for _, stage := range stages {
		all = append(all, stage.faults()...)
	}
	all = append(all,
		fault{server: answering(replyJSON(200, canarySuccess, "X-Canary", untrustedText, "Set-Cookie", "id="+untrustedText))},
		fault{server: answering(replyJSON(400, canaryFailure, "X-Canary", untrustedText, "X-Request-Id", untrustedText))})
	var calls sync.WaitGroup
	var last atomic.Value
	slots := make(chan struct{}, 32)
	for _, f := range all {
		for _, p := range protocols {
			if f.only != "" && f.only != p.name || f.elsewhere != nil {
				continue
			}
			for kind := range 4 {
				slots <- struct{}{}
				calls.Go(func() {
					defer func() { <-slots }()
					if err := canaryMeets(t, f, p.http2, kind); err != nil {
						last.Store(&err)
					}
				})
			}
		}
	}
	calls.Wait()
	fmt.Println("calls met their faults")
	return *last.Load().(*error)
}

// canaryMeets makes one call with everything switched on.
func canaryMeets(t *testing.T, f fault, http2 bool, kind int) error {
	t.Helper()
	text := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	json := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config := f.server
	config.Authority, config.HTTP2 = authority, http2
	server := faultserver.Start(t, config)
	defer server.Close()
	client, err := stytchotp.NewClient(testProjectID, canarySecret, append([]stytchotp.Option{
		stytchotp.WithBaseURL(server.URL),
		stytchotp.WithLogger(text),
		stytchotp.WithMaxRetries(0),
		stytchotp.WithTimeout(500 * time.Millisecond),
		stytchotp.WithHook(func(_ context.Context, call stytchotp.Call) {
			fmt.Printf("%v %+v %#v\n", call, call, call)
			json.Info("call", slog.Any("call", call), slog.Any("calls", []any{call}), slog.Any("err", call.Err))
		}),
	}, f.options...)...)
	if err != nil {
		panic(err)
	}
	defer client.CloseIdleConnections()
	response, err := canaryCall(t.Context(), client, kind)
	for _, v := range []any{response, err, client} {
		fmt.Printf("%v %+v %#v %q %s %x %d\n", v, v, v, v, v, v, v)
		text.Info("result", slog.Any("v", v), slog.Any("all", []any{v}))
		json.Info("result", slog.Any("v", v), slog.Group("g", slog.Any("v", v)))
	}
	return err
}

const (
	canarySuccess = `{"status_code":200,"request_id":"` + untrustedText + `","user_id":"` + canaryEmail + `","phone_id":"` + canaryNumber +
		`","email_id":"` + canaryEmail + `","method_id":"` + canaryNumber + `","session_token":"` + untrustedText + `","session_jwt":"` + untrustedText +
		`","session":{"session_id":"` + untrustedText + `","attributes":{"ip_address":"` + canaryIP + `"},"custom_claims":{"` + untrustedText + `":1},
		"authentication_factors":[{"type":"` + untrustedText + `","phone_number_factor":{"phone_id":"` + untrustedText + `","phone_number":"` + canaryNumber + `"}}]},
		"user":{"user_id":"` + untrustedText + `","status":"` + untrustedText + `","name":{"first_name":"` + untrustedText + `"},
		"emails":[{"email":"` + canaryEmail + `"}],"phone_numbers":[{"phone_number":"` + canaryNumber + `"}],"trusted_metadata":{"a":"` + untrustedText + `"}},
		"` + untrustedText + `":"` + untrustedText + `"}`
	canaryFailure = `{"status_code":400,"request_id":"` + untrustedText + `","error_type":"` + untrustedText + `","error_message":"` + canaryNumber +
		`","error_url":"https://` + untrustedText + `","error_details":{"code":"` + canaryCode + `"}}`
)

func canaryAuthenticate() stytchotp.AuthenticateParams {
	return stytchotp.AuthenticateParams{
		MethodID:               canaryEmail,
		Code:                   canaryCode,
		Attributes:             stytchotp.Attributes{IPAddress: canaryIP, UserAgent: untrustedText},
		SessionToken:           untrustedText,
		SessionJWT:             untrustedText,
		SessionDurationMinutes: 60,
		SessionCustomClaims:    stytchotp.Claims{untrustedText: canaryNumber},
		TelemetryID:            untrustedText,
	}
}

// canaryCall calls one method of each kind.
func canaryCall(ctx context.Context, client *stytchotp.Client, kind int) (any, error) {
	attributes := stytchotp.Attributes{IPAddress: canaryIP, UserAgent: untrustedText}
	switch kind {
	case 0:
		return result(client.OTPs.Authenticate(ctx, canaryAuthenticate()))
	case 1:
		return result(client.OTPs.SMS.Send(ctx, stytchotp.SMSSendParams{
			PhoneNumber: canaryNumber, Attributes: attributes, Locale: untrustedText, UserID: canaryEmail,
			SessionToken: untrustedText, SessionJWT: untrustedText,
		}))
	case 2:
		return result(client.OTPs.WhatsApp.LoginOrCreate(ctx, stytchotp.WhatsAppLoginOrCreateParams{
			PhoneNumber: canaryNumber, Attributes: attributes, Locale: untrustedText,
		}))
	}
	return result(client.OTPs.Email.Send(ctx, stytchotp.EmailSendParams{
		Email: canaryEmail, Attributes: attributes, LoginTemplateID: untrustedText, SignupTemplateID: untrustedText,
		UserID: canaryEmail, SessionToken: untrustedText, SessionJWT: untrustedText,
	}))
}
