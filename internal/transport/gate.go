package transport

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

// gate limits how many calls wait for a connection at once: one, and more when
// connections are slow to come. Without it, net/http dials once for every call that
// finds no connection, even while it dials one of HTTP/2 that all of them can share.
type gate struct {
	places   chan struct{}
	size     atomic.Int32  // how many places there are
	progress atomic.Int64  // calls that got a connection
	watch    chan struct{} // held by the waiting call that widens the gate

	// HTTP/1 needs a connection for each call, so there the gate stays open.
	open   chan struct{}
	opened sync.Once
}

func newGate() *gate {
	g := &gate{places: make(chan struct{}, maxPlaces), watch: make(chan struct{}, 1), open: make(chan struct{})}
	g.watch <- struct{}{}
	g.widen(1)
	return g
}

func (g *gate) widen(size int32) {
	for range size - g.size.Swap(size) {
		g.places <- struct{}{}
	}
}

// enter waits for a place among the calls that wait for a connection, and reports
// whether the call has one to leave.
func (g *gate) enter(ctx context.Context) bool {
	select {
	case <-g.open:
		return false
	case <-g.places:
		return true
	default:
	}
	watch, ticks := g.watch, (<-chan time.Time)(nil)
	for quiet, seen := 0, int64(0); ; {
		select {
		case <-g.open:
			return false
		case <-g.places:
			return true
		case <-ctx.Done():
			return false
		case <-watch:
			defer func() { g.watch <- struct{}{} }()
			ticker := time.NewTicker(tick)
			defer ticker.Stop()
			watch, ticks, seen = nil, ticker.C, g.progress.Load()
		case <-ticks:
			runtime.Gosched() // let everything else run first
			quiet++
			if now := g.progress.Load(); now != seen {
				quiet, seen = 0, now
			}
			if quiet >= maxTicks {
				quiet = 0
				g.widen(min(g.size.Load()*growth, maxPlaces))
			}
		}
	}
}

// leave gives the place to another call.
func (g *gate) leave() { g.places <- struct{}{} }

func (g *gate) setOpen() { g.opened.Do(func() { close(g.open) }) }
