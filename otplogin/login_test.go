package otplogin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otptest"
)

// site is logins on an emulator, in a bubble of fake time.
type site struct {
	*Logins

	t       *testing.T
	srv     *otptest.Server
	refused *RefusedError // the last one
}

func newSite(t *testing.T, config ...Config) *site {
	t.Helper()
	srv := otptest.NewInProcess(t)
	logins, err := New(srv.Client(), append(config, Config{})[0])
	require.NoError(t, err)
	return &site{Logins: logins, t: t, srv: srv}
}

func (s *site) memory() *MemoryStore { return s.store.(*MemoryStore) }

// pass lets time go by, for us and the emulator, which follows the bubble's time.
func pass(d time.Duration) { <-time.After(d) }

func (s *site) start(recipient string) *Flow {
	s.t.Helper()
	f, err := s.Start(s.t.Context(), StartParams{Recipient: recipient})
	require.NoError(s.t, err)
	return f
}

func (s *site) number() string { return string(s.srv.NewPhoneNumber()) }

func (s *site) verify(f *Flow, code string) error {
	_, err := s.Verify(s.t.Context(), VerifyParams{FlowID: f.ID, Code: code})
	return err
}

func (s *site) wrong(recipient string) string {
	if s.newest(recipient).Code != "111111" {
		return "111111"
	}
	return "222222"
}

// newest returns the newest message to a recipient, whatever became of its code.
func (s *site) newest(recipient string) otptest.Message {
	for _, m := range slices.Backward(s.srv.Messages()) {
		if m.Recipient == recipient {
			return m
		}
	}
	return otptest.Message{Code: "333333"}
}

func (s *site) requireRefused(err error, limit Limit) {
	s.t.Helper()
	require.ErrorAs(s.t, err, &s.refused)
	require.Equal(s.t, limit, s.refused.Limit)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		for _, c := range []struct {
			recipient string
			channel   stytchotp.Channel
			want      stytchotp.Channel
		}{
			{s.number(), "", stytchotp.ChannelSMS},
			{s.number(), stytchotp.ChannelWhatsApp, stytchotp.ChannelWhatsApp},
			{string(s.srv.NewEmailAddress()), "", stytchotp.ChannelEmail},
		} {
			f, err := s.Start(t.Context(), StartParams{Recipient: c.recipient, Channel: c.channel, Attributes: stytchotp.Attributes{IPAddress: "192.0.2.1"}})
			require.NoError(t, err)
			assert.Len(t, f.ID, 52)
			assert.Equal(t, c.want, f.Channel)
			assert.Equal(t, stytchotp.DeliverySent, f.Delivery)
			assert.True(t, f.Checkable)
			assert.Equal(t, 5, f.AttemptsLeft)
			assert.Equal(t, 30*time.Second, time.Until(f.ResendAt))
			assert.Equal(t, 30*time.Minute, time.Until(f.ExpiresAt))
			again, err := s.Get(t.Context(), f.ID)
			require.NoError(t, err)
			assert.Equal(t, f, again)

			require.ErrorIs(t, s.verify(f, s.wrong(c.recipient)), stytchotp.ErrCodeIncorrect)
			again, err = s.Get(t.Context(), f.ID)
			require.NoError(t, err)
			assert.Equal(t, 4, again.AttemptsLeft)
			login, err := s.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: " " + s.srv.Code(c.recipient)[:3] + "-" + s.srv.Code(c.recipient)[3:]})
			require.NoError(t, err)
			assert.NotEmpty(t, login.SessionToken)
			assert.Equal(t, time.Hour, time.Until(login.Session.ExpiresAt).Round(time.Minute))

			_, err = s.Get(t.Context(), f.ID)
			require.ErrorIs(t, err, ErrNoFlow, "after the login its id is worth nothing")
			require.ErrorIs(t, s.verify(f, "123456"), ErrNoFlow)
			_, err = s.Resend(t.Context(), ResendParams{FlowID: f.ID})
			require.ErrorIs(t, err, ErrNoFlow)
		}
		assert.Len(t, s.srv.Messages(), 3)
	})
}

