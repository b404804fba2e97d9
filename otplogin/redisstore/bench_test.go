package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"

	"github.com/stytchotp/stytchotp/otplogin/redisstore"
)

// benchServer starts redis-server as it is, with no clock of ours.
func benchServer(b *testing.B) (address string) {
	b.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		b.Skip("redis-server is not installed")
	}
	s := &server{dir: b.TempDir(), address: "127.0.0.1:" + freePort(b)}
	_, port, _ := strings.Cut(s.address, ":")
	command := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "yes") //nolint:noctx // it is killed
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	rdb := redis.NewClient(&redis.Options{Addr: s.address})
	defer func() { _ = rdb.Close() }()
	require.Eventually(b, func() bool { return rdb.Ping(b.Context()).Err() == nil }, 20*time.Second, 10*time.Millisecond)
	return s.address
}

// recorder is a store that keeps the time of each operation.
type recorder struct {
	otplogin.Store

	mu    sync.Mutex
	times []time.Duration
}

func (r *recorder) Apply(ctx context.Context, op *otplogin.Operation) (*otplogin.State, error) {
	begin := time.Now()
	state, err := r.Store.Apply(ctx, op)
	took := time.Since(begin)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times = append(r.times, took)
	return state, err
}

// newInstances returns logins with a store each, and what the stores measure.
func newInstances(b *testing.B, n int, open func(prefix string) otplogin.Store) ([]*otplogin.Logins, *otptest.Server, []*recorder) {
	b.Helper()
	srv := otptest.NewInProcess(b)
	var logins []*otplogin.Logins
	var recorders []*recorder
	prefix := fmt.Sprintf("%s:%d:", b.Name(), b.N) // each run begins with no logins
	for range n {
		r := &recorder{Store: open(prefix)}
		l, err := otplogin.New(srv.Client(), otplogin.Config{Store: r, Key: []byte(key)})
		if err != nil {
			b.Fatal(err)
		}
		logins, recorders = append(logins, l), append(recorders, r)
	}
	return logins, srv, recorders
}

// report reports operations a second and the 99th percentile of one.
func report(b *testing.B, recorders []*recorder) {
	b.Helper()
	var all []time.Duration
	for _, r := range recorders {
		all = append(all, r.times...)
	}
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(len(all))/float64(b.N), "round-trips/call")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs/round-trip")
}

func number(i int64) string { return fmt.Sprintf("+1%d%07d", 202+i/9_000_000, 2_000_000+i%7_999_999) }

// BenchmarkLogin measures starts and checks, with the emulator in memory for Stytch.
func BenchmarkLogin(b *testing.B) {
	for _, store := range []string{"memory", "redis"} {
		for _, instances := range []int{1, 4} {
			if store == "memory" && instances > 1 {
				continue
			}
			open := func(string) otplogin.Store { return otplogin.NewMemoryStore() }
			if store == "redis" {
				address := benchServer(b)
				open = func(prefix string) otplogin.Store {
					rdb := redis.NewClient(&redis.Options{Addr: address})
					b.Cleanup(func() { _ = rdb.Close() })
					s, err := redisstore.New(rdb, prefix)
					if err != nil {
						b.Fatal(err)
					}
					return s
				}
			}
			b.Run(fmt.Sprintf("start/%s/instances=%d", store, instances), func(b *testing.B) {
				logins, _, recorders := newInstances(b, instances, open)
				var next atomic.Int64
				b.SetParallelism(16)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := next.Add(1)
						if _, err := logins[i%int64(len(logins))].Start(b.Context(), otplogin.StartParams{Recipient: number(i), IP: address(i)}); err != nil && stytchotp.HTTPStatus(err) != 422 {
							b.Error(err)
							return
						}
					}
				})
				b.StopTimer()
				report(b, recorders)
			})
			b.Run(fmt.Sprintf("check/%s/instances=%d", store, instances), func(b *testing.B) {
				logins, srv, recorders := newInstances(b, instances, open)
				flows := make([]*otplogin.Flow, b.N/4+1) // none gets the fifth code that ends it
				for i := range flows {
					var err error
					if flows[i], err = logins[0].Start(b.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber())}); err != nil {
						b.Fatal(err)
					}
				}
				for _, r := range recorders {
					r.times = nil
				}
				var next atomic.Int64
				b.SetParallelism(16)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := next.Add(1)
						_, err := logins[i%int64(len(logins))].Verify(b.Context(), otplogin.VerifyParams{FlowID: flows[i%int64(len(flows))].ID, Code: "000000", IP: address(i)})
						if err != nil && !errors.Is(err, stytchotp.ErrCodeIncorrect) {
							b.Error(err)
							return
						}
					}
				})
				b.StopTimer()
				report(b, recorders)
			})
		}
	}
}

func address(i int64) string { return fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255) }

// BenchmarkBytes measures what Redis holds for a recipient and a flow, on 100,000 of them.
func BenchmarkBytes(b *testing.B) {
	const recipients = 100_000
	rdb := redis.NewClient(&redis.Options{Addr: benchServer(b)})
	defer func() { _ = rdb.Close() }()
	store, err := redisstore.New(rdb, "login:")
	if err != nil {
		b.Fatal(err)
	}
	used := func() float64 {
		info, err := rdb.InfoMap(b.Context(), "memory").Result()
		if err != nil {
			b.Fatal(err)
		}
		n, err := strconv.ParseFloat(info["Memory"]["used_memory_dataset"], 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	for b.Loop() {
		if err := rdb.FlushAll(b.Context()).Err(); err != nil {
			b.Fatal(err)
		}
		before := used()
		logins, _, _ := newInstances(b, 1, func(string) otplogin.Store { return store })
		var all sync.WaitGroup
		for worker := range int64(16) {
			all.Go(func() {
				for i := worker; i < recipients; i += 16 {
					_, _ = logins[0].Start(b.Context(), otplogin.StartParams{Recipient: number(i)})
				}
			})
		}
		all.Wait()
		keys := rdb.DBSize(b.Context()).Val()
		withFlows := used()
		b.ReportMetric(float64(keys)/recipients, "keys/login")
		b.ReportMetric((withFlows-before)/recipients, "B/login")
		iter := rdb.Scan(b.Context(), 0, "*}?*", 1000).Iterator()
		pipe := rdb.Pipeline()
		for iter.Next(b.Context()) {
			pipe.Del(b.Context(), iter.Val())
		}
		if _, err := pipe.Exec(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((used()-before)/recipients, "B/recipient")
	}
}
