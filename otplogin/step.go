package otplogin

const (
	flowLife = 30 * minute
	overLife = 30 * second // a right code can come twice, from a second click
	sendLife = minute      // after it, a message without an outcome may have gone out
	tryLife  = 15 * second // after it, the program that checks a code is taken for dead

	// Values of Message.Delivery and Operation.Delivery.
	pending   = "pending"
	sent      = "sent"
	maybeSent = "maybe_sent"
	notSent   = "not_sent"
)

// step is one operation of a [MemoryStore], with the lock of its shard held.
type step struct {
	m     *MemoryStore
	s     *shard
	op    *Operation
	now   Millis
	state State
	r     *recipient
	f     *flow // nil when there is none
}

func (s *step) runLocked() {
	if msg := s.r.last; msg != nil && msg.Delivery == pending && s.now >= msg.At+sendLife {
		// The program that sent it is taken for dead: the message may have gone out.
		msg.Delivery = maybeSent
		if len(msg.MethodID) == 0 {
			msg.MethodID = s.r.methodID
		}
	}
	switch s.op.Kind {
	case OperationStart:
		s.start()
	case OperationResend:
		if s.goesOn() {
			s.reserve()
		}
	case OperationSettle:
		s.settle()
	case OperationFind:
		s.find()
	case OperationTry:
		if s.goesOn() {
			s.try()
		}
	case OperationJudge:
		s.judge()
	}
	if s.f != nil && !s.f.isOver {
		s.view()
	}
}

// passes reports that a limit lets the operation go on: it is not over, or not on. What
// a limit would have refused is recorded.
func (s *step) passes(limit Limit, over bool, retry Millis) bool {
	mode := s.op.Limits.mode(limit)
	switch {
	case !over || mode == Off:
		return true
	case mode == RecordOnly:
		s.state.Recorded = append(s.state.Recorded, limit)
		return true
	}
	s.state.Result, s.state.Refused, s.state.RetryAt, s.state.Recorded = ResultRefused, limit, retry, nil
	return false
}

// goesOn reports that there is a flow, and that it is not over.
func (s *step) goesOn() bool {
	switch {
	case s.f == nil:
		s.state.Result = ResultNoFlow
		return false
	case s.f.isOver:
		s.over()
		return false
	}
	return true
}

// attempts returns how many codes of the flow were counted for the newest message.
func (s *step) attempts() int {
	if s.r.last != nil && s.f.message != s.r.last.ID {
		return 0
	}
	return s.f.attempts
}

func (s *step) start() {
	if s.f != nil && (s.f.isOver || s.hasNoMessage()) {
		s.drop()
	}
	if s.f != nil {
		s.state.Result = ResultFound
		if s.r.last != nil && s.r.last.ID == s.op.Message { // the answer to this operation got lost
			s.state.Result, s.state.At = ResultSend, s.r.last.place
		}
		return
	}
	f := &flow{expires: s.now + flowLife, sealed: s.op.Sealed}
	if s.isFresh() {
		if s.m.tallies.take(s, false) {
			f.message, s.state.Result = s.r.last.ID, ResultJoined
			s.keep(f)
		}
		return
	}
	s.f = f
	if s.reserve(); s.state.Result != ResultSend {
		s.f = nil
		return
	}
	s.keep(f)
}

// hasNoMessage reports that the message of the flow did not go out, and no other one did
// since it began.
func (s *step) hasNoMessage() bool {
	last := s.r.last
	return last == nil || s.f.message != last.ID && last.At < s.f.expires-flowLife
}

func (s *step) keep(f *flow) {
	s.f = f
	s.s.flows[s.op.Flow] = f
	s.m.flows.Add(1)
}

// isPending reports that it is not known what became of the message.
func (msg *message) isPending() bool { return msg.Delivery == pending }

// isFresh reports that the recipient has a message that a new flow can go on with: it is
// too early for another one, and its code can still be used.
func (s *step) isFresh() bool {
	msg := s.r.last
	if msg == nil || msg.over || s.now >= msg.At+Millis(s.op.CodeMinutes)*minute {
		return false
	}
	return msg.isPending() || s.op.Limits.mode(LimitWait) == On && s.now < s.nextSend()
}

// nextSend returns when the wait after the newest message is over. There is none when its
// code cannot be checked: its method id is not known.
func (s *step) nextSend() Millis {
	msg := s.r.last
	if !msg.isPending() && len(msg.MethodID) == 0 {
		return msg.At
	}
	return msg.At + s.op.Limits.wait(s.r.streak)
}

