// Command otpbox is Stytch's OTP API on your machine: a program that any Stytch SDK
// can be pointed at, with a page on which every code appears the moment it is sent.
//
//	go run ./cmd/otpbox                        # serve; no flags needed
//	go run ./cmd/otpbox code +12025550162      # print the code, for scripts
//	go run ./cmd/otpbox ready --wait 5s        # wait until it serves
//	go run ./cmd/otpbox run -- go test ./...   # serve for one command
//
// It keeps everything in memory, writes no files, sends no messages, and answers
// only this machine unless it is given a token.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/stytchotp/stytchotp/internal/inbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal does what signals usually do
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	var usage usageError
	var ended *exec.ExitError
	switch {
	case err == nil, errors.Is(err, errHelp):
		return
	case errors.As(err, &ended): // the command of otpbox run, which says itself what is wrong
		defer os.Exit(max(ended.ExitCode(), 1))
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
	if len(args) > 0 {
		switch first := args[0]; {
		case first == "--help" || first == "-help" || first == "-h":
			command, args = "help", args[1:]
		case first == "--version" || first == "-version":
			command, args = "version", args[1:]
		case first != "" && first[0] != '-':
			command, args = first, args[1:]
		}
	}
	switch command {
	case "serve":
		return serve(ctx, args, env, stdout, stderr)
	case "run":
		return runCommand(ctx, args, env, stdout, stderr)
	case "env":
		return printEnvironment(args, env, stdout)
	case "code":
		return printCode(ctx, args, env, stdout)
	case "tail":
		return tail(ctx, args, env, stdout)
	case "ready":
		return waitReady(ctx, args, env, stdout)
	case "version":
		fmt.Fprintln(stdout, "otpbox", inbox.Version()+", "+runtime.Version())
		return nil
	case "help":
		fmt.Fprint(stdout, help)
		printFlags(stdout)
		return nil
	}
	return usageError(fmt.Sprintf("there is no command %q; otpbox --help names all", command))
}

const help = `otpbox is Stytch's OTP API on your machine, with an inbox for the codes.

  otpbox                       serve on http://127.0.0.1:6872
  otpbox run -- COMMAND        serve on a free port, run COMMAND with the environment of an
                               SDK that uses it, and stop with COMMAND's exit status
  otpbox env                   print that environment, for an otpbox with default credentials
         --shell bash          or fish, powershell, dotenv
  otpbox code RECIPIENT        print the live code that RECIPIENT got last
         --wait 5s             and wait for one that long if there is none yet
         --channel sms         only of a message by sms, whatsapp or email
         --after 7             only of a message with a higher id
  otpbox tail                  print what goes out and what is refused from now on
  otpbox ready                 succeed once otpbox serves
         --wait 5s             and wait for that so long
  otpbox --version             print the version
  otpbox --help                print this; otpbox COMMAND --help prints the flags of COMMAND

code, tail and ready ask http://127.0.0.1:6872, which env names without asking it, unless
--url or OTPBOX_URL names another address, and take the token, if there is one, from
--token or OTPBOX_TOKEN.

Flags of otpbox and of otpbox run. Each can be set in the environment too, for example
--project-id as OTPBOX_PROJECT_ID:

`
