package suite_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
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

var update = flag.Bool("update", false, "rewrite the documents that tests print")

const faultsPage = top + "docs/faults.md"

// fault is one way in which the other side misbehaves, and what a call must make
// of it.
type fault struct {
	name string
	only string // the protocol it exists in, when it is one

	server    faultserver.Config
	elsewhere func(target string) func(faultserver.Exchange) // what to answer, given another server's address
	options   []stytchotp.Option
	warm      bool // a call before this one goes well, and leaves its connection
	dead      bool // the connection dies silently after that
	stalls    bool // nothing ends the call but its time limit
	about     part // of an answer that not all operations have

	want verdict
}

// part is a part of an answer.
type part int

const ids part = 1 // of what the operation is about

// verdict is what a call made of a fault.
type verdict struct {
	kind      string // type of the error, "" for a success
	status    int
	requestID bool // Stytch's id of the call was kept
	delivery  stytchotp.Delivery
	timeout   bool // the call ended because its time was over
	received  int  // requests that the server read to their end
}

func success(status int) verdict {
	return verdict{status: status, requestID: true, delivery: stytchotp.DeliverySent, received: 1}
}

// notConnected is the verdict on faults before a connection is had.
func notConnected() verdict {
	return verdict{kind: "TransportError", delivery: stytchotp.DeliveryNotSent}
}

// noAnswer is the verdict on faults after that and before an answer.
func noAnswer(received int) verdict {
	return verdict{kind: "TransportError", received: received}
}

// refused is the verdict on an answer that says no.
func refused(status int) verdict {
	return verdict{kind: "StytchError", status: status, delivery: stytchotp.DeliveryNotSent, received: 1}
}

// failed is the verdict on an answer that says that something went wrong.
func failed(status int) verdict {
	return verdict{kind: "StytchError", status: status, received: 1}
}

// untrusted is the verdict on a 2xx that is none.
func untrusted(status int) verdict {
	return verdict{kind: "InvalidResponseError", status: status, received: 1}
}

func (v verdict) identified() verdict { v.requestID = true; return v }
func (v verdict) timedOut() verdict   { v.timeout = true; return v }

// TestFaultMatrix meets every operation with every fault over every protocol, each
// on a server and a client of its own, and prints what came of it.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(faultsPreamble)
	for _, stage := range stages {
		faults := stage.faults()
		verdicts := meetAll(t, faults)
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n%s", stage.name, stage.text, faultsTableHead)
		for i, f := range faults {
			assert.Equal(t, f.want, verdicts[i], f.name)
			page.WriteString(f.row(verdicts[i]))
		}
	}
	if *update {
		require.NoError(t, os.MkdirAll("docs", 0o755))
		require.NoError(t, os.WriteFile(faultsPage, []byte(page.String()), 0o644))
	}
	documented, err := os.ReadFile(faultsPage)
	require.NoError(t, err)
	if string(documented) != page.String() {
		t.Errorf("%s is out of date: go test ./internal/suite -run TestFaultMatrix -update", faultsPage)
	}
}

// stages are the parts of an exchange, in the order in which they can go wrong.
var stages = []struct {
	name, text string
	faults     func() []fault
}{
	{"No connection", "Nothing of the request can have left, and the call says so. It tries twice more, as `WithMaxRetries` has it by default.", connectionFaults},
	{"No answer", "The server may have read the request, so the call is not repeated.", noAnswerFaults},
	{"An answer with an error", "Whatever the body is, the status is kept.", errorFaults},
	{"A redirect", "It is reported and not followed. Nothing reaches the place it points to.", redirectFaults},
	{"A success that is none", "A 2xx must be JSON, whole, and hold the id that the next step needs.", successFaults},
}

const (
	faultsPreamble = `# What a call makes of a fault

Each row was run with all operations of passcodes, sessions and users, over HTTP/1.1 and
HTTP/2, with the client's own transport and TLS, against a server that counts what it
reads; the operations agree. This page is written by the test that runs it, and the test fails when the two
differ:

    go test ./internal/suite -run TestFaultMatrix -update

*Read* is how many whole requests the server read: never more than one, except where a
server says by HTTP/2 that it did not process a request that it did (REFUSED_STREAM, or
a GOAWAY with a lower stream id). RFC 9113 lets a client believe that, and without it
each restart of a load balancer fails calls, so the request is sent again, at most six
times. *Not sent* in the column *Delivery* is a promise that another try sends one message and not two;
*maybe sent* promises nothing. For ` + "`Authenticate`" + ` it is about the code: it may have been
used up; for sessions and users, about the request: it may have been processed. A call that does not end by itself ends with its time limit (10 seconds, or
` + "`WithTimeout`" + `, or the context's).
`
	faultsTableHead = "| what happens | over | the call returns | request id | delivery | read |\n|---|---|---|---|---|---|\n"
)

func (f fault) row(v verdict) string {
	over := f.only
	if over == "" {
		over = "both"
	}
	returns := "a response"
	if v.kind != "" {
		returns = "`" + v.kind + "`"
	}
	if v.status != 0 {
		returns += fmt.Sprintf(", status %d", v.status)
	}
	if v.timeout {
		returns += ", at the time limit"
	}
	id := "-"
	if v.requestID {
		id = "kept"
	}
	delivery := strings.ReplaceAll(v.delivery.String(), "_", " ")
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %d |\n", f.name, over, returns, id, delivery, v.received)
}

