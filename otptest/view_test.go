package otptest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

const viewVariable = "OTPTEST_VIEW_CHILD"

// TestView runs TestViewChild in a process of its own and reads which of its tests
// failed.
func TestView(t *testing.T) {
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestViewChild$", "-test.v")
	child.Env = append(os.Environ(), viewVariable+"=1")
	output, err := child.CombinedOutput()
	require.Error(t, err, "%s", output)
	var failed []string
	for line := range strings.Lines(string(output)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: TestViewChild/"); ok {
			name, _, _ = strings.Cut(name, " ")
			failed = append(failed, name)
		}
	}
	assert.ElementsMatch(t, []string{
		"parallel", "parallel/no_message", "parallel/unused_fault", "parallel/wrong_country", "serial", "serial/no_message",
	}, failed, "%s", output)
	assert.NotContains(t, string(output), "panic", "the test binary")
	assert.Contains(t, string(output), "after the serial ones")
	assert.Equal(t, 1, strings.Count(string(output), "was never hit"), "%s", output)
}

// TestViewChild fails on purpose in subtests that share the server of their parent.
func TestViewChild(t *testing.T) {
	if os.Getenv(viewVariable) == "" {
		t.Skip("run by TestView")
	}
	srv := otptest.NewServer(t)
	t.Run("serial", func(t *testing.T) {
		t.Run("no message", func(t *testing.T) { srv.For(t).PhoneCode("+12025550162"); t.Log("not reached") })
		t.Run("works", func(t *testing.T) { login(t, srv.For(t)) })
	})
	t.Log("after the serial ones")
	t.Run("parallel", func(t *testing.T) {
		for name, run := range map[string]func(*testing.T, *otptest.Server){
			"no message": func(_ *testing.T, srv *otptest.Server) { srv.EmailCode("unknown@example.com") },
			"unused fault": func(_ *testing.T, srv *otptest.Server) {
				srv.Inject(otptest.Fault{Recipient: "+12025550199", Status: 500})
			},
			"wrong country": func(_ *testing.T, srv *otptest.Server) { srv.AllowCountries(stytchotp.ChannelSMS, "XXX") },
			"works":         login,
			"used fault": func(t *testing.T, srv *otptest.Server) {
				t.Helper()
				number := srv.NewPhoneNumber()
				srv.Inject(otptest.Fault{Recipient: string(number), Status: 500})
				_, err := srv.Client().OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
				require.Error(t, err)
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				run(t, srv.For(t))
			})
		}
	})
}

// login logs a person in by SMS and by e-mail through a view.
func login(t *testing.T, srv *otptest.Server) {
	t.Helper()
	client, number, address := srv.Client(), srv.NewPhoneNumber(), srv.NewEmailAddress()
	bySMS, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	require.NoError(t, err)
	_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: bySMS.MethodID, Code: srv.PhoneCode(number)})
	require.NoError(t, err)
	byEmail, err := client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: address})
	require.NoError(t, err)
	_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: byEmail.MethodID, Code: srv.EmailCode(address)})
	require.NoError(t, err)
}
