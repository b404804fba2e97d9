package emulator

import (
	"cmp"
	"slices"
	"time"
)

// The channels that a code can go by.
const (
	ChannelSMS      = "sms"
	ChannelWhatsApp = "whatsapp"
	ChannelEmail    = "email"
)

// The states of a message's code.
const (
	StateLive       = "live"       // it can be used
	StateUsed       = "used"       // it was used to log in
	StateExpired    = "expired"    // its time ran out before it was used, or its number or address was deleted
	StateSuperseded = "superseded" // a later message to the same method id replaced it
)

// Message is a message that went out, as its recipient would see it and more.
type Message struct {
	ID               int64     `json:"id"` // rises by one from message to message: a cursor
	Operation        string    `json:"operation"`
	Channel          string    `json:"channel"`   // sms, whatsapp or email
	Recipient        string    `json:"recipient"` // an E.164 number, or an address in lower case
	Code             string    `json:"code"`
	State            string    `json:"state"` // live, used, expired or superseded
	Subject          string    `json:"subject,omitempty"`
	Text             string    `json:"text"`
	Locale           string    `json:"locale"`
	MethodID         string    `json:"method_id"`
	UserID           string    `json:"user_id"`
	RequestID        string    `json:"request_id"`
	LoginTemplateID  string    `json:"login_template_id,omitempty"`
	SignupTemplateID string    `json:"signup_template_id,omitempty"`
	SentAt           time.Time `json:"sent_at"`
	ExpiresAt        time.Time `json:"expires_at"`
	UsedAt           time.Time `json:"used_at,omitzero"`
}

// MessageQuery chooses messages; zero fields choose all.
type MessageQuery struct {
	Recipient string // a number or address
	Channel   string // sms, whatsapp or email
	State     string // live, used, expired or superseded
	After     int64  // only messages with a higher ID
	Limit     int    // at most this many, the newest
	// Which chooses among those; nil chooses all. It must not call the emulator.
	Which func(Message) bool
}

// message is a Message in the store. State is computed when it is looked at.
type message struct {
	Message

	superseded bool
	attributes attributes
	session    string // id of the session that it was sent in, if any
	orphaned   bool   // its number or address was deleted

	older, newer *message // to the same recipient
}

func (m *message) state(now time.Time) string {
	switch {
	case !m.UsedAt.IsZero():
		return StateUsed
	case m.superseded:
		return StateSuperseded
	case m.orphaned || !now.Before(m.ExpiresAt):
		return StateExpired
	default:
		return StateLive
	}
}

func (m *message) view(now time.Time) Message {
	view := m.Message
	view.State = m.state(now)
	return view
}

// messageStore keeps the newest messages, and by recipient a chain of them, so
// that the latest one for a recipient is found without a search.
type messageStore struct {
	all    queue[*message]
	latest map[string]*message
	lastID int64

	deleted   []*message // by the last call of DeleteMessages, oldest first
	deletedAt time.Time
}

func newMessageStore(limit int, lastID int64) messageStore {
	return messageStore{all: queue[*message]{limit: limit}, latest: map[string]*message{}, lastID: lastID}
}

func (s *messageStore) add(m *message) {
	s.lastID++
	m.ID = s.lastID
	s.link(m)
	if evicted, full := s.all.push(m); full {
		s.unlink(evicted)
	}
}

// link makes m the latest message of its recipient.
func (s *messageStore) link(m *message) {
	if previous := s.latest[m.Recipient]; previous != nil {
		m.older, previous.newer = previous, m
	}
	s.latest[m.Recipient] = m
}

// unlink takes m out of its recipient's chain.
func (s *messageStore) unlink(m *message) {
	if m.older != nil {
		m.older.newer = m.newer
	}
	switch {
	case m.newer != nil:
		m.newer.older = m.older
	case m.older != nil:
		s.latest[m.Recipient] = m.older
	default:
		delete(s.latest, m.Recipient)
	}
	m.older, m.newer = nil, nil
}

