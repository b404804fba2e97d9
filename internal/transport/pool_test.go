package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// poolTest drives a pool as net/http does, with connections that need no server.
type poolTest struct {
	*pool
	dials   atomic.Int64
	dialErr error
}

func newPoolTest() *poolTest {
	p := &poolTest{}
	p.pool = newPool(func(context.Context, string, string) (net.Conn, error) {
		p.dials.Add(1)
		ours, _ := net.Pipe()
		return ours, p.dialErr
	})
	return p
}

// call begins a call that wants a connection.
func (p *poolTest) call() *trace {
	t := &trace{client: &Client{pool: p.pool}}
	p.begin()
	t.getConn("")
	return t
}

// open dials for a call and returns a channel with what comes of it.
func (p *poolTest) open(t *trace) <-chan net.Conn {
	opened := make(chan net.Conn, 1)
	go func() {
		c, err := p.dialContext(context.WithValue(context.Background(), traceKey{}, t), "tcp", "")
		if err != nil {
			c = nil
		}
		opened <- c
	}()
	synctest.Wait()
	return opened
}

// give hands a connection to a call.
func (p *poolTest) give(t *trace, c net.Conn, http2 bool) {
	t.got.Store(true)
	t.wants.Store(0)
	pooledOf(c).decide(http2)
	synctest.Wait()
}

// counts must come back to nothing when everything is over.
func (p *poolTest) counts() [4]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return [4]int{p.calls, p.conns, p.undecided, p.shared}
}

func (p *poolTest) opened() int { return p.counts()[1] }

// TestPoolSharesHTTP2 opens two connections for many calls, and none for those that
// got one of them.
func TestPoolSharesHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest()
		calls := make([]*trace, 10)
		opened := make([]<-chan net.Conn, len(calls))
		for i := range calls {
			calls[i] = p.call()
			opened[i] = p.open(calls[i])
		}
		require.EqualValues(t, maxUndecided, p.dials.Load())
		first := <-opened[0]
		for _, call := range calls { // net/http gives it to all that wait
			call.wants.Store(0)
		}
		p.give(calls[0], tls.Client(first, &tls.Config{}), true)
		for _, o := range opened[2:] {
			assert.Nil(t, <-o, "no longer needed")
		}
		assert.EqualValues(t, maxUndecided, p.dials.Load())
		for _, call := range calls {
			p.end(call)
		}
		for _, c := range []net.Conn{first, <-opened[1]} {
			require.NoError(t, c.Close())
			_ = c.Close() // twice counts once
		}
		assert.Equal(t, [4]int{}, p.counts())
	})
}

// TestPoolWaitsForItsShare: a call that is about to get a shared connection does not dial
// that all share, but those who come back because it was full, all when it ends, and
// those who were not handed it after all.
func TestPoolWaitsForItsShare(t *testing.T) {
	for name, next := range map[string]func(*testing.T, []net.Conn){
		"it ends": func(t *testing.T, shared []net.Conn) {
			t.Helper()
			require.NoError(t, shared[0].Close())
			require.NoError(t, shared[1].Close())
		},
		"it was not handed over": func(*testing.T, []net.Conn) { <-time.After(handover) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPoolTest()
				calls := make([]*trace, 4)
				opened := make([]<-chan net.Conn, len(calls))
				for i := range calls {
					calls[i] = p.call()
					opened[i] = p.open(calls[i])
				}
				shared := []net.Conn{<-opened[0], <-opened[1]}
				p.give(calls[0], tls.Client(shared[0], &tls.Config{}), true)
				p.give(calls[1], tls.Client(shared[1], &tls.Config{}), true)
				require.EqualValues(t, 2, p.dials.Load(), "the others do not know yet that they are served")

				calls[2].getConn("") // it was handed the first, and found it full
				third := <-p.open(calls[2])
				require.NotNil(t, third)
				require.EqualValues(t, 3, p.dials.Load())

				<-time.After(handover / 2)
				require.EqualValues(t, 3, p.dials.Load())
				next(t, shared)
				synctest.Wait()
				assert.Nil(t, <-opened[2], "no call asks for this one any more")
				require.EqualValues(t, 4, p.dials.Load(), "no connection serves the last")
				for _, call := range calls {
					call.wants.Store(0)
					p.end(call)
				}
				for _, conn := range append(shared, third, <-opened[3]) {
					_ = conn.Close()
				}
				assert.Equal(t, [4]int{}, p.counts())
			})
		})
	}
}

