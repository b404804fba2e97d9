// Command login is a web application that signs people in with a code, sent by text
// message, by WhatsApp or by e-mail.
//
//	go run ./examples/login
//
// With STYTCH_PROJECT_ID and STYTCH_SECRET it uses Stytch. Without them it starts an
// emulator inside itself and prints the messages that arrive there.
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
	if emulator != nil {
		defer emulator.Close()
	}
	if selfcheck {
		listen = "127.0.0.1:0"
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	defer socket.Close()                                     //nolint:errcheck // the server has closed it, or never began
	loopback := socket.Addr().(*net.TCPAddr).IP.IsLoopback() //nolint:errcheck // a TCP socket
	if emulator != nil && !loopback {
		return errors.New("the emulator shows its codes, so it serves loopback only")
	}
	app, err := newApp(client, secure || !loopback, wait)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: app.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute, // the client may take ten seconds
	}
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(socket) }()
	url := "http://" + socket.Addr().String()
	fmt.Println("The app:  ", url)
	switch {
	case selfcheck:
		ended <- logIn(url, emulator)
	case emulator != nil:
		go show(ctx, emulator)
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
	for _, channel := range []string{otptest.ChannelSMS, otptest.ChannelWhatsApp} {
		emulator.AllowCountries(channel, regions()...)
	}
	return emulator.Client(options...), emulator, nil
}

// show prints each message that arrives at the emulator.
func show(ctx context.Context, emulator *otptest.Server) {
	for last := int64(0); ; {
		message, err := emulator.WaitMessageAfter(ctx, "", last)
		if err != nil {
			return
		}
		last = message.ID
		fmt.Printf("%s to %s: %s\n", message.Channel, message.Recipient, message.Text)
	}
}
