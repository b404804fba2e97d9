package dialgate

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A connection that does not come holds up the calls behind it for 100 ms at most.
func TestWidens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		require.True(t, g.Enter(t.Context()), "the first call goes ahead")
		begin := time.Now()
		require.True(t, g.Enter(t.Context()))
		assert.Equal(t, maxTicks*tick, time.Since(begin))
		for range 2 {
			require.True(t, g.Enter(t.Context()))
		}
		assert.Equal(t, maxTicks*tick, time.Since(begin), "it widened by more than one place")
		g.Leave()
		require.True(t, g.Enter(t.Context()), "a place that was left")

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		assert.False(t, g.Enter(ctx))
		var waiting sync.WaitGroup
		for range 10 {
			waiting.Go(func() { assert.False(t, g.Enter(t.Context())) })
		}
		synctest.Wait()
		g.Open()
		waiting.Wait()
		for range 10 {
			assert.False(t, g.Enter(t.Context()), "it stays open")
		}
	})
}

// A call that got a connection starts the wait anew.
func TestConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		require.True(t, g.Enter(t.Context()))
		begin := time.Now()
		time.AfterFunc(maxTicks*tick-tick/2, g.Connected)
		require.True(t, g.Enter(t.Context()))
		assert.Equal(t, (2*maxTicks-1)*tick, time.Since(begin))
	})
}
