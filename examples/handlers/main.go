// Command handlers is a backend that logs people in: POST /start sends a code,
// POST /resend another one, POST /verify checks it, GET /me shows who is logged in, POST /logout ends that.
//
//	go run ./examples/handlers
//	curl -c jar -b jar -H 'Content-Type: application/json' -d '{"phone_number":"+12025550100"}' localhost:8080/start
//	curl -c jar -b jar -H 'Content-Type: application/json' -d '{"code":"…"}' localhost:8080/verify
//	curl -b jar localhost:8080/me
//	curl -b jar -X POST localhost:8080/logout
//
// Without STYTCH_PROJECT_ID and STYTCH_SECRET it uses an emulator inside itself and
// prints the messages that arrive there.
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
	address := flag.String("addr", "127.0.0.1:8080", "where to listen")
	selfcheck := flag.Bool("selfcheck", false, "log in to itself once, then stop")
	flag.Parse()
	if err := run(*address, *selfcheck); err != nil {
		fmt.Fprintln(os.Stderr, "handlers:", err)
		os.Exit(1)
	}
}

func run(address string, selfcheck bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client, emulator, err := connect(selfcheck)
	if err != nil {
		return err
	}
	if selfcheck {
		address = "127.0.0.1:0"
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	loopback := socket.Addr().(*net.TCPAddr).IP.IsLoopback() //nolint:errcheck // a TCP socket
	if emulator != nil {
		defer emulator.Close()
		if !loopback {
			return errors.New("the emulator shows its codes, so it serves loopback only")
		}
		go show(ctx, emulator)
	}

	backend, err := newBackend(client, slog.New(slog.NewTextHandler(os.Stdout, nil)), !loopback)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           backend.routes(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second, // the client may take ten
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(socket) }()
	url := "http://" + socket.Addr().String()
	fmt.Println("listening on", url)

	if selfcheck {
		err = logIn(ctx, url, emulator)
	} else {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(shutdown))
}

// connect returns a client of Stytch, or without credentials of an emulator.
func connect(selfcheck bool) (*stytchotp.Client, *otptest.Server, error) {
	if !selfcheck && (os.Getenv("STYTCH_PROJECT_ID") != "" || os.Getenv("STYTCH_SECRET") != "") {
		client, err := stytchotp.NewClientFromEnv(stytchotp.WithUserAgent("handlers"))
		return client, nil, err
	}
	emulator, err := otptest.Start()
	if err != nil {
		return nil, nil, err
	}
	return emulator.Client(), emulator, nil
}

// show prints each message that arrives at the emulator.
func show(ctx context.Context, emulator *otptest.Server) {
	for last := int64(0); ; {
		message, err := emulator.WaitMessageAfter(ctx, "", last)
		if err != nil {
			return
		}
		last = message.ID
		fmt.Printf("a message by %s: %s\n", message.Channel, message.Text)
	}
}