// TestPoolLosesPatience lets a call dial when those on their way take too long: two
// that could serve all, or one that ought to have come long ago.
func TestPoolLosesPatience(t *testing.T) {
	for name, c := range map[string]struct {
		exclusive bool
		conns     int
		limit     time.Duration
	}{"shared": {false, 2, patience}, "exclusive": {true, 1, longHandshake}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPoolTest()
				p.exclusive = c.exclusive
				ready := make(chan struct{})
				p.dial = func(context.Context, string, string) (net.Conn, error) {
					<-ready
					ours, _ := net.Pipe()
					return ours, nil
				}
				var late []<-chan net.Conn
				for range c.conns {
					call := p.call()
					late = append(late, p.open(call))
					call.got.Store(true) // another one
					call.wants.Store(0)
					p.end(call)
				}
				call := p.call()
				waiting := p.open(call)
				<-time.After(c.limit - 1)
				require.Equal(t, c.conns, p.opened())
				<-time.After(1)
				synctest.Wait()
				require.Equal(t, 1, p.opened(), "its own, and no other counts")
				close(ready)
				p.give(call, <-waiting, !c.exclusive)
				p.end(call)
				for _, l := range late {
					conn := <-l
					pooledOf(conn).decide(!c.exclusive) // it counts again
					assert.Equal(t, 2, p.opened())
					require.NoError(t, conn.Close())
				}
			})
		})
	}
}

// TestPoolKeepsToCalls opens no more connections of HTTP/1 than there are calls.
func TestPoolKeepsToCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest()
		a := p.call()
		first := <-p.open(a)
		p.give(a, first, false)

		b, c := p.call(), p.call()
		second, third := <-p.open(b), <-p.open(c)
		p.give(b, second, false)
		p.give(c, third, false)
		require.EqualValues(t, 3, p.dials.Load())

		p.end(a) // its connection is idle now, and would be given to the next
		d := p.call()
		waiting := p.open(d)
		require.EqualValues(t, 3, p.dials.Load(), "one is idle")
		require.NoError(t, first.Close())
		synctest.Wait()
		fourth := <-waiting
		require.EqualValues(t, 4, p.dials.Load(), "none is")
		for _, call := range []*trace{b, c, d} {
			p.end(call)
		}
		for _, conn := range []net.Conn{second, third, fourth} {
			require.NoError(t, conn.Close())
		}
		assert.Equal(t, [4]int{}, p.counts())
	})
}

// TestPoolForgetsHopelessConnections lets a call go on when another one gave up on
// a connection that never came, and counts that connection when it comes after all.
func TestPoolForgetsHopelessConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest()
		a, b := p.call(), p.call()
		hopeless, other := <-p.open(a), <-p.open(b)
		c := p.call()
		waiting := p.open(c)
		require.EqualValues(t, 2, p.dials.Load())
		p.end(a)
		synctest.Wait()
		third := <-waiting
		require.EqualValues(t, 3, p.dials.Load())
		p.give(c, hopeless, false)
		p.give(b, other, false)
		p.give(b, hopeless, false)
		p.end(b)
		p.end(c)
		for _, conn := range []net.Conn{hopeless, other, third} {
			require.NoError(t, conn.Close())
		}
		pooledOf(third).decide(true) // too late to matter
		assert.Equal(t, [4]int{}, p.counts())
	})
}

// TestPoolAfterFailure lets the next call try.
func TestPoolAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest()
		p.dialErr = errors.New("refused")
		for range 5 {
			call := p.call()
			assert.Nil(t, <-p.open(call))
			p.end(call)
		}
		assert.EqualValues(t, 5, p.dials.Load())
		assert.Equal(t, [4]int{}, p.counts())
	})
}

// TestPoolEndOfCall wakes a dial that no call waits for.
func TestPoolEndOfCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest()
		a, b, c := p.call(), p.call(), p.call()
		first, second := <-p.open(a), <-p.open(b)
		waiting := p.open(c)
		p.end(c)
		assert.Nil(t, <-waiting)
		assert.EqualValues(t, 2, p.dials.Load())
		p.end(a)
		p.end(b)
		_, _ = first.Close(), second.Close()
		assert.Equal(t, [4]int{}, p.counts())
	})
}

// TestPoolOfOthers leaves alone what is not its own.
func TestPoolOfOthers(t *testing.T) {
	p := newPoolTest()
	c, err := p.dialContext(t.Context(), "tcp", "")
	require.NoError(t, err)
	assert.NotNil(t, c)
	assert.Nil(t, pooledOf(c))
	assert.Equal(t, [4]int{}, p.counts())
}
