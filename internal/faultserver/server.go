package faultserver

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// Config says how a server misbehaves. The zero value is a server without TLS that
// answers nothing.
type Config struct {
	// Authority issues the server's certificate. Without one there is no TLS.
	Authority *Authority
	// HTTP2 offers HTTP/2; it needs an Authority.
	HTTP2 bool
	// TLS changes the TLS configuration.
	TLS func(*tls.Config)

	// Accept sees a connection before TLS, Open after it. What returns true has
	// dealt with the connection, which is then closed.
	Accept func(*Conn) bool
	Open   func(*Conn) bool
	// Handle sees each request that was read to its end.
	Handle func(Exchange)
	// Ended is called when a connection has ended.
	Ended func()
}

// Request is what a server read.
type Request struct {
	Proto  string // "http/1.1" or "h2"
	Method string // of HTTP/1.1 only, as the next two
	Path   string
	Header http.Header
	Body   []byte
}

// Tag returns attributes.user_agent of the body, by which tests tell calls apart.
func (r Request) Tag() string {
	var body struct {
		Attributes struct {
			UserAgent string `json:"user_agent"`
		} `json:"attributes"`
	}
	_ = json.Unmarshal(r.Body, &body)
	return body.Attributes.UserAgent
}

// Exchange is a request and the means to answer it, well or badly. A handler that
// returns before End leaves the answer cut short.
type Exchange interface {
	Request() Request
	// Head begins the answer; fields are names and values in turn. Without a
	// Content-Length, HTTP/1.1 frames the body in chunks.
	Head(status int, fields ...string)
	// Body sends a part of the body, and fails when the client does not read on.
	Body(b []byte) error
	// End ends the body in order.
	End()
	// Raw puts bytes into the connection as they are.
	Raw(b []byte) error
	// Stall answers nothing more, until the client goes away.
	Stall()
	// Gone is closed when the client gave the request up; of HTTP/1.1 nothing
	// tells before the connection is used.
	Gone() <-chan struct{}
	// Conn is the connection, for closing and resetting.
	Conn() *Conn
}

// Server is a listening server.
type Server struct {
	// URL is the base URL, without a slash at the end.
	URL string

	config   Config
	tls      *tls.Config
	listener net.Listener
	done     chan struct{}
	running  sync.WaitGroup

	begun, conns, open atomic.Int64
	written            atomic.Int64

	mu       sync.Mutex
	closed   bool
	live     map[*wire]bool
	requests []Request
	byTag    map[string]int
}

// Start starts a server on a loopback port. The end of the test closes it.
func Start(tb testing.TB, config Config) *Server {
	tb.Helper()
	s := &Server{
		config: config,
		done:   make(chan struct{}),
		live:   map[*wire]bool{},
		byTag:  map[string]int{},
	}
	var listen net.ListenConfig
	var err error
	if s.listener, err = listen.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	s.URL = "http://" + s.listener.Addr().String()
	if config.Authority != nil {
		s.URL = "https://" + s.listener.Addr().String()
		s.tls = s.newTLS()
	}
	s.running.Go(s.accept)
	tb.Cleanup(s.Close)
	return s
}

func (s *Server) newTLS() *tls.Config {
	config := &tls.Config{
		Certificates: []tls.Certificate{s.config.Authority.good},
		NextProtos:   []string{"http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}
	if s.config.HTTP2 {
		config.NextProtos = []string{"h2"}
	}
	if s.config.TLS != nil {
		s.config.TLS(config)
	}
	return config
}

// Close closes the listener and all connections, and waits for what they ran.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		_ = s.listener.Close()
		for w := range s.live {
			_ = w.Close()
		}
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) accept() {
	for number := 1; ; number++ {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.conns.Add(1)
		w := &wire{Conn: raw, number: number, written: &s.written}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = raw.Close()
			return
		}
		s.live[w] = true
		s.mu.Unlock()
		s.open.Add(1)
		s.running.Go(func() {
			s.serve(w)
			s.mu.Lock()
			delete(s.live, w)
			s.mu.Unlock()
			s.open.Add(-1)
			if s.config.Ended != nil {
				s.config.Ended()
			}
		})
	}
}

func (s *Server) serve(w *wire) {
	c := &Conn{Conn: w, server: s, wire: w}
	defer func() { _ = w.Close() }()
	if s.config.Accept != nil && s.config.Accept(c) {
		return
	}
	if s.tls != nil {
		encrypted := tls.Server(w, s.tls)
		if encrypted.HandshakeContext(context.Background()) != nil {
			return
		}
		c.Conn = encrypted
	}
	if s.config.Open != nil && s.config.Open(c) {
		return
	}
	if protocol(c.Conn) == "h2" {
		serveHTTP2(c)
	} else {
		serveHTTP1(c)
	}
}

// received records a request that was read to its end, and answers it.
func (s *Server) received(e Exchange) {
	r := e.Request()
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.byTag[r.Tag()]++
	s.mu.Unlock()
	if s.config.Handle != nil {
		s.config.Handle(e)
	}
}

// Begun returns how many requests began to arrive: the least part of one counts.
func (s *Server) Begun() int { return int(s.begun.Load()) }

// Received returns how many requests arrived whole.
func (s *Server) Received() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// ReceivedOf returns how many requests with the tag arrived whole.
func (s *Server) ReceivedOf(tag string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byTag[tag]
}

// Requests returns the requests that arrived whole.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Forget drops what is known of the requests so far.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.byTag = nil, map[string]int{}
}

// Conns returns how many connections were accepted in all.
func (s *Server) Conns() int { return int(s.conns.Load()) }

// OpenConns returns how many connections are open now.
func (s *Server) OpenConns() int { return int(s.open.Load()) }

// Written returns how many bytes were written to all connections.
func (s *Server) Written() int64 { return s.written.Load() }

// FreezeConns freezes the open connections: TCP stays up, but nothing that was
// sent is read and nothing more is sent. New connections work.
func (s *Server) FreezeConns() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.live {
		w.dead.Store(true)
	}
}
