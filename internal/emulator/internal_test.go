package emulator

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCodesAvoidOthers(t *testing.T) {
	t.Parallel()
	first := newRandom("seed", "").code()
	assert.Equal(t, first, newRandom("seed", "").code())
	second := newRandom("seed", "").code(first)
	assert.NotEqual(t, first, second)
	assert.NotContains(t, []string{first, second}, newRandom("seed", "").code(first, second))
}

func TestNobodyWaitsForNothing(t *testing.T) {
	t.Parallel()
	e, err := New(Config{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 100 {
		_, err = e.WaitMessage(ctx, MessageQuery{Recipient: fmt.Sprint("+", i)})
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Empty(t, e.hub.waiters)
}

// TestLeavingLeavesOthersWaiting has a waiter give up at the moment that the
// message came, while another waits for the one after it already.
func TestLeavingLeavesOthersWaiting(t *testing.T) {
	t.Parallel()
	e, err := New(Config{})
	require.NoError(t, err)
	q := MessageQuery{Recipient: "+12025550162"}
	_, _, early := e.latestOrWait(q)
	e.hub.wake(q.Recipient)
	_, _, late := e.latestOrWait(q)
	e.leave(q.Recipient, early)
	require.Contains(t, e.hub.waiters, q.Recipient)
	e.leave(q.Recipient, late)
	assert.Empty(t, e.hub.waiters)
}

func TestDevicesAreBounded(t *testing.T) {
	t.Parallel()
	u := &user{}
	for i := range 100 {
		u.sawDevice(strconv.Itoa(i), attributes{IPAddress: fmt.Sprint("203.0.113.", i)}, time.Now())
	}
	assert.Len(t, u.visitors, maxSightings)
	assert.Len(t, u.addresses, maxSightings)
	last := u.sawDevice("99", attributes{IPAddress: "203.0.113.99"}, time.Now())
	assert.False(t, last.VisitorIDDetails.IsNew, "the oldest went first")
	assert.False(t, last.IPAddressDetails.IsNew, "the oldest went first")
}

func TestRateLimitKeysAreBounded(t *testing.T) {
	t.Parallel()
	l := newLimiter([]RateLimit{{Max: 1, Window: time.Hour}})
	now := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range maxLimitedKeys + 10 {
		require.Nil(t, l.admit(now, OpSMSSend, strconv.Itoa(i), "US"))
	}
	assert.Len(t, l[0].counts, 10)
}
