package suite_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/otptest"
)

// Every Go block of the README and of docs/ is compiled and run, in a module of its
// own as a reader has one, against an emulator. Which kind of block it is shows in
// the block, or in a comment on the line before it:
//
//	package main             a program; it is run, and 000000 is typed
//	package …_test           a test file; its tests are run
//	<!-- go: body -->        statements; they are run inside the function below
//	<!-- go: module -->      statements that need another module of ours; internal/e2e
//	                         runs them
//
// A block of statements that ends in an "// Output:" comment must print just that.
type block struct {
	page string
	line int // of its first line
	kind string
	code string
}

// fragmentSetup is what stands around a block of statements: what it may use.
const fragmentSetup = `
	srv, startErr := otptest.Start()
	if startErr != nil {
		panic(startErr)
	}
	ctx := context.Background()
	number := srv.NewPhoneNumber()
	first, firstErr := srv.Client().OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{PhoneNumber: number})
	if firstErr != nil {
		panic(firstErr)
	}
	options := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	run(srv, func(
		client *stytchotp.Client, projectID, secret, methodID string,
		w http.ResponseWriter, r *http.Request,
		textLogger, jsonLogger *slog.Logger,
		offerAnotherCode func(stytchotp.PhoneNumber), observe func(...any),
	) error {
%s
		return nil
	}(
		srv.Client(), srv.ProjectID, srv.Secret, first.MethodID,
		httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/start", nil),
		slog.New(slog.NewTextHandler(os.Stdout, options)), slog.New(slog.NewJSONHandler(os.Stdout, options)),
		func(stytchotp.PhoneNumber) {}, func(...any) {},
	))
`

// fragmentRun is the rest of a file of statements.
const fragmentRun = `
func run(srv *otptest.Server, err error) {
	if err != nil {
		panic(err)
	}
	if err = srv.Close(); err != nil {
		panic(err)
	}
}
`

var (
	fence      = regexp.MustCompile("(?m)(?:^<!-- go: ([a-z]+) -->\n)?^```go\n((?s:.*?))^```$")
	wantOutput = regexp.MustCompile(`(?m)^// Output:\n(?:^//.*\n)*`)
	pkgName    = regexp.MustCompile(`\b([a-z]+)\.[A-Z]`)
)

// blocks returns the Go blocks of the pages.
func blocks(t *testing.T) []block {
	t.Helper()
	pages, err := filepath.Glob(top + "docs/*.md")
	require.NoError(t, err)
	var found []block
	for _, page := range append([]string{top + "README.md"}, pages...) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		all := fence.FindAllSubmatchIndex(text, -1)
		require.Len(t, all, strings.Count(string(text), "```go\n"), "%s: a Go block that is not closed", page)
		for _, at := range all {
			b := block{page: page, line: 1 + bytes.Count(text[:at[4]], []byte("\n")), code: string(text[at[4]:at[5]])}
			switch {
			case at[2] >= 0 && string(text[at[2]:at[3]]) == "module":
				continue
			case at[2] >= 0:
				b.kind = string(text[at[2]:at[3]])
			case strings.HasPrefix(b.code, "package main\n"):
				b.kind = "program"
			case regexp.MustCompile(`^package \w+_test\n`).MatchString(b.code):
				b.kind = "test"
			}
			require.Contains(t, []string{"program", "test", "body"}, b.kind, "%s:%d: say how to run this block", page, b.line)
			found = append(found, b)
		}
	}
	return found
}

// name is unique and is legal in Go and in file systems.
func (b block) name() string {
	page := strings.TrimSuffix(strings.ToLower(filepath.Base(b.page)), ".md")
	return fmt.Sprintf("%s_%d", page, b.line)
}

// lineOf makes the compiler speak of the page.
func (b block) lineOf() string { return fmt.Sprintf("//line %s:%d\n", b.page, b.line) }

// fragment returns the file that runs a block of statements.
func (b block) fragment() string {
	imports := map[string]string{
		"context": "context", "slog": "log/slog", "os": "os", "http": "net/http", "httptest": "net/http/httptest",
		"stytchotp": "github.com/stytchotp/stytchotp", "otptest": "github.com/stytchotp/stytchotp/otptest",
	}
	known := map[string]string{"otplogin": "github.com/stytchotp/stytchotp/otplogin", "errors": "errors", "fmt": "fmt", "json": "encoding/json", "time": "time"}
	for _, used := range pkgName.FindAllStringSubmatch(b.code, -1) {
		if path, ok := known[used[1]]; ok {
			imports[used[1]] = path
		}
	}
	var file strings.Builder
	file.WriteString("package fragments\n\nimport (\n")
	for _, path := range slices.Sorted(maps.Values(imports)) {
		fmt.Fprintf(&file, "\t%q\n", path)
	}
	file.WriteString(")\n\n")
	output := wantOutput.FindString(b.code)
	body := fmt.Sprintf(fragmentSetup, b.lineOf()+strings.Replace(b.code, output, "", 1)+"//line wrapper.go:1")
	if output == "" {
		file.WriteString("func Test_" + b.name() + "(*testing.T) {" + body + "}\n")
		return strings.Replace(file.String(), "import (", "import (\n\t\"testing\"", 1)
	}
	file.WriteString("func Example_" + b.name() + "() {" + body + output + "}\n")
	return file.String()
}

