package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
	"github.com/stytchotp/stytchotp/internal/inbox"
	"github.com/stytchotp/stytchotp/internal/phone"
)

// stopTime is how long answers, and then the last lines, may take to be written when
// the program is told to end. Browsers that opened a connection in advance and a
// terminal or pipe that is not read would have it wait for longer.
const stopTime = time.Second

func serve(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) error {
	o, rest, err := readOptions("serve", defaultPort, args, env, stdout)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usageError(fmt.Sprintf("serve takes no arguments, but was given %q", rest[0]))
	}
	return serveWith(ctx, o, stdout, stderr, nil)
}

func newEngine(o options) (*emulator.Emulator, error) {
	engine, err := emulator.New(emulator.Config{
		ProjectID: o.projectID, Secret: o.secret, Seed: o.seed, FixedCodes: o.codes, MaxMessages: o.keep, Countries: o.countries,
	})
	if err != nil {
		return nil, usageError(err.Error())
	}
	return engine, nil
}

// serveWith serves until ctx ends. When it listens, it prints where, or calls ready
// instead.
func serveWith(ctx context.Context, o options, stdout, stderr io.Writer, ready func(*place)) error {
	engine, err := newEngine(o)
	if err != nil {
		return err
	}
	plain, err := listen(ctx, o.listen, o.port)
	if err != nil {
		return err
	}
	defer func() { _ = plain.Close() }()
	place := &place{options: o, engine: engine, url: address("http", plain, o.listen)}
	config := inbox.Config{Emulator: engine, Token: o.token, Hosts: append(o.hosts, o.listen)}

	sockets := []net.Listener{plain}
	if o.tls {
		var secure net.Listener
		if secure, config.CertificateAuthority, err = listenTLS(ctx, o, plain); err != nil {
			return err
		}
		defer func() { _ = secure.Close() }()
		sockets = append(sockets, secure)
		place.secureURL = address("https", secure, o.listen)
	}
	config.BaseURL = place.baseURL()
	if !o.isLoopback() {
		config.BaseURL = "" // whatever name the page was asked for works for others too
	}
	handler, err := inbox.New(config)
	if err != nil {
		return usageError(err.Error())
	}
	if ready == nil {
		place.print(stdout)
	} else {
		ready(place)
	}
	following, end := follow(engine, o.quiet, stdout, stderr)
	err = serveUntil(ctx, handler, sockets, stderr)
	end()
	select {
	case <-following:
	case <-time.After(stopTime):
	}
	return err
}

// serveUntil serves on all sockets until ctx ends. Then it lets calls under way
// finish, but not streams and calls that wait for something.
func serveUntil(ctx context.Context, handler http.Handler, sockets []net.Listener, stderr io.Writer) error {
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler:           handler,
		BaseContext:       func(net.Listener) context.Context { return serving },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(stderr, "otpbox: ", 0),
	}
	failed := make(chan error, len(sockets))
	for _, socket := range sockets {
		go func() { failed <- server.Serve(socket) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	cancel()
	stopping, done := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer done()
	if shutdownErr := server.Shutdown(stopping); shutdownErr != nil {
		_ = server.Close() // the requests that are left had their time
	}
	return err
}

func listen(ctx context.Context, host string, port int) (net.Listener, error) {
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d is taken; is otpbox running already? --port 0 takes a free one", port)
	}
	return socket, err
}

func portOf(socket net.Listener) int {
	if address, ok := socket.Addr().(*net.TCPAddr); ok {
		return address.Port
	}
	return 0
}

// address is the URL that a socket is reached by from this machine.
func address(scheme string, socket net.Listener, host string) string {
	return scheme + "://" + net.JoinHostPort(reachable(host), strconv.Itoa(portOf(socket)))
}

// reachable returns the host by which this machine reaches a socket that listens on host.
func reachable(host string) string {
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}

// follow prints each message that goes out, until end is called.
func follow(engine *emulator.Emulator, quiet bool, stdout, stderr io.Writer) (done <-chan struct{}, end func()) {
	events := engine.Subscribe(256)
	finished := make(chan struct{})
	var p printer
	go func() {
		defer close(finished)
		for event := range events.Events() {
			switch {
			case event.Request != nil && event.Request.ErrorType == "live_credentials_refused_by_emulator":
				fmt.Fprintln(stderr, "otpbox: LIVE CREDENTIALS were sent here and refused. Something that uses a live project is configured with otpbox's address.")
			case !quiet:
				p.print(stdout, event.Message, event.Request)
			}
		}
	}()
	return finished, events.Close
}

// printer prints each message once, though it has more events: its code is used, or
// superseded.
type printer struct{ last int64 }

// print prints a message that went out, or a call that was refused and the flag that lets
// it through.
func (p *printer) print(stdout io.Writer, m *emulator.Message, r *emulator.Request) {
	if m != nil && m.ID > p.last {
		p.last = m.ID
		fmt.Fprintf(stdout, "%s  %s  %-8s  %s\n", m.SentAt.Local().Format(time.TimeOnly), m.Code, m.Channel, m.Recipient)
	}
	if r == nil || r.Status < http.StatusBadRequest {
		return
	}
	remedy := ""
	if region := phone.Region(r.Recipient); r.ErrorType == "invalid_phone_number_country_code" && emulator.CheckCountries(region) == nil {
		remedy = "  (otpbox --countries " + region + " lets it through)"
	}
	fmt.Fprintf(stdout, "%s  refused %d  %s  %s  %s%s\n", r.Time.Local().Format(time.TimeOnly), r.Status,
		cmp.Or(r.Operation, r.Method+" "+r.Path), r.Recipient, r.ErrorType, remedy)
}
