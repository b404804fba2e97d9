package otptest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// listener serves a handler on a loopback port and can tell when all of its
// goroutines have ended.
type listener struct {
	address string
	server  *http.Server
	cancel  context.CancelFunc
	served  chan struct{}
	conns   sync.WaitGroup
}

func listen(handler http.Handler) (*listener, error) {
	ctx, cancel := context.WithCancel(context.Background())
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		cancel()
		return nil, err
	}
	l := &listener{address: socket.Addr().String(), cancel: cancel, served: make(chan struct{})}
	l.server = &http.Server{
		Handler:           handler,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState:         l.count,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // a test reads its client's errors
	}
	go func() {
		defer close(l.served)
		_ = l.server.Serve(socket) // ends when close is called
	}()
	return l, nil
}

func (l *listener) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		l.conns.Done()
	default:
	}
}

// close ends calls that are under way too, those in a fault's delay included.
func (l *listener) close() {
	l.cancel()
	_ = l.server.Close()
	<-l.served
	l.conns.Wait()
}
