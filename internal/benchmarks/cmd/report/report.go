package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// report collects the page.
type report struct {
	targets []target
	text    strings.Builder
	grown   map[int]results                  // by the number of workers, for the plot
	say     func(format string, args ...any) // prints the progress
}

// target is something that was promised of the SDK, and what became of it.
type target struct {
	what     string
	measured string
	bound    string
	met      bool
}

// expect adds a target: the ratio must be at most, or with least at least, the bound.
func (r *report) expect(what string, ratio, bound float64, least bool) {
	t := target{what: what, measured: format(ratio), bound: "at most " + format(bound), met: ratio <= bound}
	if least {
		t.bound, t.met = "at least "+format(bound), ratio >= bound
	}
	r.targets = append(r.targets, t)
}

// promise adds a target that is no ratio.
func (r *report) promise(what, measured, bound string, met bool) {
	r.targets = append(r.targets, target{what, measured, bound, met})
}

func (r *report) heading(title string) {
	r.say("%s", title)
	r.printf("\n## %s\n\n", title)
}

func (r *report) printf(format string, args ...any) { fmt.Fprintf(&r.text, format, args...) }

// table writes rows, the first of which is the head.
func table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	return b.String()
}

func (r *report) table(rows [][]string) { r.printf("%s", table(rows)) }

// targetFold is one line on the targets that names those that were missed, and the
// table folded behind it.
func (r *report) targetFold() string {
	var missed []string
	for _, t := range r.targets {
		if !t.met {
			missed = append(missed, t.what+" ("+t.measured+")")
		}
	}
	line := fmt.Sprintf("%d targets, all met", len(r.targets))
	if len(missed) > 0 {
		line = fmt.Sprintf("%d targets, %d missed: %s", len(r.targets), len(missed), strings.Join(missed, "; "))
	}
	return "<details><summary>" + line + "</summary>\n\n" + r.targetTable() + "\n</details>\n"
}

func (r *report) targetTable() string {
	rows := [][]string{{"what", "measured", "target", ""}}
	for _, t := range r.targets {
		verdict := "met"
		if !t.met {
			verdict = "**missed**"
		}
		rows = append(rows, []string{t.what, t.measured, t.bound, verdict})
	}
	return table(rows)
}

// format writes a ratio or an amount with as many digits as mean something.
func format(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func micros(d time.Duration) string { return format(float64(d)/float64(time.Microsecond)) + " µs" }

func millis(d time.Duration) string { return format(float64(d)/float64(time.Millisecond)) + " ms" }

func megabytes(bytes int64) string { return format(float64(bytes)/1e6) + " MB" }

func count[N int | int64 | uint64](n N) string { return strconv.FormatInt(int64(n), 10) }

// ratio divides, and gives no answer when there is none.
func ratio[N int | int64 | uint64 | float64 | time.Duration](a, b N) float64 {
	return float64(a) / float64(b)
}
