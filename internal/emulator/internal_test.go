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

func TestDevicesAreBounded(t *testing.T) {
	t.Parallel()
	u := &user{}
	for i := range 100 {
		u.sawDevice(strconv.Itoa(i), attributes{}, time.Now())
	}
	assert.Len(t, u.devices, maxDevices)
	assert.False(t, u.sawDevice("99", attributes{}, time.Now()).VisitorIDDetails.IsNew, "the oldest went first")
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
