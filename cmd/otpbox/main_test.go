package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/emulator"
)

const number = "+12025550162"

func TestSendAndReadACode(t *testing.T) {
	p := start(t)
	client := p.client()
	status, _, stderr := finish(t, "code", number, "--url", p.url)
	assert.Equal(t, 1, status)
	assert.Equal(t, "otpbox: no message with a live code for "+number+"\n", stderr)

	sent, err := p.sendSMS(client)
	require.NoError(t, err)
	status, code, _ := finish(t, "code", number, "--url", p.url)
	assert.Equal(t, 0, status)
	require.Regexp(t, `^[0-9]{6}\n$`, code, "only the digits")
	_, spaced, _ := finish(t, "code", "+1 (202) 555-0162", "--url", p.url)
	assert.Equal(t, code, spaced, "a number may be written with spaces and parentheses")
	assert.Regexp(t, `^\d\d:\d\d:\d\d  `+code[:6]+`  sms       \+12025550162$`, <-p.lines, "the terminal shows it too")

	_, err = client.OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: sent.MethodID, Code: stytchotp.Secret(code[:6])})
	require.NoError(t, err)
	status, _, _ = finish(t, "code", "--url", p.url, number)
	assert.Equal(t, 1, status, "a used code is none")
}

// TestWaitForACode: it makes no difference whether the message or the command comes
// first, and other people's messages are not taken for it.
func TestWaitForACode(t *testing.T) {
	p := start(t)
	waiting := command(t, "code", "--wait", "1m", "Grace@Example.com", "--channel=email")
	waiting.Env = append(waiting.Env, "OTPBOX_URL="+p.url+"/")
	var out bytes.Buffer
	waiting.Stdout = &out
	require.NoError(t, waiting.Start())
	client := p.client()
	_, err := p.sendSMS(client)
	require.NoError(t, err)
	_, err = client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: "grace@example.com"})
	require.NoError(t, err)
	require.NoError(t, waiting.Wait())
	assert.Regexp(t, `^[0-9]{6}\n$`, out.String())
}

func TestReady(t *testing.T) {
	p := start(t)
	status, stdout, stderr := finish(t, "ready", "--url", p.url)
	assert.Equal(t, 0, status)
	assert.Empty(t, stdout+stderr)
	require.Equal(t, 0, p.stop(os.Interrupt))
	status, _, _ = finish(t, "ready", "--url", p.url)
	assert.Equal(t, 1, status)
	status, _, _ = finish(t, "ready", "--url", p.url, "--wait", "50ms")
	assert.Equal(t, 1, status)
}

func TestReadyWaits(t *testing.T) {
	address := unassigned(t)
	waiting := command(t, "ready", "--wait", "1m", "--url", "http://"+address)
	require.NoError(t, waiting.Start())
	start(t, "--listen", address)
	require.NoError(t, waiting.Wait())
}

// TestStops: a signal ends the program at once, whatever is under way. Answers have a
// second to come to their end, which may be too short on a machine that stands still.
func TestStops(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		err := stopInTheMiddle(t, signal)
		for range 2 {
			if err == nil {
				break
			}
			err = stopInTheMiddle(t, signal)
		}
		assert.NoError(t, err, "nothing is cut off in the middle")
	}
}

// stopInTheMiddle returns how the events that were being followed were cut off.
func stopInTheMiddle(t *testing.T, signal os.Signal) error {
	t.Helper()
	p := start(t)
	opened, ended := make(chan struct{}, 2), make(chan error, 2)
	for _, path := range []string{"/_otp/events", "/_otp/page/events", "/_otp/messages/latest?wait=50s"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, http.NoBody)
		require.NoError(t, err)
		go func() {
			response, err := new(http.Client).Do(r)
			if !strings.HasSuffix(path, "events") {
				if err == nil { // it came before the end
					_ = response.Body.Close()
				}
				return
			}
			opened <- struct{}{}
			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
			ended <- err
		}()
	}
	<-opened
	<-opened
	begin := time.Now()
	assert.Equal(t, 0, p.stop(signal), "%s: %s", signal, p.stderr)
	assert.Less(t, time.Since(begin), 40*time.Second) // of a wait that would go on for 50
	assert.Empty(t, p.stderr.String())
	return errors.Join(<-ended, <-ended)
}

