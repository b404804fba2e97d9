package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// Five codes are tried for a message in a flow, however many are typed at once.
func attempts(s *site) {
	to := s.number()
	f, other := s.start(0, to), s.start(1, to)
	var compared atomic.Int64
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 20 * time.Millisecond, Times: 5})
	atOnce(20, func(i int) {
		if errors.Is(s.verify(i, f, s.wrong(to)), stytchotp.ErrCodeIncorrect) {
			compared.Add(1)
		}
	})
	equal(s, "codes that were compared", compared.Load(), 5)
	s.refused(s.verify(0, f, s.newest(to)), otplogin.LimitAttempts)
	equal(s, "attempts of the other flow", s.get(0, other).AttemptsLeft, 5)
	s.ok(s.verify(0, other, s.newest(to)), "the right code in the other flow")
}

// Wrong codes for a recipient are few enough over all flows that Stytch does not lock
// the user, and a browser that has logged in before has a share of its own.
func recipientFailures(s *site) {
	to := s.number()
	s.ok(s.verify(0, s.start(0, to), s.newest(to)), "the first login")
	device, err := s.machine(0).DeviceToken(to)
	s.ok(err, "device token")
	s.advance(time.Minute)
	var compared atomic.Int64
	atOnce(30, func(i int) {
		f, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: to})
		if err != nil {
			s.t.Errorf("start: %v", err)
			return
		}
		for range 3 {
			if errors.Is(s.verify(i, f, s.wrong(to)), stytchotp.ErrCodeIncorrect) {
				compared.Add(1)
			}
		}
	})
	equal(s, "codes of strangers that were compared", compared.Load(), 6)
	f := s.start(0, to)
	next := s.refused(s.verify(1, f, s.newest(to)), otplogin.LimitRecipientFailures)
	s.about("the next try", next.Sub(s.now()), 24*time.Hour)
	known := func(code string) error {
		_, err := s.machine(2).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: code, Device: device})
		return err
	}
	for range 2 {
		s.is(known(s.wrong(to)), stytchotp.ErrCodeIncorrect)
	}
	s.ok(known(s.newest(to)), "the right code of a known browser")
	s.ok(s.verify(0, s.start(0, to), s.newest(to)), "a right code ends the count")
}

// A code that Stytch did not compare is not counted.
func notCompared(s *site) {
	s.reopen(otplogin.Limits{AddressFailures: 5, ProjectFailures: 5, Modes: on(otplogin.LimitAddressFailures)})
	to := s.number()
	f := s.start(0, to)
	for i := range 8 {
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 429})
		_, err := s.machine(i).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: s.newest(to), IP: ip(1)})
		s.is(err, stytchotp.ErrRateLimited)
	}
	equal(s, "the attempts", s.get(0, f).AttemptsLeft, 5)
	old := s.newest(to)
	s.advance(5 * time.Minute)
	s.is(s.verify(0, f, old), stytchotp.ErrCodeExpired)
	equal(s, "the attempts", s.get(0, f).AttemptsLeft, 5)
	s.srv.Reset() // Stytch has forgotten the user
	f, err := s.resend(0, f)
	s.ok(err, "resend")
	s.srv.Reset()
	s.is(s.verify(0, f, "123456"), otplogin.ErrNoMessage)
	f, err = s.resend(0, f)
	s.ok(err, "resend at once")
	s.ok(s.verify(0, f, s.newest(to)), "the right code")
}

// A right code ends the count of the wrong ones before it, and not of those that are in
// flight: they may reach Stytch later.
func codesInFlight(s *site) {
	to := s.number()
	wrong, right := s.start(0, to), s.start(1, to)
	var flight sync.WaitGroup
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Delay: 200 * time.Millisecond, Times: 5})
	began := make(chan struct{}, 5)
	s.faults[0].set(nil, func(op *otplogin.Operation) bool {
		if op.Kind == otplogin.OperationTry {
			began <- struct{}{}
		}
		return false
	}, false)
	tried := make(chan struct{})
	s.faults[1].set(nil, func(op *otplogin.Operation) bool { // the right code is counted before those in flight
		if op.Kind == otplogin.OperationTry {
			for range 5 {
				flight.Go(func() { s.is(s.verify(0, wrong, "000000"), stytchotp.ErrCodeIncorrect) })
			}
			for range 5 {
				<-began
			}
			close(tried)
		}
		return false
	}, false)
	s.ok(s.verify(1, right, s.newest(to)), "the right code")
	<-tried
	flight.Wait()
	f := s.start(2, to)
	s.is(s.verify(2, f, s.wrong(to)), stytchotp.ErrCodeIncorrect)
	s.refused(s.verify(2, f, s.newest(to)), otplogin.LimitRecipientFailures)
}

// A person who presses twice gets one session, on whichever machine the second click is
// handled; half a minute later the id and the code are worth nothing.
func secondClick(s *site) {
	faults := [][]otptest.Fault{
		nil, // the second click is later
		{{Operation: otptest.OpAuthenticate, Delay: 50 * time.Millisecond, Times: 2}},
		// The answer to the click that used the code is the later one.
		{{Operation: otptest.OpAuthenticate, Delay: 400 * time.Millisecond, SendFirst: true}},
	}
	for _, slow := range faults {
		to := s.number()
		f := s.start(0, to)
		for range 4 { // the right code is the last that is tried
			s.is(s.verify(1, f, s.wrong(to)), stytchotp.ErrCodeIncorrect)
		}
		right := s.newest(to)
		for _, fault := range slow {
			s.srv.Inject(fault)
		}
		tokens := make([]stytchotp.Secret, 2)
		click := func(i int) {
			login, err := s.machine(i).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: right})
			if err != nil {
				s.t.Errorf("click %d: %v", i, err)
				return
			}
			tokens[i] = login.SessionToken
		}
		if slow == nil {
			click(0)
			click(1)
		} else {
			atOnce(2, click)
		}
		if s.t.Failed() || tokens[0] == "" {
			s.t.Fatal("no session")
		}
		equal(s, "the session of the second click", tokens[1], tokens[0])
		s.is(s.verify(2, f, s.wrong(to)), otplogin.ErrNoFlow)
		_, err := s.resend(0, f)
		s.is(err, otplogin.ErrNoFlow)
		s.advance(31 * time.Second)
		s.is(s.verify(0, f, right), otplogin.ErrNoFlow)
	}
}

// A code that Stytch takes for expired may have been used by another click. It waits for
// the calls that check a code of the flow, and not for a wrong code that was answered nor,
// for more than 15 seconds, for a machine that died.
func expiredCode(s *site) {
	to := s.number()
	f := s.start(0, to)
	var looks int
	s.faults[1].set(nil, func(op *otplogin.Operation) bool {
		if op.Kind == otplogin.OperationFind {
			looks++
		}
		return false
	}, false)
	s.is(s.verify(0, f, s.wrong(to)), stytchotp.ErrCodeIncorrect)
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAuthenticate, Status: 503})
	equal(s, "what a failure is called", code(s.verify(1, f, s.wrong(to))), "result_unknown")
	s.faults[0].set(always(otplogin.OperationJudge), nil, false) // the machine dies
	s.is(s.verify(0, f, s.wrong(to)), stytchotp.ErrCodeIncorrect)
	s.advance(10 * time.Minute)
	s.is(s.verify(1, f, s.newest(to)), stytchotp.ErrCodeExpired)
	equal(s, "looks at the flow", looks, 0)
}
