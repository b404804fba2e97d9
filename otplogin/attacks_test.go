//nolint:thelper // the functions given to bubble are tests
package otplogin

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
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

// bubble runs a test of one site on fake time.
func bubble(t *testing.T, run func(t *testing.T, s *site), config ...Config) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { run(t, newSite(t, config...)) })
}

// losing is a store that loses the operations that lost names.
type losing struct {
	Store

	lost func(op *Operation) bool
}

func (l *losing) Apply(ctx context.Context, op *Operation) (*State, error) {
	if l.lost != nil && l.lost(op) {
		return nil, errors.New("away")
	}
	return l.Store.Apply(ctx, op)
}

func newLosing() (*losing, Config) {
	store := &losing{Store: NewMemoryStore()}
	return store, Config{Store: store, Key: []byte(strings.Repeat("k", 32))}
}

func isSettle(op *Operation) bool { return op.Kind == OperationSettle }

// After the login, the flow's id opens the session to as few codes as before.
func TestGuessesAfterTheLogin(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		right := s.srv.Code(number)
		require.NoError(t, s.verify(f, right))
		for range 5 {
			require.ErrorIs(t, s.verify(f, s.wrong(number)), ErrNoFlow)
		}
		require.ErrorIs(t, s.verify(f, right), ErrNoFlow, "the sixth code")
	})
}

// doingTwice is a store whose client repeats each operation, as one does whose answer got
// lost.
type doingTwice struct{ Store }

func (d *doingTwice) Apply(ctx context.Context, op *Operation) (*State, error) {
	if _, err := d.Store.Apply(ctx, op); err != nil {
		return nil, err
	}
	return d.Store.Apply(ctx, op)
}

// A repeated operation does not use a second click up.
func TestSecondClicksOfARepeatingClient(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		right := s.srv.Code(number)
		require.NoError(t, s.verify(f, right))
		for range 5 {
			require.NoError(t, s.verify(f, right))
		}
	}, Config{Store: &doingTwice{NewMemoryStore()}, Key: make([]byte, 32)})
}

// heeding is a store that heeds its context, as one on another machine does, and takes its
// time for a look.
type heeding struct{ Store }

func (h *heeding) Apply(ctx context.Context, op *Operation) (*State, error) {
	if op.Kind == OperationFind {
		_ = sleep(ctx, 50*time.Millisecond)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return h.Store.Apply(ctx, op)
}

// A send that takes too long is settled all the same, and its message may go out.
func TestSlowSendIsSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := otptest.NewInProcess(t)
		logins, err := New(srv.Client(stytchotp.WithTimeout(2*time.Minute)), Config{Store: &heeding{NewMemoryStore()}, Key: make([]byte, 32)})
		require.NoError(t, err)
		srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Delay: 55 * time.Second})
		f, err := logins.Start(t.Context(), StartParams{Recipient: string(srv.NewPhoneNumber())})
		require.NoError(t, err)
		assert.Equal(t, stytchotp.DeliveryMaybeSent, f.Delivery)
	})
}

// A start whose time ends while it looks at the store says that a message may go out.
func TestDeadlineOfALook(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Delay: 5 * time.Second})
		go func() { _, _ = s.Start(t.Context(), StartParams{Recipient: number}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
		defer cancel()
		_, err := s.Start(ctx, StartParams{Recipient: number})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
		assert.Equal(t, "delivery_unknown", stytchotp.PublicCode(err))
		pass(10 * time.Second)
	}, Config{Store: &heeding{NewMemoryStore()}, Key: make([]byte, 32)})
}

// A right code whose flow expires while Stytch is asked counts as one.
func TestFlowExpiresDuringTheCheck(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		pass(29*time.Minute + 55*time.Second)
		require.NoError(t, errorOf(s.Resend(t.Context(), ResendParams{FlowID: f.ID})))
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 6 * time.Second})
		require.NoError(t, s.verify(f, s.newest(number).Code))
		rows, err := s.Conversions(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, rows[0].VerifiedDay)
		g := s.start(number)
		assert.False(t, g.Joined, "the message before was used")
		require.NoError(t, s.verify(g, s.newest(number).Code))
	})
}

