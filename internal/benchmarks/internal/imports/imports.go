// Package imports tells about a program that has just started. Each folder below is
// such a program: it has what it needs to make a call, and makes none.
package imports

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Report prints the live heap in bytes, and the resident memory as the kernel knows it
// in KiB, where there is a kernel that tells, and first in nanoseconds: how long the
// program took over the first phone number, if it looked at one.
func Report(first time.Duration) {
	var stats runtime.MemStats
	status, _ := os.ReadFile("/proc/self/status") // elsewhere than on Linux there is none
	runtime.GC()
	runtime.ReadMemStats(&stats)
	resident := 0
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS:") {
			_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &resident)
		}
	}
	_, _ = fmt.Fprintln(os.Stdout, stats.HeapAlloc, resident, first.Nanoseconds())
}
