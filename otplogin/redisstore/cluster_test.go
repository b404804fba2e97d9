package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// asCluster makes a store work as in a cluster, on one server.
type asCluster struct{ redis.UniversalClient }

// pipelineHook is told of each pipeline after it was sent, and can fail it before.
type pipelineHook struct {
	before func(ctx context.Context, commands []redis.Cmder) error
	after  func(commands []redis.Cmder)
}

func (*pipelineHook) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (*pipelineHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (h *pipelineHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		if h.before != nil {
			if err := h.before(ctx, commands); err != nil {
				for _, c := range commands {
					c.SetErr(err)
				}
				return err
			}
		}
		err := next(ctx, commands)
		if h.after != nil {
			h.after(commands)
		}
		return err
	}
}

func newClusterSite(t *testing.T, config ...otplogin.Config) (*redis.Client, *pipelineHook, *otplogin.Logins, *otptest.Server) {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: startFake(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	hook := &pipelineHook{}
	rdb.AddHook(hook)
	logins, srv := newLogins(t, asCluster{rdb}, config...)
	_, err := logins.Get(t.Context(), strings.Repeat("A", 52)) // loads the script
	require.ErrorIs(t, err, otplogin.ErrNoFlow)
	return rdb, hook, logins, srv
}

// isFirstStep tells the step of the recipient from that of the tallies.
func isFirstStep(commands []redis.Cmder) bool {
	args := commands[0].Args()
	return fmt.Sprint(args[len(args)-2]) == "rf"
}

func on(limit otplogin.Limit) map[otplogin.Limit]otplogin.Mode {
	return map[otplogin.Limit]otplogin.Mode{limit: otplogin.On}
}

// A start that an address is refused does not take a person's start, which joined it, along.
func TestJoinOfARefusedStart(t *testing.T) {
	t.Parallel()
	_, hook, logins, srv := newClusterSite(t, otplogin.Config{Limits: otplogin.Limits{AddressHour: 1, Modes: on(otplogin.LimitAddressHour)}})
	_, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber()), IP: "192.0.2.1"})
	require.NoError(t, err)
	to := string(srv.NewPhoneNumber())
	var person sync.WaitGroup
	steps, joined := 0, make(chan struct{})
	var mu sync.Mutex
	hook.after = func(commands []redis.Cmder) {
		mu.Lock()
		if isFirstStep(commands) {
			steps++
		}
		step := steps
		mu.Unlock()
		switch {
		case step == 1 && isFirstStep(commands): // between the two steps of the stranger
			person.Go(func() {
				_, joinErr := logins.Start(context.Background(), otplogin.StartParams{Recipient: to, IP: "192.0.2.99"})
				assert.NoError(t, joinErr)
			})
			<-joined
		case step == 2 && isFirstStep(commands):
			close(joined)
		}
	}
	_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: to, IP: "192.0.2.1"})
	refused, ok := errors.AsType[*otplogin.RefusedError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, otplogin.LimitAddressHour, refused.Limit)
	person.Wait()
	assert.Len(t, srv.Messages(), 2)
}

// A browser that hangs up between the two steps leaves no place taken.
func TestHangUp(t *testing.T) {
	t.Parallel()
	_, hook, logins, srv := newClusterSite(t)
	to := string(srv.NewPhoneNumber())
	hangUp := func(call func(ctx context.Context) error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		hook.after = func(commands []redis.Cmder) {
			if isFirstStep(commands) {
				cancel()
			}
		}
		_ = call(ctx)
		hook.after = nil
	}
	hangUp(func(ctx context.Context) error {
		_, err := logins.Start(ctx, otplogin.StartParams{Recipient: to})
		return err
	})
	f, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: to})
	require.NoError(t, err)
	assert.Equal(t, 5-len(srv.Messages()), f.SendsLeft)
	code := srv.Code(to)
	for range 3 {
		hangUp(func(ctx context.Context) error {
			_, verifyErr := logins.Verify(ctx, otplogin.VerifyParams{FlowID: f.ID, Code: code})
			return verifyErr
		})
	}
	_, err = logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: code})
	require.NoError(t, err, "the first check logged in, or gave its place back")
}

// A tally that uses up the time of the second step leaves none of the recipient's places
// taken: what takes them back has a time of its own.
func TestSilentTally(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a place that is taken is waited for a minute
	defer cancel()
	_, hook, logins, srv := newClusterSite(t)
	to := string(srv.NewPhoneNumber())
	silent := func(call func() error) {
		var used time.Time
		hook.before = func(ctx context.Context, commands []redis.Cmder) error {
			deadline, limited := ctx.Deadline()
			switch args := commands[0].Args(); {
			case args[len(args)-1] == "take":
				used = deadline
				return context.DeadlineExceeded
			case limited && !deadline.After(used): // it would be over by now
				return context.DeadlineExceeded
			}
			return nil
		}
		requireAway(t, call())
		hook.before = nil
	}
	silent(func() error {
		_, err := logins.Start(ctx, otplogin.StartParams{Recipient: to})
		return err
	})
	f, err := logins.Start(ctx, otplogin.StartParams{Recipient: to})
	require.NoError(t, err)
	assert.Equal(t, 4, f.SendsLeft)
	code := srv.Code(to)
	for range 6 {
		silent(func() error {
			_, verifyErr := logins.Verify(ctx, otplogin.VerifyParams{FlowID: f.ID, Code: code})
			return verifyErr
		})
	}
	_, err = logins.Verify(ctx, otplogin.VerifyParams{FlowID: f.ID, Code: code})
	require.NoError(t, err)
}

