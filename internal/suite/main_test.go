//go:debug x509usefallbackroots=1

package suite_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stytchotp/stytchotp/internal/faultserver"
)

// authority issues the certificates of the servers in this package's tests. The
// process trusts it, so that the client is tested with the transport that it has
// in production.
var authority *faultserver.Authority

func TestMain(m *testing.M) {
	var err error
	if authority, err = faultserver.NewAuthority(); err != nil {
		panic(err)
	}
	x509.SetFallbackRoots(authority.Pool())
	code := m.Run()
	if code == 0 {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if left := goroutinesLeft(5 * time.Second); len(left) > 0 {
			fmt.Fprintf(os.Stderr, "%d goroutines were left behind:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// goroutinesLeft returns the stacks of the goroutines that are still running, after
// it gave them some time to end.
func goroutinesLeft(timeout time.Duration) []string {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(timeout); ; <-tick.C {
		if left := goroutines(); len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

// goroutines returns the stacks of all goroutines but those of the runtime, of
// package testing and of the caller.
func goroutines() []string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for i, stack := range strings.Split(string(buf), "\n\n") {
		first := strings.Count(stack, "\n") < 2
		switch {
		case i == 0, first: // the one that asks
		case strings.Contains(stack, "testing.(*M)."), strings.Contains(stack, "testing.tRunner("),
			strings.Contains(stack, "testing.runFuzzing("), strings.Contains(stack, "os/signal."),
			strings.Contains(stack, "runtime.goexit0"), strings.Contains(stack, "runtime/trace."),
			strings.Contains(stack, "runtime/pprof."):
		default:
			left = append(left, stack)
		}
	}
	return left
}
