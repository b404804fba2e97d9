package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// programs are what the tests start, each built once.
var programs struct {
	mu    sync.Mutex
	dir   string
	built map[string]error
}

// build compiles a main package of this project and returns the program's path.
func build(t *testing.T, pkg string) string {
	t.Helper()
	programs.mu.Lock()
	defer programs.mu.Unlock()
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "e2e") //nolint:usetesting // it outlives the test that is first
		require.NoError(t, err)
		programs.dir, programs.built = dir, map[string]error{}
	}
	path := filepath.Join(programs.dir, filepath.Base(pkg))
	err, done := programs.built[pkg]
	if !done {
		var out []byte
		command := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
		command.Dir = filepath.Join("..", "..", pkg) // some are modules of their own
		out, err = command.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
		programs.built[pkg] = err
	}
	require.NoError(t, err, "build %s", pkg)
	return path
}

func removePrograms() {
	if programs.dir != "" {
		_ = os.RemoveAll(programs.dir)
	}
	if releaseProxy.dir != "" {
		_ = os.RemoveAll(releaseProxy.dir)
	}
}

// program is one that runs until its test ends.
type program struct {
	pid            int
	stdout, stderr output
}

// start runs a program with the environment of these tests and more. It gets an
// interrupt when the test ends, and the test fails if it then does not end well.
func start(t *testing.T, path string, env []string, args ...string) *program {
	t.Helper()
	p := new(program)
	p.stdout.grown.L, p.stderr.grown.L = &p.stdout.mu, &p.stderr.mu
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stepLimit
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &p.stdout, &p.stderr
	require.NoError(t, cmd.Start())
	p.pid = cmd.Process.Pid
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
		p.stdout.close()
		p.stderr.close()
	}()
	t.Cleanup(func() { // after the end of t.Context, which interrupts the program
		<-ended
		if t.Failed() {
			t.Logf("%s wrote:\n%s%s", filepath.Base(path), p.stdout.String(), p.stderr.String())
		}
		require.Zero(t, cmd.ProcessState.ExitCode(), "how %s ended", filepath.Base(path))
	})
	return p
}

// line returns what follows the prefix on the first line that begins with it, and
// waits for that line.
func (p *program) line(t *testing.T, prefix string) string {
	t.Helper()
	text, found := p.stdout.wait(prefix)
	require.True(t, found, "the program never wrote %q:\n%s%s", prefix, p.stdout.String(), p.stderr.String())
	return strings.TrimSpace(text)
}

// output keeps what a program writes.
type output struct {
	mu     sync.Mutex
	grown  sync.Cond
	text   bytes.Buffer
	closed bool
}

var _ io.Writer = (*output)(nil)

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.grown.Broadcast()
	return o.text.Write(b)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.grown.Broadcast()
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) wait(prefix string) (rest string, found bool) {
	giveUp := time.AfterFunc(stepLimit, o.close)
	defer giveUp.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for lines := bufio.NewScanner(strings.NewReader(o.text.String())); lines.Scan(); {
			if rest, found := strings.CutPrefix(lines.Text(), prefix); found {
				return rest, true
			}
		}
		if o.closed {
			return "", false
		}
		o.grown.Wait()
	}
}