// readersModule writes the blocks into a module that requires this one.
func readersModule(t *testing.T, found []block) (dir string) {
	t.Helper()
	dir = t.TempDir()
	root, err := filepath.Abs(top)
	require.NoError(t, err)
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	mod, err := os.ReadFile(top + "go.mod")
	require.NoError(t, err)
	sum, err := os.ReadFile(top + "go.sum")
	require.NoError(t, err)
	self := "module github.com/stytchotp/stytchotp\n"
	require.Contains(t, string(mod), self)
	write("go.mod", strings.Replace(string(mod), self, "module reader\n", 1)+
		fmt.Sprintf("require github.com/stytchotp/stytchotp v0.0.0\nreplace github.com/stytchotp/stytchotp => %q\n", filepath.ToSlash(root)))
	write("go.sum", string(sum))
	write("fragments/run_test.go", "package fragments\n\nimport \"github.com/stytchotp/stytchotp/otptest\"\n"+fragmentRun)
	for _, b := range found {
		switch b.kind {
		case "program":
			write("programs/"+b.name()+"/main.go", b.lineOf()+b.code)
		case "test":
			write("tests/"+b.name()+"/block_test.go", b.lineOf()+b.code)
		case "body":
			write("fragments/"+b.name()+"_test.go", b.fragment())
		}
	}
	return dir
}

// TestPagesRun compiles and runs all blocks. Repeating it in one process would show
// nothing new, so it works once.
func TestPagesRun(t *testing.T) {
	t.Parallel()
	pagesRun.Do(func() { runPages(t) })
}

var pagesRun sync.Once

func runPages(t *testing.T) {
	t.Helper()
	found := blocks(t)
	require.NotEmpty(t, found)
	dir := readersModule(t, found)
	out, err := command(t, dir, nil, "go", "test", "./...")
	require.NoError(t, err, "a Go block of a page fails:\n%s", out)
	if !slices.ContainsFunc(found, func(b block) bool { return b.kind == "program" }) {
		return
	}
	out, err = command(t, dir, nil, "go", "build", "-o", "bin"+string(filepath.Separator), "./programs/...")
	require.NoError(t, err, "a program of a page does not compile:\n%s", out)
	srv := otptest.NewServer(t)
	for _, b := range found {
		if b.kind == "program" {
			out, err = command(t, dir, srv, filepath.Join(dir, "bin", b.name()))
			assert.NoError(t, err, "%s:%d fails:\n%s", b.page, b.line, out)
			t.Logf("%s:%d prints:\n%s", b.page, b.line, out)
		}
	}
}

// command runs a command in dir as the owner of the server's project, and types the
// sandbox's code.
func command(t *testing.T, dir string, srv *otptest.Server, name string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
	if srv != nil {
		cmd.Env = append(cmd.Env, "STYTCH_PROJECT_ID="+srv.ProjectID, "STYTCH_SECRET="+srv.Secret, "STYTCH_BASE_URL="+srv.URL)
	}
	cmd.Stdin = strings.NewReader("000000\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	code    = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
)

// TestLinks checks that what the pages of this repository link to is there.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages := 0
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		pages++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			checkLink(t, path, found[1]+found[2])
		}
		return nil
	})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, pages, 5)
}

func checkLink(t *testing.T, page, target string) {
	t.Helper()
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return
	}
	name, anchor, _ := strings.Cut(target, "#")
	path := page
	if name != "" {
		path = filepath.Join(filepath.Dir(page), filepath.FromSlash(name))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		_, err = os.Stat(path) // a folder is fine too
	}
	if !assert.NoError(t, err, "%s links to %s", page, target) || anchor == "" {
		return
	}
	var anchors []string
	for _, found := range heading.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
		anchors = append(anchors, anchorOf(found[1]))
	}
	assert.Contains(t, anchors, anchor, "%s links to %s", page, target)
}

// anchorOf returns the fragment that a heading is reached by on GitHub.
func anchorOf(title string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '-'
		case c == '-', c == '_', c >= '0' && c <= '9', c >= 'a' && c <= 'z', c > 127:
			return c
		}
		return -1
	}, strings.ToLower(title))
}
