package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

// isTheProgram makes this test binary be otpbox, so that it is tested as a process
// without being built twice.
const isTheProgram = "OTPBOX_IS_THE_PROGRAM"

// isTheClient makes it be a program that otpbox run starts: it sends a code to its
// argument, prints the code as otpbox code does, and ends with the status 7.
const isTheClient = "OTPBOX_IS_THE_CLIENT"

func TestMain(m *testing.M) {
	if os.Getenv(isTheClient) != "" && len(os.Args) == 2 {
		os.Exit(sendAndRead(os.Args[1]))
	}
	if os.Getenv(isTheProgram) != "" {
		main()
		return
	}
	m.Run()
}

func sendAndRead(to string) (status int) {
	client, err := stytchotp.NewClientFromEnv()
	if err == nil {
		_, err = client.OTPs.SMS.LoginOrCreate(context.Background(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: stytchotp.PhoneNumber(to)})
	}
	if err == nil {
		err = run(context.Background(), []string{"code", to}, os.Getenv, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 7
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), isTheProgram+"=1", "OTPBOX_URL=", "OTPBOX_TOKEN=")
	return cmd
}

// finish runs a command to its end.
func finish(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd := command(t, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), complaint.String()
}

// unread is how many lines are read before a test asks for them. Of a program that
// prints many more, the pipe gets full.
const unread = 16

// process is an otpbox that serves.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	banner string
	url    string // of the inbox
	base   string // for SDKs
	lines  chan string
	stderr *safeBuffer
}

// safeBuffer is written by one goroutine and read by another.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// unassigned returns an address that is free, and stays so when its port is given back:
// Linux, macOS and Windows assign no port below 32768 when port 0 is asked for.
func unassigned(t *testing.T) string {
	t.Helper()
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		socket, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, socket.Close())
		return address
	}
}

// start starts otpbox on a free port; a later --listen names another.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{
		t: t, cmd: command(t, append([]string{"--port", "0"}, args...)...), lines: make(chan string, unread), stderr: &safeBuffer{},
	}
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.cmd.Stderr = p.stderr
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	for line := range p.lines {
		p.banner += line + "\n"
		if line == "Ctrl-C stops it." {
			p.url = p.find(`Inbox +(https?://[^/]+)`)
			p.base = p.find(`Base URL +(\S+)`)
			return p
		}
	}
	require.Fail(t, "otpbox did not start", "%s%s", p.banner, p.stderr)
	return nil
}

func (p *process) find(pattern string) string {
	p.t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(p.banner)
	require.NotNil(p.t, found, p.banner)
	return found[1]
}

// stop sends a signal and returns the exit status.
func (p *process) stop(signal os.Signal) int {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(signal))
	for open := true; open; _, open = <-p.lines { // the pipe is read to its end first
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		require.NoError(p.t, err)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) get(path string, header ...string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, http.NoBody)
	require.NoError(p.t, err)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := new(http.Client).Do(r)
	require.NoError(p.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	return response.StatusCode, string(body)
}

// client is made of nothing but what the program printed.
func (p *process) client(opts ...stytchotp.Option) *stytchotp.Client {
	p.t.Helper()
	opts = append([]stytchotp.Option{stytchotp.WithBaseURL(p.find(`export STYTCH_BASE_URL=(\S+)`))}, opts...)
	client, err := stytchotp.NewClient(p.find(`export STYTCH_PROJECT_ID=(\S+)`), p.find(`export STYTCH_SECRET=(\S+)`), opts...)
	require.NoError(p.t, err)
	return client
}

// sendSMS sends a code to number.
func (p *process) sendSMS(client *stytchotp.Client) (*stytchotp.SMSLoginOrCreateResponse, error) {
	return client.OTPs.SMS.LoginOrCreate(p.t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
}