// However many browsers and addresses ask, a recipient gets five messages in an hour and
// ten in a day, with a growing wait.
func TestRecipientLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		victim := s.number()
		begin := time.Now()
		var sent []time.Duration
		for i := range 24 * 60 * 6 {
			before := len(s.srv.Messages())
			_, err := s.Start(t.Context(), StartParams{Recipient: victim, IP: fmt.Sprintf("198.51.100.%d", i%250)})
			if len(s.srv.Messages()) > before {
				require.NoError(t, err)
				sent = append(sent, time.Since(begin))
			} else if err != nil {
				var refused *RefusedError
				require.ErrorAs(t, err, &refused)
				assert.True(t, refused.RetryAt.After(time.Now()))
			}
			pass(10 * time.Second)
		}
		require.Len(t, sent, 10)
		assert.Equal(t, []time.Duration{0, 30 * time.Second, 90 * time.Second, 210 * time.Second, 450 * time.Second}, sent[:5])
		assert.GreaterOrEqual(t, sent[5], time.Hour)
		pass(time.Minute)
		require.NoError(t, s.verifyNewest(victim), "the person logs in on the next day")
	})
}

func (s *site) verifyNewest(recipient string) error {
	s.t.Helper()
	return s.verify(s.start(recipient), s.srv.Code(recipient))
}

// Simultaneous starts cause one message, and each browser can check its code.
func TestSimultaneousStarts(t *testing.T) {
	for winner := range 3 {
		t.Run(strconv.Itoa(winner), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				number := s.number()
				s.srv.Inject(otptest.Fault{Delay: time.Second})
				flows := make([]*Flow, 100)
				var starts sync.WaitGroup
				for i := range flows {
					starts.Go(func() {
						f, err := s.Start(t.Context(), StartParams{Recipient: number})
						assert.NoError(t, err)
						flows[i] = f
					})
				}
				starts.Wait()
				require.Len(t, s.srv.Messages(), 1)
				ids := map[string]bool{}
				for _, f := range flows {
					ids[f.ID] = true
					assert.True(t, f.Checkable)
				}
				assert.Len(t, ids, len(flows))
				require.NoError(t, s.verify(flows[winner*30], s.srv.Code(number)))
				for i, f := range flows {
					if i != winner*30 {
						_, err := s.Get(t.Context(), f.ID)
						require.NoError(t, err, "no other browser is signed in or out")
					}
				}
				require.ErrorIs(t, s.verify(flows[1], s.srv.Messages()[0].Code), stytchotp.ErrCodeExpired)
			})
		})
	}
}

// Starts join a message that is being sent, also when there is no wait after it.
func TestJoinWithoutWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, Config{Limits: Limits{Modes: map[Limit]Mode{LimitWait: Off}}})
		number := s.number()
		s.srv.Inject(otptest.Fault{Delay: time.Minute / 10})
		var starts sync.WaitGroup
		for range 20 {
			starts.Go(func() {
				_, err := s.Start(t.Context(), StartParams{Recipient: number})
				assert.NoError(t, err)
			})
		}
		starts.Wait()
		assert.Len(t, s.srv.Messages(), 1)
		s.start(number)
		assert.Len(t, s.srv.Messages(), 2)
	})
}

// The same form, posted twice, is one login; with another recipient it is another.
func TestForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number, other := s.number(), s.number()
		start := func(recipient, form string) *Flow {
			f, err := s.Start(t.Context(), StartParams{Recipient: recipient, FormID: form})
			require.NoError(t, err)
			return f
		}
		first := start(number, "a form and a cookie")
		assert.False(t, first.Joined)
		again := start(number, "a form and a cookie")
		assert.Equal(t, first, again)
		assert.NotEqual(t, first.ID, start(number, "another").ID)
		assert.NotEqual(t, first.ID, start(other, "a form and a cookie").ID)
		assert.NotContains(t, first.ID, "form")
		assert.Len(t, s.srv.Messages(), 2)
		elsewhere := newSite(t)
		f, err := elsewhere.Start(t.Context(), StartParams{Recipient: number, FormID: "a form and a cookie"})
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, f.ID, "ids are of the process")
	})
}

