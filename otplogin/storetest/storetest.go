// Package storetest checks an implementation of [otplogin.Store] by the laws of package
// otplogin:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Backend {
//			return storetest.Backend{Stores: []otplogin.Store{first, second}, Advance: clock.Advance}
//		})
//	}
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// Backend is an empty store under test.
type Backend struct {
	// Stores are clients of one state, as several machines have them.
	Stores []otplogin.Store
	// Advance moves the store's clock on.
	Advance func(d time.Duration)
}

// Run checks the stores that open returns, one after the other, each with a name of its
// own for what it checks.
func Run(t *testing.T, open func(t *testing.T) Backend) { //nolint:thelper // it is a test
	for _, test := range []struct {
		name string
		run  func(s *site)
	}{
		{"OneLogin", oneLogin},
		{"RecipientLimits", recipientLimits},
		{"SimultaneousStarts", simultaneousStarts},
		{"Form", form},
		{"NotSent", messageNotSent},
		{"MaybeSent", messageMaybeSent},
		{"FailedResend", failedResend},
		{"Attempts", attempts},
		{"RecipientFailures", recipientFailures},
		{"NotCompared", notCompared},
		{"CodesInFlight", codesInFlight},
		{"SecondClick", secondClick},
		{"ExpiredCode", expiredCode},
		{"FlowIDs", flowIDs},
		{"AddressLimits", addressLimits},
		{"AddressRegions", addressRegions},
		{"RegionLimit", regionLimit},
		{"ProjectLimits", projectLimits},
		{"RefusedCountsNowhere", refusedCountsNowhere},
		{"Modes", modes},
		{"Conversions", conversions},
		{"Crashes", crashes},
		{"RepeatedOperations", repeatedOperations},
		{"StoreAway", storeAway},
		{"Laws", laws},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(newSite(t, open)) })
	}
}

// site is logins of several machines on one emulator.
type site struct {
	t       *testing.T
	open    func(t *testing.T) Backend
	srv     *otptest.Server
	backend Backend
	faults  []*faultyStore
	logins  []*otplogin.Logins // one for each machine

	mu     sync.Mutex
	events map[otplogin.Event]int
}

const secret = "a secret of the store's tests, with more than 32 bytes"

func newSite(t *testing.T, open func(t *testing.T) Backend) *site {
	t.Helper()
	s := &site{t: t, open: open}
	s.reopen(otplogin.Limits{})
	return s
}

// reopen begins anew with an empty store and other limits.
func (s *site) reopen(limits otplogin.Limits) {
	s.t.Helper()
	s.srv, s.backend = otptest.NewInProcess(s.t), s.open(s.t)
	s.faults, s.logins, s.events = nil, nil, map[otplogin.Event]int{}
	for _, store := range s.backend.Stores {
		s.faults = append(s.faults, &faultyStore{Store: store})
		s.use(limits, s.faults[len(s.faults)-1])
	}
}

func (s *site) use(limits otplogin.Limits, store otplogin.Store) {
	s.t.Helper()
	logins, err := otplogin.New(s.srv.Client(), otplogin.Config{
		Store: store, Limits: limits, Key: []byte(secret),
		Observer: func(_ context.Context, event otplogin.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events[event]++
		},
	})
	s.ok(err, "the limits")
	s.logins = append(s.logins, logins)
}

// advance moves the store's clock and the emulator's on.
func (s *site) advance(d time.Duration) {
	before := s.srv.Now()
	s.backend.Advance(d)
	if s.srv.Now().Sub(before) < d {
		s.srv.Advance(d)
	}
}

// now returns the store's time.
func (s *site) now() time.Time {
	s.t.Helper()
	state, err := s.backend.Stores[0].Apply(s.t.Context(), &otplogin.Operation{Kind: otplogin.OperationFind, Limits: &otplogin.Limits{}})
	s.ok(err, "find")
	return state.Now.Time()
}

func (s *site) machine(i int) *otplogin.Logins { return s.logins[i%len(s.logins)] }

func (s *site) start(i int, recipient string) *otplogin.Flow {
	s.t.Helper()
	f, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: recipient})
	s.ok(err, "start")
	return f
}

