package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// runCommand serves on a free port while a command runs, whose environment makes an SDK
// use it. The command's output is its own; what otpbox says goes to stderr.
func runCommand(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) error {
	o, command, err := readOptions("run", 0, args, env, stdout)
	switch {
	case err != nil:
		return err
	case len(command) == 0:
		return usageError("run takes a command: otpbox run -- go test ./...")
	case o.tls:
		return usageError("run serves http, which an SDK accepts on this machine; --tls is for otpbox serve")
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ready, served := make(chan *place, 1), make(chan error, 1)
	go func() { served <- serveWith(serving, o, stderr, stderr, func(p *place) { ready <- p }) }()
	select {
	case err = <-served:
		return err
	case p := <-ready:
		err = execute(command, p.environment(), stdout, stderr)
	}
	stop()
	return errors.Join(err, <-served)
}

// execute runs the command to its end, and passes signals on.
func execute(command []string, environment [][2]string, stdout, stderr io.Writer) error {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // it is what the person asked for, and ends when it wants
	cmd.Env = os.Environ()
	for _, variable := range environment {
		cmd.Env = append(cmd.Env, variable[0]+"="+variable[1])
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := cmd.Start(); errors.Is(err, exec.ErrNotFound) {
		return usageError(fmt.Sprintf("run: %q is not a program", command[0]))
	} else if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return err
		case s := <-signals:
			if s != os.Interrupt || !hasTerminal() { // a terminal interrupts the command itself
				_ = cmd.Process.Signal(s)
			}
		}
	}
}

// hasTerminal reports whether the person types into a terminal.
func hasTerminal() bool {
	input, err := os.Stdin.Stat()
	none, noneErr := os.Stat(os.DevNull)
	return err == nil && input.Mode()&os.ModeCharDevice != 0 && (noneErr != nil || !os.SameFile(input, none))
}

// environment is what makes an SDK, and otpbox code, use this otpbox.
func (p *place) environment() [][2]string {
	variables := [][2]string{
		{"STYTCH_BASE_URL", p.baseURL()}, {"STYTCH_PROJECT_ID", p.options.projectID}, {"STYTCH_SECRET", p.options.secret}, {"OTPBOX_URL", p.url},
	}
	if p.options.token != "" {
		variables = append(variables, [2]string{"OTPBOX_TOKEN", p.options.token})
	}
	return variables
}

// printEnvironment prints the variables for a shell.
func printEnvironment(args []string, env func(string) string, stdout io.Writer) error {
	var a asking
	var o options
	flags := newFlags("env")
	shell := flags.String("shell", "bash", "`shell` to write for: bash, fish, powershell or dotenv")
	flags.StringVar(&o.projectID, "project-id", defaultProjectID, "project `id` that otpbox accepts")
	flags.StringVar(&o.secret, "secret", defaultSecret, "secret that otpbox accepts")
	if err := setFromEnvironment(flags, env); err != nil {
		return err
	}
	a.addFlags(flags, env)
	rest, err := parse(flags, args, stdout)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usageError("env takes no arguments")
	}
	if err = a.check(env); err != nil {
		return err
	}
	o.token = a.token
	for _, variable := range (&place{options: o, url: a.url}).environment() {
		line, err := assignment(*shell, variable[0], variable[1])
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, line)
	}
	return nil
}

// assignment is how a shell sets a variable for the programs that it starts.
func assignment(shell, name, value string) (string, error) {
	switch shell {
	case "bash":
		return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'", nil
	case "fish":
		return "set -gx " + name + " '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(value) + "'", nil
	case "powershell":
		return "$env:" + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'", nil
	case "dotenv":
		return name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(value) + `"`, nil
	}
	return "", usageError("--shell is bash, fish, powershell or dotenv")
}