// A message that certainly did not go out gives its place back, to all who waited for it.
func TestNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, Config{Limits: Limits{AddressHour: 1, ProjectDay: 1, Modes: map[Limit]Mode{LimitAddressHour: On}}})
		number := s.number()
		for range 3 {
			s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropRefused, Times: 3})
			var starts sync.WaitGroup
			for range 10 {
				starts.Go(func() {
					f, err := s.Start(t.Context(), StartParams{Recipient: number, IP: "2001:db8::1"})
					assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
					assert.Nil(t, f)
				})
			}
			starts.Wait()
		}
		assert.Empty(t, s.srv.Messages())
		assert.Zero(t, s.memory().flows.Load())
		_, err := s.Start(t.Context(), StartParams{Recipient: number, IP: "2001:db8::1"})
		require.NoError(t, err, "no limit counts what was not sent")

		_, err = s.Start(t.Context(), StartParams{Recipient: "+1202"})
		require.ErrorIs(t, err, stytchotp.ErrInvalidPhoneNumber)
		_, err = s.Start(t.Context(), StartParams{Recipient: "ada", Channel: stytchotp.ChannelEmail})
		require.Error(t, err)
		s.requireRefused(errorOf(s.Start(t.Context(), StartParams{Recipient: s.number(), IP: "2001:db8::2"})), LimitAddressHour)
		s.requireRefused(errorOf(s.Start(t.Context(), StartParams{Recipient: s.number(), IP: "2001:db8:1::2"})), LimitProjectDay)
		assert.Equal(t, http.StatusServiceUnavailable, stytchotp.HTTPStatus(s.refused))
		assert.Equal(t, "unavailable", stytchotp.PublicCode(s.refused))
	})
}

func errorOf[T any](_ T, err error) error { return err }

// A message that may have gone out counts. Its code is checked by the method id of an
// earlier login, or another one can be sent at once.
func TestMaybeSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.number()
		lose := otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropAfterSend}
		s.srv.Inject(lose)
		f := s.start(number)
		assert.Equal(t, stytchotp.DeliveryMaybeSent, f.Delivery)
		assert.False(t, f.Checkable)
		require.ErrorIs(t, s.verify(f, s.srv.Code(number)), ErrNoMessage)
		assert.False(t, f.ResendAt.After(time.Now()))
		again, err := s.Resend(t.Context(), ResendParams{FlowID: f.ID, Channel: stytchotp.ChannelWhatsApp})
		require.NoError(t, err)
		assert.Equal(t, stytchotp.ChannelWhatsApp, again.Channel)
		assert.True(t, again.Checkable)
		require.NoError(t, s.verify(f, s.srv.Code(number)))

		pass(time.Hour)
		s.srv.Inject(lose)
		f = s.start(number)
		assert.False(t, f.Checkable, "as for a number that never logged in")
		_, err = s.Resend(t.Context(), ResendParams{FlowID: f.ID})
		require.NoError(t, err)
		pass(time.Minute)
		s.srv.Inject(lose)
		again, err = s.Resend(t.Context(), ResendParams{FlowID: f.ID})
		require.NoError(t, err)
		assert.Equal(t, stytchotp.DeliveryMaybeSent, again.Delivery)
		assert.True(t, again.Checkable, "the method id is known from the message before")
		require.NoError(t, s.verify(f, s.srv.Code(number)))
		for range 3 {
			s.srv.Inject(lose)
			s.start(s.number())
		}
		unlucky := s.number()
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropAfterSend, Times: 5})
		for range 5 {
			s.start(unlucky)
		}
		s.requireRefused(errorOf(s.Start(t.Context(), StartParams{Recipient: unlucky})), LimitRecipientHour)
	})
}

// Strangers who use a recipient's codes up cannot keep out the browser that has logged in
// before.
func TestDevice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number, other := s.number(), s.number()
		require.NoError(t, s.verifyNewest(number))
		mine, err := s.DeviceToken(number)
		require.NoError(t, err)
		theirs, err := s.DeviceToken(other)
		require.NoError(t, err)
		pass(time.Minute)
		stranger, f := s.start(number), s.start(number)
		for range 5 {
			require.ErrorIs(t, s.verify(stranger, s.wrong(number)), stytchotp.ErrCodeIncorrect)
		}
		require.ErrorIs(t, s.verify(s.start(number), s.wrong(number)), stytchotp.ErrCodeIncorrect)
		code := s.srv.Code(number)
		for _, device := range []string{"", "x", ".", theirs, mine + "x"} {
			_, err = s.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: code, Device: device})
			s.requireRefused(err, LimitRecipientFailures)
		}
		for range 3 {
			_, err = s.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: s.wrong(number), Device: mine})
			require.ErrorIs(t, err, stytchotp.ErrCodeIncorrect)
		}
		_, err = s.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: code, Device: mine})
		s.requireRefused(err, LimitRecipientFailures)
		pass(24 * time.Hour)
		f = s.start(number)
		_, err = s.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: s.srv.Code(number), Device: mine})
		require.NoError(t, err, "and the user is not locked at Stytch")
		_, err = s.DeviceToken("")
		require.Error(t, err)
		assert.NotContains(t, mine, number)
	})
}

