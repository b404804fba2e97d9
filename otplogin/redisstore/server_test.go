package redisstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// server is redis-server with a clock that a test moves.
type server struct {
	t       *testing.T
	dir     string
	address string
	args    []string
	command *exec.Cmd
	clock   *os.File
	ahead   time.Duration
	stopped time.Time
}

// requireServer skips a test that needs redis-server, unless REDIS_SERVER says that it
// must be there.
func requireServer(t *testing.T) {
	t.Helper()
	for _, program := range []string{"redis-server", "gcc"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("REDIS_SERVER") == "required" {
				t.Fatalf("%s is required: %v", program, err)
			}
			t.Skipf("%s is not installed; the tests with miniredis ran", program)
		}
	}
}

// startServer starts redis-server, which keeps what it knows over a restart.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	requireServer(t)
	s := &server{t: t, dir: t.TempDir(), args: args}
	library := filepath.Join(s.dir, "clock.so")
	out, err := exec.CommandContext(t.Context(), "gcc", "-shared", "-fPIC", "-o", library, "testdata/clock.c").CombinedOutput()
	require.NoError(t, err, string(out))
	s.clock, err = os.Create(filepath.Join(s.dir, "clock"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.clock.Close() })
	s.writeClock()
	s.address = "127.0.0.1:" + freePort(t)
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	_, port, err := net.SplitHostPort(s.address)
	require.NoError(s.t, err)
	args := append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "yes", "--appendfsync", "always"}, s.args...)
	if slices.Contains(s.args, "--sentinel") {
		config := filepath.Join(s.dir, "sentinel.conf") // Sentinel writes to it
		lines := "port " + port + "\nbind 127.0.0.1\ndir " + s.dir + "\n" + strings.ReplaceAll(strings.Join(s.args[1:], "\n"), "--", "") + "\n"
		require.NoError(s.t, os.WriteFile(config, []byte(lines), 0o600))
		args = []string{config, "--sentinel"}
	}
	s.command = exec.Command("redis-server", args...) //nolint:noctx // it outlives calls and is killed at the end
	s.command.Env = append(os.Environ(), "LD_PRELOAD="+filepath.Join(s.dir, "clock.so"), "CLOCK_FILE="+s.clock.Name())
	require.NoError(s.t, s.command.Start())
	rdb := redis.NewClient(&redis.Options{Addr: s.address})
	defer func() { _ = rdb.Close() }()
	require.Eventually(s.t, func() bool { return rdb.Ping(context.Background()).Err() == nil }, 20*time.Second, 10*time.Millisecond)
}

// kill ends it as a crash does.
func (s *server) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

func (s *server) advance(d time.Duration) {
	s.ahead += d
	s.writeClock()
}

// stopClock stops the clock: from now on only advance moves it.
func (s *server) stopClock(at time.Time) {
	s.stopped = at
	s.writeClock()
}

func (s *server) writeClock() {
	s.t.Helper()
	var stopped int64
	if !s.stopped.IsZero() {
		stopped = s.stopped.UnixMilli()
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(s.ahead.Milliseconds()))
	file = binary.LittleEndian.AppendUint64(file, uint64(stopped))
	_, err := s.clock.WriteAt(file, 0)
	require.NoError(s.t, err)
}

func (s *server) client(t *testing.T) *redis.Client {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: s.address})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// startCluster starts three masters. They take each other for dead after a time that is
// longer than any by which a test moves their clocks.
func startCluster(t *testing.T) ([]*server, *redis.ClusterClient) {
	t.Helper()
	var servers []*server
	var addresses []string
	for range 3 {
		s := startServer(t, "--cluster-enabled", "yes", "--cluster-node-timeout", strconv.FormatInt((90*24*time.Hour).Milliseconds(), 10))
		servers, addresses = append(servers, s), append(addresses, s.address)
	}
	create := exec.CommandContext(t.Context(), "redis-cli", append([]string{"--cluster", "create", "--cluster-yes"}, addresses...)...)
	out, err := create.CombinedOutput()
	require.NoError(t, err, string(out))
	for _, s := range servers { // each finds out by itself
		rdb := s.client(t)
		require.Eventually(t, func() bool {
			info, err := rdb.ClusterInfo(context.Background()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok")
		}, 20*time.Second, 20*time.Millisecond)
	}
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses})
	t.Cleanup(func() { _ = rdb.Close() })
	return servers, rdb
}

// fake is miniredis with a clock that a test moves.
type fake struct {
	*miniredis.Miniredis

	now time.Time
}

func startFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{miniredis.RunT(t), time.Now()}
	f.SetTime(f.now)
	return f
}

func (f *fake) advance(d time.Duration) {
	f.now = f.now.Add(d)
	f.SetTime(f.now)
	f.FastForward(d)
}

// freePort returns a port that is free, and so is the one by which a cluster's servers
// talk. Both are below those that the system gives to connections.
func freePort(tb testing.TB) string {
	tb.Helper()
	for {
		port := 10_000 + rand.IntN(10_000)
		free := true
		for _, p := range []int{port, port + 10_000} {
			socket, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:"+strconv.Itoa(p))
			if free = free && err == nil; err == nil {
				require.NoError(tb, socket.Close())
			}
		}
		if free {
			return strconv.Itoa(port)
		}
	}
}

func prefix(i int64) string { return fmt.Sprintf("test%d:", i) }