func (s *site) startFrom(i int, recipient, ip string) error {
	_, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: recipient, IP: ip})
	return err
}

func (s *site) get(i int, f *otplogin.Flow) *otplogin.Flow {
	s.t.Helper()
	got, err := s.machine(i).Get(s.t.Context(), f.ID)
	s.ok(err, "get")
	return got
}

func (s *site) resend(i int, f *otplogin.Flow) (*otplogin.Flow, error) {
	return s.machine(i).Resend(s.t.Context(), otplogin.ResendParams{FlowID: f.ID})
}

func (s *site) verify(i int, f *otplogin.Flow, code string) error {
	_, err := s.machine(i).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: code})
	return err
}

func (s *site) number() string { return string(s.srv.NewPhoneNumber()) }

// newest returns the code of the newest message, whatever became of it.
func (s *site) newest(recipient string) string {
	for _, m := range slices.Backward(s.srv.Messages()) {
		if m.Recipient == recipient {
			return m.Code
		}
	}
	return ""
}

func (s *site) wrong(recipient string) string {
	if s.newest(recipient) != "111111" {
		return "111111"
	}
	return "222222"
}

func (s *site) messages(recipient string) (n int) {
	for _, m := range s.srv.Messages() {
		if m.Recipient == recipient {
			n++
		}
	}
	return n
}

// count returns how often an event happened to a limit, or of any if it is "".
func (s *site) count(kind otplogin.EventKind, limit otplogin.Limit) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for event, times := range s.events {
		if event.Kind == kind && event.Limit == limit {
			n += times
		}
	}
	return n
}

// atOnce runs a function n times, side by side.
func atOnce(n int, run func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

func (s *site) ok(err error, what string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

func (s *site) is(err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Fatalf("got the error %v, want %v", err, want)
	}
}

// refused checks that a limit refused, and returns when it lets the next one pass.
func (s *site) refused(err error, limit otplogin.Limit) time.Time {
	s.t.Helper()
	refusal, ok := errors.AsType[*otplogin.RefusedError](err)
	if !ok || refusal.Limit != limit {
		s.t.Fatalf("got %v, want a refusal by the limit %s", err, limit)
	}
	return refusal.RetryAt
}

func equal[T comparable](s *site, what string, got, want T) {
	s.t.Helper()
	if got != want {
		s.t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// about checks a duration that the time of the calls adds to.
func (s *site) about(what string, got, want time.Duration) {
	s.t.Helper()
	if diff := got - want; diff < -20*time.Second || diff > 20*time.Second {
		s.t.Fatalf("%s: got %s, want about %s", what, got, want)
	}
}

var errAway = errors.New("the store is away")

// faultyStore loses operations, or their answers, or does them twice.
type faultyStore struct {
	otplogin.Store

	mu     sync.Mutex
	before func(op *otplogin.Operation) bool // true loses the operation
	after  func(op *otplogin.Operation) bool // true loses its answer
	twice  bool                              // as a client that repeats what got no answer
}

func (f *faultyStore) set(before, after func(op *otplogin.Operation) bool, twice bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after, f.twice = before, after, twice
}

func (f *faultyStore) faults() (before, after func(op *otplogin.Operation) bool, twice bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.before, f.after, f.twice
}

// Apply implements [otplogin.Store].
func (f *faultyStore) Apply(ctx context.Context, op *otplogin.Operation) (*otplogin.State, error) {
	before, after, twice := f.faults()
	if before != nil && before(op) {
		return nil, errAway
	}
	state, err := f.Store.Apply(ctx, op)
	if twice {
		state, err = f.Store.Apply(ctx, op)
	}
	if after != nil && after(op) {
		return nil, errAway
	}
	return state, err
}

func on(limits ...otplogin.Limit) map[otplogin.Limit]otplogin.Mode {
	m := map[otplogin.Limit]otplogin.Mode{}
	for _, limit := range limits {
		m[limit] = otplogin.On
	}
	return m
}

func ip(i int) string { return fmt.Sprintf("198.51.%d.%d", i/250, i%250+1) }

func code(err error) string { return stytchotp.PublicCode(err) }