// A form that comes again while another browser's resend fails goes on with its own
// message.
func TestFormDuringAFailingResend(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		mine, err := s.Start(t.Context(), StartParams{Recipient: number, FormID: "form"})
		require.NoError(t, err)
		other := s.start(number)
		pass(31 * time.Second)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429, Delay: time.Second})
		go func() { _, _ = s.Resend(t.Context(), ResendParams{FlowID: other.ID}) }()
		synctest.Wait()
		again, err := s.Start(t.Context(), StartParams{Recipient: number, FormID: "form"})
		require.NoError(t, err)
		assert.Equal(t, mine.ID, again.ID)
		require.NoError(t, s.verify(again, s.srv.Code(number)))
	})
}

// A second click waits for the first one also while a resend is on its way.
func TestSecondClickDuringAResend(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		right := s.srv.Code(number)
		pass(31 * time.Second)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: time.Second, SendFirst: true})
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Delay: 3 * time.Second})
		var all sync.WaitGroup
		all.Go(func() { assert.NoError(t, s.verify(f, right)) })
		synctest.Wait()
		all.Go(func() { _, _ = s.Resend(t.Context(), ResendParams{FlowID: f.ID}) })
		synctest.Wait()
		require.NoError(t, s.verify(f, right))
		all.Wait()
	})
}

// The same while the right code is being checked and no attempt is left.
func TestGuessesDuringTheCheck(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		right := s.srv.Code(number)
		for range 4 {
			require.ErrorIs(t, s.verify(f, s.wrong(number)), stytchotp.ErrCodeIncorrect)
		}
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: time.Second})
		var all sync.WaitGroup
		all.Go(func() { assert.NoError(t, s.verify(f, right)) })
		synctest.Wait()
		for range 50 {
			all.Go(func() { assert.Error(t, s.verify(f, s.wrong(number))) })
			synctest.Wait()
		}
		all.Wait()
		assert.ErrorIs(t, s.verify(f, right), ErrNoFlow)
	})
}

// A program that died before it stored its answer leaves a message whose code an earlier
// answer's method id checks.
func TestMethodIDOfADeadSender(t *testing.T) {
	store, config := newLosing()
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		pass(31 * time.Second)
		store.lost = isSettle
		_, err := s.Resend(t.Context(), ResendParams{FlowID: f.ID})
		require.Error(t, err)
		store.lost = nil
		pass(61 * time.Second)
		got, err := s.Get(t.Context(), f.ID)
		require.NoError(t, err)
		assert.True(t, got.Checkable)
		require.NoError(t, s.verify(f, s.srv.Code(number)))
	}, config)
}

// A form whose message was not sent sends one when it comes again, and does not go on
// with a message of hours ago.
func TestFormAfterAFailure(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		require.NoError(t, s.verify(s.start(number), s.srv.Code(number)))
		pass(3 * time.Hour)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429, Delay: time.Second})
		var other sync.WaitGroup
		other.Go(func() { assert.Error(t, errorOf(s.Start(t.Context(), StartParams{Recipient: number}))) })
		synctest.Wait()
		_, err := s.Start(t.Context(), StartParams{Recipient: number, FormID: "form"})
		require.ErrorContains(t, err, "did not go out")
		other.Wait()
		f, err := s.Start(t.Context(), StartParams{Recipient: number, FormID: "form"})
		require.NoError(t, err)
		assert.Len(t, s.srv.Messages(), 2)
		require.NoError(t, s.verify(f, s.newest(number).Code))
	})
}

