package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/stytchotp/stytchotp/internal/emulator"
	"github.com/stytchotp/stytchotp/internal/inbox"
)

const (
	// defaultPort spells OTPB on a telephone's keys.
	defaultPort = 6872
	maxPort     = 65535

	// The credentials are always the same, so that what is written in an env file
	// goes on working. They open nothing but an emulator.
	defaultProjectID = "project-test-otpbox"
	defaultSecret    = "secret-test-otpbox"
)

// options are what the command line says about serving.
type options struct {
	listen    string
	port      int
	tls       bool
	token     string
	hosts     names
	projectID string
	secret    string
	seed      string
	codes     fixedCodes
	keep      int
	quiet     bool
	countries names
}

// names is a flag that may be given several times.
type names []string

// String returns the names.
func (n *names) String() string { return strings.Join(*n, ",") }

// Set adds names.
func (n *names) Set(value string) error {
	*n = append(*n, strings.Split(value, ",")...)
	return nil
}

// fixedCodes is a flag like +12025550162=123456.
type fixedCodes map[string]string

// String is empty: there are no codes to begin with.
func (c *fixedCodes) String() string { return "" }

// Set adds codes, separated by commas.
func (c *fixedCodes) Set(value string) error {
	for one := range strings.SplitSeq(value, ",") {
		recipient, code, found := strings.Cut(one, "=")
		if !found {
			return errors.New("want RECIPIENT=DIGITS")
		}
		if *c == nil {
			*c = fixedCodes{}
		}
		(*c)[recipient] = code
	}
	return nil
}

// addFlags makes the flags of a command that serves.
func (o *options) addFlags(flags *flag.FlagSet, port int) {
	flags.StringVar(&o.listen, "listen", "127.0.0.1", "`address` to listen on; one that other machines reach needs a token")
	flags.IntVar(&o.port, "port", port, "`port` to listen on; 0 takes a free one")
	flags.BoolVar(&o.tls, "tls", false, "serve https too, on the next port, with a certificate authority made for this run")
	flags.StringVar(&o.token, "token", "", "`token` that inbox and control API ask for")
	flags.Var(&o.hosts, "host", "a further host `name` to answer to; may be repeated")
	flags.Var(&o.countries, "countries", "`countries` that messages may go to besides the United States and Canada, such as DE,GB")
	flags.StringVar(&o.projectID, "project-id", defaultProjectID, "project `id` to accept")
	flags.StringVar(&o.secret, "secret", defaultSecret, "secret to accept")
	flags.StringVar(&o.seed, "seed", "", "make codes and ids repeat from run to run")
	flags.Var(&o.codes, "code", "give a `recipient=digits` the same code every time; may be repeated")
	flags.IntVar(&o.keep, "keep", emulator.DefaultMaxMessages, "how many `messages` are kept; the oldest go first")
	flags.BoolVar(&o.quiet, "quiet", false, "do not print the messages that go out")
}

// printFlags prints the flags of otpbox.
func printFlags(w io.Writer) {
	flags := newFlags("serve")
	new(options).addFlags(flags, defaultPort)
	flags.SetOutput(w)
	flags.PrintDefaults()
}

// readOptions reads the flags of a command that serves, and returns its other arguments.
func readOptions(command string, port int, args []string, env func(string) string, stdout io.Writer) (options, []string, error) {
	var o options
	flags := newFlags(command)
	o.addFlags(flags, port)
	if err := setFromEnvironment(flags, env); err != nil {
		return o, nil, err
	}
	read := parse
	if command == "run" {
		read = parseLeading // the rest are another program's
	}
	rest, err := read(flags, args, stdout)
	if err != nil {
		return o, nil, err
	}
	return o, rest, o.check()
}

// splitListen takes the port out of the address to listen on, if it has one.
func (o *options) splitListen() error {
	if host, port, err := net.SplitHostPort(o.listen); err == nil {
		number, err := strconv.Atoi(port)
		if err != nil {
			return usageError("--listen " + o.listen + ": the port is no number")
		}
		o.listen, o.port = host, number
	}
	o.listen = strings.Trim(o.listen, "[]")
	return nil
}

func (o *options) check() error {
	if err := o.splitListen(); err != nil {
		return err
	}
	last := maxPort
	if o.tls {
		last-- // the next port is for https
	}
	switch {
	case o.port < 0 || o.port > last:
		return usageError(fmt.Sprintf("--port is 0 to %d", last))
	case strings.HasPrefix(o.projectID, "project-live-") || strings.HasPrefix(o.secret, "secret-live-"):
		return usageError("LIVE CREDENTIALS REFUSED. otpbox is an emulator for development; live credentials are not accepted here.\n" +
			"If they stand in a script or in your shell's history now, consider rotating them in Stytch's dashboard.")
	case o.token != "" && len(o.token) < inbox.MinTokenLength:
		return usageError(fmt.Sprintf("the token has fewer than %d characters; openssl rand -hex 16 makes a good one", inbox.MinTokenLength))
	case !o.isLoopback() && o.token == "":
		return usageError("--listen " + o.listen + " lets other machines read every code, so it needs a token:\n" +
			"  OTPBOX_TOKEN=$(openssl rand -hex 16) otpbox --listen " + o.listen)
	case emulator.CheckCountries(o.countries...) != nil:
		return usageError("--countries: " + strings.TrimPrefix(emulator.CheckCountries(o.countries...).Error(), "emulator: "))
	case o.keep < 1:
		return usageError("--keep is at least 1")
	}
	return nil
}

func (o *options) isLoopback() bool {
	if o.listen == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(o.listen)
	return err == nil && ip.Unmap().IsLoopback()
}
