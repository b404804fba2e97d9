package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// asking is what the sub-commands that talk to a running otpbox have in common.
type asking struct {
	url   string
	token string
	wait  time.Duration
}

func (a *asking) addFlags(flags *flag.FlagSet, env func(string) string) {
	base := env("OTPBOX_URL")
	if base == "" {
		base = "http://" + likelyAddress(env)
	}
	flags.StringVar(&a.url, "url", base, "`address` of the running otpbox (OTPBOX_URL)")
	flags.StringVar(&a.token, "token", "", "its token (default $OTPBOX_TOKEN)")
	flags.DurationVar(&a.wait, "wait", 0, "how long to wait, such as 5s")
}

// likelyAddress is where otpbox serves in this environment. In its container, a health
// check has the environment of the first process and not its flags, which are read here.
func likelyAddress(env func(string) string) string {
	var o options
	flags := newFlags("serve")
	o.addFlags(flags, defaultPort)
	_ = setFromEnvironment(flags, env)
	commandLine, _ := os.ReadFile("/proc/1/cmdline")
	words := strings.Split(strings.TrimSuffix(string(commandLine), "\x00"), "\x00")
	for i, word := range words[:min(len(words), 4)] { // it may be an init's argument
		if filepath.Base(word) == "otpbox" {
			_, _ = parse(flags, words[i+1:], io.Discard)
			break
		}
	}
	if o.splitListen() != nil || o.port <= 0 || o.port > maxPort {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(defaultPort))
	}
	return net.JoinHostPort(reachable(o.listen), strconv.Itoa(o.port))
}

func (a *asking) check(env func(string) string) error {
	if a.token == "" {
		a.token = env("OTPBOX_TOKEN")
	}
	if a.wait < 0 || a.wait > time.Minute {
		return usageError("--wait is at most 1m0s")
	}
	if base, err := url.Parse(a.url); err != nil || base.Host == "" {
		return usageError("--url is an address such as http://127.0.0.1:6872")
	}
	a.url = strings.TrimSuffix(a.url, "/")
	return nil
}

func (a *asking) get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	return new(http.Client).Do(request)
}

// explain says what to do when a call got no answer.
func (a *asking) explain(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("nothing listens on %s: start otpbox, or name its address with --url or OTPBOX_URL", a.url)
	}
	return fmt.Errorf("otpbox does not answer: %w", err)
}

// printCode prints the digits of the live code that was sent last.
func printCode(ctx context.Context, args []string, env func(string) string, stdout io.Writer) error {
	var a asking
	flags := newFlags("code")
	a.addFlags(flags, env)
	channel := flags.String("channel", "", "only a message by this `channel`: sms, whatsapp or email")
	after := flags.Int64("after", 0, "only a message with a higher `id` than this")
	recipients, err := parse(flags, args, stdout)
	if err != nil {
		return err
	}
	if len(recipients) != 1 || strings.TrimSpace(recipients[0]) == "" {
		return usageError("code takes one recipient, a phone number such as +12025550162 or an e-mail address")
	}
	if err = a.check(env); err != nil {
		return err
	}
	query := url.Values{"to": {recipients[0]}, "state": {"live"}, "after": {strconv.FormatInt(*after, 10)}, "wait": {a.wait.String()}}
	if *channel != "" {
		query.Set("channel", *channel)
	}
	ctx, cancel := context.WithTimeout(ctx, a.wait+10*time.Second)
	defer cancel()
	answer, err := a.get(ctx, "/_otp/messages/latest?"+query.Encode())
	if err != nil {
		return a.explain(err)
	}
	defer answer.Body.Close()
	var message struct {
		Code         string `json:"code"`
		ErrorType    string `json:"error_type"`
		ErrorMessage string `json:"error_message"`
	}
	if err = json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&message); err != nil {
		return fmt.Errorf("%s is not otpbox: status %d", a.url, answer.StatusCode)
	}
	switch {
	case message.ErrorType == "no_message":
		return errors.New("no message with a live code for " + recipients[0])
	case answer.StatusCode != http.StatusOK || message.Code == "":
		return fmt.Errorf("status %d: %s", answer.StatusCode, message.ErrorMessage)
	}
	fmt.Fprintln(stdout, message.Code)
	return nil
}

// waitReady succeeds once otpbox serves. It prints nothing then, like other health
// checks.
func waitReady(ctx context.Context, args []string, env func(string) string, stdout io.Writer) error {
	var a asking
	flags := newFlags("ready")
	a.addFlags(flags, env)
	rest, err := parse(flags, args, stdout)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError("ready takes no arguments")
	}
	if err := a.check(env); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, max(a.wait, time.Second))
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	var problem error
	for {
		err := a.isReady(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || problem == nil {
			problem = err // not that the time is over
		}
		if a.wait == 0 {
			return problem
		}
		select {
		case <-ctx.Done():
			return problem
		case <-again.C:
		}
	}
}

func (a *asking) isReady(ctx context.Context) error {
	answer, err := a.get(ctx, "/readyz")
	if err != nil {
		return a.explain(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("X-Otp-Emulator") == "" {
		return fmt.Errorf("%s is not otpbox, or not ready: status %d", a.url, answer.StatusCode)
	}
	return nil
}

// tail prints what goes out and what is refused from now on, until otpbox ends.
func tail(ctx context.Context, args []string, env func(string) string, stdout io.Writer) error {
	var a asking
	flags := newFlags("tail")
	a.addFlags(flags, env)
	rest, err := parse(flags, args, stdout)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError("tail takes no arguments")
	}
	if err = a.check(env); err != nil {
		return err
	}
	answer, err := a.get(ctx, "/_otp/events")
	if err != nil {
		return a.explain(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d from %s: is it otpbox, and is the token right?", answer.StatusCode, a.url)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	var p printer
	for lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data: ")
		var event struct {
			Message *emulator.Message `json:"message"`
			Request *emulator.Request `json:"request"`
		}
		if isData && json.Unmarshal([]byte(data), &event) == nil {
			p.print(stdout, event.Message, event.Request)
		}
	}
	if ctx.Err() != nil {
		return nil // the person ended it
	}
	return lines.Err()
}