func TestResend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.number()
		f := s.start(number)
		resend := ResendParams{FlowID: f.ID}
		s.requireRefused(errorOf(s.Resend(t.Context(), resend)), LimitWait)
		assert.Equal(t, f.ResendAt, s.refused.RetryAt)
		assert.Equal(t, http.StatusTooManyRequests, stytchotp.HTTPStatus(s.refused))
		assert.Equal(t, "rate_limited", stytchotp.PublicCode(fmt.Errorf("start: %w", s.refused)))
		for range 5 {
			require.ErrorIs(t, s.verify(f, s.wrong(number)), stytchotp.ErrCodeIncorrect)
		}
		s.requireRefused(s.verify(f, s.srv.Code(number)), LimitAttempts)
		for i := range 4 {
			pass(30 * time.Second << i)
			f2, err := s.Resend(t.Context(), resend)
			require.NoError(t, err)
			assert.Equal(t, 5, f2.AttemptsLeft, "for each message")
		}
		require.ErrorIs(t, s.verify(f, s.wrong(number)), stytchotp.ErrCodeIncorrect)
		s.requireRefused(s.verify(f, s.srv.Code(number)), LimitRecipientFailures)
		assert.Equal(t, "too_many_attempts", stytchotp.PublicCode(s.refused))
		pass(4 * time.Minute)
		s.requireRefused(errorOf(s.Resend(t.Context(), resend)), LimitRecipientHour)
		pass(24 * time.Hour)
		require.ErrorIs(t, s.verify(f, "123456"), ErrNoFlow)
		require.NoError(t, s.verifyNewest(number))

		_, err := s.Resend(t.Context(), ResendParams{FlowID: s.start(s.number()).ID, Channel: stytchotp.ChannelEmail})
		require.Error(t, err)
	})
}

// A message that could not be sent again leaves the login as it was.
func TestFailedResend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.number()
		f := s.start(number)
		require.ErrorIs(t, s.verify(f, s.wrong(number)), stytchotp.ErrCodeIncorrect)
		pass(30 * time.Second)
		before, err := s.Get(t.Context(), f.ID)
		require.NoError(t, err)
		assert.Equal(t, 4, before.SendsLeft)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429})
		_, err = s.Resend(t.Context(), ResendParams{FlowID: f.ID, Channel: stytchotp.ChannelWhatsApp})
		require.ErrorIs(t, err, stytchotp.ErrRateLimited)
		after, err := s.Get(t.Context(), f.ID)
		require.NoError(t, err)
		assert.Equal(t, before, after)
		require.NoError(t, s.verify(f, s.srv.Code(number)), "the first code is still good")
	})
}

// A code that Stytch did not compare does not count.
func TestUncountedCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.number()
		f := s.start(number)
		for range 20 {
			require.Error(t, s.verify(f, "not a code"))
			s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 429})
			require.ErrorIs(t, s.verify(f, s.srv.Code(number)), stytchotp.ErrRateLimited)
		}
		got, err := s.Get(t.Context(), f.ID)
		require.NoError(t, err)
		assert.Equal(t, 5, got.AttemptsLeft)
		code := s.srv.Code(number)
		pass(5 * time.Minute)
		require.ErrorIs(t, s.verify(f, code), stytchotp.ErrCodeExpired)
		s.srv.Reset() // the user is gone
		again, err := s.Resend(t.Context(), ResendParams{FlowID: f.ID})
		require.NoError(t, err)
		require.NoError(t, s.verify(again, s.srv.Code(number)))

		f = s.start(s.number())
		s.srv.Reset()
		err = s.verify(f, "123456")
		require.ErrorIs(t, err, ErrNoMessage, "says nothing about accounts")
		assert.Equal(t, "code_expired", stytchotp.PublicCode(err))
	})
}