// An observer that panics leaves nothing half done.
func TestObserverPanics(t *testing.T) {
	t.Parallel()
	for _, kind := range []EventKind{EventSent, EventVerified, EventWrong, EventRecorded} {
		synctest.Test(t, func(t *testing.T) {
			panics := true
			s := newSite(t, Config{
				Limits: Limits{AddressHour: 1, Modes: map[Limit]Mode{LimitAddressHour: RecordOnly}},
				Observer: func(_ context.Context, e Event) {
					if panics && e.Kind == kind {
						panic("observer")
					}
				},
			})
			number := s.number()
			login := func(number, ip string) (f *Flow) {
				f, err := s.Start(t.Context(), StartParams{Recipient: number, IP: ip})
				require.NoError(t, err)
				require.ErrorIs(t, s.verify(f, s.wrong(number)), stytchotp.ErrCodeIncorrect)
				require.NoError(t, s.verify(f, s.srv.Code(number)))
				return f
			}
			assert.Panics(t, func() {
				login(s.number(), "192.0.2.1")
				login(number, "192.0.2.1")
			}, kind)
			panics = false
			began := time.Now()
			pass(31 * time.Second)
			login(number, "192.0.2.2")
			assert.Less(t, time.Since(began), 32*time.Second, "the next start of %s waited", kind)
		})
	}
}

// A right code ends the login, whatever the observer does.
func TestObserverPanicsOfARightCode(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		assert.Panics(t, func() { _ = s.verify(f, s.srv.Code(number)) })
		require.ErrorIs(t, errorOf(s.Get(t.Context(), f.ID)), ErrNoFlow)
	}, Config{Observer: func(_ context.Context, e Event) {
		if e.Kind == EventVerified {
			panic("observer")
		}
	}})
}

func TestNilContext(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		var none context.Context
		_, startErr := s.Start(none, StartParams{Recipient: number})
		_, resendErr := s.Resend(none, ResendParams{FlowID: "x"})
		_, getErr := s.Get(none, "x")
		_, verifyErr := s.Verify(none, VerifyParams{FlowID: "x", Code: "123456"})
		_, conversionsErr := s.Conversions(none)
		for _, err := range []error{startErr, resendErr, getErr, verifyErr, conversionsErr} {
			require.ErrorContains(t, err, "ctx must not be nil")
			assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
		}
		began := time.Now()
		s.start(number)
		assert.Zero(t, time.Since(began), "no place was taken")
	})
}

// RetryAt is when a message can go out, as far as it is known: not in the past while a
// message is on its way, and not before the hour and the day allow one.
func TestRetryAt(t *testing.T) {
	t.Parallel()
	t.Run("pending", func(t *testing.T) {
		store, config := newLosing()
		bubble(t, func(t *testing.T, s *site) {
			number := s.number()
			store.lost = isSettle
			require.Error(t, errorOf(s.Start(t.Context(), StartParams{Recipient: number, FormID: "f"})))
			store.lost = nil
			pass(40 * time.Second)
			id := s.keys.hash("form", "f\x00"+number) + s.keys.hash("recipient", number)
			s.requireRefused(errorOf(s.Resend(t.Context(), ResendParams{FlowID: id})), LimitWait)
			assert.Equal(t, 20*time.Second, time.Until(s.refused.RetryAt))
		}, config)
	})
	t.Run("pending, the fifth", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			number := s.number()
			for range 4 {
				f := s.start(number)
				got, err := s.Get(t.Context(), f.ID)
				require.NoError(t, err)
				pass(time.Until(got.ResendAt))
			}
			var last *Flow
			s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Delay: 5 * time.Second})
			var fifth sync.WaitGroup
			fifth.Go(func() { last = s.start(number) })
			synctest.Wait()
			waiting, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := s.Start(waiting, StartParams{Recipient: number, FormID: "f"}) // which joins it
			require.ErrorIs(t, err, context.DeadlineExceeded)
			id := s.keys.hash("form", "f\x00"+number) + s.keys.hash("recipient", number)
			s.requireRefused(errorOf(s.Resend(t.Context(), ResendParams{FlowID: id})), LimitWait)
			assert.Greater(t, time.Until(s.refused.RetryAt), 40*time.Minute)
			fifth.Wait()
			assert.Zero(t, last.SendsLeft)
		})
	})
	t.Run("the hour after the wait", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			number := s.number()
			f := s.start(number)
			for range 4 {
				got, err := s.Get(t.Context(), f.ID)
				require.NoError(t, err)
				pass(time.Until(got.ResendAt))
				require.NoError(t, errorOf(s.Resend(t.Context(), ResendParams{FlowID: f.ID})))
			}
			s.requireRefused(errorOf(s.Resend(t.Context(), ResendParams{FlowID: f.ID})), LimitWait)
			pass(time.Until(s.refused.RetryAt))
			require.NoError(t, errorOf(s.Start(t.Context(), StartParams{Recipient: number})))
		})
	})
	t.Run("the day after the hour", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *site) {
			number := s.number()
			for range 5 {
				s.start(number)
			}
			pass(2 * time.Hour)
			for range 5 {
				s.start(number)
			}
			s.requireRefused(errorOf(s.Start(t.Context(), StartParams{Recipient: number})), LimitRecipientHour)
			pass(time.Until(s.refused.RetryAt))
			require.NoError(t, errorOf(s.Start(t.Context(), StartParams{Recipient: number})))
		}, Config{Limits: Limits{Modes: map[Limit]Mode{LimitWait: Off}}})
	})
}

