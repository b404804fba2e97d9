package suite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

// chaos is a server that meets each connection and each request with a fault of its
// choice. It draws from a seed, so that a failure can be had again.
type chaos struct {
	*faultserver.Server

	mu    sync.Mutex
	rand  *rand.Rand
	rates rates
	says  map[string]int // the status that each tag was answered with
}

// rates are how many of a thousand connections or requests meet with a fault.
type rates struct{ connections, requests int }

func newChaos(tb testing.TB, seed uint64, http2 bool, r rates) *chaos {
	tb.Helper()
	c := &chaos{rand: rand.New(rand.NewPCG(seed, 0)), rates: r, says: map[string]int{}}
	c.Server = faultserver.Start(tb, faultserver.Config{
		Authority: authority, HTTP2: http2,
		Accept: c.onConnection(closed, reset, plainHTTP, noTLS, cutHandshake),
		Open:   c.onConnection(closed, reset, resetAfterSome),
		Handle: c.handle,
	})
	return c
}

// draw returns a number below n, or -1 when nothing is to go wrong.
func (c *chaos) draw(rate, n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rand.IntN(1000) >= rate {
		return -1
	}
	return c.rand.IntN(n)
}

func (c *chaos) onConnection(faults ...func(*faultserver.Conn) bool) func(*faultserver.Conn) bool {
	return func(conn *faultserver.Conn) bool {
		i := c.draw(c.rates.connections, len(faults))
		return i >= 0 && faults[i](conn)
	}
}

// handle answers with an id made of the tag, so that a caller sees whether the
// answer is its own.
func (c *chaos) handle(e faultserver.Exchange) {
	tag := e.Request().Tag()
	own := strings.ReplaceAll(goodBody, phoneID, tag)
	if strings.Contains(string(e.Request().Body), phoneID) {
		own = goodBody // an Authenticate, which is answered about its method id
	}
	status := func(code int, then func(faultserver.Exchange)) func() {
		return func() {
			c.mu.Lock()
			c.says[tag] = code
			c.mu.Unlock()
			then(e)
		}
	}
	noAnswer := func(then func(faultserver.Exchange)) func() { return func() { then(e) } }
	faults := []func(){
		noAnswer(closeConnection), noAnswer(resetConnection), noAnswer(stall),
		noAnswer(raw("HTTP/1.1 2OO " + untrustedText + "\r\n\r\n")),
		status(200, cut(200, own[:len(own)/2])), status(200, resetInBody(200)), status(200, replyJSON(200, "{}")),
		status(200, reply(200, "text/html", htmlPage)), status(200, stallInBody(200, own)),
		status(200, replyJSON(200, own, "Connection", "close")), status(200, inChunks(200, own)),
		status(307, redirect(307, "/elsewhere")), status(302, redirect(302, c.URL+"/v1/otps/sms/send")),
		status(400, replyJSON(400, errorJSON(400, "invalid_phone_number"))), status(400, cut(400, "{")),
		status(429, replyJSON(429, errorJSON(429, "too_many_requests"), "Retry-After", "1")),
		status(500, replyJSON(500, errorJSON(500, "internal_server_error"))), status(503, replyJSON(503, "")),
	}
	if h, ok := e.(*faultserver.HTTP2); ok { // that does not lie about what it read
		faults = append(faults,
			noAnswer(resetStream(faultserver.CodeProtocolError)), noAnswer(resetStream(faultserver.CodeInternalError)),
			func() { h.Retire(); status(200, replyJSON(200, own))() })
	}
	if i := c.draw(c.rates.requests, len(faults)); i >= 0 {
		faults[i]()
		return
	}
	status(200, replyJSON(200, own))()
}

// said returns the status that a call was answered with, 0 for none.
func (c *chaos) said(tag string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.says[tag]
}

// violation checks what came of a call against what the server saw of it, and
// returns a law that is broken, or "".
//
// A call that is not over on the server may still be read there: close the server
// first.
func (c *chaos) violation(m method, tag string, response *answered, err error) string {
	received, said, delivery := c.ReceivedOf(tag), c.said(tag), stytchotp.DeliveryOf(err)
	refusal := said >= 400 && said < 500
	switch {
	case received > 1:
		return fmt.Sprintf("received %d times", received)
	case delivery == stytchotp.DeliveryNotSent && received > 0 && !refusal:
		return "not sent, they say, but received"
	case err == nil && received != 1:
		return "a success of nothing"
	case err == nil && m.op != authenticateOp && response.id != tag:
		return "the answer to another call"
	case err == nil && said != 200:
		return "a success of a failure"
	case err != nil && response != nil:
		return "a response beside an error"
	case err != nil && strings.Contains(err.Error(), untrustedText):
		return "the server's words as ours"
	}
	return ""
}

// TestLaws makes random sequences of calls meet random faults: no call is received
// twice, and what was not sent was not received.
func TestLaws(t *testing.T) {
	seed := *seedFlag
	var successes atomic.Int64
	t.Run("group", func(t *testing.T) {
		for round := range uint64(8) {
			for _, p := range protocols {
				t.Run(fmt.Sprintf("seed %d/%s", seed+round, p.name), func(t *testing.T) {
					t.Parallel()
					successes.Add(int64(checkLaws(t, seed+round, p.http2)))
				})
			}
		}
	})
	assert.NotZero(t, successes.Load(), "laws about nothing")
}

// checkLaws returns how many calls succeeded.
func checkLaws(t *testing.T, seed uint64, http2 bool) int {
	t.Helper()
	server := newChaos(t, seed, http2, rates{connections: 100, requests: 600})
	r := rand.New(rand.NewPCG(seed, 1))
	type made struct {
		method
		tag      string
		response *answered
		err      error
	}
	calls := make([]made, 150)
	var wave sync.WaitGroup
	client := newClient(t, server.URL, stytchotp.WithMaxRetries(r.IntN(4)))
	for i := range calls {
		call := &calls[i]
		call.method, call.tag = methods[r.IntN(len(methods))], fmt.Sprint("call ", i)
		limit := time.Duration(20+r.IntN(200)) * time.Millisecond
		wave.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			call.response, call.err = call.call(ctx, client, call.tag)
		})
		if r.IntN(8) == 0 {
			wave.Wait()
		}
		if r.IntN(30) == 0 {
			client.CloseIdleConnections()
		}
	}
	wave.Wait()
	client.CloseIdleConnections()
	server.Close()
	outcomes := map[string]int{}
	for _, call := range calls {
		outcomes[fmt.Sprintf("%s (%T)", stytchotp.DeliveryOf(call.err), call.err)]++
		broken := server.violation(call.method, call.tag, call.response, call.err)
		require.Empty(t, broken, "seed %d: %s %s: %v", seed, call.op, call.tag, call.err)
	}
	t.Log(outcomes)
	return outcomes["sent (<nil>)"]
}
