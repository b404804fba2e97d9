package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"

	"github.com/stytchotp/stytchotp/otplogin/redisstore"
)

const key = "a secret of this test, with more than 32 bytes"

func newLogins(t *testing.T, rdb redis.UniversalClient, config ...otplogin.Config) (*otplogin.Logins, *otptest.Server) {
	t.Helper()
	store, err := redisstore.New(rdb, "login:")
	require.NoError(t, err)
	srv := otptest.NewInProcess(t)
	c := append(config, otplogin.Config{})[0]
	c.Store, c.Key = store, []byte(key)
	logins, err := otplogin.New(srv.Client(), c)
	require.NoError(t, err)
	return logins, srv
}

func TestNew(t *testing.T) {
	t.Parallel()
	_, err := redisstore.New(nil, "")
	require.ErrorContains(t, err, "client is nil")
	_, err = redisstore.New(redis.NewClient(&redis.Options{}), "{login}")
	require.ErrorContains(t, err, "must not contain { or }")
}

// Redis learns no number, address, id of a flow or of a method, and each of its keys has
// an expiry.
func TestWhatRedisHolds(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	rdb := redis.NewClient(&redis.Options{Addr: f.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	logins, srv := newLogins(t, rdb)
	to := srv.NewPhoneNumber()
	flow, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: string(to), IP: "203.0.113.77"})
	require.NoError(t, err)
	_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: "000000", IP: "203.0.113.77"})
	require.ErrorIs(t, err, stytchotp.ErrCodeIncorrect)
	keys := f.Keys()
	assert.Len(t, keys, 5, "recipient, flow, address, region, project: %v", keys)
	for _, key := range keys {
		value, err := f.Get(key)
		require.NoError(t, err)
		assert.Positive(t, f.TTL(key), "%s has no expiry", key)
		assert.LessOrEqual(t, f.TTL(key), 15*24*time.Hour)
		for _, private := range []string{string(to), string(to)[1:], "203.0.113.77", flow.ID[:26], "phone-number-"} {
			assert.NotContains(t, key+value, private)
		}
	}
	f.advance(16 * 24 * time.Hour)
	assert.Empty(t, f.Keys())
}

// roundTrips counts what a client sends.
type roundTrips struct{ n atomic.Int64 }

func (r *roundTrips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (r *roundTrips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { r.n.Add(1); return next(ctx, cmd) }
}

func (r *roundTrips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { r.n.Add(1); return next(ctx, cmds) }
}

// A start and a check ask Redis once before Stytch and once after it.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	rdb := redis.NewClient(&redis.Options{Addr: f.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	logins, srv := newLogins(t, rdb)
	_, err := logins.Get(t.Context(), strings.Repeat("A", 52)) // loads the script
	require.ErrorIs(t, err, otplogin.ErrNoFlow)
	var trips roundTrips
	rdb.AddHook(&trips)
	to := string(srv.NewPhoneNumber())
	var flow *otplogin.Flow
	expect := func(want int64, what string) {
		t.Helper()
		assert.Equal(t, want, trips.n.Swap(0), what)
	}
	flow, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: to, IP: "192.0.2.1"})
	require.NoError(t, err)
	expect(2, "a start: the place, and what became of the message")
	_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: to, IP: "192.0.2.1"})
	require.NoError(t, err)
	expect(1, "a start that joins a message")
	_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: "000000"})
	require.ErrorIs(t, err, stytchotp.ErrCodeIncorrect)
	expect(2, "a wrong code: its place, and that it was compared")
	right := srv.Code(to)
	_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: right})
	require.NoError(t, err)
	expect(2, "a right code: its place, and the end of the login")
	_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: right})
	require.NoError(t, err)
	expect(1, "a second click")
}

// Scripts are loaded again when Redis has forgotten them.
func TestScriptFlush(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	rdb := s.client(t)
	logins, srv := newLogins(t, rdb)
	for range 3 {
		require.NoError(t, rdb.ScriptFlush(t.Context()).Err())
		to := string(srv.NewPhoneNumber())
		flow, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: to})
		require.NoError(t, err)
		require.NoError(t, rdb.ScriptFlush(t.Context()).Err())
		_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: srv.Code(to)})
		require.NoError(t, err)
	}
}

// While Redis is away nothing is sent; after a crash it knows what it knew.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	logins, srv := newLogins(t, redis.NewClient(&redis.Options{Addr: s.address, MaxRetries: -1}))
	to := string(srv.NewPhoneNumber())
	flow, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: to})
	require.NoError(t, err)
	s.kill()
	_, startErr := logins.Start(t.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber())})
	_, verifyErr := logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: srv.Code(to)})
	requireAway(t, startErr)
	requireAway(t, verifyErr)
	assert.Len(t, srv.Messages(), 1)
	s.start()
	_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: to})
	require.NoError(t, err)
	assert.Len(t, srv.Messages(), 1, "the start joined the message of before")
	_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: srv.Code(to)})
	require.NoError(t, err)
}