// reserve takes a place for a message of the flow within all limits.
func (s *step) reserve() {
	limits, r := s.op.Limits, s.r
	var next Millis
	if msg := r.last; msg != nil {
		if msg.ID == s.op.Message { // the answer to this operation got lost
			s.state.Result, s.state.At = ResultSend, msg.place
			return
		}
		if next = s.nextSend(); msg.isPending() {
			if s.now >= next || limits.mode(LimitWait) != On {
				next = msg.At + sendLife
			}
			s.state.Result, s.state.Refused, s.state.RetryAt = ResultRefused, LimitWait, max(next, s.freeSend())
			return
		}
	}
	if !s.passes(LimitWait, s.now < next, next) ||
		!s.within(LimitRecipientHour, r.sends, hour, limits.RecipientHour) ||
		!s.within(LimitRecipientDay, r.sends, day, limits.RecipientDay) {
		s.state.RetryAt = max(s.state.RetryAt, s.freeSend())
		return
	}
	if !s.m.tallies.take(s, true) {
		return
	}
	before := r.last
	if before != nil {
		before.before = nil
	}
	r.sends, s.state.At = add(r.sends, s.now)
	r.last = &message{
		Message: Message{ID: s.op.Message, Channel: s.op.Channel, At: s.now, Delivery: pending},
		place:   s.state.At, before: before, attempts: s.attempts(),
	}
	r.streak++
	s.f.message, s.f.attempts = s.op.Message, 0
	if s.s.recipients[s.op.Recipient] == nil {
		s.s.recipients[s.op.Recipient] = r
		s.m.recipients.Add(1)
	}
	s.state.Result = ResultSend
}

// within reports that fewer places than limit are taken in a window.
func (s *step) within(name Limit, times []Millis, window Millis, limit int) bool {
	return s.passes(name, len(recent(times, s.now, window)) >= limit, s.free(name, times, window, limit))
}

// freeSend returns when the hour and the day allow a message; 0 if they do.
func (s *step) freeSend() Millis {
	limits, sends := s.op.Limits, s.r.sends
	return max(s.free(LimitRecipientHour, sends, hour, limits.RecipientHour), s.free(LimitRecipientDay, sends, day, limits.RecipientDay))
}

// free returns when a place of a window is free again; 0 if one is, or the limit is not on.
func (s *step) free(name Limit, times []Millis, window Millis, limit int) Millis {
	young := recent(times, s.now, window)
	if s.op.Limits.mode(name) != On || len(young) < limit {
		return 0
	}
	return young[len(young)-limit] + window
}

func (s *step) settle() {
	s.state.Result = ResultDone
	if s.op.Delivery == notSent {
		s.giveBack()
		return
	}
	msg := s.r.last
	isUsed := s.isLast() && msg.over // before this operation was repeated
	if len(s.op.MethodID) > 0 && !isUsed {
		s.r.methodID = s.op.MethodID
	}
	if s.isLast() {
		msg.Delivery, msg.RequestID, msg.before = s.op.Delivery, s.op.RequestID, nil
	}
	if s.isLast() && len(s.op.MethodID) > 0 {
		msg.MethodID = s.op.MethodID
	}
	if msg != nil && len(msg.MethodID) == 0 && msg.Delivery != pending {
		msg.MethodID = s.r.methodID // also of an earlier message, when this answer got lost
	}
}

// isLast reports that the operation is about the newest message.
func (s *step) isLast() bool { return s.r.last != nil && s.r.last.ID == s.op.Message }

// giveBack gives the place of a message back that was not sent.
func (s *step) giveBack() {
	left, found := remove(s.r.sends, s.op.At)
	if !found {
		return // it was given back before
	}
	s.r.sends = left
	s.r.failed = &failed{Failure: *s.op.Failure, message: s.op.Message, at: s.now}
	s.m.tallies.giveBack(s)
	attempts := 0
	if s.isLast() {
		attempts = s.r.last.attempts
		s.r.last = s.r.last.before
		s.r.streak = max(0, s.r.streak-1)
	}
	if s.f == nil || s.f.message != s.op.Message {
		return
	}
	if s.r.last != nil { // the login goes on with the message that it had
		s.f.message, s.f.attempts = s.r.last.ID, attempts
	}
	if s.op.New {
		s.drop()
	}
}

func (s *step) drop() {
	delete(s.s.flows, s.op.Flow)
	s.m.flows.Add(-1)
	s.f = nil
}

func (s *step) find() {
	if failed := s.r.failed; failed != nil && failed.message == s.op.Message && (s.f == nil || s.hasNoMessage()) {
		s.state.Result, s.state.Failure = ResultFailed, &failed.Failure
		if s.f != nil && s.r.last == nil {
			s.drop()
		}
		return
	}
	if s.goesOn() {
		s.state.Result = ResultFound
	}
}

// view says what the flow's owner may know.
func (s *step) view() {
	st, limits := &s.state, s.op.Limits
	st.Sealed, st.Expires, st.AttemptsLeft = s.f.sealed, s.f.expires, 1
	for _, t := range s.f.inFlight(s.now) {
		if s.op.Kind != OperationFind || s.op.At == 0 || t.at <= s.op.At {
			st.Checking++
		}
	}
	if limits.mode(LimitAttempts) == On {
		st.AttemptsLeft = max(0, limits.Attempts-s.attempts())
	}
	st.SendsLeft = maxCount
	if limits.mode(LimitRecipientHour) == On {
		st.SendsLeft = min(st.SendsLeft, limits.RecipientHour-len(recent(s.r.sends, s.now, hour)))
	}
	if limits.mode(LimitRecipientDay) == On {
		st.SendsLeft = min(st.SendsLeft, limits.RecipientDay-len(s.r.sends))
	}
	st.SendsLeft = max(0, st.SendsLeft)
	if s.r.last != nil {
		st.Message, st.ResendAt = s.r.last.Message, s.nextSend()
	}
}
