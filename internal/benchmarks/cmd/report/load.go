package main

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

// processor returns the processor time that this process has used so far, in its own
// code and in the kernel's.
func processor() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// pattern is how calls come.
type pattern string

const (
	steady pattern = "steady" // each worker calls again as soon as it has its answer
	bursts pattern = "bursts" // all workers call at once, and again when all have their answer
)

// sample is what one run measured.
type sample struct {
	opened    int // connections, with those of the first calls
	calls     int
	failed    int
	err       error // of one call that failed
	perSecond float64
	p50, p99  time.Duration
	used      time.Duration // of the processor, by the client
}

// run makes calls for about d. The first call of each worker opens connections and is
// not timed.
func run(ctx context.Context, c contender.Contender, workers int, p pattern, d time.Duration) sample {
	l := &load{ctx: ctx, contender: c, latencies: make([][]time.Duration, workers)}
	l.all(func() bool { return false })
	for i := range l.latencies {
		l.latencies[i] = l.latencies[i][:0]
	}

	start, used := time.Now(), processor()
	if p == steady {
		l.all(func() bool { return time.Since(start) < d })
	} else {
		for again := true; again; again = time.Since(start) < d {
			l.all(func() bool { return false })
		}
	}
	used, elapsed := processor()-used, time.Since(start)

	times := slices.Concat(l.latencies...)
	slices.Sort(times)
	s := sample{calls: len(times), failed: l.failed, err: l.err}
	if len(times) == 0 {
		return s
	}
	s.perSecond = float64(len(times)) / elapsed.Seconds()
	s.used = used
	s.p50, s.p99 = times[len(times)/2], times[len(times)*99/100]
	return s
}

type load struct {
	ctx       context.Context //nolint:containedctx // of one run, which this struct is
	contender contender.Contender
	latencies [][]time.Duration // of each worker

	mu     sync.Mutex
	failed int
	err    error
}

// all lets every worker make a call, and further ones while more says so.
func (l *load) all(more func() bool) {
	var workers sync.WaitGroup
	for i := range l.latencies {
		workers.Go(func() {
			for again := true; again; again = more() {
				start := time.Now()
				_, err := l.contender.LoginOrCreate(l.ctx, contender.PhoneNumber)
				l.latencies[i] = append(l.latencies[i], time.Since(start))
				if err != nil {
					l.fail(err)
				}
			}
		})
	}
	workers.Wait()
}

func (l *load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed++
	l.err = err
}

// median returns the middle of what get finds in the samples.
func median[T any, N int | float64 | time.Duration](samples []T, get func(T) N) N {
	values := make([]N, 0, len(samples))
	for _, s := range samples {
		values = append(values, get(s))
	}
	slices.Sort(values)
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

// total returns the sum of what get finds in the samples.
func total[T any, N int | time.Duration](samples []T, get func(T) N) N {
	var sum N
	for _, s := range samples {
		sum += get(s)
	}
	return sum
}