func (q MessageQuery) matches(m *message, now time.Time) bool {
	return (q.Recipient == "" || m.Recipient == q.Recipient) &&
		(q.Channel == "" || m.Channel == q.Channel) &&
		(q.State == "" || m.state(now) == q.State) &&
		m.ID > q.After && (q.Which == nil || q.Which(m.view(now)))
}

// has reports that m was neither deleted nor evicted.
func (s *messageStore) has(m *message) bool {
	_, found := slices.BinarySearchFunc(s.all.items, m.ID, func(other *message, id int64) int { return cmp.Compare(other.ID, id) })
	return found
}

// find visits the messages that q chooses, newest first, until visit is false.
func (s *messageStore) find(q MessageQuery, now time.Time, visit func(*message) bool) {
	if q.Recipient != "" {
		for m := s.latest[q.Recipient]; m != nil && m.ID > q.After; m = m.older {
			if q.matches(m, now) && !visit(m) {
				return
			}
		}
		return
	}
	for i := len(s.all.items) - 1; i >= 0 && s.all.items[i].ID > q.After; i-- {
		if q.matches(s.all.items[i], now) && !visit(s.all.items[i]) {
			return
		}
	}
}

// Messages returns the messages that q chooses, newest first.
func (e *Emulator) Messages(q MessageQuery) []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	q.Recipient = normalize(q.Recipient)
	now := e.clock.now()
	views := []Message{}
	e.messages.find(q, now, func(m *message) bool {
		views = append(views, m.view(now))
		return len(views) != q.Limit
	})
	return views
}

// LatestMessage returns the newest message that q chooses.
func (e *Emulator) LatestMessage(q MessageQuery) (m Message, found bool) {
	q.Limit = 1
	messages := e.Messages(q)
	if len(messages) == 0 {
		return Message{}, false
	}
	return messages[0], true
}

// undoLife is how long deleted messages can be restored.
const undoLife = time.Minute

// DeleteMessages deletes the messages that q chooses, whatever its Limit, and
// returns how many. Their codes stay what they were: one that is live still works.
// They can be restored for a minute, until other messages are deleted.
func (e *Emulator) DeleteMessages(q MessageQuery) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	q.Recipient = normalize(q.Recipient)
	now := e.clock.now()
	kept := make([]*message, 0, len(e.messages.all.items))
	var deleted []*message
	for _, m := range e.messages.all.items {
		if q.matches(m, now) {
			e.messages.unlink(m)
			deleted = append(deleted, m)
		} else {
			kept = append(kept, m)
		}
	}
	if len(deleted) > 0 {
		e.messages.all.items = kept
		e.messages.deleted, e.messages.deletedAt = deleted, time.Now()
		e.publishLocked(Event{Kind: EventDeleted})
	}
	return len(deleted)
}

// DeletedMessages returns how many messages RestoreMessages would restore.
func (e *Emulator) DeletedMessages() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.messages.restorable())
}

// RestoreMessages restores what the last call of DeleteMessages deleted, as far as there
// is room for older messages, and returns how many.
func (e *Emulator) RestoreMessages() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	deleted := e.messages.restorable()
	e.messages.deleted = nil
	items := slices.Concat(e.messages.all.items, deleted)
	slices.SortFunc(items, func(a, b *message) int { return cmp.Compare(a.ID, b.ID) })
	e.messages.all.items, e.messages.latest = items, map[string]*message{}
	for _, m := range items {
		m.older, m.newer = nil, nil
		e.messages.link(m)
	}
	e.hub.wakeAll()
	e.publishLocked(Event{Kind: EventDeleted})
	return len(deleted)
}

// restorable returns what can be restored, of which the newest fit.
func (s *messageStore) restorable() []*message {
	if time.Since(s.deletedAt) >= undoLife {
		s.deleted = nil
	}
	room := max(0, s.all.limit-len(s.all.items))
	return s.deleted[max(0, len(s.deleted)-room):]
}
