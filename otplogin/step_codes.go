package otplogin

import "slices"

func (s *step) try() {
	r, limits := s.r, s.op.Limits
	for _, t := range s.f.checking {
		if t.id == s.op.Try { // the answer to this operation got lost
			s.state.Result, s.state.At = ResultTry, t.at
			return
		}
	}
	if r.last == nil || r.last.isPending() || len(r.last.MethodID) == 0 {
		s.state.Result = ResultNoMessage
		return
	}
	failures, limit := &r.failures, limits.RecipientFailures
	if s.op.Device {
		failures, limit = &r.devices, limits.DeviceFailures
	}
	attempts := s.attempts()
	if !s.passes(LimitAttempts, attempts >= limits.Attempts, 0) ||
		!s.within(LimitRecipientFailures, *failures, day, limit) || !s.m.tallies.takeFailure(s) {
		return
	}
	s.f.message, s.f.attempts = r.last.ID, attempts+1
	*failures, s.state.At = add(*failures, s.now)
	r.flight = append(recent(r.flight, s.now, tryLife), s.state.At)
	r.flight = r.flight[max(0, len(r.flight)-maxTimes):]
	s.f.checking = append(s.f.inFlight(s.now), try{s.op.Try, s.state.At})
	s.state.Result = ResultTry
}

func (s *step) judge() {
	r, msg, isLast := s.r, s.r.last, s.isLast()
	s.state.Result = ResultDone
	if s.f != nil {
		s.f.checking = slices.DeleteFunc(s.f.inFlight(s.now), func(t try) bool { return t.id == s.op.Try })
	}
	r.flight = slices.DeleteFunc(r.flight, func(at Millis) bool { return at == s.op.At || s.now-at >= tryLife })
	switch s.op.Verdict {
	case VerdictRight:
		_, found := slices.BinarySearch(r.failures, s.op.At)
		if s.op.Device {
			_, found = slices.BinarySearch(r.devices, s.op.At)
		}
		if s.f != nil && s.f.isOver || s.f == nil && !found { // this operation is repeated
			return
		}
		// The method id is forgotten: whether a lost answer can be made good for must not
		// tell who has logged in before.
		s.m.tallies.verified(s)
		if s.f != nil { // it has not expired meanwhile
			s.f.isOver, s.f.sealed, s.f.expires = true, s.op.Sealed, s.now+overLife
		}
		r.failures, r.devices = r.afterRight(r.failures, s.op.At), r.afterRight(r.devices, s.op.At)
		r.streak, r.methodID = 0, nil
		if isLast {
			msg.over = true
		}
		return
	case VerdictCompared: // it counts, also when a right code forgot it meanwhile
		if s.op.Device {
			r.devices = insert(r.devices, s.op.At)
		} else {
			r.failures = insert(r.failures, s.op.At)
		}
		return
	case VerdictUnknown:
		r.methodID = nil
		if isLast {
			msg.MethodID, msg.over = nil, true
		}
		return
	case VerdictExpired:
		if isLast {
			msg.over = true
		}
	}
	if s.f != nil && s.f.isOver { // another click was first
		s.over()
	}
	failures := &r.failures
	if s.op.Device {
		failures = &r.devices
	}
	left, found := remove(*failures, s.op.At)
	if !found {
		return
	}
	*failures = left
	s.m.tallies.giveFailureBack(s)
	switch {
	case s.f == nil:
	case s.f.message == s.op.Message:
		s.f.attempts = max(0, s.f.attempts-1)
	case msg != nil && msg.before != nil && msg.before.ID == s.op.Message && s.f.message == msg.ID:
		msg.attempts = max(0, msg.attempts-1) // what the flow goes back to when msg is not sent
	}
}

// inFlight returns the codes of the flow that calls may be checking.
func (f *flow) inFlight(now Millis) []try {
	return slices.DeleteFunc(slices.Clone(f.checking), func(t try) bool { return now-t.at >= tryLife })
}

// over says that the login has succeeded. To a call that tries a code it gives what a
// right code opens, as often as codes can be tried.
func (s *step) over() {
	s.state.Result = ResultOver
	switch {
	case s.op.Try == "":
	case slices.Contains(s.f.shown, s.op.Try):
		s.state.Sealed = s.f.sealed
	case len(s.f.shown) < s.op.Limits.Attempts:
		s.f.shown, s.state.Sealed = append(s.f.shown, s.op.Try), s.f.sealed
	}
}
