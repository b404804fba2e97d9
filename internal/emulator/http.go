package emulator

import (
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ServeHTTP answers one request of the API. Faults that drop the connection
// really close it.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // half a request: the client is gone
	}
	x := e.Begin(Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header, Body: body})
	if x.Refused() {
		reset(w)
		return
	}
	answer, err := x.Finish(r.Context())
	if err != nil || answer.Drop != "" {
		panic(http.ErrAbortHandler)
	}
	// A client that does not read its answers must not hold the connection.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	answer.write(w)
}

// writeTimeout is how long a client may take to read an answer.
const writeTimeout = 30 * time.Second

func (a Answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	if !a.Cut {
		_, _ = w.Write(a.Body) // the caller may be gone
		return
	}
	_, _ = w.Write(a.Body[:len(a.Body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// reset comes as close to a refused connection as a server can that has already
// accepted it.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