// Wrong codes that may reach Stytch after a right one count, from the moment of the right
// one on: Stytch counts them too, and locks after ten.
func TestWrongCodesInFlight(t *testing.T) {
	t.Parallel()
	for _, meanwhile := range []bool{false, true} { // further codes are tried while those are on their way
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t)
			number := s.number()
			mine, other := s.start(number), s.start(number)
			right, wrong := s.srv.Code(number), s.wrong(number)
			var mu sync.Mutex
			compared := 0
			try := func(f *Flow, code string) {
				err := s.verify(f, code)
				mu.Lock()
				defer mu.Unlock()
				assert.NotErrorIs(t, err, stytchotp.ErrUserLocked)
				if errors.Is(err, stytchotp.ErrCodeIncorrect) {
					compared++
				}
			}
			s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 8 * time.Second, Times: 5})
			var flight sync.WaitGroup
			for range 5 {
				flight.Go(func() { try(other, wrong) })
			}
			synctest.Wait()
			pass(10 * time.Millisecond)
			require.NoError(t, s.verify(mine, right))
			if !meanwhile {
				flight.Wait()
			}
			for range 3 {
				f := s.start(number)
				for range 3 {
					try(f, s.wrong(number))
				}
				pass(time.Second)
			}
			flight.Wait()
			assert.LessOrEqual(t, compared, 6, "wrong codes in a row")
		})
	}
}

// A start whose message another one failed to send, and whose reason is not known, sends
// its own.
func TestTwoFailures(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		require.NoError(t, s.verify(s.start(number), s.srv.Code(number)))
		pass(time.Hour)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429, Delay: 5 * time.Second})
		var all sync.WaitGroup
		all.Go(func() {
			assert.ErrorIs(t, errorOf(s.Start(t.Context(), StartParams{Recipient: number})), stytchotp.ErrRateLimited)
			assert.ErrorIs(t, errorOf(s.Start(t.Context(), StartParams{Recipient: number})), stytchotp.ErrRateLimited)
		})
		synctest.Wait()
		pass(time.Second)
		all.Go(func() {
			f, err := s.Start(t.Context(), StartParams{Recipient: number})
			if assert.NoError(t, err) {
				assert.NoError(t, s.verify(f, s.newest(number).Code))
			}
		})
		pass(3999 * time.Millisecond)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429})
		all.Wait()
		assert.Len(t, s.srv.Messages(), 2)
	})
}

