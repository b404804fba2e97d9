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

// The scripts of the page, with a program that logs in by curl and a free port.
func TestOtpboxScripts(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "your-program"), []byte(`#!/bin/sh
case $1 in
login) curl -sf -o /dev/null -u "$STYTCH_PROJECT_ID:$STYTCH_SECRET" -H 'Content-Type: application/json' \
	-d "{\"phone_number\":\"$2\"}" "$STYTCH_BASE_URL/v1/otps/sms/login_or_create" ;;
verify) echo "verified $2" ;;
esac
`), 0o700))
	script := func(mark string) string {
		for _, block := range shFence.FindAllStringSubmatch(otpboxPage(t), -1) {
			if strings.Contains(block[1], mark) {
				return strings.NewReplacer("6872", port, "6873", "$((OTPBOX_PORT + 1))", "--wait 5s", "--wait 60s").Replace(block[1])
			}
		}
		t.Fatal("the page has no script with", mark)
		return ""
	}
	run := func(text string) string {
		command := exec.CommandContext(t.Context(), "bash", "-ec", text)
		command.Dir = dir
		command.Env = append(os.Environ(), "OTPBOX_PORT="+port, "PATH="+filepath.Dir(build(t, "cmd/otpbox"))+":"+os.Getenv("PATH"))
		printed, err := command.CombinedOutput()
		require.NoError(t, err, "%s", printed)
		return string(printed)
	}
	assert.Regexp(t, `^verified \d{6}\n$`, run(script("trap ")))
	fetched := run(`otpbox --tls --quiet > tls.log & trap "kill $!" EXIT; otpbox ready --wait 60s; ` + script("curl -o otpbox-ca.pem") +
		`curl -s --cacert otpbox-ca.pem "$STYTCH_BASE_URL/livez"`)
	assert.Contains(t, fetched, `"status":"ok"`)
}