func requireAway(t *testing.T, err error) {
	t.Helper()
	_, ok := errors.AsType[*otplogin.StoreError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
	assert.Equal(t, "unavailable", stytchotp.PublicCode(err))
	assert.Equal(t, 503, stytchotp.HTTPStatus(err))
}

// A server that does not answer is away.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	rdb := redis.NewClient(&redis.Options{Addr: silent.Addr().String(), ReadTimeout: 50 * time.Millisecond, MaxRetries: -1})
	t.Cleanup(func() { _ = rdb.Close() })
	logins, srv := newLogins(t, rdb)
	_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber())})
	requireAway(t, err)
	assert.NotContains(t, err.Error(), silent.Addr().String())
	assert.Empty(t, srv.Messages())
}

// killProject kills the master that counts for the project; the others go on without it.
func killProject(t *testing.T, servers []*server, rdb *redis.ClusterClient) {
	t.Helper()
	master, err := rdb.MasterForKey(t.Context(), "login:{project}")
	require.NoError(t, err)
	for _, s := range servers {
		require.NoError(t, s.client(t).ConfigSet(t.Context(), "cluster-require-full-coverage", "no").Err())
	}
	for _, s := range servers {
		if s.address == master.Options().Addr {
			s.kill()
		}
	}
}

// When the part of a cluster that counts for the project is away, nothing is sent;
// with FailOpen the limit is left out. Without the recipient nothing is ever sent.
func TestFailOpen(t *testing.T) {
	t.Parallel()
	servers, rdb := startCluster(t)
	closed, srv := newLogins(t, rdb)
	killProject(t, servers, rdb)
	told := 0
	open, openSrv := newLogins(t, rdb, otplogin.Config{FailOpen: true, Observer: func(_ context.Context, event otplogin.Event) {
		if event.Kind == otplogin.EventFailedOpen {
			told++
		}
	}})
	sent := 0
	for i := range 30 { // recipients of all three
		to := fmt.Sprintf("+1202555%04d", 100+i)
		_, err := closed.Start(t.Context(), otplogin.StartParams{Recipient: to})
		requireAway(t, err)
		to = fmt.Sprintf("+1202555%04d", 150+i%50)
		if _, err = open.Start(t.Context(), otplogin.StartParams{Recipient: to}); err == nil {
			sent++
			continue
		}
		requireAway(t, err)
	}
	assert.Empty(t, srv.Messages())
	assert.Len(t, openSrv.Messages(), sent)
	assert.Equal(t, sent, told, "the observer knows")
	assert.Greater(t, sent, 5)
	assert.Less(t, sent, 30)
}

// A replica that Sentinel promotes knows the logins under way, and what was counted.
func TestFailover(t *testing.T) {
	t.Parallel()
	master := startServer(t)
	_, port, err := net.SplitHostPort(master.address)
	require.NoError(t, err)
	replica := startServer(t, "--replicaof", "127.0.0.1 "+port, "--repl-diskless-sync-delay", "0")
	sentinel := startServer(t, "--sentinel", "--sentinel monitor logins 127.0.0.1 "+port+" 1",
		"--sentinel down-after-milliseconds logins 5000", "--sentinel failover-timeout logins 3000")
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "logins", SentinelAddrs: []string{sentinel.address}})
	t.Cleanup(func() { _ = rdb.Close() })
	require.Eventually(t, func() bool { // Sentinel and the replica have found the master
		n, waitErr := rdb.Wait(t.Context(), 1, time.Second).Result()
		known, knownErr := redis.NewSentinelClient(&redis.Options{Addr: sentinel.address}).Replicas(t.Context(), "logins").Result()
		return waitErr == nil && n == 1 && knownErr == nil && len(known) == 1
	}, 2*time.Minute, 50*time.Millisecond)
	logins, srv := newLogins(t, rdb)
	to := string(srv.NewPhoneNumber())
	flow, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: to})
	require.NoError(t, err)
	watch := master.client(t)
	require.Eventually(t, func() bool { // the replica has it
		role, roleErr := watch.Do(t.Context(), "role").Slice() // "master", the offset, and for each replica its address, port and offset
		if roleErr != nil || len(role) < 3 {
			return false
		}
		replicas, _ := role[2].([]any)
		if len(replicas) != 1 {
			return false
		}
		known, _ := replicas[0].([]any)
		return len(known) == 3 && fmt.Sprint(role[1]) == fmt.Sprint(known[2])
	}, 2*time.Minute, 20*time.Millisecond)
	master.kill()
	require.Eventually(t, func() bool {
		return rdb.Set(t.Context(), "writable", 1, time.Minute).Err() == nil
	}, 2*time.Minute, 50*time.Millisecond)
	assert.Equal(t, "master", replica.client(t).Do(t.Context(), "role").Val().([]any)[0])
	_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: to})
	require.NoError(t, err)
	assert.Len(t, srv.Messages(), 1, "the start joined the message of before")
	_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: flow.ID, Code: srv.Code(to)})
	require.NoError(t, err)
}