// startUnread starts an otpbox that blocks until what it prints is read.
func startUnread(t *testing.T) *process {
	t.Helper()
	p := start(t)
	client := p.client()
	long := strings.Repeat("a", 60) + "@" + strings.Repeat(strings.Repeat("b", 60)+".", 3) + "example"
	for range 64<<10/len(long) + 10*unread { // a pipe holds 64 KiB
		_, err := client.OTPs.Email.LoginOrCreate(t.Context(), stytchotp.EmailLoginOrCreateParams{Email: stytchotp.EmailAddress(long)})
		require.NoError(t, err)
	}
	return p
}

func TestStopsWithoutReader(t *testing.T) {
	p := startUnread(t)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.cmd.Wait())
	for range p.lines { // the goroutine that reads them is waiting
	}
}

// TestSecondSignalKills: who does not want to wait for the end need not.
func TestSecondSignalKills(t *testing.T) {
	status := killed(t)
	for range 2 {
		if status != 0 { // it came to its own end between two signals
			break
		}
		status = killed(t)
	}
	assert.Equal(t, -1, status)
}

// killed returns the exit status of a program that got signals until it ended.
func killed(t *testing.T) int {
	t.Helper()
	p := startUnread(t)
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			_ = p.cmd.Process.Signal(os.Interrupt)
		case <-ended:
			for range p.lines { // the goroutine that reads them is waiting
			}
			return p.cmd.ProcessState.ExitCode()
		}
	}
}

func TestTLS(t *testing.T) {
	p := start(t, "--tls", "--host", "stytch.test")
	require.True(t, strings.HasPrefix(p.base, "https://127.0.0.1:"), p.base)
	assert.True(t, strings.HasPrefix(p.url, "http://127.0.0.1:"), "browsers need no certificate for the page")
	for _, client := range []string{"curl --cacert", "SSL_CERT_FILE=", "NODE_EXTRA_CA_CERTS=", "REQUESTS_CA_BUNDLE=", "trustStore="} {
		assert.Contains(t, p.banner, client)
	}
	_, ca := p.get("/_otp/ca.pem")
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(ca)))
	trusting := func(name string) *http.Client {
		return &http.Client{Transport: &http.Transport{
			ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12},
		}}
	}
	for _, name := range []string{"", "localhost", "::1", "host.docker.internal", "stytch.test"} {
		_, err := p.sendSMS(p.client(stytchotp.WithHTTPClient(trusting(name))))
		require.NoError(t, err, name)
	}
	_, err := p.sendSMS(p.client(stytchotp.WithHTTPClient(trusting("test.stytch.com"))))
	require.Error(t, err, "it vouches for this machine alone")
	_, err = p.sendSMS(p.client())
	require.Error(t, err, "who was not told to trust it does not")

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base+"/livez", http.NoBody)
	require.NoError(t, err)
	response, err := trusting("").Do(r)
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, 1, response.ProtoMajor, "a fault can cut the connection only if it carries one call")
}

// TestAuthorityIsLimited: the authority cannot sign for other names, or later.
func TestAuthorityIsLimited(t *testing.T) {
	certificate, authority, err := makeCertificate([]string{"", "0.0.0.0", "dev.test"}, time.Now())
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(authority))
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	require.NoError(t, err)
	assert.False(t, leaf.IsCA)
	for name, good := range map[string]bool{
		"localhost": true, "dev.test": true, "127.0.0.1": true, "::1": true, "0.0.0.0": false, "stytch.com": false, "test.stytch.com": false,
	} {
		_, refusal := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name})
		assert.Equal(t, good, refusal == nil, "%s: %v", name, refusal)
	}
	root, err := x509.ParseCertificate(certificate.Certificate[1])
	require.NoError(t, err)
	assert.True(t, root.PermittedDNSDomainsCritical)
	assert.Equal(t, []string{"dev.test", "localhost", "host.docker.internal"}, root.PermittedDNSDomains)
	assert.Len(t, root.PermittedIPRanges, 2)
}