// meetAll returns the verdict on each fault. The cells of the matrix that differ
// from what is wanted are reported one by one.
func meetAll(t *testing.T, faults []fault) []verdict {
	t.Helper()
	verdicts := make([]verdict, len(faults))
	var cells sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, 32) // many cells wait
	for i, f := range faults {
		verdicts[i] = f.want
		for _, p := range protocols {
			if f.only != "" && f.only != p.name {
				continue
			}
			for _, m := range slices.Concat(methods, accountMethods) {
				if f.about == ids && m.op == revokeOp { // its answer has none
					continue
				}
				slots <- struct{}{}
				cells.Go(func() {
					defer func() { <-slots }()
					got := f.meetPatiently(t, p.http2, m)
					if !assert.Equal(t, f.want, got, "%s / %s / %s", f.name, p.name, m.op) {
						mu.Lock()
						verdicts[i] = got
						mu.Unlock()
					}
				})
			}
		}
	}
	cells.Wait()
	return verdicts
}

// meetPatiently is meet. When a call ran into a time limit that was too short for
// this machine to come as far as the fault, it is made again, with a longer one where
// the limit is the caller's.
func (f fault) meetPatiently(t *testing.T, http2 bool, m method) verdict {
	t.Helper()
	if !f.stalls && !f.want.timeout {
		got := f.meet(t, http2, m, 0)
		for range 3 {
			if !got.timeout || got.delivery != stytchotp.DeliveryNotSent {
				break
			}
			got = f.meet(t, http2, m, 0) // the handshake took its 5 seconds
		}
		return got
	}
	for limit := time.Second / 2; ; limit *= 2 {
		if got := f.meet(t, http2, m, limit); got == f.want || limit > 10*time.Second {
			return got
		}
	}
}

// meet calls m once on a server with the fault, under a time limit if there is one.
func (f fault) meet(t *testing.T, http2 bool, m method, limit time.Duration) verdict {
	t.Helper()
	config := f.server
	config.Authority, config.HTTP2 = authority, http2
	var target *faultserver.Server
	if f.elsewhere != nil {
		target = faultserver.Start(t, faultserver.Config{Handle: good})
		defer target.Close()
		config.Handle = f.elsewhere(target.URL)
	}
	if handle := config.Handle; f.warm {
		var served atomic.Int64
		config.Handle = func(e faultserver.Exchange) {
			if served.Add(1) == 1 {
				good(e)
				return
			}
			handle(e)
		}
	}
	server := faultserver.Start(t, config)
	defer server.Close()
	// A call that is to end by itself has time enough on the slowest machine.
	options := append(slices.Clip(f.options), stytchotp.WithTimeout(cmp.Or(limit, 2*time.Minute)))
	client := newClient(t, server.URL, options...)
	defer client.CloseIdleConnections()

	first := 0
	if f.warm {
		if _, err := m.call(context.Background(), client, "first"); err != nil {
			assert.NotZero(t, limit, "%s: the first call: %v", f.name, err)
			return verdict{}
		}
		first = 1
	}
	if f.dead {
		server.FreezeConns()
	}
	response, err := m.call(context.Background(), client, "call")
	got := judge(t, f.name, response, err)
	server.Close() // nothing more can arrive
	got.received = server.Received() - first
	lying := f.want == lied()
	if !lying {
		assert.LessOrEqual(t, server.Received()-first, 1, "%s: whole requests", f.name)
	}
	if got.delivery == stytchotp.DeliveryNotSent && got.kind != "StytchError" && !lying {
		assert.Zero(t, server.Begun()-first, "%s: not a byte may arrive", f.name)
	}
	assert.LessOrEqual(t, server.Written(), int64(mostBuffered), "%s: bytes that were read", f.name)
	if target != nil {
		assert.Zero(t, target.Conns(), "%s: connections to another server", f.name)
	}
	return got
}

// mostBuffered is what a server can write to a client that reads 1 MiB of it and
// no more: the rest is in the buffers of two sockets and of HTTP/2's windows.
const mostBuffered = 24 << 20

// judge sorts what a call returned, and checks what every error must keep to.
func judge(t *testing.T, name string, response *answered, err error) verdict {
	t.Helper()
	v := verdict{delivery: stytchotp.DeliveryOf(err)}
	var (
		transport *stytchotp.TransportError
		stytch    *stytchotp.StytchError
		invalid   *stytchotp.InvalidResponseError
	)
	switch {
	case err == nil:
		v.status, v.requestID = response.StatusCode, response.RequestID == requestID
		assert.NotEmpty(t, response.id, name)
		return v
	case errors.As(err, &transport):
		v.kind, v.timeout = "TransportError", transport.Timeout()
	case errors.As(err, &stytch):
		v.kind, v.status, v.requestID = "StytchError", stytch.StatusCode, stytch.RequestID == requestID
		v.timeout = errors.Is(err, context.DeadlineExceeded)
	case errors.As(err, &invalid):
		v.kind, v.status, v.requestID = "InvalidResponseError", invalid.StatusCode, invalid.RequestID == requestID
		v.timeout = errors.Is(err, context.DeadlineExceeded)
	}
	assert.Nil(t, response, "%s: a response beside an error", name)
	assert.NotContains(t, err.Error(), untrustedText, name)
	return v
}

// untrustedText stands in what the servers say, and never in our words.
const untrustedText = "c4n4ry"
