package main

import (
	"errors"
	"flag"
	"io"
	"regexp"
	"strings"
	"time"
)

// newFlags returns a set of flags that prints nothing by itself.
func newFlags(command string) *flag.FlagSet {
	flags := flag.NewFlagSet("otpbox "+command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

// parse parses flags that may stand before, between and behind the other arguments,
// which it returns. What follows "--" is not parsed. Help goes to stdout.
func parse(flags *flag.FlagSet, args []string, stdout io.Writer) ([]string, error) {
	var rest []string
	for {
		err := flags.Parse(args)
		parsed := args[:len(args)-flags.NArg()]
		isLast := err == nil && len(parsed) > 0 && parsed[len(parsed)-1] == "--"
		if err == nil && flags.Arg(0) == "help" && !isLast {
			err = flag.ErrHelp // no recipient has this name
		}
		switch {
		case errors.Is(err, flag.ErrHelp):
			flags.SetOutput(stdout)
			flags.Usage()
			return nil, errHelp
		case err != nil:
			return nil, usageError(explainFlag(flags, err) + "; " + flags.Name() + " --help names all flags")
		case flags.NArg() == 0:
			return rest, nil
		case isLast:
			return append(rest, flags.Args()...), nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// parseLeading parses the flags before the first other argument, and returns the rest.
func parseLeading(flags *flag.FlagSet, args []string, stdout io.Writer) ([]string, error) {
	if len(args) == 1 && args[0] == "help" {
		args = []string{"--help"}
	}
	if err := flags.Parse(args); err == nil {
		return flags.Args(), nil
	}
	return parse(flags, args, stdout) // which explains
}

// errHelp says that help was asked for and printed.
var errHelp = errors.New("help was printed")

// setFromEnvironment gives each flag the value of its variable, --project-id that of
// OTPBOX_PROJECT_ID. The command line is parsed later, and wins.
func setFromEnvironment(flags *flag.FlagSet, env func(string) string) (err error) {
	flags.VisitAll(func(f *flag.Flag) {
		name := "OTPBOX_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := env(name)
		if value == "" || err != nil {
			return
		}
		if setErr := flags.Set(f.Name, value); setErr != nil {
			err = usageError(name + ": " + strings.Replace(setErr.Error(), "parse error", "it takes "+takes(f), 1))
			if f.Name == "token" || f.Name == "secret" {
				err = usageError(name + " cannot be used")
			}
		}
	})
	return err
}

// invalidFlag is how package flag says that it cannot read a value.
var invalidFlag = regexp.MustCompile(`^(invalid .* for (?:flag )?-([\w-]+)): parse error$`)

// explainFlag says what a flag takes, where package flag says "parse error".
func explainFlag(flags *flag.FlagSet, err error) string {
	if found := invalidFlag.FindStringSubmatch(err.Error()); found != nil {
		return found[1] + ": it takes " + takes(flags.Lookup(found[2]))
	}
	return err.Error()
}

// takes says what the values of a flag are like.
func takes(f *flag.Flag) string {
	if getter, ok := f.Value.(flag.Getter); ok {
		switch getter.Get().(type) {
		case bool:
			return "true or false"
		case time.Duration:
			return "a duration such as 5s"
		case int, int64:
			return "a whole number"
		}
	}
	return "another value"
}