func TestRefusals(t *testing.T) {
	busy := start(t)
	for _, c := range []struct {
		args      string
		status    int
		complaint string
	}{
		{"--listen 0.0.0.0", 2, "needs a token"},
		{"--listen ::", 2, "needs a token"},
		{"--listen 192.168.1.7:80", 2, "needs a token"},
		{"--listen example.com", 2, "needs a token"},
		{"--listen 0.0.0.0 --token short", 2, "openssl rand"},
		{"--project-id project-live-1", 2, "LIVE CREDENTIALS REFUSED"},
		{"--secret secret-live-plainly", 2, "LIVE CREDENTIALS REFUSED"},
		{"--project-id mine", 2, "project-test-"},
		{"--port 65536", 2, "--port is 0 to 65535"},
		{"--port 65535 --tls", 2, "--port is 0 to 65534"},
		{"--port -1", 2, "--port is"},
		{"--keep 0", 2, "--keep is at least 1"},
		{"--code " + number, 2, "RECIPIENT=DIGITS"},
		{"--code " + number + "=12", 2, "six digits"},
		{"--code 2025550162=123456", 2, `"2025550162" is neither`},
		{"--nonsense", 2, "not defined: -nonsense"},
		{"serve here", 2, `given "here"`},
		{"nonsense", 2, `no command "nonsense"`},
		{"--listen " + strings.TrimPrefix(busy.url, "http://"), 1, "is otpbox running already?"},
		{"code", 2, "takes one recipient"},
		{"code a b", 2, "takes one recipient"},
		{"code a --wait 2m", 2, "at most 1m0s"},
		{"code " + number + " --channel fax --url " + busy.url, 1, "channel is one of"},
		{"code 2025550162 --url " + busy.url, 1, `"2025550162" is neither a phone number like +12025550162 nor`},
		{"code a --url nowhere", 2, "--url is an address"},
		{"code a --url http://127.0.0.1:1", 1, "nothing listens on http://127.0.0.1:1: start otpbox"},
		{"ready --url http://127.0.0.1:1", 1, "nothing listens on http://127.0.0.1:1"},
		{"--countries ZZ", 2, "--countries"},
		{"run", 2, "otpbox run -- go test"},
		{"run -- no-such-program", 2, `"no-such-program" is not a program`},
		{"run --tls -- true", 2, "--tls is for otpbox serve"},
		{"env --shell csh", 2, "bash, fish, powershell or dotenv"},
		{"env now", 2, "takes no arguments"},
		{"tail now", 2, "takes no arguments"},
		{"tail --url http://127.0.0.1:1", 1, "nothing listens on http://127.0.0.1:1"},
		{"ready now", 2, "takes no arguments"},
	} {
		status, stdout, stderr := finish(t, strings.Fields(c.args)...)
		assert.Equal(t, c.status, status, c.args)
		assert.Contains(t, stderr, c.complaint, c.args)
		assert.Empty(t, stdout, c.args)
		assert.NotContains(t, stderr, "plainly", c.args)
	}
	status, _, stderr := finish(t, "code", "\n")
	assert.Equal(t, 2, status)
	assert.Contains(t, stderr, "takes one recipient", "a blank is no recipient")
	status, stdout, _ := finish(t, "help")
	assert.Equal(t, 0, status)
	assert.Contains(t, stdout, "otpbox code RECIPIENT")
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}} {
		status, stdout, stderr = finish(t, args...)
		assert.Equal(t, 0, status)
		assert.Empty(t, stderr)
		for _, name := range []string{"otpbox run -- COMMAND", "otpbox env", "otpbox code RECIPIENT", "otpbox ready", "--version", "-listen", "-countries", "OTPBOX_PROJECT_ID"} {
			assert.Contains(t, stdout, name)
		}
	}
	for _, command := range []string{"serve", "run", "env", "code", "tail", "ready"} {
		for _, help := range []string{"--help", "-h", "help"} {
			status, stdout, stderr = finish(t, command, help)
			assert.Equal(t, 0, status, command)
			assert.Contains(t, stdout, "  -", command)
			assert.Empty(t, stderr, command)
		}
	}
	status, stdout, _ = finish(t, "--version")
	assert.Equal(t, 0, status)
	assert.Regexp(t, `^otpbox \S+, go1\.\d+`, stdout)
	status, _, stderr = finish(t, "--nonsense")
	assert.Equal(t, 2, status)
	assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
}

