package suite_test

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

// callInBursts lets all workers call at once, and again when all have their answer.
func callInBursts(t *testing.T, client *stytchotp.Client, workers, bursts int) {
	t.Helper()
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
}

// fewestConns returns how many connections bursts opened at best: on a machine that
// stands still in the middle, net/http gives up what it would keep.
func fewestConns(most int, bursts func() int) int {
	fewest := bursts()
	for range 2 {
		if fewest <= most {
			break
		}
		fewest = min(fewest, bursts())
	}
	return fewest
}

// mostConns returns how many connections bursts of calls may open.
func mostConns(workers int, http2 bool) int {
	if http2 {
		// One, but for those dialed before the first was there, and before the server
		// said that it takes more than net/http's first hundred calls.
		return 8 + workers/16
	}
	// One each, and a few in place of those that net/http gives up on a busy machine.
	return workers + workers/16
}

// TestBurstsReuseConnections lets 128 workers call in bursts. A client that keeps
// too few connections would open nearly one for each call.
func TestBurstsReuseConnections(t *testing.T) {
	const workers, bursts = 128, 8
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			most := mostConns(workers, p.http2)
			fewest := fewestConns(most, func() int {
				var conns atomic.Int64 // a handshake that a busy machine did not finish in time is none
				server := faultserver.Start(t, faultserver.Config{
					Authority: authority, HTTP2: p.http2, Handle: slow,
					Open: func(*faultserver.Conn) bool { conns.Add(1); return false },
				})
				client := newClient(t, server.URL, stytchotp.WithMaxRetries(10))
				callInBursts(t, client, workers, bursts)
				assert.Equal(t, workers*bursts, server.Received())
				t.Logf("%d calls over %d connections", workers*bursts, conns.Load())
				return int(conns.Load())
			})
			assert.LessOrEqual(t, fewest, most)
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
				// One. net/http gives a connection up when a busy machine takes
				// 50 ms to notice that the request was written.
				assert.LessOrEqual(t, server.Conns(), 10)
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
	t.Parallel()
	server := faultserver.Start(t, faultserver.Config{Authority: authority, HTTP2: true, Handle: good})
	client := transport.New(transport.Config{
		BaseURL: server.URL,
		Pings:   &http.HTTP2Config{SendPingTimeout: time.Second, PingTimeout: 4 * time.Second},
	})
	defer client.CloseIdleConnections()
	post := func(limit time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		_, err := client.Do(ctx, http.MethodPost, "/", []byte("{}"))
		return err
	}
	require.NoError(t, post(time.Minute))
	server.FreezeConns()
	var failure *transport.Error
	require.ErrorAs(t, post(time.Minute), &failure, "the ping ends it, not its deadline")
	assert.True(t, failure.MaybeSent)
	assert.NotErrorIs(t, failure, context.DeadlineExceeded)
	require.NoError(t, post(time.Minute))
	assert.GreaterOrEqual(t, server.Conns(), 2)
	assert.Equal(t, 2, server.Received())
}

// TestConnectionsThatEndBetweenCalls costs no call: each one takes a connection that
// has not ended.
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
			assert.GreaterOrEqual(t, server.Conns(), 10)
			// Ten. net/http offers an HTTP/2 connection to other calls a moment after
			// the first call has it; by then it may have ended, and a call that had
			// begun to open one opens another.
			assert.LessOrEqual(t, server.Conns(), 20)
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
