package importcheck

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	// Not used here, but their presence makes this test run again, rather than be
	// answered from the cache of test results, when one of them imports something new.
	_ "github.com/stytchotp/stytchotp"
	_ "github.com/stytchotp/stytchotp/otptest"
)

const self = "github.com/stytchotp/stytchotp"

// root is where the module begins, seen from this package's folder.
const root = "../.."

// TestLinkedModules fails when a program that imports a public package of the SDK
// would link a module that is not on the list.
func TestLinkedModules(t *testing.T) {
	allowed := allowedModules(t)
	for _, pkg := range publicPackages(t) {
		t.Run(pkg, func(t *testing.T) {
			for _, goos := range []string{"linux", "darwin", "windows"} {
				linked := goList(t, goos, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", pkg)
				for _, module := range distinct(linked) {
					if module != self {
						assert.Containsf(t, allowed, module, "on %s an importer of %s would link %s", goos, pkg, module)
					}
				}
			}
		})
	}
}

// TestListIsExact fails when the list allows a module that no public package links
// any more: a list that only grows guards nothing.
func TestListIsExact(t *testing.T) {
	linked := goList(t, "", slices.Concat([]string{"-deps", "-f", "{{with .Module}}{{.Path}}{{end}}"}, publicPackages(t))...)
	want := slices.Sorted(slices.Values(append(allowedModules(t), self)))
	assert.Equal(t, want, distinct(linked))
}

// TestClientLinksNoTestCode fails when importing the client, as a server in
// production does, brings in test support and its command-line flags.
func TestClientLinksNoTestCode(t *testing.T) {
	for _, pkg := range goList(t, "", "-deps", self) {
		assert.NotEqual(t, "testing", pkg)
		assert.NotContains(t, pkg, "testify")
		assert.NotContains(t, pkg, self+"/otptest")
		assert.NotContains(t, pkg, self+"/internal/emulator")
	}
}

// TestGoMod fails when go.mod asks more of an importer than it must: a further
// direct dependency, a newer Go, a toolchain, or lines that only we profit from.
func TestGoMod(t *testing.T) {
	var mod struct {
		Go        string
		Toolchain string
		Require   []struct {
			Path     string
			Indirect bool
		}
		Replace, Exclude, Tool []any
	}
	_, err := os.ReadFile(root + "/go.mod") // read so that a change to it runs this test again
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(goCommand(t, "", "mod", "edit", "-json"), &mod))

	var direct []string
	for _, req := range mod.Require {
		if !req.Indirect {
			direct = append(direct, req.Path)
		}
	}
	assert.ElementsMatch(t, []string{
		"github.com/go-resty/resty/v2",
		"github.com/nyaruka/phonenumbers/v2",
		"github.com/stretchr/testify",
	}, direct)
	assert.Equal(t, "1.26.0", mod.Go, "the go line is the oldest Go an importer may have; raise it only in a minor version")
	assert.Empty(t, mod.Toolchain, "a toolchain line belongs to programs")
	assert.Empty(t, mod.Replace, "an importer's build ignores replace, so what we test would not be what they get")
	assert.Empty(t, mod.Exclude)
	assert.Empty(t, mod.Tool, "tools have their own module in internal/tools")
}

// publicPackages lists what a stranger can import: every package of the module
// that is neither a program nor internal.
func publicPackages(t *testing.T) []string {
	t.Helper()
	var public []string
	for _, pkg := range goList(t, "", "-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`, "./...") {
		if !strings.Contains(pkg, "/internal") {
			public = append(public, pkg)
		}
	}
	require.Contains(t, public, self)
	require.Contains(t, public, self+"/otptest")
	return public
}

func allowedModules(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/linked-modules.txt")
	require.NoError(t, err)
	var modules []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			modules = append(modules, line)
		}
	}
	require.NotEmpty(t, modules)
	return modules
}

// goList runs go list in the module's root and returns the lines it prints.
func goList(t *testing.T, goos string, args ...string) []string {
	t.Helper()
	return strings.Fields(string(goCommand(t, goos, append([]string{"list"}, args...)...)))
}

// distinct returns the different lines among lines, sorted.
func distinct(lines []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(lines)))
}

// goCommand runs the go command in the module's root, for the given operating
// system or, when goos is empty, for this one.
func goCommand(t *testing.T, goos string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	// CGO_ENABLED=0: listing for another system must not ask for its C compiler.
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if goos != "" {
		cmd.Env = append(cmd.Env, "GOOS="+goos)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoErrorf(t, err, "go %s: %s", strings.Join(args, " "), &stderr)
	return out
}