// TestToken: with one, other machines are let in, and every caller has to show it.
func TestToken(t *testing.T) {
	const token = "0123456789abcdef"
	p := start(t, "--listen", "0.0.0.0", "--token", token)
	assert.Contains(t, p.banner, "/?token="+token)
	status, _ := p.get("/_otp/messages")
	assert.Equal(t, http.StatusUnauthorized, status)
	status, _ = p.get("/_otp/messages", "Authorization", "Bearer "+token, "Host", "otpbox:6872")
	assert.Equal(t, http.StatusOK, status)
	status, _ = p.get("/livez", "Host", "evil.example")
	assert.Equal(t, http.StatusForbidden, status)

	_, err := p.sendSMS(p.client())
	require.NoError(t, err, "an SDK has credentials, and no token")
	failed, _, stderr := finish(t, "code", number, "--url", p.url)
	assert.Equal(t, 1, failed)
	assert.Contains(t, stderr, "status 401")
	cmd := command(t, "code", number, "--url", p.url)
	cmd.Env = append(cmd.Env, "OTPBOX_TOKEN="+token)
	code, err := cmd.Output()
	require.NoError(t, err)
	assert.Regexp(t, `^[0-9]{6}\n$`, string(code))
}

// TestCompose: another container fetches the certificate authority without a token,
// by the name that it has for this one, and then trusts the https address.
func TestCompose(t *testing.T) {
	p := start(t, "--listen", "0.0.0.0", "--tls", "--host", "otpbox", "--token", "0123456789abcdef")
	status, ca := p.get("/_otp/ca.pem", "Host", "otpbox:6872")
	require.Equal(t, http.StatusOK, status)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(ca)))
	secure := strings.TrimPrefix(p.base, "https://")
	network := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, secure)
		},
	}}
	_, err := p.sendSMS(p.client(stytchotp.WithBaseURL("https://otpbox:6873"), stytchotp.WithHTTPClient(network)))
	require.NoError(t, err)
}

func TestLoopbackIsGuardedToo(t *testing.T) {
	p := start(t)
	status, body := p.get("/_otp/messages", "Host", "evil.example")
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, body, "--host evil.example")
	status, _ = p.get("/_otp/messages", "Host", "127.0.0.1")
	assert.Equal(t, http.StatusOK, status)

	named := start(t, "--host", "otp.test,stytch.test")
	status, _ = named.get("/_otp/messages", "Host", "stytch.test:6872")
	assert.Equal(t, http.StatusOK, status)
}

// TestLiveCredentials: the terminal says so, loudly, and never what they were.
func TestLiveCredentials(t *testing.T) {
	p := start(t)
	client, err := stytchotp.NewClient("project-live-1", "secret-live-plainly", stytchotp.WithBaseURL(p.base))
	require.NoError(t, err)
	_, err = p.sendSMS(client)
	require.Error(t, err)
	require.Equal(t, 0, p.stop(os.Interrupt))
	assert.Contains(t, p.stderr.String(), "LIVE CREDENTIALS were sent here and refused")
	assert.NotContains(t, p.stderr.String(), "plainly")
}

func TestOptions(t *testing.T) {
	p := start(t, "--project-id", "project-test-mine", "--secret", "my own secret", "--code", number+"=135791", "--keep", "2", "--quiet", "--seed", "s")
	assert.Contains(t, p.banner, "export STYTCH_PROJECT_ID=project-test-mine\n")
	client, err := stytchotp.NewClient("project-test-mine", "my own secret", stytchotp.WithBaseURL(p.base))
	require.NoError(t, err)
	for range 3 {
		_, err = p.sendSMS(client)
		require.NoError(t, err)
	}
	_, messages := p.get("/_otp/messages")
	assert.Equal(t, 2, strings.Count(messages, `"code":"135791"`), "the oldest is gone")
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	_, more := <-p.lines
	assert.False(t, more, "quiet")
}

// Each flag of otpbox has a variable, and the command line wins.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	variables := map[string]string{
		"OTPBOX_TOKEN": "0123456789abcdef", "OTPBOX_LISTEN": "0.0.0.0", "OTPBOX_PORT": "7000", "OTPBOX_PROJECT_ID": "project-test-env",
		"OTPBOX_SECRET": "secret-test-env", "OTPBOX_CODE": number + "=123456,ada@example.com=654321", "OTPBOX_HOST": "a,b", "OTPBOX_KEEP": "5",
		"OTPBOX_QUIET": "true", "OTPBOX_SEED": "s", "OTPBOX_TLS": "true", "OTPBOX_COUNTRIES": "DE,GB",
	}
	env := func(name string) string { return variables[name] }
	o, rest, err := readOptions("serve", 1, []string{"--port", "7001", "--", "--port", "x"}, env, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, []string{"--port", "x"}, rest)
	assert.Equal(t, options{
		listen: "0.0.0.0", port: 7001, tls: true, token: "0123456789abcdef", hosts: names{"a", "b"}, projectID: "project-test-env", secret: "secret-test-env",
		seed: "s", codes: fixedCodes{number: "123456", "ada@example.com": "654321"}, keep: 5, quiet: true, countries: names{"DE", "GB"},
	}, o)
	flags := newFlags("serve")
	new(options).addFlags(flags, 1)
	flags.VisitAll(func(f *flag.Flag) {
		assert.Contains(t, variables, "OTPBOX_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
	})
	variables["OTPBOX_PORT"] = "many"
	_, _, err = readOptions("serve", 1, nil, env, io.Discard)
	require.ErrorContains(t, err, "OTPBOX_PORT: ")
}

