package emulator

import (
	"net/http"
	"slices"
	"time"
)

const (
	defaultMinutes    = 2
	maxMinutes        = 10
	maxAutofillMinute = maxSessionMinutes
)

// sendRequest is a valid request to send a code.
type sendRequest struct {
	route
	requestID  string
	recipient  string
	region     string // of a phone number
	minutes    int
	locale     string
	attributes attributes
	pending    bool
	autofill   bool
	userID     string
	session    sessionRef
	loginID    string // custom e-mail templates
	signupID   string
}

func (e *Emulator) readSend(rt route, r *reader, requestID string) sendRequest {
	in := sendRequest{route: rt, requestID: requestID}
	if rt.channel == ChannelEmail {
		in.recipient = r.email()
		in.loginID = r.templateID("login_template_id")
		in.signupID = r.templateID("signup_template_id")
	} else {
		in.recipient = r.phoneNumber()
	}
	if in.minutes = r.integer("expiration_minutes", "invalid_expiration_otp", 1, maxMinutes); in.minutes == 0 {
		in.minutes = defaultMinutes
	}
	in.attributes = r.attributes()
	in.locale = r.locale(rt.channel)
	if rt.channel == ChannelSMS {
		in.autofill = r.boolean("enable_autofill")
		r.integer("autofill_session_duration_minutes", "invalid_session_duration_minutes", minSessionMinutes, maxAutofillMinute)
	}
	if rt.create {
		in.pending = r.boolean("create_user_as_pending")
		return in
	}
	in.userID = r.userID()
	in.session = r.sessionRef(e)
	if in.userID != "" && in.session.given() {
		r.fail(explain("too_many_user_selection_arguments", "Give user_id or a session, not both."))
	}
	return in
}

// send answers the six operations that send a code.
func (e *Emulator) send(x *Exchange) (any, *apiError) {
	in := e.readSend(x.route, x.reader, x.requestID)
	if x.reader.err != nil {
		return nil, x.reader.err
	}
	in.region = regionOf(in.recipient) // looks into large tables, so outside the lock

	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	if err := e.limits.admit(now, in.operation, in.recipient, in.region); err != nil {
		return nil, err
	}
	if !e.mayReachLocked(in.channel, in.recipient, in.region) {
		return nil, unreachable(in.region)
	}
	f, sessionID, created, err := e.addresseeLocked(in, now)
	if err != nil {
		return nil, err
	}
	e.users.touch(f.user)
	if !isSandbox(f.value) {
		e.issueLocked(f, in, sessionID, now)
	}

	body := sendBody{StatusCode: http.StatusOK, RequestID: in.requestID, UserID: f.user.id}
	if f.isPhone() {
		body.PhoneID = f.id
	} else {
		body.EmailID = f.id
	}
	if in.create {
		body.UserCreated = &created
	}
	return body, nil
}

// addresseeLocked returns the factor that the code goes to, making it and its user when
// the call is one that does so, and the id of the session that it is sent in.
func (e *Emulator) addresseeLocked(in sendRequest, now time.Time) (f *factor, sessionID string, created bool, err *apiError) {
	s, err := e.findSessionLocked(in.session, now)
	if err != nil {
		return nil, "", false, err
	}
	f = e.users.factorByValue(in.recipient, now)
	switch {
	case f != nil && isSandbox(f.value):
		return f, "", false, nil
	case in.create && f != nil:
		return f, "", false, nil
	case in.create:
		return e.newUserLocked(in, now), "", true, nil
	case s != nil:
		f, err = e.attachToLocked(s.user, f, in, now)
		return f, s.id, false, err
	case in.userID != "":
		u := e.users.byID[in.userID]
		if u == nil {
			return nil, "", false, failure("user_not_found")
		}
		f, err = e.attachToLocked(u, f, in, now)
		return f, "", false, err
	case f != nil:
		return f, "", false, nil
	case in.channel == ChannelEmail:
		return nil, "", false, failure("email_not_found")
	default:
		return nil, "", false, failure("user_not_found")
	}
}

func (e *Emulator) newUserLocked(in sendRequest, now time.Time) *factor {
	u := &user{id: "user-test-" + e.random.uuid(), status: StatusActive, created: now}
	if in.pending {
		u.status = StatusPending
	}
	e.users.add(u)
	return e.newFactorLocked(u, in)
}

func (e *Emulator) newFactorLocked(u *user, in sendRequest) *factor {
	prefix := "phone-number-test-"
	if in.channel == ChannelEmail {
		prefix = "email-test-"
	}
	f := &factor{id: prefix + e.random.uuid(), value: in.recipient, region: in.region}
	e.users.attach(u, f)
	return f
}

// attachToLocked returns u's factor for in.recipient, and adds it if no user has it.
func (e *Emulator) attachToLocked(u *user, f *factor, in sendRequest, now time.Time) (*factor, *apiError) {
	switch {
	case f != nil && f.user == u:
		if !f.deadline.IsZero() {
			f.deadline = now.Add(attachWindow)
		}
		return f, nil
	case f != nil && f.isPhone():
		return nil, failure("duplicate_phone_number")
	case f != nil:
		return nil, failure("duplicate_email")
	}
	factors := e.users.factorsOf(u, now)
	if len(factors) >= maxFactors || slices.ContainsFunc(factors, func(known *factor) bool { return !known.verified && !isSandbox(known.value) }) {
		return nil, failure("too_many_unverified_factors")
	}
	f = e.newFactorLocked(u, in)
	f.deadline = now.Add(attachWindow)
	return f, nil
}
