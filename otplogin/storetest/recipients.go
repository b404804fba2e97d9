package storetest

import (
	"errors"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// The five steps of a login may each be on another machine.
func oneLogin(s *site) {
	for _, to := range []string{s.number(), string(s.srv.NewEmailAddress())} {
		f := s.start(0, to)
		equal(s, "the recipient", f.Recipient, to)
		equal(s, "the delivery", f.Delivery, stytchotp.DeliverySent)
		equal(s, "the attempts", f.AttemptsLeft, 5)
		equal(s, "the sends", f.SendsLeft, 4)
		again := s.get(1, f)
		f.ResendAt = again.ResendAt // the same but for the rounding
		equal(s, "the flow on another machine", *again, *f)
		s.is(s.verify(2, f, s.wrong(to)), stytchotp.ErrCodeIncorrect)
		equal(s, "the attempts", s.get(3, f).AttemptsLeft, 4)
		s.advance(31 * time.Second)
		f, err := s.resend(1, f)
		s.ok(err, "resend")
		equal(s, "the attempts for the new message", f.AttemptsLeft, 5)
		s.ok(s.verify(0, f, s.newest(to)), "the right code")
		_, err = s.machine(1).Get(s.t.Context(), f.ID)
		s.is(err, otplogin.ErrNoFlow)
	}
}

// However many machines and addresses ask, a recipient gets five messages in an hour
// and ten in a day, with a growing wait.
func recipientLimits(s *site) {
	to := s.number()
	var sent []time.Duration
	begin := s.srv.Now()
	for i := 0; s.srv.Now().Sub(begin) < 26*time.Hour; i++ {
		before := s.messages(to)
		err := s.startFrom(i, to, ip(i))
		switch {
		case s.messages(to) > before:
			s.ok(err, "start")
			sent = append(sent, s.srv.Now().Sub(begin))
		case err != nil:
			refusal, ok := errors.AsType[*otplogin.RefusedError](err)
			if !ok || !refusal.RetryAt.After(begin) {
				s.t.Fatalf("got %v without a time for the next", err)
			}
		}
		s.advance(map[bool]time.Duration{true: 10 * time.Second, false: 5 * time.Minute}[len(sent) < 6])
	}
	for i, want := range []time.Duration{0, 30 * time.Second, 90 * time.Second, 210 * time.Second, 450 * time.Second, time.Hour} {
		s.about("a message", sent[i], want)
	}
	for i := range sent {
		if i+10 < len(sent) && sent[i+10]-sent[i] < 24*time.Hour-time.Second {
			s.t.Fatalf("eleven messages in a day: %v", sent)
		}
	}
	if len(sent) < 10 {
		s.t.Fatalf("got %d messages, want 10", len(sent))
	}
}

// Simultaneous starts cause one message, and each browser can check its code.
func simultaneousStarts(s *site) {
	for winner := range 3 {
		to := s.number()
		s.srv.Inject(otptest.Fault{Delay: 100 * time.Millisecond})
		flows := make([]*otplogin.Flow, 40)
		atOnce(len(flows), func(i int) {
			f, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: to})
			if err != nil {
				s.t.Errorf("start: %v", err)
			}
			flows[i] = f
		})
		if s.t.Failed() {
			return
		}
		equal(s, "messages", s.messages(to), 1)
		ids, joined := map[string]bool{}, 0
		for _, f := range flows {
			ids[f.ID] = true
			if f.Joined {
				joined++
			}
			equal(s, "the code can be checked", f.Checkable, true)
		}
		equal(s, "flows", len(ids), len(flows))
		equal(s, "flows that joined", joined, len(flows)-1)
		right := s.newest(to)
		s.ok(s.verify(winner, flows[winner*10], right), "the right code")
		other := flows[(winner*10+1)%len(flows)]
		s.get(0, other) // is not signed in or out
		s.is(s.verify(1, other, right), stytchotp.ErrCodeExpired)
	}
}

// The same form, posted twice, is one flow.
func form(s *site) {
	to, other := s.number(), s.number()
	ids := map[string]int{}
	start := func(i int, to, form string) {
		f, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: to, FormID: form})
		if err != nil {
			s.t.Errorf("start: %v", err)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		ids[f.ID]++
	}
	s.srv.Inject(otptest.Fault{Delay: 50 * time.Millisecond})
	atOnce(8, func(i int) { start(i, to, "a form and a cookie") })
	equal(s, "flows", len(ids), 1)
	start(0, to, "another form")
	start(1, other, "a form and a cookie")
	equal(s, "flows", len(ids), 3)
	equal(s, "messages", len(s.srv.Messages()), 2)
	equal(s, "starts that joined a message", s.count(otplogin.EventJoined, ""), 1)
}

