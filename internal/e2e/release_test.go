package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const self = "github.com/stytchotp/stytchotp"

// publicModules are what a release publishes, by their folders.
func publicModules() []string {
	return []string{".", "otelstytchotp", "otplogin/redisstore", "sessionjwt"}
}

// released is the version that the modules require each other in.
const released = "v0.1.0"

// stranger is a machine on which go finds the modules of this tree as the next release,
// and knows nothing of the tree itself.
type stranger struct {
	t   *testing.T
	dir string
	env []string
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	proxy := published(t)
	known, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOPROXY").Output()
	require.NoError(t, err)
	cache, upstream, _ := strings.Cut(strings.TrimSpace(string(known)), "\n")
	dir := t.TempDir()
	env := append(os.Environ(),
		"GOPROXY=file://"+proxy+",file://"+filepath.Join(cache, "cache", "download")+","+upstream,
		"GONOSUMDB="+self+",*", "GOFLAGS=-modcacherw -trimpath", "GOWORK=off", "GOMODCACHE="+filepath.Join(dir, "modules"), "GOBIN="+filepath.Join(dir, "bin"))
	return &stranger{t: t, dir: dir, env: env}
}

// published returns a module proxy of the public modules.
func published(t *testing.T) string {
	t.Helper()
	releaseProxy.once.Do(func() { releaseProxy.dir, releaseProxy.err = publish() })
	require.NoError(t, releaseProxy.err)
	return releaseProxy.dir
}

var releaseProxy struct {
	once sync.Once
	dir  string
	err  error
}

func publish() (string, error) {
	dir, err := os.MkdirTemp("", "proxy")
	if err != nil {
		return "", err
	}
	for _, folder := range publicModules() {
		version := module.Version{Path: filepath.ToSlash(filepath.Join(self, folder)), Version: released}
		at := filepath.Join(dir, filepath.FromSlash(version.Path), "@v")
		source := filepath.Join("..", "..", folder)
		content, err := os.ReadFile(filepath.Join(source, "go.mod"))
		if err != nil {
			return "", err
		}
		var packed bytes.Buffer
		if err = zip.CreateFromDir(&packed, version, source); err != nil {
			return "", err
		}
		if err = os.MkdirAll(at, 0o755); err != nil {
			return "", err
		}
		for name, file := range map[string][]byte{
			"list": []byte(released + "\n"), released + ".info": fmt.Appendf(nil, `{"Version":%q}`, released),
			released + ".mod": content, released + ".zip": packed.Bytes(),
		} {
			if err = os.WriteFile(filepath.Join(at, name), file, 0o600); err != nil {
				return "", err
			}
		}
	}
	return dir, nil
}

// run runs a command and returns what it printed.
func (s *stranger) run(name string, args ...string) string {
	s.t.Helper()
	command := exec.CommandContext(s.t.Context(), name, args...)
	command.Dir, command.Env = s.dir, s.env
	printed, err := command.CombinedOutput()
	require.NoError(s.t, err, "%s %s: %s", name, strings.Join(args, " "), printed)
	return string(printed)
}

// A module that imports a public module needs no replace, and gets all of ours in the
// version of the release.
func TestReleaseCanBeImported(t *testing.T) {
	t.Parallel()
	s := newStranger(t)
	top := s.dir
	for i, folder := range publicModules() {
		s.dir = filepath.Join(top, fmt.Sprint("app", i))
		require.NoError(t, os.Mkdir(s.dir, 0o755))
		path := filepath.ToSlash(filepath.Join(self, folder))
		s.run("go", "mod", "init", "example.com/app")
		s.run("go", "get", path)
		packages := []string{path}
		if folder == "." {
			packages = append(packages, self+"/otplogin", self+"/otplogin/storetest", self+"/otptest")
		}
		program := "package main\n\nimport (\n\t_ \"" + strings.Join(packages, "\"\n\t_ \"") + "\"\n)\n\nfunc main() {}\n"
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "main.go"), []byte(program), 0o600))
		s.run("go", "mod", "tidy")
		s.run("go", "run", ".")
		content, err := os.ReadFile(filepath.Join(s.dir, "go.mod"))
		require.NoError(t, err)
		assert.NotContains(t, string(content), "replace")
		for ours := range strings.FieldsSeq(s.run("go", "list", "-m", "-f", `{{if not .Main}}{{.Path}}@{{.Version}}{{end}}`, "all")) {
			if path, version, _ := strings.Cut(ours, "@"); strings.HasPrefix(path, self) {
				assert.Equal(t, released, version, path)
			}
		}
	}
}

