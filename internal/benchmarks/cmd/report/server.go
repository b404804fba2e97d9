package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

// serveFlag makes this program the server that it measures against: a process of
// its own, so that what it costs is not counted as the client's.
const serveFlag = "-serve"

// answerTime is how long the server takes over a call: a fast API across a network.
const answerTime = 20 * time.Millisecond

// The ways to answer. Each is the first element of the path.
const (
	fast   = "/fast"   // at once
	slow   = "/slow"   // after answerTime
	refuse = "/refuse" // 400 with an error body, at once
	hold   = "/hold"   // when the control listener says so
)

// addresses is what the server prints when it is ready.
type addresses struct {
	HTTP1, HTTP2, Plain string // base URLs
	Empty               string // reads the body and answers nothing
	Control             string
	Certificate         []byte // PEM
}

// serve answers until its standard input ends, which it does when the parent is gone.
func serve() error {
	certificate, certificatePEM, err := newCertificate()
	if err != nil {
		return err
	}
	released := &latch{}
	mux := http.NewServeMux()
	mux.Handle(fast+"/", answer(http.StatusOK, func(context.Context) {}))
	mux.Handle(refuse+"/", answer(http.StatusBadRequest, func(context.Context) {}))
	mux.Handle(slow+"/", answer(http.StatusOK, func(ctx context.Context) { pause(ctx, answerTime) }))
	mux.Handle(hold+"/", answer(http.StatusOK, released.wait))
	empty := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		readAll(r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(contender.SendAnswer)
	})

	var opened atomic.Int64
	control := http.NewServeMux()
	control.HandleFunc("/opened", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, opened.Load()) })
	control.HandleFunc("/waiting", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, released.waiting.Load()) })
	control.HandleFunc("/release", func(http.ResponseWriter, *http.Request) { released.release() })

	ready := addresses{Certificate: certificatePEM}
	for _, l := range []struct {
		url     *string
		handler http.Handler
		proto   string
		count   *atomic.Int64
	}{
		{&ready.HTTP1, mux, "http/1.1", &opened},
		{&ready.HTTP2, mux, "h2", &opened},
		{&ready.Plain, mux, "", &opened},
		{&ready.Empty, empty, "", &opened},
		{&ready.Control, control, "", new(atomic.Int64)},
	} {
		if *l.url, err = listen(l.handler, certificate, l.proto, l.count); err != nil {
			return err
		}
	}
	if err = json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// answer reads a call, waits, and answers it.
func answer(status int, wait func(context.Context)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		readAll(r)
		wait(r.Context())
		body := contender.AnswerTo(r.URL.Path)
		if status != http.StatusOK {
			body = contender.ErrorAnswer
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

func readAll(r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// latch holds calls until it is released, again and again.
type latch struct {
	waiting atomic.Int64
	mu      sync.Mutex
	open    chan struct{}
}

func (l *latch) gate() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = make(chan struct{})
	}
	return l.open
}

func (l *latch) wait(ctx context.Context) {
	gate := l.gate()
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	select {
	case <-gate:
	case <-ctx.Done():
	}
}

func (l *latch) release() {
	gate := l.gate()
	l.mu.Lock()
	defer l.mu.Unlock()
	close(gate)
	l.open = nil
}

// listen serves handler on a loopback port, over TLS when proto is not empty, and
// returns the base URL.
func listen(handler http.Handler, certificate tls.Certificate, proto string, opened *atomic.Int64) (string, error) {
	socket, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that hang up are part of the measurement
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				opened.Add(1)
			}
		},
	}
	if proto == "" {
		go func() { _ = server.Serve(socket) }() // until the process ends
		return "http://" + socket.Addr().String(), nil
	}
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(proto == "http/1.1")
	server.Protocols.SetHTTP2(proto == "h2")
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
	go func() { _ = server.ServeTLS(socket, "", "") }() // until the process ends
	return "https://" + socket.Addr().String(), nil
}

func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "benchmark"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, encoded, nil
}

// server is the child process.
type server struct {
	addresses

	command *exec.Cmd
	stdin   io.Closer
	control *http.Client
}

// startServer starts this program again as the server.
func startServer(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{command: exec.CommandContext(ctx, self, serveFlag), control: &http.Client{Timeout: time.Minute}}
	s.command.Stderr = os.Stderr
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.stdin, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(stdout).Decode(&s.addresses); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *server) stop() error {
	_ = s.stdin.Close()
	return s.command.Wait()
}

// ask returns a number of the server's, or 0.
func (s *server) ask(ctx context.Context, path string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Control+path, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := s.control.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	var n int
	if _, err := fmt.Fscan(response.Body, &n); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return n, nil
}