// A message that certainly did not go out gives its place back in all limits, and all who
// waited for it are told the same.
func messageNotSent(s *site) {
	s.reopen(otplogin.Limits{AddressHour: 1, ProjectDay: 1, Modes: on(otplogin.LimitAddressHour)})
	to := s.number()
	for range 3 {
		// One is enough when all six start while it is on its way, which they need not.
		s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429, Delay: 100 * time.Millisecond, Times: 6})
		atOnce(6, func(i int) {
			_, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: to, IP: ip(1)})
			if stytchotp.DeliveryOf(err) != stytchotp.DeliveryNotSent || code(err) != "rate_limited" {
				s.t.Errorf("got %v, want the answer to the send", err)
			}
		})
		equal(s, "messages", len(s.srv.Messages()), 0)
		s.srv.Reset() // the fault
	}
	s.ok(s.startFrom(0, to, ip(1)), "a start that no limit counts the others for")
	s.refused(s.startFrom(1, s.number(), ip(1)), otplogin.LimitAddressHour)
	s.refused(s.startFrom(2, s.number(), ip(2)), otplogin.LimitProjectDay)
}

// A message that may have gone out counts, and another one can be asked for at once.
func messageMaybeSent(s *site) {
	to := s.number()
	lose := otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropAfterSend}
	s.srv.Inject(lose)
	f := s.start(0, to)
	equal(s, "the delivery", f.Delivery, stytchotp.DeliveryMaybeSent)
	equal(s, "the code can be checked", f.Checkable, false)
	s.is(s.verify(1, f, s.newest(to)), otplogin.ErrNoMessage)
	f, err := s.resend(2, f)
	s.ok(err, "resend at once")
	s.advance(61 * time.Second)
	s.srv.Inject(lose)
	f, err = s.resend(0, f)
	s.ok(err, "resend")
	equal(s, "the delivery", f.Delivery, stytchotp.DeliveryMaybeSent)
	equal(s, "the code can be checked by the method id of the message before", f.Checkable, true)
	s.ok(s.verify(1, f, s.newest(to)), "the right code")
	s.advance(time.Hour)
	s.srv.Inject(lose)
	equal(s, "a login of before tells nothing", s.start(0, to).Checkable, false)

	unlucky := s.number()
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Drop: otptest.DropAfterSend, Times: 5})
	for i := range 5 {
		s.start(i, unlucky)
	}
	s.refused(s.startFrom(0, unlucky, ""), otplogin.LimitRecipientHour)
}

// A message that could not be sent again leaves the login as it was.
func failedResend(s *site) {
	to := s.number()
	f := s.start(0, to)
	s.is(s.verify(0, f, s.wrong(to)), stytchotp.ErrCodeIncorrect)
	s.advance(31 * time.Second)
	before := s.get(0, f)
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429})
	_, err := s.resend(1, f)
	s.is(err, stytchotp.ErrRateLimited)
	equal(s, "the flow", *s.get(1, f), *before)
	s.ok(s.verify(2, f, s.newest(to)), "the first code")
}

// Nothing but its id leads to a flow.
func flowIDs(s *site) {
	to, other := s.number(), s.number()
	mine, theirs := s.start(0, to), s.start(0, other)
	half := len(mine.ID) / 2
	for _, id := range []string{
		"", to, mine.ID[:half], mine.ID[half:], mine.ID[:half] + theirs.ID[half:], theirs.ID[:half] + mine.ID[half:],
		mine.ID + "A", "A" + mine.ID[1:], mine.ID[half:] + mine.ID[half:],
	} {
		if id == mine.ID {
			continue // it begins with an A
		}
		_, err := s.machine(0).Get(s.t.Context(), id)
		s.is(err, otplogin.ErrNoFlow)
		_, err = s.machine(1).Resend(s.t.Context(), otplogin.ResendParams{FlowID: id})
		s.is(err, otplogin.ErrNoFlow)
		_, err = s.machine(2).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: id, Code: s.newest(to)})
		s.is(err, otplogin.ErrNoFlow)
	}
	equal(s, "the attempts", s.get(0, mine).AttemptsLeft, 5)
	if s.newest(other) != s.newest(to) {
		s.is(s.verify(0, mine, s.newest(other)), stytchotp.ErrCodeIncorrect)
	}
	s.advance(30 * time.Minute)
	s.is(s.verify(0, mine, "123456"), otplogin.ErrNoFlow)
}
