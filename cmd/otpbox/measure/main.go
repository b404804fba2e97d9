// Command measure builds otpbox as the Dockerfile does and prints how large it is,
// how long it takes to serve and how much memory it has then. Run it from the root
// of the repository:
//
//	go run ./cmd/otpbox/measure
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// runs is how often otpbox is started. The median is what is printed, because the
// first start reads the program from the disk.
const runs = 11

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "otpbox-measure-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program := filepath.Join(folder, "otpbox")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./cmd/otpbox") //nolint:gosec // a folder of ours
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err = build.Run(); err != nil {
		return err
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	fmt.Printf("size      %.1f MiB, stripped, without cgo\n", float64(info.Size())/(1<<20))

	var plain, secure []time.Duration
	var memory string
	for range runs {
		took, kept, err := startOnce(ctx, program)
		if err != nil {
			return err
		}
		plain, memory = append(plain, took), kept
		if took, _, err = startOnce(ctx, program, "--tls"); err != nil {
			return err
		}
		secure = append(secure, took)
	}
	fmt.Printf("start     %s until the first answer; %s with --tls (median of %d)\n", median(plain), median(secure), runs)
	if memory != "" {
		fmt.Printf("memory    %s resident then\n", memory)
	}
	return nil
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2].Round(100 * time.Microsecond)
}

// startOnce starts the program and returns how long it took until it answered.
func startOnce(ctx context.Context, program string, args ...string) (took time.Duration, memory string, err error) {
	cmd := exec.CommandContext(ctx, program, append([]string{"--port", "0"}, args...)...) //nolint:gosec // the program was built above
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, "", err
	}
	begin := time.Now()
	if err = cmd.Start(); err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, cmd.Process.Signal(os.Interrupt), cmd.Wait()) }()
	inbox := regexp.MustCompile(`Inbox +(\S+)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		found := inbox.FindStringSubmatch(lines.Text())
		if found == nil {
			continue
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, found[1]+"readyz", http.NoBody)
		if err != nil {
			return 0, "", err
		}
		answer, err := new(http.Client).Do(request)
		if err != nil {
			return 0, "", err
		}
		return time.Since(begin), residentMemory(cmd.Process.Pid), answer.Body.Close()
	}
	return 0, "", errors.New("otpbox did not start")
}

// residentMemory is empty where there is no /proc.
func residentMemory(pid int) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Join(strings.Fields(line), " ")
}
