package inbox

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

const (
	defaultListed = 100
	maxListed     = 1000
	maxWait       = time.Minute
)

// messageQuery reads what the three calls on messages have in common.
func messageQuery(q *query) emulator.MessageQuery {
	return emulator.MessageQuery{
		Recipient: q.recipient("to"),
		Channel:   q.oneOf("channel", emulator.ChannelSMS, emulator.ChannelWhatsApp, emulator.ChannelEmail),
		State:     q.oneOf("state", emulator.StateLive, emulator.StateUsed, emulator.StateExpired, emulator.StateSuperseded),
		After:     q.number("after", 0, 0, math.MaxInt64),
	}
}

func (b *Inbox) listMessages(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r, "to", "channel", "state", "after", "limit")
	wanted := messageQuery(q)
	wanted.Limit = int(q.number("limit", defaultListed, 1, maxListed))
	if q.err != nil {
		return q.err
	}
	writeJSON(w, http.StatusOK, map[string]any{"messages": b.emulator.Messages(wanted)})
	return nil
}

// latestMessage answers as soon as there is a message, so that a client need not poll.
func (b *Inbox) latestMessage(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r, "to", "channel", "state", "after", "wait")
	wanted := messageQuery(q)
	wait := q.duration("wait", maxWait)
	if q.err != nil {
		return q.err
	}
	limitTime(w, wait+b.writeTimeout)
	m, found := b.emulator.LatestMessage(wanted)
	if !found && wait > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		var err error
		m, err = b.emulator.WaitMessage(ctx, wanted)
		found = err == nil
		if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
			return &problem{StatusCode: http.StatusServiceUnavailable, ErrorType: "stopping", ErrorMessage: "otpbox is stopping."}
		}
	}
	if !found {
		return &problem{StatusCode: http.StatusNotFound, ErrorType: "no_message", ErrorMessage: "There is no such message."}
	}
	writeJSON(w, http.StatusOK, m)
	return nil
}

// showMessage returns one message.
func (b *Inbox) showMessage(w http.ResponseWriter, r *http.Request) error {
	id, err := parseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	m, found := b.emulator.LatestMessage(emulator.MessageQuery{After: id - 1, Which: func(m emulator.Message) bool { return m.ID == id }})
	if !found {
		return &problem{StatusCode: http.StatusNotFound, ErrorType: "no_message", ErrorMessage: "There is no such message."}
	}
	writeJSON(w, http.StatusOK, m)
	return nil
}

func (b *Inbox) deleteMessages(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r, "to", "channel", "state")
	wanted := messageQuery(q)
	if q.err != nil {
		return q.err
	}
	writeJSON(w, http.StatusOK, map[string]int{"deleted": b.emulator.DeleteMessages(wanted)})
	return nil
}

func (b *Inbox) listUsers(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r, "limit")
	limit := int(q.number("limit", defaultListed, 1, maxListed))
	if q.err != nil {
		return q.err
	}
	writeJSON(w, http.StatusOK, map[string]any{"users": b.emulator.Users(limit)})
	return nil
}

func (b *Inbox) listSessions(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r, "limit")
	limit := int(q.number("limit", defaultListed, 1, maxListed))
	if q.err != nil {
		return q.err
	}
	writeJSON(w, http.StatusOK, map[string]any{"sessions": b.emulator.Sessions(limit)})
	return nil
}

// endSession ends a session as its time or a revocation does.
func (b *Inbox) endSession(w http.ResponseWriter, r *http.Request) error {
	if !b.emulator.EndSession(r.PathValue("id")) {
		return &problem{StatusCode: http.StatusNotFound, ErrorType: "session_not_found", ErrorMessage: "There is no session with this id, or it has ended."}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (b *Inbox) listRequests(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r, "operation", "to", "after", "limit")
	wanted := emulator.RequestQuery{
		Operation: q.oneOf("operation", operations()...),
		Recipient: q.recipient("to"),
		After:     q.number("after", 0, 0, math.MaxInt64),
		Limit:     int(q.number("limit", defaultListed, 1, maxListed)),
	}
	if q.err != nil {
		return q.err
	}
	writeJSON(w, http.StatusOK, map[string]any{"requests": b.emulator.Requests(wanted)})
	return nil
}

// operations are the names that a filter or a fault can have.
func operations() []string {
	return []string{
		emulator.OpSMSLoginOrCreate, emulator.OpSMSSend, emulator.OpWhatsAppLoginOrCreate, emulator.OpWhatsAppSend,
		emulator.OpEmailLoginOrCreate, emulator.OpEmailSend, emulator.OpAuthenticate, emulator.OpAnySend,
		emulator.OpSessionsAuthenticate, emulator.OpSessionsGet, emulator.OpSessionsRevoke, emulator.OpJWKS,
		emulator.OpUsersGet, emulator.OpUsersDelete, emulator.OpUsersDeletePhoneNumber, emulator.OpUsersDeleteEmail,
	}
}