// An IP address has a quota of flows, and nothing that others have is pushed out;
// without room a start is refused.
func TestQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		mine := s.number()
		f, err := s.Start(t.Context(), StartParams{Recipient: mine, IP: "192.0.2.1"})
		require.NoError(t, err)
		flood := s.number()
		for range 500 {
			_, err = s.Start(t.Context(), StartParams{Recipient: flood, IP: "192.0.2.2"})
			require.NoError(t, err)
		}
		s.requireRefused(errorOf(s.Start(t.Context(), StartParams{Recipient: flood, IP: "192.0.2.2"})), LimitAddressFlows)
		assert.Equal(t, "rate_limited", stytchotp.PublicCode(s.refused))
		require.NoError(t, s.verify(f, s.srv.Code(mine)))
		pass(time.Until(s.refused.RetryAt))
		_, err = s.Start(t.Context(), StartParams{Recipient: s.number(), IP: "192.0.2.2"})
		require.NoError(t, err)
		m := s.memory()
		pass(25 * time.Hour)
		for i := range m.shards {
			m.sweep(&m.shards[i], Millis(time.Now().UnixMilli()))
		}
		assert.Zero(t, m.flows.Load(), "what is over is forgotten")
		assert.Zero(t, m.recipients.Load())
		_, err = s.Start(t.Context(), StartParams{Recipient: s.number(), IP: "192.0.2.3"})
		require.NoError(t, err)
		assert.Len(t, m.tallies.addresses, 1)

		m.flows.Store(maxFlows)
		s.requireRefused(errorOf(s.Start(t.Context(), StartParams{Recipient: s.number()})), LimitFlows)
		assert.Equal(t, "unavailable", stytchotp.PublicCode(s.refused))
		for i := range maxAddresses + 10 {
			m.tallies.addressLocked(strconv.Itoa(i), 1)
		}
		assert.Len(t, m.tallies.addresses, maxAddresses)
	})
}

// A form that comes again when its flow has just expired takes one place, not two.
func TestExpiredForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		m, to := s.memory(), s.number()
		for range 3 {
			f, err := s.Start(t.Context(), StartParams{Recipient: to, FormID: "a form"})
			require.NoError(t, err)
			assert.Equal(t, int64(1), m.flows.Load())
			pass(30*time.Minute - 20*time.Second)
			_, err = s.Get(t.Context(), f.ID) // the store looks for what is over, as it does once a minute
			require.NoError(t, err)
			pass(30 * time.Second)
		}
	})
}

// A panic in a hook of the caller's leaves no recipient waiting.
func TestPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		panics := true
		logins, err := New(s.srv.Client(stytchotp.WithHook(func(context.Context, stytchotp.Call) {
			if panics {
				panic("a hook")
			}
		})), Config{})
		require.NoError(t, err)
		number := s.number()
		assert.Panics(t, func() { _, _ = logins.Start(t.Context(), StartParams{Recipient: number}) })
		panics = false
		f, err := logins.Start(t.Context(), StartParams{Recipient: number})
		require.NoError(t, err)
		assert.Len(t, s.srv.Messages(), 2, "the first is not known, so another one went out")
		panics = true
		assert.Panics(t, func() { _, _ = logins.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: "000000"}) })
		panics = false
		op := logins.operation(OperationFind, f.ID)
		state, err := logins.store.Apply(t.Context(), op)
		require.NoError(t, err)
		assert.Zero(t, state.Checking, "no other click waits for it")
		_, err = logins.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: s.srv.Code(number)})
		require.NoError(t, err)
	})
}

// awayForAMoment is a store that loses its answers to three looks.
type awayForAMoment struct {
	Store

	lost int
}

func (a *awayForAMoment) Apply(ctx context.Context, op *Operation) (*State, error) {
	if op.Kind == OperationFind && a.lost < 3 {
		a.lost++
		return nil, errors.New("away")
	}
	return a.Store.Apply(ctx, op)
}

