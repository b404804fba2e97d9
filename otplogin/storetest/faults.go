package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

func always(kind otplogin.OperationKind) func(*otplogin.Operation) bool {
	return func(op *otplogin.Operation) bool { return op.Kind == kind }
}

// A machine that dies between two steps leaves a message that counts, and that others
// wait for at most a minute.
func crashes(s *site) {
	to := s.number()
	s.faults[0].set(nil, always(otplogin.OperationStart), false) // it took a place and died
	err := s.startFrom(0, to, "")
	equal(s, "the delivery", stytchotp.DeliveryOf(err), stytchotp.DeliveryNotSent)
	s.faults[0].set(nil, nil, false)
	s.advance(61 * time.Second)
	s.ok(s.startFrom(1, to, ""), "a start after a minute")
	equal(s, "messages", s.messages(to), 1)

	to = s.number()
	s.faults[0].set(always(otplogin.OperationSettle), nil, false) // it sent and died
	err = s.startFrom(0, to, "")
	if stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent {
		s.t.Fatalf("got %v, which says that nothing went out", err)
	}
	equal(s, "the code for a browser", code(err), "delivery_unknown")
	s.faults[0].set(nil, nil, false)
	s.advance(61 * time.Second)
	f := s.start(1, to)
	equal(s, "the code can be checked", f.Checkable, true)
	equal(s, "messages", s.messages(to), 2)
	equal(s, "messages that are left", f.SendsLeft, 3)

	s.faults[0].set(nil, always(otplogin.OperationTry), false) // it counted a code and died
	for range 5 {
		equal(s, "the code for a browser", code(s.verify(0, f, s.newest(to))), "unavailable")
	}
	s.faults[0].set(always(otplogin.OperationJudge), nil, false) // it checked a code and died
	s.advance(16 * time.Second)                                  // after which others do not wait for it
	s.refused(s.verify(0, f, s.newest(to)), otplogin.LimitAttempts)
	g := s.start(1, to)
	s.ok(s.verify(0, g, s.newest(to)), "the right code, although the outcome was not recorded")
	equal(s, "the observer is told", s.count(otplogin.EventStoreFailed, ""), 8)
}

// A client that repeats an operation whose answer it did not get changes nothing.
func repeatedOperations(s *site) {
	s.reopen(otplogin.Limits{AddressHour: 2, ProjectDay: 3, Modes: on(otplogin.LimitAddressHour)})
	for _, store := range s.faults {
		store.set(nil, nil, true)
	}
	to := s.number()
	f := s.start(0, to)
	equal(s, "it is for this call to send", f.Joined, false)
	equal(s, "messages", s.messages(to), 1)
	equal(s, "messages that are left", f.SendsLeft, 4)
	s.advance(31 * time.Second)
	f, err := s.resend(0, f)
	s.ok(err, "resend")
	equal(s, "messages", s.messages(to), 2)
	equal(s, "messages that are left", f.SendsLeft, 3)
	for range 5 {
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429})
		s.is(s.startFrom(1, s.number(), ip(1)), stytchotp.ErrRateLimited)
	}
	s.ok(s.startFrom(0, s.number(), ip(1)), "one message more")
	if err := s.startFrom(0, s.number(), ip(2)); code(err) != "unavailable" {
		s.t.Fatalf("got %v, want that the budget is used up", err)
	}
	for left := 4; left > 1; left-- {
		s.is(s.verify(0, f, s.wrong(to)), stytchotp.ErrCodeIncorrect)
		equal(s, "attempts that are left", s.get(0, f).AttemptsLeft, left)
	}
	s.ok(s.verify(1, f, s.newest(to)), "the right code")
	row := s.conversionsOf("US")[0]
	equal(s, "verified", row.VerifiedDay, 1)
}

// Without the store nothing is sent and nothing is checked.
func storeAway(s *site) {
	to := s.number()
	f := s.start(0, to)
	for _, store := range s.faults {
		store.set(func(*otplogin.Operation) bool { return true }, nil, false)
	}
	_, startErr := s.machine(0).Start(s.t.Context(), otplogin.StartParams{Recipient: s.number()})
	_, resendErr := s.resend(1, f)
	_, getErr := s.machine(0).Get(s.t.Context(), f.ID)
	for _, err := range []error{startErr, resendErr, getErr, s.verify(0, f, s.newest(to))} {
		s.is(err, errAway)
		equal(s, "the delivery", stytchotp.DeliveryOf(err), stytchotp.DeliveryNotSent)
		equal(s, "the status", stytchotp.HTTPStatus(err), 503)
		equal(s, "the code for a browser", code(err), "unavailable")
	}
	equal(s, "messages", len(s.srv.Messages()), 1)
	equal(s, "the observer is told", s.count(otplogin.EventStoreFailed, ""), 4)
	for _, store := range s.faults {
		store.set(nil, nil, false)
	}
	s.ok(s.verify(0, f, s.newest(to)), "the right code when the store is back")
}

