package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

// results holds the samples of each contender, by its index.
type results [][]sample

// turns returns who is next in a round. (1) and (4), whose ratio is to be known best,
// have four turns, one beside the other. They follow equally often on (2) and on (3),
// whose garbage, of handshakes for the most part, may be left to be collected.
func turns(round int) []int {
	a, b := careful, sdk
	if round%2 == 1 {
		a, b = b, a
	}
	return []int{usual, a, b, a, b, resty, b, a, b, a}
}

// compete runs all contenders against baseURL, in turns. Each keeps its connections
// from turn to turn, if it can.
func compete(ctx context.Context, s *server, baseURL string, workers int, p pattern, rounds int, d time.Duration) (results, error) {
	all := contender.All()
	contenders, found := make([]contender.Contender, len(all)), make(results, len(all))
	for i, e := range all {
		c, err := e.New(baseURL, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		defer c.Close()
		contenders[i] = c
	}
	opened, err := s.opened(ctx)
	if err != nil {
		return nil, err
	}
	for round := range rounds {
		for _, i := range turns(round) {
			got := run(ctx, contenders[i], workers, p, d)
			before := opened
			if opened, err = s.opened(ctx); err != nil {
				return nil, err
			}
			got.opened = opened - before
			found[i] = append(found[i], got)
		}
	}
	return found, nil
}

// opened returns how many connections the server has accepted, once there are no more
// to come: some are opened that no call waits for.
func (s *server) opened(ctx context.Context) (int, error) {
	last := -1
	for {
		n, err := s.ask(ctx, "/opened")
		if err != nil || n == last {
			return n, err
		}
		last = n
		pause(ctx, answerTime)
	}
}

func (r results) p50(i int) time.Duration {
	return median(r[i], func(s sample) time.Duration { return s.p50 })
}

func (r results) p99(i int) time.Duration {
	return median(r[i], func(s sample) time.Duration { return s.p99 })
}

// perCall is of all turns together: in which of them the collector runs is a matter
// of luck.
func (r results) perCall(i int) time.Duration {
	calls := total(r[i], func(s sample) int { return s.calls })
	return total(r[i], func(s sample) time.Duration { return s.used }) / time.Duration(max(calls, 1))
}

func (r results) perSecond(i int) float64 {
	return median(r[i], func(s sample) float64 { return s.perSecond })
}

func (r results) opened(i int) int { return total(r[i], func(s sample) int { return s.opened }) }

func (r results) failed(i int) int { return total(r[i], func(s sample) int { return s.failed }) }

// http1 measures connections, latency and processor time as the load grows.
func http1(ctx context.Context, r *report, s *server, p plan) error {
	r.heading("HTTP/1.1 over TLS, a server that answers after " + answerTime.String())
	r.printf("Client and server are two processes on one machine, and every handshake costs both. Connections are those opened "+
		"in all of %d rounds, with those of the first calls of a turn, which are not timed. In a round (1) and (4) have four turns, "+
		"(2) and (3) one. Processor time is the client's. It is that of all turns together; of the rest the table has medians of "+
		"the turns, and the targets are medians of the ratios of turns in the same round.\n\n", p.rounds)
	rows := [][]string{{"workers", "pattern", "", "connections", "p50", "p99", "processor a call", "calls a second", "failed"}}
	r.grown = map[int]results{}
	for _, workers := range p.scale {
		inTable := slices.Contains(p.workers, workers)
		for _, pattern := range []pattern{steady, bursts} {
			if !inTable && pattern == bursts {
				continue
			}
			r.say("  %d workers, %s", workers, pattern)
			rounds := p.rounds
			if !inTable {
				rounds = (rounds + 2) / 3
			}
			found, err := compete(ctx, s, s.HTTP1+slow, workers, pattern, rounds, p.time)
			if err != nil {
				return err
			}
			if pattern == steady {
				r.grown[workers] = found
			}
			if inTable {
				rows = append(rows, found.rows(workers, pattern)...)
				found.judge(r, workers, pattern)
			}
		}
	}
	r.table(rows)
	return nil
}

func (r results) rows(workers int, p pattern) [][]string {
	var rows [][]string
	for i, e := range contender.All() {
		row := []string{
			"", "", label(e), count(r.opened(i)), millis(r.p50(i)), millis(r.p99(i)),
			micros(r.perCall(i)), format(r.perSecond(i)), count(r.failed(i)),
		}
		if i == 0 {
			row[0], row[1] = count(workers), string(p)
		}
		rows = append(rows, row)
	}
	return rows
}

// The contenders, as indexes.
const (
	careful = iota
	usual
	resty
	sdk
)

func (r results) judge(report *report, workers int, p pattern) {
	where := fmt.Sprintf("HTTP/1.1, %d workers, %s: ", workers, p)
	report.promise(where+"connections opened", count(r.opened(sdk)), "at most "+count(workers), r.opened(sdk) <= workers)
	if workers >= 128 {
		p99 := func(s sample) float64 { return float64(s.p99) }
		report.expect(where+"p99 ÷ (3)", r.ratio(sdk, resty, p99), 0.5, false)
		report.expect(where+"processor ÷ (3)", ratio(r.perCall(sdk), r.perCall(resty)), 0.5, false)
		report.expect(where+"p99 ÷ (1)", r.ratio(sdk, careful, p99), 1.2, false)
		report.expect(where+"processor ÷ (1)", ratio(r.perCall(sdk), r.perCall(careful)), 1.2, false)
	}
}

// http2 measures throughput over one connection or a few.
func http2(ctx context.Context, r *report, s *server, p plan) error {
	r.heading("HTTP/2")
	r.printf("Against a server that takes its time, throughput is what the latency leaves; against one that answers at once, it is " +
		"what the processors of this machine leave, which client and server share.\n\n")
	perSecond := func(s sample) float64 { return s.perSecond }
	rows := [][]string{{"the server answers", "", "connections", "calls a second", "÷ (1)", "p99", "processor a call", "failed"}}
	for _, when := range []struct {
		name, path string
		workers    int
	}{
		{"after " + answerTime.String(), slow, 2 * p.throughputWorkers},
		{"at once", fast, p.throughputWorkers},
	} {
		found, err := compete(ctx, s, s.HTTP2+when.path, when.workers, steady, p.throughputRounds, p.time)
		if err != nil {
			return err
		}
		for i, e := range contender.All() {
			row := []string{
				"", label(e), count(found.opened(i)), format(found.perSecond(i)), format(found.ratio(i, careful, perSecond)),
				millis(found.p99(i)), micros(found.perCall(i)), count(found.failed(i)),
			}
			if i == 0 {
				row[0] = fmt.Sprintf("%s, %d workers", when.name, when.workers)
			}
			rows = append(rows, row)
		}
		r.expect("HTTP/2, a server that answers "+when.name+": throughput ÷ (1)", found.ratio(sdk, careful, perSecond), 0.95, true)
	}
	r.table(rows)
	return nil
}

// ratio is the median of the ratios of turns in the same round, in which contenders met
// the same machine. Who has fewer turns than the other is compared with all of those.
func (r results) ratio(a, b int, get func(sample) float64) float64 {
	ratios := make([]float64, max(len(r[a]), len(r[b])))
	for i := range ratios {
		ratios[i] = get(r[a][i*len(r[a])/len(ratios)]) / get(r[b][i*len(r[b])/len(ratios)])
	}
	return median(ratios, func(v float64) float64 { return v })
}

// refusals measures whether an error answer costs the connection.
func refusals(ctx context.Context, r *report, s *server, p plan) error {
	r.heading("Refusals, HTTP/1.1 over TLS")
	r.printf("%d workers, a server that answers at once: 200 with a body, or 400 with a body.\n\n", p.throughputWorkers)
	ok, err := compete(ctx, s, s.HTTP1+fast, p.throughputWorkers, steady, p.throughputRounds, p.time/2)
	if err != nil {
		return err
	}
	no, err := compete(ctx, s, s.HTTP1+refuse, p.throughputWorkers, steady, p.throughputRounds, p.time/2)
	if err != nil {
		return err
	}
	rows := [][]string{{"", "connections, 200", "connections, 400", "p50, 200", "p50, 400", "processor, 200", "processor, 400", "400 to 200"}}
	for i, e := range contender.All() {
		rows = append(rows, []string{
			label(e), count(ok.opened(i)), count(no.opened(i)), millis(ok.p50(i)), millis(no.p50(i)),
			micros(ok.perCall(i)), micros(no.perCall(i)), format(ratio(no.perCall(i), ok.perCall(i))),
		})
	}
	r.table(rows)
	r.promise("refusals: connections opened", count(no.opened(sdk)), "at most "+count(p.throughputWorkers), no.opened(sdk) <= p.throughputWorkers)
	r.expect("refusals: processor to a success", ratio(no.perCall(sdk), ok.perCall(sdk)), 1.3, false)
	return nil
}
