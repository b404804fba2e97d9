// Command otpbox is Stytch's OTP API on your machine: a program that any Stytch SDK
// can be pointed at, with a page on which every code appears the moment it is sent.
//
//	go run ./cmd/otpbox                        # serve; no flags needed
//	go run ./cmd/otpbox code +12025550162      # print the code, for scripts
//	go run ./cmd/otpbox ready --wait 5s        # wait until it serves
//
// It keeps everything in memory, writes no files, sends no messages, and answers
// only this machine unless it is given a token.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal does what signals usually do
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "otpbox:", err)
		defer os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "otpbox:", err)
		defer os.Exit(1)
	}
}

// usageError is a mistake in the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

// run is the program. The first argument names the sub-command; without one it serves.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serve(ctx, args, env, stdout, stderr)
	case "code":
		return printCode(ctx, args, env, stdout, stderr)
	case "ready":
		return waitReady(ctx, args, env, stderr)
	case "help":
		fmt.Fprint(stdout, help)
		return nil
	}
	return usageError(fmt.Sprintf("there is no command %q; try otpbox help", command))
}

const help = `otpbox is Stytch's OTP API on your machine, with an inbox for the codes.

  otpbox                       serve on http://127.0.0.1:6872 (otpbox serve --help: all flags)
  otpbox code RECIPIENT        print the live code that RECIPIENT got last
         --wait 5s             and wait for one that long if there is none yet
  otpbox ready                 succeed once otpbox serves
         --wait 5s             and wait for that so long

code and ready ask http://127.0.0.1:6872 unless --url or OTPBOX_URL names another
address, and take the token, if there is one, from --token or OTPBOX_TOKEN.
`

// parse parses flags that may stand before, between and behind the other arguments,
// which it returns.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError(err.Error())
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}
