package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

const memoryURL = "https://memory.example"

// cost is what one call of a task takes.
type cost struct {
	time          time.Duration // of the processor
	allocs, bytes float64
}

// task is something whose cost is measured.
type task struct {
	name string
	run  func(context.Context) error
}

// measure returns the cost of each task: the median of rounds that take turns, so that
// what else happens on the machine happens to all.
func measure(ctx context.Context, tasks []task, rounds, calls int) ([]cost, error) {
	samples := make([][]cost, len(tasks))
	for round := range rounds {
		for turn := range tasks {
			i := (turn + round) % len(tasks)
			c, err := once(ctx, tasks[i], calls)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", tasks[i].name, err)
			}
			samples[i] = append(samples[i], c)
		}
	}
	costs := make([]cost, len(tasks))
	for i, s := range samples {
		costs[i] = cost{
			median(s, func(c cost) time.Duration { return c.time }),
			median(s, func(c cost) float64 { return c.allocs }),
			median(s, func(c cost) float64 { return c.bytes }),
		}
	}
	return costs, nil
}

func once(ctx context.Context, t task, calls int) (cost, error) {
	var before, after runtime.MemStats
	runtime.GC() // so that a contender does not pay for the one before it
	runtime.ReadMemStats(&before)
	used := processor()
	for range calls {
		if err := t.run(ctx); err != nil {
			return cost{}, err
		}
	}
	used = processor() - used
	runtime.ReadMemStats(&after)
	n := float64(calls)
	return cost{
		time:   used / time.Duration(calls),
		allocs: float64(after.Mallocs-before.Mallocs) / n,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / n,
	}, nil
}

// inMemory measures what a call costs when the server is a function.
func inMemory(ctx context.Context, r *report, _ *server, p plan) error {
	r.heading("A call, in memory")
	r.printf("The server is a function that answers at once: what is left is the client. Processor " +
		"time, allocations and bytes of one call; medians of rounds in which the contenders take turns.\n\n")
	groups := []struct {
		name   string
		memory contender.Memory
		call   func(context.Context, contender.Contender) error
	}{
		{"login or create", contender.Memory{}, contender.LoginOrCreate},
		{"authenticate, with user, session and JWT", contender.Memory{}, contender.Authenticate},
		{"a refusal, 400 with a body", contender.Memory{Refuse: true}, refused},
	}
	var tasks []task
	for _, g := range groups {
		more, err := memoryTasks(&g.memory, g.call)
		if err != nil {
			return err
		}
		tasks = append(tasks, more...)
	}
	all, err := measure(ctx, tasks, p.memoryRounds, p.memoryCalls)
	if err != nil {
		return err
	}
	rows := [][]string{{"", "", "time", "allocations", "bytes", "time ÷ (1)", "time ÷ (2)", "time ÷ (3)"}}
	results := slices.Collect(slices.Chunk(all, len(all)/len(groups)))
	for group, costs := range results {
		for i, c := range costs {
			name := ""
			if i == 0 {
				name = groups[group].name
			}
			rows = append(rows, []string{
				name, tasks[i].name, micros(c.time), format(c.allocs), format(c.bytes),
				format(ratio(c.time, costs[careful].time)), format(ratio(c.time, costs[usual].time)), format(ratio(c.time, costs[resty].time)),
			})
		}
	}
	r.table(rows)
	send := results[0]
	r.expect("in memory, a send: time ÷ (2)", ratio(send[sdk].time, send[usual].time), 0.9, false)
	r.expect("in memory, a send: allocations ÷ (2)", send[sdk].allocs/send[usual].allocs, 1.05, false)
	return nil
}

func memoryTasks(m *contender.Memory, call func(context.Context, contender.Contender) error) ([]task, error) {
	var tasks []task
	for _, e := range contender.All() {
		c, err := e.New(memoryURL, m)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task{label(e), func(ctx context.Context) error { return call(ctx, c) }})
	}
	return tasks, nil
}

func label(e contender.Entry) string { return fmt.Sprintf("(%d) %s", e.Number, e.Name) }

func refused(ctx context.Context, c contender.Contender) error {
	if err := contender.LoginOrCreate(ctx, c); err == nil {
		return errors.New("a refusal was taken for a success")
	}
	return nil
}

// construction measures NewClient.
func construction(ctx context.Context, r *report, _ *server, p plan) error {
	r.heading("Making a client")
	var dialed countingTransport
	goroutines := runtime.NumGoroutine()
	calls, err := memoryTasks(&contender.Memory{}, contender.LoginOrCreate)
	if err != nil {
		return err
	}
	var tasks []task
	for _, e := range contender.All() {
		tasks = append(tasks, task{label(e), func(context.Context) error { _, newErr := e.New(memoryURL, nil); return newErr }})
		if _, err = e.New(memoryURL, &dialed); err != nil {
			return err
		}
	}
	costs, err := measure(ctx, append(tasks, calls[sdk]), p.memoryRounds, p.memoryCalls)
	if err != nil {
		return err
	}
	call := costs[len(tasks)]
	rows := [][]string{{"", "time", "allocations", "bytes"}}
	for i, t := range tasks {
		c := costs[i]
		rows = append(rows, []string{t.name, micros(c.time), format(c.allocs), format(c.bytes)})
	}
	r.table(rows)
	started := runtime.NumGoroutine() - goroutines
	r.printf("\nMaking all of them, over and over, sent %d requests and left %d goroutines.\n", dialed.requests, started)
	r.expect("NewClient: time to an in-memory call", ratio(costs[sdk].time, call.time), 10, false)
	r.promise("NewClient: requests, goroutines", fmt.Sprintf("%d, %d", dialed.requests, started), "0, 0",
		dialed.requests == 0 && started <= 0)
	return nil
}

// countingTransport sends nothing.
type countingTransport struct{ requests int }

func (t *countingTransport) RoundTrip(*http.Request) (*http.Response, error) {
	t.requests++
	return nil, http.ErrServerClosed
}
