package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shown is a command that a page shows, in the folder of the repository that it is for.
type shown struct{ page, dir, line string }

// notRun are commands that this test cannot run, and why.
func notRun() map[string]string {
	return map[string]string{
		"git clone https://github.com/stytchotp/stytchotp && cd stytchotp": "the repository is not public yet",
		"go test ./...": "it is what runs the other tests",
	}
}

var (
	shFence  = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	indented = regexp.MustCompile(`(?m)^\n((?:    (?:go|cd|LOGIN_KEY=…|GOWORK=off) .*\n)+)`)
	inline   = regexp.MustCompile("`((?:cd [^ `]+ && )?(?:GOWORK=off )?(?:go (?:run|test|doc)|make) [^`]+)`")
)

// shownCommands returns the commands of all pages, but those of a whole script.
func shownCommands(t *testing.T) (commands []shown) {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	require.NoError(t, err)
	for _, page := range append(pages, filepath.Join("..", "..", "README.md"), filepath.Join("..", "..", ".github", "CONTRIBUTING.md")) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		var blocks []string
		for _, found := range shFence.FindAllStringSubmatch(string(text), -1) {
			blocks = append(blocks, found[1])
		}
		for _, found := range indented.FindAllStringSubmatch(string(text), -1) {
			blocks = append(blocks, found[1])
		}
		for _, found := range inline.FindAllStringSubmatch(shFence.ReplaceAllString(string(text), ""), -1) {
			blocks = append(blocks, found[1])
		}
		for _, block := range blocks {
			if strings.Contains(block, "trap ") || strings.Contains(block, "curl ") || strings.HasPrefix(block, "export ") {
				continue // a script; TestOtpboxScripts runs it
			}
			dir := "."
			for line := range strings.Lines(block) {
				line = strings.TrimSpace(regexp.MustCompile(`\s+# .*`).ReplaceAllString(strings.TrimSpace(line), ""))
				if folder, found := strings.CutPrefix(line, "cd "); found {
					folder, line, _ = strings.Cut(folder, " && ")
					dir = folder
				}
				if line != "" {
					commands = append(commands, shown{filepath.Base(page), dir, line})
				}
			}
		}
	}
	return commands
}

// Each command that a page shows does what it is for.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	commands := shownCommands(t)
	require.Greater(t, len(commands), 20)
	skipped, done := notRun(), map[string]bool{}
	for _, c := range commands {
		if _, known := skipped[c.line]; known || done[c.dir+c.line] {
			continue
		}
		done[c.dir+c.line] = true
		t.Run(c.page+" "+c.line, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

func (c shown) check(t *testing.T) {
	t.Helper()
	words := strings.Fields(strings.TrimPrefix(c.line, "GOWORK=off "))
	switch {
	case words[0] == "make":
		c.makes(t, words[1])
	case len(words) > 2 && strings.HasPrefix(words[2], self):
		s := newStranger(t)
		switch words[1] {
		case "get":
			s.run("go", "mod", "init", "example.com/app")
		case "run":
			words = append(words, "--version")
		}
		s.run(words[0], words[1:]...)
	case words[0] == "go" && (words[1] == "get" || words[1] == "mod"):
		s := newStranger(t)
		s.run("go", "mod", "init", "example.com/app")
		s.run(words[0], words[1:]...)
	case words[0] == "go" && words[1] == "test":
		c.lists(t, words)
	case words[1] == "run" && words[2] == "-C": // it takes minutes, and the tests of its module run it in short
		require.NoError(t, c.command(t, t.Context(), strings.Replace(c.line, "go run", "go vet", 1)).Run())
	case words[0] == "go" && words[1] == "run", words[0] == "otpbox", strings.HasPrefix(words[0], "LOGIN_KEY="):
		c.starts(t)
	case words[0] == "go":
		require.NoError(t, c.command(t, t.Context(), c.line).Run())
	default:
		t.Fatalf("say how to run this command: %s", c.line)
	}
}

func (c shown) command(t *testing.T, ctx context.Context, line string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(ctx, "bash", "-c", "exec env "+line)
	command.Dir = filepath.Join("..", "..", c.dir)
	command.Env = append(os.Environ(), "GOWORK=", "PATH="+filepath.Dir(build(t, "cmd/otpbox"))+":"+os.Getenv("PATH"))
	return command
}

// lists checks that there are tests or benchmarks of the name, and that their package
// knows the flags.
func (c shown) lists(t *testing.T, words []string) {
	t.Helper()
	pattern := ".*"
	rest := []string{}
	for i, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		switch {
		case name == "-run" && value == "":
			pattern = words[i+3]
		case words[i+1] == "-run":
		case name == "-run" && value == "^$":
		case name == "-bench":
			pattern = "^Benchmark.*" + strings.Trim(value, ".")
		default:
			rest = append(rest, word)
		}
	}
	list := c.command(t, t.Context(), strings.TrimSuffix(c.line, strings.Join(words, " "))+"go test -list '"+pattern+"' "+strings.Join(rest, " "))
	printed, err := list.CombinedOutput()
	require.NoError(t, err, "%s", printed)
	assert.Regexp(t, `(?m)^(Test|Benchmark|Example|Fuzz)`, string(printed), "%s", list)
}

// makes runs a target on a small package, or says what it would do where that takes long.
func (c shown) makes(t *testing.T, target string) {
	t.Helper()
	target = strings.Trim(target, "`")
	line := "make " + target + " PKG=./internal/redact COUNT=1 FUZZTIME=1x"
	switch target {
	case "bench", "report", "ci", "cover", "metadata", "fix":
		line = "make -n " + target
	}
	printed, err := c.command(t, t.Context(), line).CombinedOutput()
	require.NoError(t, err, "%s", printed)
}

// starts runs a program to its end, or until it says where it serves.
func (c shown) starts(t *testing.T) {
	t.Helper()
	line := strings.NewReplacer(
		"go run ./hello", "go run ./examples/send", "-- npm test", "-- npm --version", "-- COMMAND", "-- true", "-- go test ./...", "-- go version",
	).Replace(c.line)
	line = strings.Replace(line, "LOGIN_KEY=…", "LOGIN_KEY="+strings.Repeat("k", 32), 1)
	if strings.Contains(line, "./examples/login") {
		line += " -listen 127.0.0.1:0"
	}
	if before, after, found := strings.Cut(line, "127.0.0.1:6379"); found {
		line = before + startRedis(t) + after
	}
	var said output
	said.grown.L = &said.mu
	ctx, cancel := context.WithTimeout(t.Context(), stepLimit)
	defer cancel()
	program := c.command(t, ctx, line)
	program.Env = append(program.Env, "OTPBOX_PORT=0")
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	program.Cancel = func() error { return syscall.Kill(-program.Process.Pid, syscall.SIGINT) } // as a terminal does
	program.WaitDelay = stepLimit
	program.Stdout, program.Stderr = &said, &said
	require.NoError(t, program.Start())
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	serves := regexp.MustCompile(`(?m)^(The app:|  Inbox ) .*http://`)
	for {
		select {
		case err := <-ended:
			require.NoError(t, err, "%s", &said)
			return
		case <-tick.C:
			if serves.MatchString(said.String()) {
				cancel()
				<-ended
				return
			}
		}
	}
}