// A command runs with an otpbox of its own, sends and reads a code there, and its exit
// status is otpbox's.
func TestRun(t *testing.T) {
	t.Parallel()
	cmd := command(t, "run", "--countries", "DE", "--code", "+4915123450001=246810", "--", os.Args[0], "+4915123450001")
	cmd.Env = append(cmd.Env, isTheClient+"=1")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	_ = cmd.Run()
	status, stdout, stderr := cmd.ProcessState.ExitCode(), out.String(), complaint.String()
	assert.Equal(t, 7, status, stderr)
	assert.Equal(t, "246810\n", stdout, "its output alone")
	assert.Contains(t, stderr, "+4915123450001", "what was sent")
	status, stdout, _ = finish(t, "run", "--token", "0123456789abcdef", "--", "sh", "-c", `echo "$OTPBOX_TOKEN" "$OTPBOX_URL" "$STYTCH_BASE_URL"`)
	assert.Equal(t, 0, status)
	assert.Regexp(t, `^0123456789abcdef (http://127\.0\.0\.1:\d+) (http://127\.0\.0\.1:\d+)\n$`, stdout)
}

// A signal to otpbox run goes to the command, whose exit status counts.
func TestRunPassesSignalsOn(t *testing.T) {
	t.Parallel()
	for s, name := range map[syscall.Signal]string{syscall.SIGINT: "INT", syscall.SIGTERM: "TERM"} {
		for _, status := range []int{0, 3} {
			cmd := command(t, "run", "--", "sh", "-c", fmt.Sprintf("trap 'echo ended; exit %d' %s; echo began; while :; do sleep 0.05; done", status, name))
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			lines := bufio.NewScanner(out)
			require.True(t, lines.Scan())
			require.NoError(t, cmd.Process.Signal(s))
			require.True(t, lines.Scan())
			assert.Equal(t, "ended", lines.Text())
			_ = cmd.Wait()
			assert.Equal(t, status, cmd.ProcessState.ExitCode(), name)
		}
	}
}

// What follows the name of a command is the command's.
func TestRunPassesArgumentsOn(t *testing.T) {
	t.Parallel()
	for _, dashes := range [][]string{nil, {"--"}} {
		args := append(append([]string{"run", "--quiet"}, dashes...), "echo", "help", "--port", "-h", "--", "b")
		status, stdout, stderr := finish(t, args...)
		assert.Equal(t, 0, status, stderr)
		assert.Equal(t, "help --port -h -- b\n", stdout)
	}
}

// otpbox ready and code ask where the environment says that otpbox serves.
func TestLikelyAddress(t *testing.T) {
	t.Parallel()
	for want, variables := range map[string]map[string]string{
		"127.0.0.1:6872":  {},
		"127.0.0.1:7000":  {"OTPBOX_PORT": "7000"},
		"[::1]:7001":      {"OTPBOX_LISTEN": "::1", "OTPBOX_PORT": "7001"},
		"127.0.0.1:7002":  {"OTPBOX_LISTEN": "0.0.0.0", "OTPBOX_PORT": "7002"},
		"127.0.0.1:7003":  {"OTPBOX_LISTEN": ":7003"},
		"192.0.2.10:7004": {"OTPBOX_LISTEN": "192.0.2.10:7004"},
	} {
		assert.Equal(t, want, likelyAddress(func(name string) string { return variables[name] }))
	}
	for _, port := range []string{"0", "-1", "99999", "x"} {
		assert.Equal(t, "127.0.0.1:6872", likelyAddress(func(name string) string { return map[string]string{"OTPBOX_PORT": port}[name] }))
	}
}

