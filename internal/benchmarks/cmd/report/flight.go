package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

// maxConns is how many connections the SDK opens to a server.
const maxConns = 1024

// held is what calls hold while they wait for their answers.
type held struct {
	bytes, goroutines         float64 // for each call
	bytesAfter, leftAfter     int64   // when all have ended, and connections are closed
	bytesAgain, leftTheSecond int64   // the same after a second time
}

// inFlight measures what a call holds while it waits.
func inFlight(ctx context.Context, r *report, s *server, p plan) error {
	n := min(p.inFlight, openFiles()-500)
	r.heading(fmt.Sprintf("%d calls in flight", n))
	overNetwork := min(n, maxConns)
	r.printf("Over the network there are %d calls: the SDK opens no more connections to a server. ", overNetwork)
	r.printf("Heap and stacks for each call, the caller's own goroutine included, when all calls wait for " +
		"their answers; and what is left when they have them and idle connections are closed, after the " +
		"first time and after a second.\n\n")
	rows := [][]string{{"", "", "bytes a call", "goroutines a call", "left after", "left after twice", "goroutines left"}}
	for _, where := range []string{"in memory", "HTTP/1.1, no TLS"} {
		for i, e := range contender.All() {
			var h held
			var err error
			n := n
			if where == "in memory" {
				h, err = holdInMemory(ctx, e, n)
			} else {
				n = overNetwork
				h, err = holdOverNetwork(ctx, s, e, n)
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", e.Name, where, err)
			}
			row := []string{
				"", label(e), format(h.bytes), format(h.goroutines), megabytes(h.bytesAfter), megabytes(h.bytesAgain), count(h.leftTheSecond),
			}
			if i == 0 {
				row[0] = where
			}
			rows = append(rows, row)
			if i == sdk {
				grown := h.bytesAgain - h.bytesAfter
				r.promise(fmt.Sprintf("%d calls, %s: growth when they have ended", n, where), megabytes(grown)+", "+count(h.leftTheSecond)+" goroutines",
					"1 MB, 0 goroutines", grown < 1e6 && h.leftTheSecond <= 0)
			}
		}
	}
	r.table(rows)
	return nil
}

// openFiles returns how many connections this process may have.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return int(min(limit.Cur, 1<<20))
}

func holdInMemory(ctx context.Context, e contender.Entry, n int) (held, error) {
	var h held
	for second := range 2 {
		memory := &contender.Memory{Wait: make(chan struct{})}
		arrived := make(chan struct{}, n)
		memory.Here = func() { arrived <- struct{}{} }
		c, err := e.New(memoryURL, memory)
		if err != nil {
			return held{}, err
		}
		err = h.hold(ctx, c, n, second > 0, func() error {
			for range n {
				<-arrived
			}
			return nil
		}, func() error { close(memory.Wait); return nil })
		if err != nil {
			return held{}, err
		}
	}
	return h, nil
}

func holdOverNetwork(ctx context.Context, s *server, e contender.Entry, n int) (held, error) {
	var h held
	for second := range 2 {
		c, err := e.New(s.Plain+hold, nil)
		if err != nil {
			return held{}, err
		}
		err = h.hold(ctx, c, n, second > 0, func() error {
			for {
				waiting, askErr := s.ask(ctx, "/waiting")
				if askErr != nil || waiting >= n {
					return askErr
				}
				pause(ctx, answerTime)
			}
		}, func() error { _, askErr := s.ask(ctx, "/release"); return askErr })
		if err != nil {
			return held{}, err
		}
	}
	return h, nil
}

// hold makes n calls, measures when all have arrived, and measures again when all have
// been answered.
func (h *held) hold(ctx context.Context, c contender.Contender, n int, second bool, arrived, release func() error) error {
	bytesBefore, goroutinesBefore := footprint()
	var failed atomic.Int64
	var calls sync.WaitGroup
	for range n {
		calls.Go(func() {
			if _, err := c.LoginOrCreate(ctx, contender.PhoneNumber); err != nil {
				failed.Add(1)
			}
		})
	}
	if err := arrived(); err != nil {
		return err
	}
	bytes, goroutines := footprint()
	if err := release(); err != nil {
		return err
	}
	calls.Wait()
	if failed.Load() > 0 {
		return fmt.Errorf("%d of %d calls failed", failed.Load(), n)
	}
	c.Close()
	pause(ctx, 5*answerTime) // for the goroutines of closed connections to end
	bytesAfter, goroutinesAfter := footprint()
	if second {
		h.bytesAgain, h.leftTheSecond = h.bytesAfter+bytesAfter-bytesBefore, goroutinesAfter-goroutinesBefore
		return nil
	}
	h.bytes, h.goroutines = float64(bytes-bytesBefore)/float64(n), float64(goroutines-goroutinesBefore)/float64(n)
	h.bytesAfter, h.leftAfter = bytesAfter-bytesBefore, goroutinesAfter-goroutinesBefore
	return nil
}

// footprint returns what is alive: bytes on heap and stacks, and goroutines.
func footprint() (bytes, goroutines int64) {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // the first one only finds what finalizers and pools let go
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse), int64(runtime.NumGoroutine())
}
