package redisstore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otplogin/storetest"

	"github.com/stytchotp/stytchotp/otplogin/redisstore"
)

// backends opens stores with a prefix of their own each time, for four machines.
func backends(clients func() redis.UniversalClient, advance func(time.Duration)) func(t *testing.T) storetest.Backend {
	var opened atomic.Int64
	return func(t *testing.T) storetest.Backend {
		t.Helper()
		name := prefix(opened.Add(1))
		stores := make([]otplogin.Store, 4)
		for i := range stores {
			var err error
			stores[i], err = redisstore.New(clients(), name)
			require.NoError(t, err)
		}
		return storetest.Backend{Stores: stores, Advance: advance}
	}
}

func TestMiniredis(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	rdb := redis.NewClient(&redis.Options{Addr: f.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	storetest.Run(t, backends(func() redis.UniversalClient { return rdb }, f.advance))
}

func TestRedis(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	rdb := s.client(t)
	storetest.Run(t, backends(func() redis.UniversalClient { return rdb }, s.advance))
}

// The second run is on a clock that stands still between the steps: whatever a test does
// without moving the clock happens in one millisecond, as it can on a fast machine.
func TestCluster(t *testing.T) {
	t.Parallel()
	servers, rdb := startCluster(t)
	open := backends(func() redis.UniversalClient { return rdb }, func(d time.Duration) {
		for _, s := range servers {
			s.advance(d)
		}
	})
	t.Run("RunningClock", func(t *testing.T) { storetest.Run(t, open) })
	now := time.Now()
	for _, s := range servers {
		s.stopClock(now)
	}
	t.Run("StoppedClock", func(t *testing.T) { storetest.Run(t, open) })
}