// An IP address begins so many logins, whether or not their messages go out: it can
// neither fill the store nor use up the calls that Stytch allows.
func TestFlowsOfFailedSends(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429, Times: 10})
		for range 10 {
			_, err := s.Start(t.Context(), StartParams{Recipient: s.number(), IP: "192.0.2.1"})
			require.ErrorIs(t, err, stytchotp.ErrRateLimited)
		}
		s.requireRefused(errorOf(s.Start(t.Context(), StartParams{Recipient: s.number(), IP: "192.0.2.1"})), LimitAddressFlows)
		assert.LessOrEqual(t, s.memory().recipients.Load(), int64(10))
	}, Config{Limits: Limits{AddressFlows: 10}})
}

// Params, flows, the configuration and logins print nothing private, whatever the verb.
func TestPrint(t *testing.T) {
	t.Parallel()
	client, err := stytchotp.NewClient("project-test-1", "secret-test-1")
	require.NoError(t, err)
	config := Config{Key: []byte("a very secret key with more than 32 bytes")}
	logins, err := New(client, config)
	require.NoError(t, err)
	flow := Flow{ID: "the-flow", Recipient: "+12025550162"}
	for _, v := range []any{
		StartParams{Recipient: "+12025550162", IP: "192.0.2.77", FormID: "the-form"},
		&StartParams{Recipient: "+12025550162"},
		ResendParams{FlowID: "the-flow", IP: "192.0.2.77"},
		VerifyParams{FlowID: "the-flow", Code: "123456", Device: "the-device"},
		flow, &flow, config, logins,
		struct{ L *Logins }{logins},
		[]Flow{flow},
	} {
		out := fmt.Sprintf("%v %+v %#v %s %x", v, v, v, v, v)
		for _, private := range []string{
			"12025550162", "192.0.2.77", "123456", "the-flow", "the-form", "the-device", "very secret", "97 32 118", "0x61, 0x20", "6120766572", "secret-test",
		} {
			assert.NotContains(t, out, private, "%T", v)
		}
	}
}

// Addresses in the forms that handlers have them in are one address.
func TestAddressForms(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		for _, forms := range [][]string{
			{"192.0.2.1", "192.0.2.1:5678", " 192.0.2.1 ", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:443"},
			{"2001:db8::1", "[2001:db8::1]:443", "[2001:db8::1]", "2001:db8::2", "2001:db8::1%eth0"},
		} {
			for _, form := range forms {
				assert.NotEmpty(t, s.address(form, stytchotp.Attributes{}), form)
				assert.Equal(t, s.address(forms[0], stytchotp.Attributes{}), s.address(form, stytchotp.Attributes{}), form)
				assert.Equal(t, s.address(forms[0], stytchotp.Attributes{}), s.address("", stytchotp.Attributes{IPAddress: form}), form)
			}
		}
		for _, proxy := range []string{"0.0.0.0", "::", "100.64.1.1", "10.0.0.1", "127.0.0.1", "fe80::1", "fd00::1"} {
			assert.Empty(t, s.address("", stytchotp.Attributes{IPAddress: proxy}), proxy)
		}
		for _, none := range []string{"", "localhost", "192.0.2.1:", "192.0.2", "1.2.3.4.5", "\x00", "unix"} {
			assert.Empty(t, s.address(none, stytchotp.Attributes{}), none)
		}
	})
}

// A start that stops waiting for another one's send says that a message may go out.
func TestDeadlineOfAWait(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Delay: 5 * time.Second})
		go func() { _, _ = s.Start(t.Context(), StartParams{Recipient: number}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Start(ctx, StartParams{Recipient: number})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, stytchotp.DeliveryMaybeSent, stytchotp.DeliveryOf(err))
		assert.Equal(t, 503, stytchotp.HTTPStatus(err))
		assert.Equal(t, "delivery_unknown", stytchotp.PublicCode(err))
		pass(10 * time.Second)
	})
}

// A code that was not compared is given back also when a resend has failed meanwhile.
func TestAttemptDuringAResend(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		pass(31 * time.Second)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 429, Delay: time.Second})
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429, Delay: 2 * time.Second})
		var all sync.WaitGroup
		all.Go(func() { assert.ErrorIs(t, s.verify(f, s.wrong(number)), stytchotp.ErrRateLimited) })
		synctest.Wait()
		all.Go(func() {
			assert.ErrorIs(t, errorOf(s.Resend(t.Context(), ResendParams{FlowID: f.ID})), stytchotp.ErrRateLimited)
		})
		all.Wait()
		got, err := s.Get(t.Context(), f.ID)
		require.NoError(t, err)
		assert.Equal(t, 5, got.AttemptsLeft)
	})
}