// What a browser sends as an id makes no error of the store.
func TestFlowIDsInACluster(t *testing.T) {
	t.Parallel()
	_, rdb := startCluster(t)
	logins, _ := newLogins(t, rdb, otplogin.Config{Observer: func(_ context.Context, e otplogin.Event) {
		assert.NotEqual(t, otplogin.EventStoreFailed, e.Kind)
	}})
	for i := range 10 {
		_, err := logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: fmt.Sprintf("%026d}%025d", i, i), Code: "123456"})
		require.ErrorIs(t, err, otplogin.ErrNoFlow)
	}
}

// Recipients that nothing was sent to are not kept.
func TestRefusedRecipientsAreForgotten(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	rdb := redis.NewClient(&redis.Options{Addr: f.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	logins, srv := newLogins(t, rdb)
	srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 400, Times: 20})
	for range 20 {
		_, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber())})
		require.Error(t, err)
	}
	f.advance(2 * time.Minute)
	for _, key := range f.Keys() {
		assert.Regexp(t, `^login:\{(project|region:US)\}$`, key)
	}
}

// FailOpen lets messages go out, and no code be tried without its limits.
func TestFailOpenTriesNoCodes(t *testing.T) {
	t.Parallel()
	servers, rdb := startCluster(t)
	logins, srv := newLogins(t, rdb, otplogin.Config{FailOpen: true})
	var flows []*otplogin.Flow
	for range 12 {
		f, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber())})
		require.NoError(t, err)
		flows = append(flows, f)
	}
	killProject(t, servers, rdb)
	for _, f := range flows {
		_, err := logins.Verify(t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: "000000"})
		requireAway(t, err)
	}
}

// A command that a client repeats counts once, however many others came in between.
func TestRepeatedCommand(t *testing.T) {
	t.Parallel()
	rdb, hook, logins, srv := newClusterSite(t, otplogin.Config{Limits: otplogin.Limits{ProjectDay: 20}})
	var back []any
	hook.after = func(commands []redis.Cmder) {
		for _, c := range commands {
			if args := c.Args(); args[len(args)-1] == "back" && args[len(args)-2] == "pt" {
				back = args
			}
		}
	}
	srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429})
	_, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber())})
	require.ErrorIs(t, err, stytchotp.ErrRateLimited)
	require.NotNil(t, back)
	for i := range 30 {
		_, err = logins.Start(t.Context(), otplogin.StartParams{Recipient: string(srv.NewPhoneNumber())})
		assert.Equal(t, i < 20, err == nil, "%v", err)
		require.NoError(t, rdb.Do(t.Context(), back...).Err())
	}
	for _, key := range rdb.Keys(t.Context(), "*").Val() {
		assert.Positive(t, rdb.TTL(t.Context(), key).Val(), "%s has no expiry", key)
	}
}

// A second click that a tally refuses while the first one ends the login gets the login.
func TestSecondClickThatATallyRefuses(t *testing.T) {
	t.Parallel()
	_, hook, logins, srv := newClusterSite(t, otplogin.Config{Limits: otplogin.Limits{AddressFailures: 1, Modes: on(otplogin.LimitAddressFailures)}})
	to := string(srv.NewPhoneNumber())
	f, err := logins.Start(t.Context(), otplogin.StartParams{Recipient: to})
	require.NoError(t, err)
	params := otplogin.VerifyParams{FlowID: f.ID, Code: srv.Code(to), IP: "192.0.2.1"}
	srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 300 * time.Millisecond})
	var first sync.WaitGroup
	var mu sync.Mutex
	second, counted, once := false, make(chan struct{}), sync.Once{}
	hook.after = func(commands []redis.Cmder) {
		mu.Lock()
		waits := second
		mu.Unlock()
		args := commands[0].Args()
		switch {
		case args[len(args)-1] != "take":
		case !waits:
			once.Do(func() { close(counted) })
		default:
			first.Wait() // the second click's tally has refused
		}
	}
	first.Go(func() {
		_, firstErr := logins.Verify(context.Background(), params)
		assert.NoError(t, firstErr)
	})
	<-counted
	mu.Lock()
	second = true
	mu.Unlock()
	_, err = logins.Verify(t.Context(), params)
	require.NoError(t, err)
}
