package faultserver

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
)

// Conn is one connection of a server, encrypted or not.
type Conn struct {
	net.Conn

	server *Server
	wire   *wire
}

// Number tells the how-manieth connection of the server this is, from 1.
func (c *Conn) Number() int { return c.wire.number }

// Reset ends the connection with a TCP reset.
func (c *Conn) Reset() {
	if raw, ok := c.wire.Conn.(*net.TCPConn); ok {
		_ = raw.SetLinger(0)
	}
	_ = c.wire.Close()
}

// Greet takes what a client of HTTP/2 sends before any request, so that it has its
// connection.
func (c *Conn) Greet() {
	if protocol(c.Conn) == "h2" {
		_, _ = io.ReadFull(c, make([]byte, len(preface)))
	}
}

// Hang keeps the connection open and reads nothing, until the server is closed.
func (c *Conn) Hang() { <-c.server.done }

// Stall answers nothing, until the client goes away.
func (c *Conn) Stall() { _, _ = io.Copy(io.Discard, c.Conn) }

// wire is the connection below TLS. It counts, and it can be frozen so that
// only TCP stays up, as behind a gateway that dropped its state.
type wire struct {
	net.Conn

	number  int
	dead    atomic.Bool
	written *atomic.Int64
}

func (w *wire) Read(p []byte) (int, error) {
	for {
		n, err := w.Conn.Read(p)
		if err != nil || !w.dead.Load() {
			return n, err
		}
	}
}

func (w *wire) Write(p []byte) (int, error) {
	if w.dead.Load() {
		return len(p), nil
	}
	n, err := w.Conn.Write(p)
	w.written.Add(int64(n))
	return n, err
}

// protocol returns "h2" or "http/1.1".
func protocol(c net.Conn) string {
	if encrypted, ok := c.(*tls.Conn); ok && encrypted.ConnectionState().NegotiatedProtocol == "h2" {
		return "h2"
	}
	return "http/1.1"
}
