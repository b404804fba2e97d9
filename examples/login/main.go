// Command login is a web application that signs people in with a code, sent by text
// message, by WhatsApp or by e-mail.
//
//	go run ./examples/login
//
// With STYTCH_PROJECT_ID and STYTCH_SECRET it uses Stytch. Without them it starts an
// emulator inside itself, with otpbox, the page that shows what was sent.
//
// The login itself is in flow.go; app.go holds what is around it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "the address to serve on")
	secure := flag.Bool("secure", false, "cookies go over https only; always so outside loopback")
	wait := flag.Duration("wait", 30*time.Second, "until a code can be sent again, the first time")
	selfcheck := flag.Bool("selfcheck", false, "sign in to itself once, then stop")
	flag.Parse()
	if *selfcheck {
		*listen = "127.0.0.1:0"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *secure, *wait, *selfcheck); err != nil {
		fmt.Fprintln(os.Stderr, "login:", err)
		defer os.Exit(1)
	}
}

func run(ctx context.Context, listen string, secure bool, wait time.Duration, selfcheck bool) error {
	client, emulator, err := connect(selfcheck)
	if err != nil {
		return err
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	loopback := socket.Addr().(*net.TCPAddr).IP.IsLoopback() //nolint:errcheck // a TCP socket
	app, err := newApp(client, secure || !loopback, wait)
	if err != nil {
		return err
	}
	mux, url := http.NewServeMux(), "http://"+socket.Addr().String()
	mux.Handle("/", app.handler())
	fmt.Println("The app:   ", url)
	if emulator != nil {
		defer emulator.Close()
		mux.Handle("/otpbox/", http.StripPrefix("/otpbox", emulator.Inbox())) // for loopback only
		fmt.Println("Its codes: ", url+"/otpbox/")
	}
	server := &http.Server{
		Handler: mux, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute, // the client may take ten seconds
	}
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(socket) }()
	if selfcheck {
		ended <- logIn(url, emulator)
	}
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(patience))
}

// connect returns a client of Stytch, or without credentials of an emulator.
func connect(selfcheck bool) (*stytchotp.Client, *otptest.Server, error) {
	options := clientOptions(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if !selfcheck && (os.Getenv("STYTCH_PROJECT_ID") != "" || os.Getenv("STYTCH_SECRET") != "") {
		client, err := stytchotp.NewClientFromEnv(options...)
		return client, nil, err
	}
	emulator, err := otptest.Start()
	if err != nil {
		return nil, nil, err
	}
	emulator.AllowCountries(otptest.ChannelSMS, regions()...)
	emulator.AllowCountries(otptest.ChannelWhatsApp, regions()...)
	return emulator.Client(options...), emulator, nil
}
