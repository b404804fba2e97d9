package suite_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
)

const defaultSoak = 4000

var (
	soakFlag = flag.Int("soak", defaultSoak, "how many calls TestSoak makes")
	seedFlag = flag.Uint64("seed", 1, "what random tests draw from")
)

// TestSoak makes many calls from 256 goroutines through servers that fail in every
// way, and then counts what is left: no call may be lost or received twice, and no
// goroutine, connection or memory may stay behind. Its figures are printed by
//
//	go test . -run TestSoak -soak 200000 -v -timeout 30m
func TestSoak(t *testing.T) {
	const workers = 256
	before := settled()
	begin := time.Now()
	s := &soak{outcomes: map[string]int{}}
	connections := 0
	for i, p := range protocols {
		server := newChaos(t, *seedFlag+uint64(i), p.http2, rates{connections: 30, requests: 100})
		client := newClient(t, server.URL)
		var next atomic.Int64
		var running sync.WaitGroup
		for range workers {
			running.Go(func() {
				for n := int(next.Add(1)); n <= *soakFlag/len(protocols); n = int(next.Add(1)) {
					s.call(t, client, n)
				}
			})
		}
		running.Wait()
		client.CloseIdleConnections()
		connections += server.Conns()
		server.Close()
		s.verify(t, server)
		assert.Zero(t, server.OpenConns())
	}
	took := time.Since(begin)
	assert.Equal(t, *soakFlag/len(protocols)*len(protocols), s.made, "calls that came back")
	require.Empty(t, goroutinesLeft(10*time.Second), "goroutines left behind")
	if *soakFlag > defaultSoak {
		// net/http's timers hold on to closed connections of HTTP/2 until these
		// would have been idle for too long.
		<-time.After(time.Minute)
	}
	after := settled()
	if after > before {
		assert.Less(t, after-before, uint64(4<<20), "bytes left over")
	}
	t.Logf("%d calls from %d goroutines in %v (%.0f a second), %d connections\n%s\nheap before %d KiB, after %d KiB",
		s.made, workers, took.Round(time.Millisecond), float64(s.made)/took.Seconds(), connections, s, before>>10, after>>10)
}

// soak collects what came of the calls.
type soak struct {
	mu       sync.Mutex
	calls    []soaked
	made     int
	outcomes map[string]int
}

type soaked struct {
	method   method
	tag      string
	response *answered
	err      error
}

func (s *soak) call(t *testing.T, client *stytchotp.Client, n int) {
	t.Helper()
	c := soaked{method: methods[n%len(methods)], tag: fmt.Sprint("call ", n)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c.response, c.err = c.method.call(ctx, client, c.tag)
	if c.response != nil {
		c.response = &answered{id: c.response.id}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

// verify checks each call against what the server saw, once nothing can arrive any
// more.
func (s *soak) verify(t *testing.T, server *chaos) {
	t.Helper()
	received := 0
	for _, c := range s.calls {
		kind := strings.TrimPrefix(fmt.Sprintf("%T", c.err), "*stytchotp.")
		s.outcomes[fmt.Sprintf("%-10s %s", stytchotp.DeliveryOf(c.err), kind)]++
		if broken := server.violation(c.method, c.tag, c.response, c.err); broken != "" {
			t.Errorf("%s %s: %s: %v", c.method.op, c.tag, broken, c.err)
		}
		received += server.ReceivedOf(c.tag)
	}
	assert.Equal(t, server.Received(), received, "requests that no call made")
	s.made += len(s.calls)
	s.calls = nil
	server.Forget()
	server.says = nil
}

func (s *soak) String() string {
	var lines []string
	for outcome, n := range s.outcomes {
		lines = append(lines, fmt.Sprintf("%8d  %s", n, outcome))
	}
	sort.Sort(sort.Reverse(sort.StringSlice(lines)))
	return strings.Join(lines, "\n")
}

// settled returns how many bytes of the heap are in use when nothing can be freed.
func settled() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
