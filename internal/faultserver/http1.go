package faultserver

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// http1 is an exchange over HTTP/1.1.
type http1 struct {
	conn    *Conn
	request Request
	chunked bool
	ended   bool
}

// serveHTTP1 answers one request after the other, as long as each answer ends in
// order.
func serveHTTP1(c *Conn) {
	for reader := bufio.NewReader(c); ; {
		if _, err := reader.Peek(1); err != nil {
			return
		}
		c.server.begun.Add(1)
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		e := &http1{conn: c, request: Request{
			Proto: "http/1.1", Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header, Body: body,
		}}
		c.server.received(e)
		if !e.ended {
			return
		}
	}
}

func (e *http1) Request() Request { return e.request }

func (e *http1) Conn() *Conn { return e.conn }

func (e *http1) Head(status int, fields ...string) {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	e.chunked = status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
	for i := 0; i+1 < len(fields); i += 2 {
		e.chunked = e.chunked && !strings.EqualFold(fields[i], "Content-Length")
		fmt.Fprintf(&b, "%s: %s\r\n", fields[i], fields[i+1])
	}
	if e.chunked {
		b.WriteString("Transfer-Encoding: chunked\r\n")
	}
	b.WriteString("\r\n")
	_ = e.Raw([]byte(b.String()))
}

func (e *http1) Body(b []byte) error {
	if !e.chunked {
		return e.Raw(b)
	}
	if len(b) == 0 {
		return nil
	}
	framed := fmt.Appendf(nil, "%x\r\n", len(b))
	framed = append(framed, b...)
	return e.Raw(append(framed, "\r\n"...))
}

func (e *http1) End() {
	if e.chunked {
		_ = e.Raw([]byte("0\r\n\r\n"))
	}
	e.ended = true
}

func (e *http1) Raw(b []byte) error {
	_, err := e.conn.Write(b)
	return err
}

func (e *http1) Stall() { e.conn.Stall() }

func (e *http1) Gone() <-chan struct{} { return e.conn.server.done }
