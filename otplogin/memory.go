package otplogin

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxFlows      = 200_000
	maxRecipients = 500_000
	maxAddresses  = 100_000
	maxTimes      = 1000 // places of one recipient that are remembered
	shardCount    = 64
	sweepEvery    = minute
)

// MemoryStore is a [Store] in memory, for one process. It holds at most 200,000 flows
// and 500,000 recipients; a start that finds no room is refused.
type MemoryStore struct {
	clock             func() time.Time
	seed              maphash.Seed
	shards            [shardCount]shard
	tallies           tallies
	flows, recipients atomic.Int64
	sweptAll          atomic.Int64 // when a full store last looked for room everywhere
}

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	m := &MemoryStore{clock: time.Now, seed: maphash.MakeSeed(), tallies: newTallies()}
	for i := range m.shards {
		m.shards[i].flows, m.shards[i].recipients = map[string]*flow{}, map[string]*recipient{}
	}
	return m
}

// shard holds some of the recipients, and their flows.
type shard struct {
	mu         sync.Mutex
	flows      map[string]*flow
	recipients map[string]*recipient
	swept      Millis
}

// recipient is what is known of a number or an address.
type recipient struct {
	sends    []Millis // of a day, one for each message that counts
	failures []Millis // wrong codes of a day
	devices  []Millis // those of browsers that have logged in before
	flight   []Millis // of failures and devices, those that calls are checking
	streak   int      // messages since the last right code
	methodID []byte   // of the newest answer since then
	last     *message // the newest that counts
	failed   *failed  // the newest that was not sent
}

type message struct {
	Message

	place    Millis   // in the recipient's sends
	over     bool     // its code was used, or is too old
	before   *message // what to go back to when it is not sent
	attempts int      // of the flow that sent it, for the message before
}

type failed struct {
	Failure

	message string
	at      Millis
}

// flow is one login of one browser. Its key is made of its id, which names the recipient.
type flow struct {
	expires  Millis
	message  string // that attempts are counted for
	attempts int
	checking []try  // codes that calls are checking now
	sealed   []byte // what it is for, or the login when it is over
	isOver   bool
	shown    []string // ids of the tries that the login was given to
}

// try is a code that was counted and not judged.
type try struct {
	id string
	at Millis
}

// Apply implements [Store].
func (m *MemoryStore) Apply(_ context.Context, op *Operation) (*State, error) {
	now := Millis(m.clock().UnixMilli())
	if op.Kind == OperationStart && m.isFull() {
		if last := m.sweptAll.Load(); now-Millis(last) >= second && m.sweptAll.CompareAndSwap(last, int64(now)) {
			for i := range m.shards {
				m.sweep(&m.shards[i], now)
			}
		}
		if m.isFull() {
			return &State{Result: ResultRefused, Refused: LimitFlows, Now: now}, nil
		}
	}
	s := &m.shards[maphash.String(m.seed, op.Recipient)%shardCount]
	if now-s.lastSweep() >= sweepEvery {
		m.sweep(s, now)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	step := &step{m: m, s: s, op: op, now: now, state: State{Now: now}, r: s.recipients[op.Recipient], f: s.flows[op.Flow]}
	if step.r == nil {
		step.r = &recipient{}
	}
	if f := step.f; f != nil && now >= f.expires {
		step.drop()
	}
	step.r.forget(now)
	step.runLocked()
	return &step.state, nil
}

func (m *MemoryStore) isFull() bool {
	return m.flows.Load() >= maxFlows || m.recipients.Load() >= maxRecipients
}

func (s *shard) lastSweep() Millis {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.swept
}

// sweep forgets what has no effect any more.
func (m *MemoryStore) sweep(s *shard, now Millis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swept = now
	for k, f := range s.flows {
		if now >= f.expires {
			delete(s.flows, k)
			m.flows.Add(-1)
		}
	}
	for k, r := range s.recipients {
		if r.forget(now); len(r.sends)+len(r.failures)+len(r.devices) == 0 && !r.isAwaited(now) {
			delete(s.recipients, k)
			m.recipients.Add(-1)
		}
	}
}

// forget removes what is older than a day. Without a place of the last day, nothing but
// a message that was not sent can matter to a login.
func (r *recipient) forget(now Millis) {
	r.sends, r.failures, r.devices = recent(r.sends, now, day), recent(r.failures, now, day), recent(r.devices, now, day)
	if len(recent(r.sends, now, hour)) == 0 {
		r.streak = 0 // the wait begins anew
	}
	if len(r.sends)+len(r.failures)+len(r.devices) == 0 {
		r.last, r.methodID = nil, nil
	}
}

// recent returns the times that are younger than window.
func recent(times []Millis, now, window Millis) []Millis {
	i := 0
	for i < len(times) && now-times[i] >= window {
		i++
	}
	return times[i:]
}

// afterRight returns what a right code leaves of the wrong ones: those that were counted
// later than at, and those that may reach Stytch later.
func (r *recipient) afterRight(times []Millis, at Millis) []Millis {
	return slices.DeleteFunc(slices.Clone(times), func(t Millis) bool { return t <= at && !slices.Contains(r.flight, t) })
}

// add takes a place. No two have the same time, by which one is given back.
func add(times []Millis, now Millis) ([]Millis, Millis) {
	if n := len(times); n > 0 {
		now = max(now, times[n-1]+1)
	}
	times = append(times, now)
	return times[max(0, len(times)-maxTimes):], now
}

// insert takes the place of a time, unless it is taken.
func insert(times []Millis, at Millis) []Millis {
	i, found := slices.BinarySearch(times, at)
	if found {
		return times
	}
	times = slices.Insert(slices.Clone(times), i, at)
	return times[max(0, len(times)-maxTimes):]
}

// remove gives a place back, once.
func remove(times []Millis, at Millis) (left []Millis, found bool) {
	i := slices.Index(times, at)
	if i < 0 {
		return times, false
	}
	return slices.Delete(slices.Clone(times), i, i+1), true
}

// isAwaited reports that logins may wait for the message that was not sent.
func (r *recipient) isAwaited(now Millis) bool { return r.failed != nil && now-r.failed.at < sendLife }
