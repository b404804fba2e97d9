package otplogin_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otplogin/storetest"
)

// One store in memory is what the goroutines of a process share.
func TestMemoryStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Backend {
		store, ahead := otplogin.NewMemoryStore(), new(atomic.Int64)
		store.SetClock(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
		return storetest.Backend{
			Stores:  []otplogin.Store{store, store, store},
			Advance: func(d time.Duration) { ahead.Add(int64(d)) },
		}
	})
}
