// Package dialgate limits how many calls of a client wait for a connection at once.
// Without it, net/http dials once for every call that finds no connection, even while
// it dials one of HTTP/2 that all of them can share.
package dialgate

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxPlaces = 1024
	growth    = 4 // the factor by which the gate widens

	// The gate widens after so many ticks in which no call got a connection. On a busy
	// machine the ticks take longer, as a connection does.
	maxTicks = 20
	tick     = 5 * time.Millisecond
)

// Gate lets one call wait for a connection at a time, and more when connections are
// slow to come.
type Gate struct {
	places  chan struct{}
	size    atomic.Int32 // how many places there are
	waiting atomic.Int32 // calls that wait for a place
	quiet   atomic.Int32 // ticks since a call got a connection
	ticker  *time.Timer  // runs while calls wait

	// HTTP/1 needs a connection for each call, so there the gate stays open.
	open   chan struct{}
	opened sync.Once
}

// New returns a gate with one place.
func New() *Gate {
	g := &Gate{places: make(chan struct{}, maxPlaces), open: make(chan struct{})}
	g.ticker = time.AfterFunc(tick, g.tick)
	g.ticker.Stop()
	g.widen(1)
	return g
}

func (g *Gate) widen(size int32) {
	for range size - g.size.Swap(size) {
		g.places <- struct{}{}
	}
}

// Enter waits for a place among the calls that wait for a connection, and reports
// whether the call has one to leave.
func (g *Gate) Enter(ctx context.Context) bool {
	select {
	case <-g.open:
		return false
	case <-g.places:
		return true
	default:
	}
	if g.waiting.Add(1) == 1 {
		g.quiet.Store(0)
		g.ticker.Reset(tick)
	}
	defer g.waiting.Add(-1)
	select {
	case <-g.open:
		return false
	case <-g.places:
		return true
	case <-ctx.Done():
		return false
	}
}

func (g *Gate) tick() {
	runtime.Gosched() // let everything else run first
	if g.waiting.Load() == 0 {
		return
	}
	if g.quiet.Add(1) >= maxTicks {
		g.quiet.Store(0)
		g.widen(min(g.size.Load()*growth, maxPlaces))
	}
	g.ticker.Reset(tick)
}

// Connected says that a call got a connection.
func (g *Gate) Connected() { g.quiet.Store(0) }

// Leave gives the place to another call.
func (g *Gate) Leave() { g.places <- struct{}{} }

// Open ends the limit for good.
func (g *Gate) Open() { g.opened.Do(func() { close(g.open) }) }
