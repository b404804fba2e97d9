package otplogin

import (
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/stytchotp/stytchotp"
)

const (
	flowTTL       = 30 * time.Minute
	maxFlows      = 200_000
	maxFlowsByIP  = 500
	maxRecipients = 500_000
	sweepEvery    = time.Minute
)

// key hides what it is made of.
type key [sha256.Size]byte

func keyOf(kind, text string) key { return sha256.Sum256([]byte(kind + "\x00" + text)) }

// message is a message to a recipient.
type message struct {
	channel   stytchotp.Channel
	methodID  string    // empty until an answer named it, or when none did
	requestID string    // of that answer
	at        time.Time // when it was begun
	delivery  stytchotp.Delivery
	err       error         // why it did not go out
	done      chan struct{} // closed when delivery is known
	over      bool          // its code was used, or is too old
	before    *message      // what to go back to when it does not go out
	attempts  int           // of the flow that sent it, for the message before
}

// recipient is what is known of a number or an address.
type recipient struct {
	sends    []time.Time // of a day, one for each message that counts
	failures []time.Time // wrong codes of a day
	devices  []time.Time // those of browsers that have logged in before
	streak   int         // messages since the last right code
	last     *message    // the newest; nil when none counts
	methodID string      // of the newest answer since the last right code, for a message whose answer got lost
}

// flow is one login of one browser.
type flow struct {
	recipient key
	to        target
	address   key
	expires   time.Time
	message   *message // that attempts are counted for
	attempts  int
}

// target is whom a login is about.
type target struct {
	recipient string
	channel   stytchotp.Channel
	locale    stytchotp.Locale
}

// memory is the state of all logins. Its methods are called with mu held.
type memory struct {
	mu         sync.Mutex
	flows      map[key]*flow
	recipients map[key]*recipient
	addresses  map[key]*address
	project    []time.Time // messages of a day
	swept      time.Time
}

// address is what is known of a client address.
type address struct {
	sends []time.Time // messages of an hour
	flows []key       // the oldest first
}

func newMemory() *memory {
	return &memory{flows: map[key]*flow{}, recipients: map[key]*recipient{}, addresses: map[key]*address{}}
}

// recent returns the times that are younger than window.
func recent(times []time.Time, now time.Time, window time.Duration) []time.Time {
	i := 0
	for i < len(times) && now.Sub(times[i]) >= window {
		i++
	}
	return times[i:]
}

// count returns how many times are younger than window, and when the next place is
// free if max of them are taken.
func count(times []time.Time, now time.Time, window time.Duration, limit int) (free bool, at time.Time) {
	young := recent(times, now, window)
	if limit < 0 || len(young) < limit {
		return true, time.Time{}
	}
	if limit == 0 {
		return false, time.Time{}
	}
	return false, young[len(young)-limit].Add(window)
}

// sweep forgets what has no effect any more, from time to time.
func (m *memory) sweep(now time.Time) {
	if now.Sub(m.swept) >= sweepEvery {
		m.clean(now)
	}
}

// clean forgets what has no effect any more.
func (m *memory) clean(now time.Time) {
	m.swept = now
	for k, f := range m.flows {
		if !now.Before(f.expires) {
			m.drop(k, f)
		}
	}
	for k, r := range m.recipients {
		if len(recent(r.sends, now, day)) == 0 && len(recent(r.failures, now, day)) == 0 && len(recent(r.devices, now, day)) == 0 {
			delete(m.recipients, k)
		}
	}
	for k, a := range m.addresses {
		if len(a.flows) == 0 && len(recent(a.sends, now, hour)) == 0 {
			delete(m.addresses, k)
		}
	}
}

func (m *memory) drop(k key, f *flow) {
	delete(m.flows, k)
	if a := m.addresses[f.address]; a != nil {
		a.flows = slices.DeleteFunc(a.flows, func(other key) bool { return other == k })
	}
}

// add keeps a flow, or says that there is no room: an address with too many flows
// loses its own, and flows of others are not removed. Whose flows those without an
// address are is not known, so none of them is removed.
func (m *memory) add(k key, f *flow) bool {
	a := m.addressOf(f.address)
	if len(a.flows) >= maxFlowsByIP {
		m.drop(a.flows[0], m.flows[a.flows[0]])
	}
	if len(m.flows) >= maxFlows {
		return false
	}
	m.flows[k] = f
	if f.address != unknownClient() {
		a.flows = append(a.flows, k)
	}
	return true
}

func (m *memory) addressOf(k key) *address {
	a := m.addresses[k]
	if a == nil {
		a = &address{}
		m.addresses[k] = a
	}
	return a
}

// recipientOf returns the state of a recipient, or nil when there is no room.
func (m *memory) recipientOf(k key, now time.Time) *recipient {
	r := m.recipients[k]
	if r == nil {
		if len(m.recipients) >= maxRecipients {
			m.clean(now)
		}
		if len(m.recipients) >= maxRecipients {
			return nil
		}
		r = &recipient{}
		m.recipients[k] = r
	}
	r.sends, r.failures, r.devices = recent(r.sends, now, day), recent(r.failures, now, day), recent(r.devices, now, day)
	if len(recent(r.sends, now, hour)) == 0 {
		r.streak = 0 // the wait begins anew
	}
	return r
}

// clientKey returns the key of a client address: of an IPv6 address its /64.
func clientKey(ip string) key {
	parsed, err := netip.ParseAddr(ip)
	if err != nil {
		return unknownClient()
	}
	parsed = parsed.Unmap().WithZone("")
	if parsed.Is6() {
		prefix, _ := parsed.Prefix(64)
		return keyOf("address", prefix.String())
	}
	return keyOf("address", parsed.String())
}

func unknownClient() key { return keyOf("address", "unknown") }

// newID returns 128 random bits as text.
func newID() string { return rand.Text() }