// The second click waits for the first as long as its own request lives, for those that
// began before it, and for 15 seconds at most.
func TestSecondClickWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, told := &awayForAMoment{Store: NewMemoryStore()}, 0
		s := newSite(t, Config{Store: store, Key: []byte(strings.Repeat("k", 32)), Observer: func(_ context.Context, event Event) {
			if event.Kind == EventStoreFailed {
				told++
			}
		}})
		number := s.number()
		f := s.start(number)
		right := s.srv.Code(number)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 5 * time.Second, SendFirst: true})
		var first error
		var clicks sync.WaitGroup
		clicks.Go(func() { first = s.verify(f, right) })
		synctest.Wait()
		began := time.Now()
		gone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Verify(gone, VerifyParams{FlowID: f.ID, Code: right})
		require.ErrorIs(t, err, stytchotp.ErrCodeExpired)
		assert.Equal(t, time.Second, time.Since(began), "its browser is gone")
		require.NoError(t, s.verify(f, right), "lost answers of the store do not end the wait")
		assert.Equal(t, 3, store.lost)
		assert.Equal(t, 1, told, "the observer is told once in a call")
		clicks.Wait()
		require.NoError(t, first)

		number = s.number()
		f = s.start(number) // one whose code expires, and that many calls ask about
		right = s.srv.Code(number)
		pass(11 * time.Minute)
		began = time.Now()
		for i := range 60 {
			s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: time.Second})
			clicks.Go(func() {
				assert.ErrorIs(t, s.verify(f, right), stytchotp.ErrCodeExpired)
				if i == 0 {
					assert.Less(t, time.Since(began), 3*time.Second, "it does not wait for those that began later")
				}
			})
			pass(500 * time.Millisecond)
		}
		clicks.Wait()
	})
}

// A login that waits for a message that was not sent learns why, however long its
// recipient was not heard of.
func TestFailureOutlivesTheSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		m, now := s.memory(), Millis(time.Now().UnixMilli())
		op := &Operation{Kind: OperationStart, Flow: "f", Recipient: "r", Region: "US", Message: "m", Limits: &s.config.Limits, CodeMinutes: 5}
		state, err := m.Apply(t.Context(), op)
		require.NoError(t, err)
		op.Kind, op.At, op.Delivery, op.Failure = OperationSettle, state.At, notSent, &Failure{Status: 429, Code: "rate_limited"}
		_, err = m.Apply(t.Context(), op)
		require.NoError(t, err)
		for i := range m.shards {
			m.sweep(&m.shards[i], now+30*second)
		}
		op.Kind = OperationFind
		state, err = m.Apply(t.Context(), op)
		require.NoError(t, err)
		assert.Equal(t, ResultFailed, state.Result)
		for i := range m.shards {
			m.sweep(&m.shards[i], now+2*minute)
		}
		assert.Zero(t, m.recipients.Load())
	})
}

// To look at a flow changes nothing.
func TestFindChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.number()
		a, b := s.start(number), s.start(number)
		for range 4 {
			require.ErrorIs(t, s.verify(b, s.wrong(number)), stytchotp.ErrCodeIncorrect)
		}
		pass(31 * time.Second)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429, Delay: time.Second})
		var resend sync.WaitGroup
		resend.Go(func() {
			_, err := s.Resend(t.Context(), ResendParams{FlowID: a.ID})
			assert.ErrorIs(t, err, stytchotp.ErrRateLimited)
		})
		synctest.Wait()
		_, err := s.Get(t.Context(), b.ID)
		require.NoError(t, err)
		resend.Wait()
		got, err := s.Get(t.Context(), b.ID)
		require.NoError(t, err)
		assert.Equal(t, 1, got.AttemptsLeft)
	})
}

// The same form, posted many times at once beside everything else, is one login. It is
// for the race detector.
func TestOneFormAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, Config{Limits: Limits{Modes: map[Limit]Mode{LimitWait: Off}}})
		number := s.number()
		var calls sync.WaitGroup
		for range 50 {
			calls.Go(func() {
				f, err := s.Start(t.Context(), StartParams{Recipient: number, FormID: "form"})
				if assert.NoError(t, err) {
					_, _ = s.Resend(t.Context(), ResendParams{FlowID: f.ID})
					_, _ = s.Get(t.Context(), f.ID)
					_, _ = s.Verify(t.Context(), VerifyParams{FlowID: f.ID, Code: "111111"})
				}
			})
		}
		calls.Wait()
		assert.LessOrEqual(t, len(s.srv.Messages()), 5)
		assert.EqualValues(t, 1, s.memory().flows.Load())
	})
}

