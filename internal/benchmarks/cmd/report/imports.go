package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// program is what a program that can make a call costs before it makes one.
type program struct {
	folder, name string
	size         int64 // of the file
	stripped     int64 // without symbols, as it is often deployed
	start        time.Duration
	first        time.Duration // number looked at, by the SDK
	heap         int64         // alive
	resident     int64
}

// importCost builds and starts programs that import one thing each.
func importCost(ctx context.Context, r *report, _ *server, p plan) error {
	r.heading("What importing costs")
	module, err := moduleFolder(ctx)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "report")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	programs := []program{
		{folder: "nethttp", name: "net/http"},
		{folder: "resty", name: "resty"},
		{folder: "phonenumbers", name: "net/http and phonenumbers"},
		{folder: "sdk", name: "this SDK"},
	}
	for i := range programs {
		if err := programs[i].build(ctx, module, scratch); err != nil {
			return err
		}
	}
	samples := make([][]program, len(programs))
	for range p.starts {
		for i := range programs {
			if err := programs[i].run(ctx, scratch); err != nil {
				return err
			}
			samples[i] = append(samples[i], programs[i])
		}
	}
	rows := [][]string{{"a program that imports", "size", "stripped", "start to end", "live heap", "resident"}}
	for i := range programs {
		programs[i].start = median(samples[i], func(p program) time.Duration { return p.start })
		programs[i].first = median(samples[i], func(p program) time.Duration { return p.first })
		rows = append(rows, []string{
			programs[i].name, megabytes(programs[i].size), megabytes(programs[i].stripped), millis(programs[i].start),
			megabytes(programs[i].heap), megabytes(programs[i].resident),
		})
	}
	r.printf("Programs that can make a call, and make none: built, then started %d times in turns.\n\n", p.starts)
	r.table(rows)
	explain(r, programs)
	return nil
}

func explain(r *report, programs []program) {
	bare, phone, sdk := programs[0], programs[2], programs[3]
	r.printf("\nThe SDK adds %s to the start of a program that has net/http already, %s to its size and %s to its live heap. "+
		"Nearly all of that is phonenumbers, which by itself adds %s, %s and %s: when a program starts, it unpacks the numbering "+
		"plans of the world, and protobuf's reflection keeps the linker from leaving methods out. The rest of the program "+
		"pays too, a little: each garbage collection marks these plans, which is felt where the heap is small and collections are many.\n",
		millis(sdk.start-bare.start), megabytes(sdk.size-bare.size), megabytes(sdk.heap-bare.heap),
		millis(phone.start-bare.start), megabytes(phone.size-bare.size), megabytes(phone.heap-bare.heap))
	r.printf("\nThe first number that a process looks at takes %s, for which tables are made of these plans; each further one "+
		"a fraction of a microsecond.\n", micros(sdk.first))
	r.printf("\nWhat it buys: a number that cannot exist is refused before it is sent, and the send policy knows " +
		"where a number belongs.\n\nWhat an importer can do: strip the program (`-ldflags='-s -w'`); where the heap is small, give the " +
		"collector room (`GOMEMLIMIT`, `GOGC`); and where milliseconds at the start count, as in a function that is started for " +
		"each request, keep the process.\n")
}

func (p *program) build(ctx context.Context, module, scratch string) error {
	for _, variant := range []struct {
		suffix, flags string
		size          *int64
	}{{"", "", &p.size}, {".stripped", "-s -w", &p.stripped}} {
		file := filepath.Join(scratch, p.folder+variant.suffix)
		build := exec.CommandContext(ctx, "go", "build", "-ldflags="+variant.flags, "-o", file, "./internal/imports/"+p.folder)
		build.Dir = module
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w: %s", p.folder, err, out)
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		*variant.size = info.Size()
	}
	return nil
}

func (p *program) run(ctx context.Context, scratch string) error {
	start := time.Now()
	out, err := exec.CommandContext(ctx, filepath.Join(scratch, p.folder)).Output()
	p.start = time.Since(start)
	if err != nil {
		return err
	}
	var kilobytes, nanoseconds int64
	if _, err := fmt.Fscan(bytes.NewReader(out), &p.heap, &kilobytes, &nanoseconds); err != nil {
		return err
	}
	p.resident, p.first = kilobytes<<10, time.Duration(nanoseconds)
	return nil
}

func moduleFolder(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	return filepath.Dir(strings.TrimSpace(string(out))), err
}
