package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// maxUndecided is how many connections may be on their way at once while one could
// serve every call. It is two lest one bad handshake hold up all calls.
const maxUndecided = 2

// What a dial waits for may never come. It does not wait longer than this.
const (
	handover      = 100 * time.Millisecond // for the connection that is about to be handed to it
	patience      = time.Second            // for others on their way, one of which could serve all
	longHandshake = 5 * time.Second        // for others on their way, of which each serves one call
)

var errUnneeded = errors.New("the call has a connection already")

// pool decides when a call may open a connection.
//
// net/http opens one for every call that finds none idle, even when the connection
// on its way is one of HTTP/2 that all can share, or when others are about to become
// idle. A burst of calls would open more connections than there are calls.
type pool struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu        sync.Mutex
	changed   sync.Cond
	calls     int  // in flight
	conns     int  // open, or being opened
	undecided int  // of these, handed to no call so far
	shared    int  // of these, handed to a call and open to all: the server speaks HTTP/2
	exclusive bool // a connection serves one call at a time: the server speaks HTTP/1
	sharedAt  time.Time

	shares atomic.Int64 // how many connections were shared so far; written under the lock
}

func newPool(dial func(ctx context.Context, network, address string) (net.Conn, error)) *pool {
	p := &pool{dial: dial}
	p.changed.L = &p.mu
	return p
}

// begin and end enclose a call.
func (p *pool) begin() { p.change(func() { p.calls++ }) }

func (p *pool) end(t *trace) {
	t.wants.Store(0)
	p.change(func() {
		p.calls--
		if t.got.Load() {
			return
		}
		// It is unknown whether the connections that were opened will be usable
		// for this call. They must not hold up others.
		for _, c := range t.opened {
			c.overdue()
		}
	})
}

// change lets the dials that wait look again.
func (p *pool) change(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	p.changed.Broadcast()
}

// dialContext opens a connection when there is use for one.
func (p *pool) dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	t := traceOf(ctx)
	if t == nil {
		return p.dial(ctx, network, address)
	}
	c := p.reserve(t)
	if c == nil {
		return nil, errUnneeded
	}
	var err error
	if c.Conn, err = p.dial(ctx, network, address); err != nil {
		p.change(c.discount)
		return nil, err
	}
	return c, nil
}

// reserve waits until the call of t may open a connection. It returns nil when the
// call needs none any more.
func (p *pool) reserve(t *trace) *pooled {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ask := t.wants.Load(); ask != 0 && ask == t.wants.Load(); {
		if p.useful(t) {
			p.conns++
			p.undecided++
			c := &pooled{pool: p, counted: true}
			t.opened = append(t.opened, c)
			limit := patience
			if p.exclusive {
				limit = longHandshake
			}
			c.timer = time.AfterFunc(limit, func() { p.change(c.overdue) })
			return c
		}
		p.changed.Wait()
	}
	return nil
}

// useful reports that the call of t could use one more connection.
func (p *pool) useful(t *trace) bool {
	if p.exclusive {
		return p.conns < p.calls
	}
	// net/http hands a connection that can be shared to all who wait for one. Who
	// waited then is about to have it, or comes back because it was full; or began to
	// wait a moment too late, when the connection was taken off the list again.
	served := p.shared > 0 && t.since.Load() < p.shares.Load() && time.Since(p.sharedAt) < handover
	return !served && p.undecided < maxUndecided
}

// pooled is a connection that a pool keeps count of.
type pooled struct {
	net.Conn

	pool    *pool
	decided atomic.Bool // handed to a call; set under the pool's lock, once and after http2
	http2   bool

	// Under the pool's lock:
	timer   *time.Timer // until others wait for it no longer
	counted bool        // among the pool's connections
	closed  bool
}

// pooledOf returns what lies under c, if a pool opened it.
func pooledOf(c net.Conn) *pooled {
	for {
		encrypted, ok := c.(*tls.Conn)
		if !ok {
			break
		}
		c = encrypted.NetConn()
	}
	ours, _ := c.(*pooled)
	return ours
}

// decide records what the connection turned out to be when a call got it.
func (c *pooled) decide(http2 bool) {
	c.pool.change(func() {
		if c.decided.Load() || c.closed {
			return
		}
		c.timer.Stop()
		if c.counted {
			c.pool.undecided--
		} else {
			c.pool.conns++
		}
		if http2 {
			c.pool.shared++
			c.pool.shares.Add(1)
			c.pool.sharedAt = time.Now()
			time.AfterFunc(handover, func() { c.pool.change(func() {}) })
		}
		c.counted, c.http2 = true, http2
		c.decided.Store(true)
		c.pool.exclusive = !http2
	})
}

// overdue takes a connection out of account that should have come by now. It counts
// again when it does.
func (c *pooled) overdue() {
	if !c.decided.Load() {
		c.discount()
	}
}

func (c *pooled) discount() {
	c.timer.Stop()
	if !c.counted {
		return
	}
	c.counted = false
	c.pool.conns--
	if !c.decided.Load() {
		c.pool.undecided--
	} else if c.http2 {
		c.pool.shared--
	}
}

// Close closes the connection and makes room for another one.
func (c *pooled) Close() error {
	c.pool.change(func() {
		c.closed = true
		c.discount()
	})
	return c.Conn.Close()
}
