package emulator

import (
	"slices"
	"time"
)

// The statuses of a user.
const (
	StatusActive  = "active"
	StatusPending = "pending"
)

const (
	// attachWindow is how long a number or address that was added to an
	// existing user may stay unverified.
	attachWindow = 5 * time.Minute
	// maxFactors is how many factors a user may have in all, so that one user
	// cannot grow without end.
	maxFactors = 100
	// maxSightings is how many devices, and how many addresses, are remembered
	// for a user.
	maxSightings = 20
)

type user struct {
	id        string
	status    string
	created   time.Time
	factors   []*factor
	canned    bool // the sandbox's user: never changed, locked or forgotten
	gone      bool // forgotten; sessions that still point here are void
	failures  int  // wrong codes in a row
	lockedAt  time.Time
	lockEnds  time.Time
	visitors  sightings
	addresses sightings
}

// factor is a phone number or an e-mail address of a user. Its id is the method
// id of every code sent to it, by whatever channel.
type factor struct {
	id       string
	value    string
	region   string // of a phone number
	user     *user
	verified bool
	deadline time.Time // when it is removed unless verified by then; zero: it stays
	last     *message  // the last code sent; there is never more than one that is live
}

func (f *factor) isPhone() bool { return !isAddress(f.value) }

// delivery returns the channel that the last code went by.
func (f *factor) delivery() string {
	switch {
	case f.last != nil:
		return f.last.Channel
	case f.isPhone():
		return ChannelSMS // the sandbox sends nothing
	default:
		return ChannelEmail
	}
}

// maxUserBytes, userBytes and factorBytes are estimates of what users take in memory,
// with their entries in maps.
const (
	maxUserBytes = 128 << 20
	userBytes    = 1 << 10
	factorBytes  = 1 << 10
)

func (u *user) size() int {
	return userBytes + len(u.factors)*factorBytes + (len(u.visitors)+len(u.addresses))*100
}

func (u *user) locked(now time.Time) bool { return now.Before(u.lockEnds) }

// registry finds users and factors by any of their names in constant time.
type registry struct {
	byID     map[string]*user
	byValue  map[string]*factor
	byFactor map[string]*factor
	recent   *lru[*user]
}

func newRegistry(limit int) registry {
	return registry{
		byID: map[string]*user{}, byValue: map[string]*factor{}, byFactor: map[string]*factor{},
		recent: newLRU(limit, maxUserBytes, (*user).size),
	}
}

func (r *registry) add(u *user) {
	r.byID[u.id] = u
	r.touch(u)
}

func (r *registry) forget(u *user) {
	for _, f := range slices.Clone(u.factors) {
		r.detach(f)
	}
	r.recent.remove(u)
	delete(r.byID, u.id)
	u.gone = true
}

// touch marks u as used, so that it is forgotten later than others. A change of its
// size counts from then on.
func (r *registry) touch(u *user) {
	if !u.canned {
		r.recent.use(u, r.forget)
	}
}

func (r *registry) attach(u *user, f *factor) {
	f.user = u
	u.factors = append(u.factors, f)
	r.byValue[f.value] = f
	r.byFactor[f.id] = f
}

func (r *registry) detach(f *factor) {
	f.user.factors = slices.DeleteFunc(f.user.factors, func(other *factor) bool { return other == f })
	delete(r.byValue, f.value)
	delete(r.byFactor, f.id)
	f.orphan()
}

// orphan ends the code that was sent last.
func (f *factor) orphan() {
	if f.last != nil {
		f.last.orphaned = true
	}
}

// current returns f, or nil and removes it if it was added to a user and not
// verified in time. Nothing runs in the background to do that.
func (r *registry) current(f *factor, now time.Time) *factor {
	if f == nil || f.verified || f.deadline.IsZero() || now.Before(f.deadline) {
		return f
	}
	r.detach(f)
	return nil
}

func (r *registry) factorByValue(value string, now time.Time) *factor {
	return r.current(r.byValue[value], now)
}

func (r *registry) factorByID(id string, now time.Time) *factor {
	return r.current(r.byFactor[id], now)
}

// factorsOf returns the factors that u has at this moment.
func (r *registry) factorsOf(u *user, now time.Time) []*factor {
	for _, f := range slices.Clone(u.factors) {
		r.current(f, now)
	}
	return u.factors
}

// User is a user as a developer sees it.
type User struct {
	ID            string    `json:"user_id"`
	Status        string    `json:"status"` // active or pending; empty for the sandbox's user
	CreatedAt     time.Time `json:"created_at,omitzero"`
	PhoneNumbers  []Factor  `json:"phone_numbers"`
	Emails        []Factor  `json:"emails"`
	FailedCodes   int       `json:"failed_codes"` // wrong codes in a row
	LockCreatedAt time.Time `json:"lock_created_at,omitzero"`
	LockExpiresAt time.Time `json:"lock_expires_at,omitzero"`
}

// Factor is a phone number or an e-mail address of a [User].
type Factor struct {
	MethodID string    `json:"method_id"`
	Value    string    `json:"value"`
	Verified bool      `json:"verified"`
	Deadline time.Time `json:"deadline,omitzero"` // when it is removed unless verified; zero: it stays
}

// Users returns at most limit users, the last used first; all of them if limit
// is not positive. The sandbox's user is not among them.
func (e *Emulator) Users(limit int) []User {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.now()
	views := []User{}
	for u := range e.users.recent.all() {
		if limit > 0 && len(views) == limit {
			break
		}
		views = append(views, e.viewUserLocked(u, now))
	}
	return views
}

func (e *Emulator) viewUserLocked(u *user, now time.Time) User {
	view := User{
		ID: u.id, Status: u.status, CreatedAt: u.created, FailedCodes: u.failures,
		PhoneNumbers: []Factor{}, Emails: []Factor{},
	}
	if u.locked(now) {
		view.LockCreatedAt, view.LockExpiresAt = u.lockedAt, u.lockEnds
	}
	for _, f := range e.users.factorsOf(u, now) {
		item := Factor{MethodID: f.id, Value: f.value, Verified: f.verified}
		if !f.verified {
			item.Deadline = f.deadline
		}
		if f.isPhone() {
			view.PhoneNumbers = append(view.PhoneNumbers, item)
		} else {
			view.Emails = append(view.Emails, item)
		}
	}
	return view
}