// otpbox tail prints a message once, whatever becomes of its code.
func TestPrinter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var p printer
	for range 2 {
		p.print(&out, &emulator.Message{ID: 1, Code: "123456", Channel: "sms", Recipient: number}, nil)
	}
	assert.Equal(t, 1, strings.Count(out.String(), "123456"))
	p.print(&out, nil, &emulator.Request{Status: 400, Recipient: "+80012345678", ErrorType: "invalid_phone_number_country_code"})
	assert.NotContains(t, out.String(), "--countries", "no flag allows numbers of no country")
}

// What otpbox env prints is read back by the shells that are there.
func TestEnv(t *testing.T) {
	t.Parallel()
	odd := `a 'b' "c" $d \e`
	for shell, run := range map[string]string{"bash": "eval \"$lines\"", "dotenv": "set -a; eval \"$lines\""} {
		status, lines, stderr := finish(t, "env", "--shell", shell, "--secret", odd, "--url", "http://127.0.0.1:7000")
		require.Equal(t, 0, status, stderr)
		cmd := exec.CommandContext(t.Context(), "sh", "-c", run+`; printf '%s|%s|%s' "$STYTCH_SECRET" "$STYTCH_BASE_URL" "$STYTCH_PROJECT_ID"`)
		cmd.Env = append(os.Environ(), "lines="+lines)
		out, err := cmd.Output()
		require.NoError(t, err)
		assert.Equal(t, odd+"|http://127.0.0.1:7000|project-test-otpbox", string(out), shell)
	}
	_, lines, _ := finish(t, "env", "--shell", "fish", "--secret", odd)
	assert.Contains(t, lines, `set -gx STYTCH_SECRET 'a \'b\' "c" $d \\e'`+"\n")
	_, lines, _ = finish(t, "env", "--shell", "powershell", "--secret", odd)
	assert.Contains(t, lines, `$env:STYTCH_SECRET = 'a ''b'' "c" $d \e'`+"\n")
}

// A number of another country gets its code when the flag says so.
func TestCountries(t *testing.T) {
	t.Parallel()
	p := start(t, "--countries", "DE,GB")
	_, err := p.client().OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+4915123450001"})
	require.NoError(t, err)
	_, err = p.client().OTPs.WhatsApp.LoginOrCreate(t.Context(), stytchotp.WhatsAppLoginOrCreateParams{PhoneNumber: "+447400120001"})
	require.NoError(t, err)
	<-p.lines
	<-p.lines
	_, err = p.client().OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+33612340001"})
	require.Error(t, err)
	assert.Regexp(t, `^\d\d:\d\d:\d\d  refused 400  otps\.sms\.login_or_create  \+33612340001  invalid_phone_number_country_code  \(otpbox --countries FR lets it through\)$`,
		<-p.lines, "the terminal says what to do")
	for _, to := range []string{"\x1b[2J", "ada\x1b]0;x\a@example.com"} {
		_, err = p.client().OTPs.Authenticate(t.Context(), stytchotp.AuthenticateParams{MethodID: to, Code: "123456"})
		require.Error(t, err)
		assert.NotRegexp(t, `[\x00-\x1f]`, <-p.lines, "nothing that a terminal acts on")
		body, err := json.Marshal(map[string]string{"email": to})
		require.NoError(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.base+"/v1/otps/email/login_or_create", bytes.NewReader(body))
		require.NoError(t, err)
		r.SetBasicAuth("project-test-otpbox", "secret-test-otpbox")
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
		assert.NotRegexp(t, `[\x00-\x1f]`, <-p.lines, "nothing that a terminal acts on")
	}
}

// Another terminal sees what the first one sees, until otpbox ends.
func TestTail(t *testing.T) {
	t.Parallel()
	p := start(t)
	cmd := command(t, "tail", "--url", p.url)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	client := p.client()
	seen := make(chan bool)
	go func() { seen <- lines.Scan() }()
	for { // the stream may not be open yet
		_, err = p.sendSMS(client)
		require.NoError(t, err)
		<-p.lines
		select {
		case <-seen:
			assert.Regexp(t, `^\d\d:\d\d:\d\d  \d{6}  sms       \+12025550162$`, lines.Text())
		case <-time.After(20 * time.Millisecond):
			continue
		}
		break
	}
	_, err = client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: "+33612340001"})
	require.Error(t, err)
	refused := false
	for !refused && lines.Scan() {
		refused = strings.Contains(lines.Text(), "otpbox --countries FR lets it through")
	}
	assert.True(t, refused)
	require.Equal(t, 0, p.stop(os.Interrupt))
	for lines.Scan() { // to the end
	}
	require.NoError(t, cmd.Wait())
}
