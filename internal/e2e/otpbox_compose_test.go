package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// composeFile is what the recipes of the page use of Compose's format.
type composeFile struct {
	Services map[string]struct {
		Command     any               `yaml:"command"` // a list, or words
		Environment map[string]string `yaml:"environment"`
		NetworkMode string            `yaml:"network_mode"`
	} `yaml:"services"`
}

// container is a process in namespaces of its own for its network, processes, mounts and
// host name, as a container engine makes them. Its file system is that of this machine.
type container struct {
	t       *testing.T
	pid     string // on this machine
	env     []string
	started io.WriteCloser
	output  *output
}

// asRoot makes a command that changes namespaces.
func asRoot(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		name, args = "sudo", append([]string{"-n", name}, args...)
	}
	return exec.CommandContext(t.Context(), name, args...)
}

// newContainer makes the namespaces, in which argv starts when start is called. hosts is
// a line of /etc/hosts.
func newContainer(t *testing.T, dir, hosts string, env map[string]string, argv ...string) *container {
	t.Helper()
	c := &container{t: t, env: []string{"env", "-i", "PATH=" + os.Getenv("PATH")}, output: new(output)}
	c.output.grown.L = &c.output.mu
	for name, value := range env {
		c.env = append(c.env, name+"="+value)
	}
	names := filepath.Join(t.TempDir(), "hosts")
	require.NoError(t, os.WriteFile(names, []byte("127.0.0.1 localhost\n"+hosts+"\n"), 0o600))
	const setUp = `mount --bind "$0" /etc/hosts; cd "$1"; shift; ip link set lo up; echo ready; read -r _; exec "$@"`
	process := asRoot(t, "unshare", append([]string{"--net", "--pid", "--mount", "--fork", "--mount-proc", "--kill-child", "--", "bash", "-ec", setUp, names, dir}, append(c.env, argv...)...)...)
	process.Stdout, process.Stderr = c.output, c.output
	process.Cancel = func() error { // its first process, which belongs to root
		end := asRoot(t, "kill", "-KILL", c.pid)
		return exec.Command(end.Path, end.Args[1:]...).Run() //nolint:noctx // the test's context has ended
	}
	process.WaitDelay = stepLimit
	var err error
	c.started, err = process.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = process.Wait()
		c.output.close()
	}()
	t.Cleanup(func() { <-ended }) // its context has ended by now
	c.prints("ready")
	for at := strconv.Itoa(process.Process.Pid); at != ""; { // the shell is the last of the chain
		c.pid = at
		children, err := os.ReadFile("/proc/" + at + "/task/" + at + "/children")
		require.NoError(t, err)
		at, _, _ = strings.Cut(strings.TrimSpace(string(children)), " ")
	}
	return c
}

func (c *container) start() {
	c.t.Helper()
	_, err := io.WriteString(c.started, "\n")
	require.NoError(c.t, err)
}

// prints waits for a line.
func (c *container) prints(prefix string) {
	c.t.Helper()
	_, found := c.output.wait(prefix)
	require.True(c.t, found, "%q was never printed: %s", prefix, c.output)
}

// connect joins the networks of two containers.
func connect(t *testing.T, a, b *container) {
	t.Helper()
	link := "ip link add eth0 netns " + a.pid + " type veth peer name eth0 netns " + b.pid
	out, err := asRoot(t, "sh", "-c", link).CombinedOutput()
	require.NoError(t, err, "%s: %s", link, out)
	for i, c := range []*container{a, b} {
		c.enter("ip", "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+2), "dev", "eth0")
		c.enter("ip", "link", "set", "eth0", "up")
	}
}

// enter runs a command inside, as a container engine's exec does.
func (c *container) enter(argv ...string) string {
	c.t.Helper()
	out, err := c.try(argv...)
	require.NoError(c.t, err, "%s: %s", strings.Join(argv, " "), out)
	return out
}

func (c *container) try(argv ...string) (string, error) {
	args := slices.Concat([]string{"-t", c.pid, "--net", "--pid", "--mount"}, c.env, argv)
	out, err := asRoot(c.t, "nsenter", args...).CombinedOutput()
	return string(out), err
}

// isHealthy waits for the image's health check to succeed.
func (c *container) isHealthy(image string) {
	c.t.Helper()
	check := regexp.MustCompile(`HEALTHCHECK .* CMD \["/otpbox", "ready"\]`)
	require.Regexp(c.t, check, image)
	var said string
	var err error
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(stepLimit); time.Now().Before(deadline); {
		if said, err = c.try(build(c.t, "cmd/otpbox"), "ready"); err == nil {
			return
		}
		<-tick.C
	}
	c.t.Fatalf("unhealthy: %s", said)
}

// Each recipe for Docker Compose is run as a container engine would run it, with the
// entry point, the default command and the health check of the image.
func TestOtpboxCompose(t *testing.T) {
	t.Parallel()
	if out, refused := asRoot(t, "unshare", "--net", "--pid", "--mount", "--fork", "true").CombinedOutput(); refused != nil {
		t.Skipf("this machine allows no namespaces: %s", out)
	}
	content, err := os.ReadFile(filepath.Join("..", "..", "cmd", "otpbox", "Dockerfile"))
	require.NoError(t, err)
	image := string(content)
	require.Contains(t, image, `ENTRYPOINT ["/otpbox"]`)
	defaults := strings.Split(regexp.MustCompile(`(?m)^CMD \["(.*)"\]$`).FindStringSubmatch(image)[1], `", "`)
	recipes := regexp.MustCompile("(?s)```yaml\n(services:.*?)```").FindAllStringSubmatch(otpboxPage(t), -1)
	require.Len(t, recipes, 2)
	for i, recipe := range recipes {
		for _, more := range [][]string{nil, {"--port", "7000"}} { // another port is as healthy
			t.Run(fmt.Sprint(i, more), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir() // /tmp of the application
				require.NoError(t, os.Symlink(build(t, "examples/send"), filepath.Join(dir, "your-program")))
				text := strings.ReplaceAll(recipe[1], "/tmp/", dir+"/")
				if more != nil {
					text = strings.NewReplacer(":6872/", ":7000/", ":6872\n", ":7000\n", ":6873", ":7001").Replace(text)
				}
				var file composeFile
				require.NoError(t, yaml.Unmarshal([]byte(text), &file))
				app, otpbox := file.Services["app"], file.Services["otpbox"]

				command := append(slices.Clone(defaults), more...)
				if words, ok := otpbox.Command.([]any); ok {
					command = append([]string{}, more...)
					for _, word := range words {
						command = append(command, word.(string))
					}
				}
				server := newContainer(t, dir, "10.77.0.2 otpbox", otpbox.Environment, append([]string{build(t, "cmd/otpbox")}, command...)...)
				run := []string{"./your-program"}
				if line, ok := app.Command.(string); ok {
					run = []string{"sh", "-c", strings.Trim(strings.TrimPrefix(line, "sh -c "), "'")}
				}
				if app.NetworkMode == "service:otpbox" {
					server.start()
					server.isHealthy(image)
					client := *server
					client.env = []string{"env", "-i", "PATH=" + os.Getenv("PATH")}
					for name, value := range app.Environment {
						client.env = append(client.env, name+"="+value)
					}
					assert.Contains(t, client.enter(append([]string{"env", "-C", dir}, run...)...), "Logged in as user-test-")
					return
				}
				client := newContainer(t, dir, "10.77.0.2 otpbox", app.Environment, run...)
				connect(t, server, client)
				server.start()
				server.isHealthy(image)
				client.start()
				client.prints("Logged in as user-test-")
			})
		}
	}
}
