package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// freePort returns a port of loopback that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		port := 20_000 + rand.IntN(10_000)
		free := true
		for _, p := range []int{port, port + 1} {
			listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+strconv.Itoa(p))
			if free = free && err == nil; err == nil {
				require.NoError(t, listener.Close())
			}
		}
		if free {
			return strconv.Itoa(port)
		}
	}
}

// startPostgres starts a PostgreSQL server of its own for the test, and returns how
// to connect to it. Debian's package postgresql has the programs.
func startPostgres(t *testing.T) (dsn string) {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	require.NoError(t, err)
	require.NotEmpty(t, found, "no PostgreSQL server: apt-get install postgresql")
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "postgres") //nolint:usetesting // another user owns it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 { // which PostgreSQL refuses
		owner, lookupErr := user.Lookup("postgres")
		require.NoError(t, lookupErr)
		uid, uidErr := strconv.Atoi(owner.Uid)
		gid, gidErr := strconv.Atoi(owner.Gid)
		require.NoError(t, errors.Join(uidErr, gidErr, os.Chown(dir, uid, gid)))
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	data, port := filepath.Join(dir, "data"), freePort(t)
	initialize := exec.CommandContext(t.Context(), filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	initialize.SysProcAttr, initialize.Dir = as, dir
	output, err := initialize.CombinedOutput()
	require.NoError(t, err, "%s", output)
	startServer(t, as, dir, filepath.Join(bin, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", port, "-k", dir, "-F")

	dsn = fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres?sslmode=disable", port)
	waitFor(t, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
	return dsn
}

// startRedis starts a Redis server of its own for the test, and returns its address.
// Debian's package redis-server has the program.
func startRedis(t *testing.T) (address string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	require.NoError(t, err, "no Redis server: apt-get install redis-server")
	port := freePort(t)
	startServer(t, nil, t.TempDir(), path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:" + port})
	defer func() { _ = client.Close() }()
	waitFor(t, func(ctx context.Context) error { return client.Ping(ctx).Err() })
	return "127.0.0.1:" + port
}

// startServer starts a server that ends with the test.
func startServer(t *testing.T, as *syscall.SysProcAttr, dir, path string, args ...string) {
	t.Helper()
	var output bytes.Buffer
	server := exec.Command(path, args...) //nolint:noctx // ended below, so that it can stop in order
	server.SysProcAttr, server.Dir, server.Stdout, server.Stderr = as, dir, &output, &output
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT)
		_ = server.Wait()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(path), output.String())
		}
	})
}

// waitFor tries until a server answers.
func waitFor(t *testing.T, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			require.NoError(t, err)
		case <-tick.C:
		}
	}
}
