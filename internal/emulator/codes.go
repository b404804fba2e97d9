package emulator

import "time"

// issueLocked sends a new code to f, which ends the one before it.
func (e *Emulator) issueLocked(f *factor, in sendRequest, sessionID string, now time.Time) {
	replaced := ""
	if previous := f.last; previous != nil {
		replaced = previous.Code
		if previous.state(now) == StateLive {
			previous.superseded = true
			e.announceLocked(previous)
		}
	}
	code, fixed := e.fixed[f.value]
	if !fixed {
		// A test that tries the old code must always see it refused, and the
		// sandbox's code opens nothing but the sandbox.
		code = e.random.code(replaced, sandboxCode)
	}
	expires := now.Add(time.Duration(in.minutes) * time.Minute)
	if !f.verified && !f.deadline.IsZero() && f.deadline.Before(expires) {
		expires = f.deadline // a code is no use without its factor
	}
	subject, text := render(in.channel, in.locale, code, in.minutes, in.autofill)
	m := &message{
		Message: Message{
			Operation: in.operation, Channel: in.channel, Recipient: f.value, Code: code,
			Subject: subject, Text: text, Locale: in.locale,
			MethodID: f.id, UserID: f.user.id, RequestID: in.requestID,
			LoginTemplateID: in.loginID, SignupTemplateID: in.signupID,
			SentAt: now, ExpiresAt: expires,
		},
		attributes: in.attributes, session: sessionID,
	}
	f.last = m
	e.messages.add(m)
	e.counts.messages[m.Channel]++
	e.announceLocked(m)
}

// checkLocked says whether code opens f at this moment. A wrong code counts against
// the user.
func (e *Emulator) checkLocked(f *factor, code string, now time.Time) *apiError {
	u := f.user
	if isSandbox(f.value) {
		if code != sandboxCode {
			return failure("otp_code_not_found")
		}
		return nil
	}
	if u.locked(now) {
		return failure("user_lock_limit_reached")
	}
	if f.last == nil || f.last.Code != code {
		e.countFailureLocked(u, now)
		return failure("otp_code_not_found")
	}
	if f.last.state(now) != StateLive {
		return failure("unable_to_auth_otp_code")
	}
	return nil
}

// countFailureLocked counts a wrong code against u and locks it for one too many.
func (e *Emulator) countFailureLocked(u *user, now time.Time) {
	if u.canned {
		return
	}
	u.failures++
	if u.failures >= e.config.UserLockThreshold {
		u.failures = 0
		u.lockedAt, u.lockEnds = now, now.Add(e.config.UserLockTTL)
	}
}

// useLocked ends the code's life and verifies what it was sent to.
func (e *Emulator) useLocked(f *factor, now time.Time) {
	if isSandbox(f.value) {
		return
	}
	f.verified = true
	f.user.failures = 0
	if f.user.status == StatusPending {
		f.user.status = StatusActive
	}
	f.last.UsedAt = now
	e.announceLocked(f.last)
}