// The commands by which the documents install otpbox.
func TestReleaseCanBeInstalled(t *testing.T) {
	t.Parallel()
	s := newStranger(t)
	s.run("go", "install", self+"/cmd/otpbox@latest")
	assert.Contains(t, s.run(filepath.Join(s.dir, "bin", "otpbox"), "--version"), "otpbox "+released+",")
	assert.Contains(t, s.run("go", "run", self+"/cmd/otpbox@latest", "--version"), "otpbox "+released+",")
}

// Each module that requires another one of ours names the version of the release: those
// that are published with their next tag, and the others as their readers see it.
func TestModulesRequireTheRelease(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "*", "go.mod"))
	require.NoError(t, err)
	deeper, err := filepath.Glob(filepath.Join("..", "..", "*", "*", "go.mod"))
	require.NoError(t, err)
	public := 0
	for _, file := range append(files, deeper...) {
		if strings.HasPrefix(file, filepath.Join("..", "..", "internal")) {
			continue
		}
		content, readErr := os.ReadFile(file)
		require.NoError(t, readErr)
		got, parseErr := modfile.Parse(file, content, nil)
		require.NoError(t, parseErr)
		public++
		for _, required := range got.Require {
			if strings.HasPrefix(required.Mod.Path, self) {
				assert.Equal(t, released, required.Mod.Version, "%s: %s", file, required.Mod.Path)
			}
		}
	}
	assert.GreaterOrEqual(t, public, len(publicModules())-1)
	script, err := os.ReadFile(filepath.Join("..", "..", ".ci", "release"))
	require.NoError(t, err)
	named := regexp.MustCompile(`for mod in ([^;]+);`).FindStringSubmatch(string(script))
	require.NotNil(t, named)
	assert.ElementsMatch(t, publicModules()[1:], strings.Fields(named[1]), "the script tags each module")
}

// The recipe builds a binary for each system, and the one for this system knows its version.
func TestReleaseRecipe(t *testing.T) {
	t.Parallel()
	dist := t.TempDir()
	recipe := exec.CommandContext(t.Context(), filepath.Join("..", "..", ".ci", "release"), released, dist)
	recipe.Env = os.Environ()
	printed, err := recipe.CombinedOutput()
	require.NoError(t, err, "%s", printed)
	for _, folder := range publicModules() {
		assert.Contains(t, string(printed), "git tag "+filepath.ToSlash(filepath.Join(folder, released))+"\n")
	}
	unpack := func(command string, args ...string) string {
		out, failed := exec.CommandContext(t.Context(), command, args...).CombinedOutput()
		require.NoError(t, failed, "%s", out)
		return string(out)
	}
	for _, system := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64"} {
		archive := filepath.Join(dist, "otpbox_"+released+"_"+system+".tar.gz")
		assert.Contains(t, unpack("tar", "-tzf", archive), "LICENSE")
	}
	unpack("sh", "-c", "cd "+dist+" && sha256sum --check SHA256SUMS")
	unpack("tar", "-xzf", filepath.Join(dist, "otpbox_"+released+"_linux_"+runtime.GOARCH+".tar.gz"), "-C", dist)
	assert.Equal(t, "otpbox "+released+", "+unpack("go", "env", "GOVERSION"), unpack(filepath.Join(dist, "otpbox"), "--version"))

	wrong, err := exec.CommandContext(t.Context(), filepath.Join("..", "..", ".ci", "release"), "v9.9.9", dist).CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(wrong), "not v9.9.9")
}
