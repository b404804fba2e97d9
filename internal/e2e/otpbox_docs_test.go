package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp/docs/openapi"
)

func otpboxPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "otpbox.md"))
	require.NoError(t, err)
	return string(page)
}

// TestOtpboxTranscript runs each command of the page's transcripts, in order, in one
// shell and against one otpbox, and compares what it prints. An ellipsis stands for
// anything.
func TestOtpboxTranscript(t *testing.T) {
	t.Parallel()
	b := startBox(t, "--quiet", "--seed", "docs")
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(otpboxPage(t), -1)
	require.GreaterOrEqual(t, len(blocks), 4)
	var commands, outputs []string
	for _, block := range blocks {
		for _, step := range regexp.MustCompile(`(?m)^\$ `).Split(block[1], -1)[1:] {
			command, output, _ := strings.Cut(step, "\n")
			for strings.HasSuffix(command, `\`) {
				more, rest, _ := strings.Cut(output, "\n")
				command, output = command+"\n"+more, rest
			}
			commands = append(commands, strings.ReplaceAll(command, "http://127.0.0.1:6872", b.url))
			outputs = append(outputs, strings.TrimSpace(output))
		}
	}
	const mark = "@@@ the end of one command @@@"
	shell := exec.CommandContext(t.Context(), "bash", "-c", strings.Join(commands, "\necho '"+mark+"'\n")+"\n")
	shell.Env = append(os.Environ(), "OTPBOX_URL="+b.url, "OTPBOX_TOKEN=", "PATH="+filepath.Dir(build(t, "cmd/otpbox"))+":"+os.Getenv("PATH"))
	printed, _ := shell.CombinedOutput() // the last command fails, as its output says
	got := strings.Split(string(printed), mark)
	require.Len(t, got, len(commands), "%s", printed)
	for i, want := range outputs {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*") + "$"
		assert.Regexp(t, pattern, strings.TrimSpace(got[i]), "$ %s", commands[i])
	}
}

// TestOtpboxPage: the page knows every call of the control API, and the credentials
// and files that there are.
func TestOtpboxPage(t *testing.T) {
	t.Parallel()
	page := otpboxPage(t)
	for _, call := range regexp.MustCompile(`"/(?:_otp/)([a-z-]+(?:/latest)?)[/{}id]*": \{`).FindAllStringSubmatch(string(openapi.Control()), -1) {
		assert.Contains(t, page, call[1])
	}
	b := startBox(t)
	assert.Contains(t, page, fmt.Sprintf("export STYTCH_PROJECT_ID=%s\nexport STYTCH_SECRET=%s\n", b.projectID, b.secret))
	for _, link := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(page, -1) {
		_, err := os.Stat(filepath.Join("..", "..", "docs", link[1]))
		require.NoError(t, err, "a link of the page")
	}
	b.control(http.MethodGet, "/readyz", "")
}