// Logins of which no address is known push no others out.
func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		mine, flood := s.number(), s.number()
		f := s.start(mine)
		for range 600 {
			s.start(flood)
		}
		pass(30 * time.Second)
		_, err := s.Resend(t.Context(), ResendParams{FlowID: f.ID})
		require.NoError(t, err)
		require.NoError(t, s.verify(f, s.srv.Code(mine)))
	})
}

func TestClientKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		key := func(ip string) string { return s.address(ip, stytchotp.Attributes{IPAddress: "192.0.2.9"}) }
		assert.Equal(t, key("192.0.2.1"), key("::ffff:192.0.2.1"))
		assert.Equal(t, key("2001:db8::1"), key("2001:db8:0:0:ffff::9%eth0"))
		assert.NotEqual(t, key("2001:db8::1"), key("2001:db8:0:1::1"))
		assert.Equal(t, key(""), key("192.0.2.9"))
		assert.Empty(t, key("nonsense"))
		for _, proxy := range []string{"127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "::1", "fd00::1", "fe80::1%eth0", "::ffff:10.0.0.1"} {
			assert.Empty(t, s.address("", stytchotp.Attributes{IPAddress: proxy}), proxy)
			assert.NotEmpty(t, s.address(proxy, stytchotp.Attributes{}), "it was said to be the client's")
		}
		wide := newSite(t, Config{IPv6Prefix: 48})
		assert.Equal(t, wide.address("2001:db8::1", stytchotp.Attributes{}), wide.address("2001:db8:0:1::1", stytchotp.Attributes{}))
	})
}

func TestParams(t *testing.T) {
	t.Parallel()
	_, err := New(nil, Config{})
	require.ErrorContains(t, err, "the client is nil")
	client, err := stytchotp.NewClient("project-test-1", "secret-test-1")
	require.NoError(t, err)
	for want, config := range map[string]Config{
		"CodeMinutes":                     {CodeMinutes: 11},
		"SessionDurationMinutes":          {SessionDurationMinutes: 4},
		"Limits.RecipientHour":            {Limits: Limits{RecipientHour: maxCount + 1}},
		"Limits.Wait":                     {Limits: Limits{Wait: 2 * time.Hour}},
		"Config.Key: must have":           {Key: make([]byte, 31)},
		"Config.Key: is required":         {Store: NewMemoryStore()},
		"IPv6Prefix":                      {IPv6Prefix: 16},
		"Limits.ProjectDay: must be 1 to": {Limits: Limits{ProjectDay: -1}},
		"at most 1000":                    {Limits: Limits{RecipientDay: 1001}},
		`Modes: "flows"`:                  {Limits: Limits{Modes: map[Limit]Mode{LimitFlows: Off}}},
		`Modes["wait"]: "no"`:             {Limits: Limits{Modes: map[Limit]Mode{LimitWait: "no"}}},
	} {
		_, err = New(client, config)
		require.ErrorContains(t, err, want)
	}
	_, err = New(client, Config{CodeMinutes: 11, IPv6Prefix: 16, Key: make([]byte, 31), Limits: Limits{Wait: 2 * time.Hour, ProjectDay: -1, RecipientDay: 1001}})
	for _, want := range []string{"CodeMinutes", "IPv6Prefix", "Key", "Wait", "ProjectDay", "at most 1000"} {
		require.ErrorContains(t, err, want, "all at once")
	}
	logins, err := New(client, Config{})
	require.NoError(t, err)
	for want, params := range map[string]StartParams{
		"Recipient is required": {}, "Channel must be": {Recipient: "+12025550162", Channel: "pigeon"},
		"set Channel to email": {Recipient: "ada@example.com", Channel: stytchotp.ChannelSMS},
	} {
		_, err = logins.Start(t.Context(), params)
		require.ErrorContains(t, err, want)
	}
	_, err = logins.Start(t.Context(), StartParams{Recipient: strings.Repeat("a", 320) + "@"})
	assert.Equal(t, "invalid_email", stytchotp.PublicCode(err))
	assert.Equal(t, http.StatusUnprocessableEntity, stytchotp.HTTPStatus(err))
	l := Limits{MaxWait: time.Minute}
	require.NoError(t, l.fill())
	assert.Equal(t, []Millis{0, 30 * second, minute, minute}, []Millis{l.wait(0), l.wait(1), l.wait(2), l.wait(60)})
}

