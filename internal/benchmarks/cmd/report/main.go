//go:debug x509usefallbackroots=1

// Command report measures this SDK beside net/http and resty, and writes a page of
// ratios and a plot. It needs a Unix system and no network but loopback.
//
//	GOWORK=off go run -C internal/benchmarks ./cmd/report
//
// Everything is measured in one run of one program, in which the contenders take
// turns: a ratio of two figures from different runs, or different machines, means
// little.
package main

import (
	"context"
	"crypto/x509"
	_ "embed" // for notes.md
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// notes say what made the SDK faster and what did not.
//
//go:embed notes.md
var notes string

const command = "GOWORK=off go run -C internal/benchmarks ./cmd/report"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := start(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func start(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(log)
	var (
		child = flags.Bool(strings.TrimPrefix(serveFlag, "-"), false, "be the server that is measured against")
		brief = flags.Bool("brief", false, "measure everything, too shortly for the times to mean anything")
		out   = flags.String("out", filepath.Join("..", "..", "docs"), "the folder for benchmarks.md and benchmarks.svg")
		only  = flags.String("only", "", "print `sections` whose names match this instead of writing files: "+strings.Join(sectionNames(), ", "))
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *child {
		return serve()
	}
	p := fullPlan()
	if *brief {
		p = briefPlan()
	}
	page, picture, err := measureAll(ctx, p, log, *only)
	if err != nil {
		return err
	}
	if *only != "" {
		_, err := io.WriteString(os.Stdout, page)
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(*out, "benchmarks.md"), []byte(page), 0o644),     //nolint:gosec // readable by all
		os.WriteFile(filepath.Join(*out, "benchmarks.svg"), []byte(picture), 0o644), //nolint:gosec // readable by all
	)
}

// section is a part of the page.
type section struct {
	name    string
	measure func(context.Context, *report, *server, plan) error
}

func sections() []section {
	return []section{
		{"memory", inMemory},
		{"new", construction},
		{"http1", http1},
		{"http2", http2},
		{"refusals", refusals},
		{"flight", inFlight},
		{"imports", importCost},
		{"otptest", emulated},
		{"otpbox", served},
	}
}

func sectionNames() []string {
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

func measureAll(ctx context.Context, p plan, log io.Writer, only string) (page, picture string, err error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return "", "", err
	}
	begun := time.Now()
	r := &report{say: func(format string, args ...any) {
		fmt.Fprintf(log, "%5.0f s  %s\n", time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
	}}
	s, err := startServer(ctx)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	// All contenders trust the server in the same way, without being told: its
	// certificate stands in for the system's.
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.Certificate)
	x509.SetFallbackRoots(roots)

	for _, part := range sections() {
		if wanted.MatchString(part.name) {
			if err := part.measure(ctx, r, s, p); err != nil {
				return "", "", err
			}
		}
	}
	r.say("done")
	return head(r, time.Since(begun)) + r.text.String() + "\n" + notes, plot(r.grown), nil
}

// head is the beginning of the page: what was promised, and what became of it.
func head(r *report, took time.Duration) string {
	return fmt.Sprintf(`# Benchmarks

Written by one command, in one run of %s, with %s on %s/%s and %d processors:

    %s

Absolute figures are this machine's. Ratios are of figures of this run, in which the
contenders took turns:

1. **net/http, careful**: URL and header made once, a pooled buffer, a deadline by the context, a tuned transport.
2. **net/http, usual**: as most people write it, with `+"`http.Client{Timeout: …}`"+`.
3. **resty, README**: as its README shows it.
4. **this SDK**: everything on that is on by default.

All four are linked into one program, so that each bears what the garbage collector
makes of the others. Their code is in `+"`internal/benchmarks/internal/contender`"+`.

![calls a second and p99, by the number of workers](benchmarks.svg)

%s`, took.Round(time.Second), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), command, r.targetFold())
}
