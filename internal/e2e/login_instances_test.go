package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stytchotp/stytchotp/otptest"
)

const (
	victims     = 200
	connections = 64
	starts      = 50_000 // in each half
)

// Four instances of the example share a Redis. However many starts reach them from
// however many connections, no victim gets more than five messages in an hour: also not
// when instances and Redis are killed and started again meanwhile.
func TestLoginInstances(t *testing.T) {
	t.Parallel()
	srv := otptest.NewServer(t)
	rdb := newKilledRedis(t)
	instances := make([]*instance, 4)
	for i := range instances {
		instances[i] = newInstance(t, srv, rdb.address)
	}
	f := &flood{t: t, instances: instances, numbers: make([]string, victims)}
	for i := range f.numbers {
		f.numbers[i] = string(srv.NewPhoneNumber())
	}

	f.run(starts)
	assert.EqualValues(t, starts, f.answered.Load(), "each start is answered")
	assert.Zero(t, f.failed.Load())
	requireLaw(t, srv, f.numbers, 5)

	// The second half is at other numbers, and everything is killed once.
	for i := range f.numbers {
		f.numbers[i] = string(srv.NewPhoneNumber())
	}
	before := f.answered.Load()
	var killed sync.WaitGroup
	killed.Go(func() {
		for i, at := range []int64{starts / 8, starts / 4, starts * 3 / 8} {
			f.waitFor(before + at)
			if i == 1 {
				rdb.kill()
				rdb.start()
			} else {
				instances[i].kill()
				instances[i].start()
			}
		}
	})
	f.run(starts)
	killed.Wait()
	t.Logf("%d of %d starts failed while a process was away", f.failed.Load(), starts)
	assert.Less(t, f.failed.Load(), int64(starts/2))
	requireLaw(t, srv, f.numbers, 1)
}

// requireLaw checks what reached each victim. The waits are short here, so that the
// limit of five in an hour is what stops the messages.
func requireLaw(t *testing.T, srv *otptest.Server, numbers []string, least int) {
	t.Helper()
	got := map[string]int{}
	for _, m := range srv.Messages() {
		got[m.Recipient]++
	}
	for _, number := range numbers {
		assert.LessOrEqual(t, got[number], 5, "messages at one victim")
		assert.GreaterOrEqual(t, got[number], least)
	}
}

// flood starts logins from many addresses at a few numbers.
type flood struct {
	t         *testing.T
	instances []*instance
	numbers   []string

	answered, failed atomic.Int64
}

func (f *flood) waitFor(answered int64) {
	for range time.Tick(time.Millisecond) {
		if f.answered.Load() >= answered || f.t.Context().Err() != nil {
			return
		}
	}
}

func (f *flood) run(n int) {
	var next atomic.Int64
	var all sync.WaitGroup
	for worker := range connections {
		all.Go(func() {
			var clients []*http.Client // an address may begin 500 logins in half an hour
			for i := range 8 {
				clients = append(clients, clientFrom(fmt.Sprintf("127.%d.%d.%d", 1+n%7, worker+1, i+1)))
			}
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				f.start(clients[i%int64(len(clients))], int(i))
			}
		})
	}
	all.Wait()
}

// clientFrom returns a client whose requests come from an address of the loopback network.
func clientFrom(ip string) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConns: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}
}

func (f *flood) start(client *http.Client, i int) {
	form := url.Values{"country": {"US"}, "number": {f.numbers[i%len(f.numbers)]}, "channel": {"sms"}}
	target := f.instances[rand.IntN(len(f.instances))].url.Load().(string) + "/login"
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		f.failed.Add(1)
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", fmt.Sprintf("browser=%d", i))
	resp, err := client.Do(req)
	f.answered.Add(1)
	if err != nil {
		f.failed.Add(1)
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusSeeOther && resp.StatusCode != http.StatusTooManyRequests {
		f.failed.Add(1)
	}
}

// instance is the example as one of several processes, which can be killed.
type instance struct {
	t    *testing.T
	env  []string
	args []string
	url  atomic.Value

	command *exec.Cmd
	output  *output
}

func newInstance(t *testing.T, srv *otptest.Server, redis string) *instance {
	t.Helper()
	i := &instance{t: t, args: []string{"-listen", "127.0.0.1:0", "-redis", redis, "-wait", "1ms"}, env: append(os.Environ(),
		"STYTCH_PROJECT_ID="+srv.ProjectID, "STYTCH_SECRET="+srv.Secret, "STYTCH_BASE_URL="+srv.URL, "LOGIN_KEY=a secret that all instances have")}
	i.start()
	t.Cleanup(i.kill)
	return i
}

func (i *instance) start() {
	i.output = new(output)
	i.output.grown.L = &i.output.mu
	i.command = exec.Command(build(i.t, "examples/login"), i.args...) //nolint:noctx // it is killed
	i.command.Env, i.command.Stdout = i.env, i.output
	if err := i.command.Start(); err != nil {
		i.t.Error(err)
		return
	}
	address, found := i.output.wait("The app:")
	assert.True(i.t, found, "the program did not start")
	i.url.Store(strings.TrimSpace(address))
}

func (i *instance) kill() {
	_ = i.command.Process.Kill()
	_ = i.command.Wait()
}

// killedRedis is a Redis that can be killed, and then knows what it knew.
type killedRedis struct {
	t       *testing.T
	address string
	args    []string
	command *exec.Cmd
}

func newKilledRedis(t *testing.T) *killedRedis {
	t.Helper()
	port := freePort(t)
	r := &killedRedis{t: t, address: "127.0.0.1:" + port, args: []string{
		"--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "yes", "--appendfsync", "always",
	}}
	r.start()
	t.Cleanup(r.kill)
	return r
}

func (r *killedRedis) start() {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		r.t.Errorf("no Redis server: apt-get install redis-server: %v", err)
		return
	}
	r.command = exec.Command(path, r.args...) //nolint:noctx // it is killed
	if err = r.command.Start(); err != nil {
		r.t.Error(err)
		return
	}
	client := goredis.NewClient(&goredis.Options{Addr: r.address})
	defer func() { _ = client.Close() }()
	waitFor(r.t, func(ctx context.Context) error { return client.Ping(ctx).Err() })
}

func (r *killedRedis) kill() {
	_ = r.command.Process.Kill()
	_ = r.command.Wait()
}
