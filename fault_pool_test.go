package stytchotp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
	"github.com/stytchotp/stytchotp/internal/transport"
)

// slow answers well after 20 ms.
func slow(e faultserver.Exchange) {
	select {
	case <-time.After(20 * time.Millisecond):
		good(e)
	case <-e.Gone():
	}
}

// TestBurstsReuseConnections lets 128 workers call in bursts. A client that keeps
// too few connections would open nearly one for each call.
func TestBurstsReuseConnections(t *testing.T) {
	const workers, bursts = 128, 8
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			var conns atomic.Int64 // a handshake that a busy machine did not finish in time is none
			server := faultserver.Start(t, faultserver.Config{
				Authority: authority, HTTP2: p.http2, Handle: slow,
				Open: func(*faultserver.Conn) bool { conns.Add(1); return false },
			})
			client := newClient(t, server.URL, stytchotp.WithTimeout(time.Minute))
			for range bursts {
				var burst sync.WaitGroup
				for range workers {
					burst.Go(func() {
						_, err := send(t.Context(), client, "call")
						assert.NoError(t, err)
					})
				}
				burst.Wait()
			}
			assert.Equal(t, workers*bursts, server.Received())
			most := workers
			if p.http2 {
				// One, but for those dialed before the first was there, and before the
				// server said that it takes more than net/http's first hundred calls.
				most = workers / 8
			}
			assert.LessOrEqual(t, int(conns.Load()), most)
			t.Logf("%d calls over %d connections", workers*bursts, conns.Load())
		})
	}
}

// TestErrorAnswersKeepTheConnection gets twenty errors over one connection, however
// they are framed.
func TestErrorAnswersKeepTheConnection(t *testing.T) {
	envelope := errorJSON(500, "internal_server_error")
	answers := map[string]func(faultserver.Exchange){
		"JSON of known length":  replyJSON(500, envelope),
		"JSON in chunks":        inChunks(500, envelope),
		"JSON and blanks":       inChunks(500, envelope+strings.Repeat(" \n", 10<<10)),
		"an HTML page of 20 KB": reply(502, "text/html", strings.Repeat(htmlPage, 200)),
		"nothing":               replyJSON(503, ""),
		"a redirect":            redirect(307, "/elsewhere"),
		"a 2xx without an id":   replyJSON(200, "{}"),
		"a megabyte":            inChunks(500, strings.Repeat(" ", transport.MaxBody)),
	}
	for name, answer := range answers {
		for _, p := range protocols {
			t.Run(name+"/"+p.name, func(t *testing.T) {
				server := faultserver.Start(t, faultserver.Config{Authority: authority, HTTP2: p.http2, Handle: answer})
				client := newClient(t, server.URL)
				for range 20 {
					_, err := send(t.Context(), client, "call")
					require.Error(t, err)
				}
				assert.Equal(t, 20, server.Received())
				// One. net/http gives a connection up when a very busy machine
				// takes 50 ms to notice that the request was written.
				assert.LessOrEqual(t, server.Conns(), 3)
			})
		}
	}
}

func inChunks(status int, body string) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) {
		e.Head(status, "Content-Type", "application/json")
		for len(body) > 0 {
			n := min(len(body), 1000)
			_ = e.Body([]byte(body[:n]))
			body = body[n:]
		}
		e.End()
	}
}

// TestDeadConnectionIsNoticed strikes an HTTP/2 connection dead, so that only TCP
// lives on. Pings find out, and the calls after that go over a new connection; no
// call was lost on the way, because each said that it may have been sent.
func TestDeadConnectionIsNoticed(t *testing.T) {
	server := faultserver.Start(t, faultserver.Config{Authority: authority, HTTP2: true, Handle: good})
	client := transport.New(transport.Config{
		BaseURL:       server.URL,
		HeaderTimeout: time.Minute,
		Pings:         &http.HTTP2Config{SendPingTimeout: 50 * time.Millisecond, PingTimeout: 50 * time.Millisecond},
	})
	defer client.CloseIdleConnections()
	post := func(limit time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		_, err := client.Post(ctx, "/", []byte("{}"))
		return err
	}
	require.NoError(t, post(time.Minute))
	server.StrikeDead()
	var failure *transport.Error
	require.ErrorAs(t, post(time.Minute), &failure, "the ping ends it, not its deadline")
	assert.True(t, failure.MaybeSent)
	assert.NotErrorIs(t, failure, context.DeadlineExceeded)
	require.NoError(t, post(time.Minute))
	assert.Equal(t, 2, server.Conns())
	assert.Equal(t, 2, server.Received())
}

// TestConnectionsThatEndBetweenCalls costs no call: the next ones take a new
// connection.
func TestConnectionsThatEndBetweenCalls(t *testing.T) {
	endings := map[string]func(faultserver.Exchange){
		"HTTP/1.1": func(e faultserver.Exchange) { replyJSON(200, goodBody, "Connection", "close")(e) },
		"HTTP/2": func(e faultserver.Exchange) {
			e.(*faultserver.HTTP2).Retire()
			good(e)
		},
	}
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			server := faultserver.Start(t, faultserver.Config{Authority: authority, HTTP2: p.http2, Handle: endings[p.name]})
			client := newClient(t, server.URL)
			for i := range 10 {
				tag := fmt.Sprint("call ", i)
				_, err := send(t.Context(), client, tag)
				require.NoError(t, err)
				assert.Equal(t, 1, server.ReceivedOf(tag))
			}
			assert.Equal(t, 10, server.Conns())
		})
	}
}

// TestCloseIdleConnections leaves nothing open.
func TestCloseIdleConnections(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			ended := make(chan struct{})
			server := faultserver.Start(t, faultserver.Config{Authority: authority, HTTP2: p.http2, Handle: good, Ended: func() { close(ended) }})
			client := newClient(t, server.URL)
			_, err := send(t.Context(), client, "call")
			require.NoError(t, err)
			require.Equal(t, 1, server.OpenConns())
			client.CloseIdleConnections()
			<-ended
		})
	}
}