// Random schedules of several browsers on several machines at once, with lost answers,
// crashes between any two steps, and time, break no limit.
func laws(s *site) {
	for seed := range uint64(6) {
		s.reopen(otplogin.Limits{})
		m := &model{site: s, random: rand.New(rand.NewPCG(seed, 7)), wrongCodes: map[string][]time.Time{}} //nolint:gosec // a schedule that can be repeated
		for _, store := range s.faults {
			store.set(m.dies, m.dies, false)
		}
		m.recipients = []string{s.number(), s.number(), string(s.srv.NewEmailAddress())}
		m.browsers = make([]browser, 8)
		for range 60 {
			m.round()
		}
		m.check(seed)
	}
}

// model is what the schedule knows of the world.
type model struct {
	*site

	recipients []string
	browsers   []browser

	right sync.RWMutex // a right code ends the count of wrong ones, so none is in flight then

	mu         sync.Mutex
	random     *rand.Rand
	wrongCodes map[string][]time.Time // that Stytch compared
}

type browser struct {
	flow *otplogin.Flow
}

func (m *model) intN(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.random.IntN(n)
}

// dies makes a machine die at one step of thirty.
func (m *model) dies(*otplogin.Operation) bool { return m.intN(30) == 0 }

// round lets some browsers act side by side, and time go by.
func (m *model) round() {
	switch m.intN(8) {
	case 0:
		m.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropAfterSend})
	case 1:
		m.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 500})
	case 2:
		m.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 429})
	case 3:
		m.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropRefused})
	}
	if m.intN(6) == 0 {
		m.advance(61 * time.Second) // what a machine left behind that died is over
	}
	atOnce(len(m.browsers), func(i int) {
		for range 3 {
			m.act(i)
		}
	})
	m.advance(time.Duration(m.intN(240)) * time.Second)
}

func (m *model) act(i int) {
	b := &m.browsers[i]
	// A browser waits for a machine that died, but not until that is noticed.
	ctx, cancel := context.WithTimeout(m.t.Context(), 50*time.Millisecond)
	defer cancel()
	machine := m.machine(m.intN(len(m.logins)))
	switch action := m.intN(6); {
	case action == 0 || b.flow == nil:
		to := m.recipients[m.intN(len(m.recipients))]
		if f, err := machine.Start(ctx, otplogin.StartParams{Recipient: to, IP: ip(m.intN(3))}); err == nil {
			b.flow = f
		}
	case action == 1:
		if f, err := machine.Resend(ctx, otplogin.ResendParams{FlowID: b.flow.ID}); err == nil {
			b.flow = f
		}
	default:
		m.verifyOne(ctx, machine, b)
	}
}

func (m *model) verifyOne(ctx context.Context, machine *otplogin.Logins, b *browser) {
	to, guess := b.flow.Recipient, "000000"
	if m.intN(6) == 0 {
		m.right.Lock()
		defer m.right.Unlock()
		guess = m.newest(to)
	} else {
		m.right.RLock()
		defer m.right.RUnlock()
	}
	login, err := machine.Verify(ctx, otplogin.VerifyParams{FlowID: b.flow.ID, Code: guess})
	switch {
	case errors.Is(err, stytchotp.ErrCodeIncorrect):
		m.mu.Lock()
		m.wrongCodes[to] = append(m.wrongCodes[to], m.srv.Now())
		m.mu.Unlock()
	case errors.Is(err, stytchotp.ErrUserLocked):
		m.t.Errorf("a user is locked at Stytch")
	case err == nil:
		if guess == "000000" || login.SessionToken == "" {
			m.t.Errorf("a wrong code signed a browser in")
		}
		b.flow = nil
		m.mu.Lock()
		m.wrongCodes[to] = nil // the count begins anew
		m.mu.Unlock()
	}
}

func (m *model) check(seed uint64) {
	m.t.Helper()
	messages := m.srv.Messages()
	m.srv.Reset() // faults that nothing hit
	for _, to := range m.recipients {
		var sent []time.Time
		for _, message := range messages {
			if message.Recipient == to {
				sent = append(sent, message.SentAt)
			}
		}
		m.within(seed, "messages", sent, time.Hour, 5)
		m.within(seed, "messages", sent, 24*time.Hour, 10)
		m.within(seed, "wrong codes", m.wrongCodes[to], 24*time.Hour, 6)
	}
}

// within checks that no window has more events. The store's clock and the emulator's
// read a moment apart.
func (m *model) within(seed uint64, what string, times []time.Time, window time.Duration, most int) {
	m.t.Helper()
	for i := range times {
		if j := i + most; j < len(times) && times[j].Sub(times[i]) < window-time.Second {
			m.t.Fatal(fmt.Sprintf("seed %d: more than %d %s in %s", seed, most, what, window), times)
		}
	}
}
