package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

// fakeTest is what otptest needs of a test, outside of one.
type fakeTest struct {
	testing.TB

	cleanups []func()
	failure  error
}

func (f *fakeTest) Helper() {}

func (f *fakeTest) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

func (f *fakeTest) Errorf(format string, args ...any) {
	f.failure = errors.Join(f.failure, fmt.Errorf(format, args...))
}

// Fatalf cannot end the program's goroutine as it ends a test's.
func (f *fakeTest) Fatalf(format string, args ...any) { f.Errorf(format, args...) }

func (f *fakeTest) end() error {
	for _, c := range f.cleanups {
		c()
	}
	return f.failure
}

// emulated measures the emulator inside a test.
func emulated(ctx context.Context, r *report, _ *server, p plan) error {
	r.heading("The emulator in process")
	r.printf("A login by otptest without a socket: a send, the code out of the message, an authenticate. " +
		"With a session the emulator signs a JWT with RSA, as the API does, and that is most of it.\n\n")
	test := &fakeTest{}
	srv := otptest.NewInProcess(test)
	client := srv.Client()
	memory, err := memoryTasks(&contender.Memory{}, contender.LoginOrCreate)
	if err != nil {
		return err
	}
	tasks := []task{
		{"a call of (4), in memory", memory[sdk].run},
		{"a login, no session", func(ctx context.Context) error { return logIn(ctx, srv, client, 0) }},
		{"a login with a session", func(ctx context.Context) error { return logIn(ctx, srv, client, 60) }},
	}
	costs, err := measure(ctx, tasks, min(p.rounds*3, 9), p.logins)
	if err = errors.Join(err, test.end()); err != nil {
		return err
	}
	rows := [][]string{{"", "time", "allocations", "to a call of (4)"}}
	for i, c := range costs {
		rows = append(rows, []string{tasks[i].name, micros(c.time), format(c.allocs), format(ratio(c.time, costs[0].time))})
	}
	r.table(rows)
	r.expect("otptest, a login without a session: time to a call of (4)", ratio(costs[1].time, costs[0].time), 10, false)
	return nil
}

func logIn(ctx context.Context, srv *otptest.Server, client *stytchotp.Client, sessionMinutes int) error {
	number := srv.NewPhoneNumber()
	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	if err != nil {
		return err
	}
	_, err = client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
		MethodID: sent.MethodID, Code: stytchotp.Secret(srv.Code(string(number))), SessionDurationMinutes: sessionMinutes,
	})
	return err
}

// served measures otpbox, under load from this process.
func served(ctx context.Context, r *report, s *server, p plan) (err error) {
	r.heading("otpbox")
	r.printf("Sends by %d workers of (1) to another process over loopback: to otpbox, which is told not to print the messages, and "+
		"to a handler that reads the body and answers. What the calls cost the caller is in both.\n\n", p.throughputWorkers)
	box, err := startBox(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.stop()) }()
	careful := contender.All()[careful]
	var empty, full []sample
	for range p.throughputRounds {
		for _, side := range []struct {
			url     string
			samples *[]sample
		}{{s.Empty, &empty}, {box.url, &full}} {
			c, err := careful.New(side.url, nil)
			if err != nil {
				return err
			}
			got := run(ctx, c, p.throughputWorkers, steady, p.time)
			c.Close()
			if got.failed > 0 {
				return fmt.Errorf("%d calls failed, one with: %w", got.failed, got.err)
			}
			*side.samples = append(*side.samples, got)
		}
	}
	perSecond := func(s sample) float64 { return s.perSecond }
	p99 := func(s sample) time.Duration { return s.p99 }
	r.table([][]string{
		{"", "requests a second", "p99"},
		{"reads the body", format(median(empty, perSecond)), millis(median(empty, p99))},
		{"otpbox", format(median(full, perSecond)), millis(median(full, p99))},
	})
	r.expect("otpbox: requests a second to a handler that reads the body", results{full, empty}.ratio(0, 1, perSecond), 0.5, true)
	return nil
}

// box is otpbox as a process.
type box struct {
	url     string
	folder  string
	command *exec.Cmd
}

// startBox builds and starts otpbox on a free port.
func startBox(ctx context.Context) (*box, error) {
	folder, err := os.MkdirTemp("", "report")
	if err != nil {
		return nil, err
	}
	b := &box{folder: folder}
	module, err := moduleFolder(ctx)
	if err != nil {
		return nil, errors.Join(err, b.stop())
	}
	program := filepath.Join(folder, "otpbox")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/otpbox")
	build.Dir = filepath.Join(module, "..", "..") // otpbox belongs to the root module
	out, err := build.CombinedOutput()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("building otpbox: %w: %s", err, out), b.stop())
	}
	b.command = exec.CommandContext(ctx, program, "-port", "0", "-quiet", "-project-id", contender.ProjectID, "-secret", contender.Secret)
	stdout, err := b.command.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, b.stop())
	}
	if err := b.command.Start(); err != nil {
		return nil, errors.Join(err, b.stop())
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if url, found := strings.CutPrefix(lines.Text(), "export STYTCH_BASE_URL="); found {
			b.url = url
			go func() { _, _ = io.Copy(io.Discard, stdout) }() // until it is stopped
			return b, nil
		}
	}
	return nil, errors.Join(errors.New("otpbox did not say where it serves"), b.stop())
}

func (b *box) stop() error {
	if b.command != nil && b.command.Process != nil {
		_ = b.command.Process.Kill()
		_ = b.command.Wait() // it was killed, which is an error and no news
	}
	return os.RemoveAll(b.folder)
}