// An answer of Stytch's of a type that is not known counts as a wrong code: a new name for
// one must not let codes be tried without a limit.
func TestUnknownAnswerToACode(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		number := s.number()
		f := s.start(number)
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 400, ErrorType: "passcode_is_not_right", Times: 5})
		for range 5 {
			require.Error(t, s.verify(f, s.wrong(number)))
		}
		s.requireRefused(s.verify(f, s.srv.Code(number)), LimitAttempts)
	})
}

// What a person types where a recipient belongs is a mistake of theirs; nothing is kept
// of it.
func TestRecipients(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		for want, params := range map[string][]StartParams{
			"invalid_phone_number": {
				{},
				{Channel: stytchotp.ChannelWhatsApp},
				{Recipient: "2025550162"},
				{Recipient: "+1"},
				{Recipient: "ada@example.com", Channel: stytchotp.ChannelSMS},
			},
			"invalid_email": {
				{Channel: stytchotp.ChannelEmail},
				{Recipient: "+12025550162", Channel: stytchotp.ChannelEmail},
				{Recipient: "ada@"},
				{Recipient: "@example.com"},
				{Recipient: "Ada <ada@example.com>"},
				{Recipient: strings.Repeat("a", 330) + "@example.com"},
			},
			"internal": {
				{Recipient: "+12025550162", Channel: "fax"},
				{Recipient: "+12025550162", Locale: stytchotp.Locale(strings.Repeat("x", 36))},
				{Recipient: "+12025550162", Locale: "pt br"},
			},
		} {
			for _, p := range params {
				_, err := s.Start(t.Context(), p)
				assert.Equal(t, want, stytchotp.PublicCode(err), "%q: %v", p.Recipient, err)
				assert.Equal(t, map[bool]int{true: 500, false: 422}[want == "internal"], stytchotp.HTTPStatus(err))
			}
		}
		assert.Zero(t, s.memory().recipients.Load()+s.memory().flows.Load())
	})
}

// An operation that a client repeats after its login is over changes nothing.
func TestRepeatedJudge(t *testing.T) {
	bubble(t, func(t *testing.T, s *site) {
		apply := func(op Operation) *State {
			op.Limits, op.CodeMinutes, op.Recipient, op.Region, op.Channel = &s.config.Limits, 5, "r", "US", stytchotp.ChannelSMS
			state, err := s.memory().Apply(t.Context(), &op)
			require.NoError(t, err)
			return state
		}
		first := apply(Operation{Kind: OperationStart, Flow: "A", Message: "M1"})
		settle := Operation{Kind: OperationSettle, Flow: "A", Message: "M1", At: first.At, Delivery: sent, MethodID: []byte("m")}
		apply(settle)
		try := apply(Operation{Kind: OperationTry, Flow: "A", Try: "t"})
		right := Operation{Kind: OperationJudge, Flow: "A", Try: "t", Message: "M1", At: try.At, Verdict: VerdictRight, Sealed: []byte("x")}
		apply(right)
		apply(settle)
		shard := &s.memory().shards[maphash.String(s.memory().seed, "r")%shardCount]
		assert.Empty(t, shard.recipients["r"].methodID)
		pass(time.Second)
		second := apply(Operation{Kind: OperationStart, Flow: "B", Message: "M2"})
		apply(Operation{Kind: OperationSettle, Flow: "B", Message: "M2", At: second.At, Delivery: sent, MethodID: []byte("m")})
		pass(2 * time.Second)
		apply(right)
		assert.Equal(t, ResultJoined, apply(Operation{Kind: OperationStart, Flow: "C", Message: "M3"}).Result)
	})
}