// TestLaws runs random schedules of several browsers, with lost answers and with time,
// and checks what each recipient got against the emulator's record.
func TestLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) { runSchedule(t, seed) })
	}
}

func runSchedule(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	s := newSite(t)
	recipients := []string{s.number(), s.number(), string(s.srv.NewEmailAddress())}
	type browser struct {
		flow      *Flow
		recipient string
	}
	browsers := make([]*browser, 6)
	for i := range browsers {
		browsers[i] = &browser{}
	}
	wrongCodes := map[string][]time.Time{}
	for range 400 {
		b := browsers[r.IntN(len(browsers))]
		switch faults := []otptest.Fault{
			{Operation: otptest.OpAnySend, Drop: otptest.DropAfterSend},
			{Operation: otptest.OpAnySend, Status: 500},
			{Operation: otptest.OpAuthenticate, Drop: otptest.DropAfterSend},
			{Operation: otptest.OpAuthenticate, Status: 429},
		}; r.IntN(9) {
		case 0, 1:
			to := recipients[r.IntN(len(recipients))]
			if f, err := s.Start(t.Context(), StartParams{Recipient: to, IP: fmt.Sprint("192.0.2.", r.IntN(3))}); err == nil {
				b.flow, b.recipient = f, to
			}
		case 2:
			if b.flow != nil {
				if f, err := s.Resend(t.Context(), ResendParams{FlowID: b.flow.ID}); err == nil {
					b.flow = f
				}
			}
		case 3, 4, 5:
			if b.flow == nil {
				continue
			}
			code := s.wrong(b.recipient)
			newest := s.newest(b.recipient)
			right := newest.ID > 0 && r.IntN(4) == 0
			if right {
				code = newest.Code
			}
			login, err := s.Verify(t.Context(), VerifyParams{FlowID: b.flow.ID, Code: code})
			if errors.Is(err, stytchotp.ErrCodeIncorrect) {
				require.False(t, right, "a right code was called wrong")
				wrongCodes[b.recipient] = append(wrongCodes[b.recipient], time.Now())
			}
			if err == nil {
				require.True(t, right)
				require.NotEmpty(t, login.SessionToken)
				_, err = s.Get(t.Context(), b.flow.ID)
				require.ErrorIs(t, err, ErrNoFlow)
				b.flow, wrongCodes[b.recipient] = nil, nil
			}
			require.NotErrorIs(t, err, stytchotp.ErrUserLocked, "a user is locked at Stytch by us")
		case 6:
			s.srv.Inject(faults[r.IntN(len(faults))])
		default:
			pass(time.Duration(r.IntN(120)) * time.Second)
		}
	}
	messages := s.srv.Messages()
	s.srv.Reset() // faults that were not hit
	for _, to := range recipients {
		var times []time.Time
		for _, m := range messages {
			if m.Recipient == to {
				times = append(times, m.SentAt)
			}
		}
		for i, at := range times {
			require.LessOrEqual(t, within(times[i:], at, time.Hour), 5, "seed %d: messages in an hour", seed)
			require.LessOrEqual(t, within(times[i:], at, 24*time.Hour), 10, "seed %d: messages in a day", seed)
		}
		for i, at := range wrongCodes[to] {
			require.LessOrEqual(t, within(wrongCodes[to][i:], at, 24*time.Hour), 6, "seed %d: wrong codes in a day", seed)
		}
	}
}

// within counts the times in a window that begins at the first.
func within(times []time.Time, begin time.Time, window time.Duration) (n int) {
	for _, at := range times {
		if at.Sub(begin) < window {
			n++
		}
	}
	return n
}

func TestHangUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		number := s.number()
		s.srv.Inject(otptest.Fault{Delay: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = s.Start(ctx, StartParams{Recipient: number, FormID: "form"}) }()
		synctest.Wait()
		cancel()
		f, err := s.Start(t.Context(), StartParams{Recipient: number, FormID: "form"})
		require.NoError(t, err)
		assert.True(t, f.Checkable, "what the answer says is kept")
		assert.Len(t, s.srv.Messages(), 1)
	})
}
