package inbox

import (
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// panelDelay is how long the small panels may be behind, so that a burst of calls
// draws them once.
const panelDelay = 100 * time.Millisecond

// rowEvent carries a row as HTML, drawn by the template that draws it on the page:
// there is no second idea of what a row looks like.
type rowEvent struct {
	ID   int64  `json:"id"`
	HTML string `json:"html"`
}

type panelsEvent struct {
	Clock  string `json:"clock"`
	Faults string `json:"faults"`
	Users  string `json:"users"`
}

// pageEvents is the stream for the page.
func (b *Inbox) pageEvents(w http.ResponseWriter, r *http.Request) error {
	s, release, err := b.openStream(w)
	if err != nil {
		return err
	}
	defer release()
	events := b.emulator.Subscribe(streamBuffer)
	defer events.Close()
	err = s.send("hello", map[string]string{"stamp": b.stamp()})

	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var due <-chan time.Time
	for err == nil {
		select {
		case <-r.Context().Done():
			return nil
		case <-beat.C:
			err = s.write(": still here\n\n")
		case <-due:
			due = nil
			err = b.sendPanels(s)
		case event := <-events.Events():
			if due == nil {
				due = time.After(panelDelay)
			}
			err = b.sendRow(s, event)
			if err == nil && events.Lost() > 0 {
				err = s.send("refresh", struct{}{})
			}
		}
	}
	return nil // the client is gone
}

func (b *Inbox) sendRow(s *stream, event emulator.Event) error {
	switch event.Kind {
	case emulator.EventMessage:
		html, err := b.fragment("message.html", newMessageView(*event.Message, b.emulator.Now()))
		if err != nil {
			return err
		}
		return s.send("message", rowEvent{event.Message.ID, html})
	case emulator.EventRequest:
		html, err := b.fragment("request.html", newRequestView(*event.Whole().Request))
		if err != nil {
			return err
		}
		return s.send("request", rowEvent{event.Request.ID, html})
	case emulator.EventDeleted, emulator.EventReset:
		return s.send("refresh", struct{}{})
	}
	return nil
}

func (b *Inbox) sendPanels(s *stream) error {
	view := b.panels()
	var event panelsEvent
	var err error
	if event.Clock, err = b.fragment("clock.html", view.Clock); err != nil {
		return err
	}
	if event.Faults, err = b.fragment("faults.html", view); err != nil {
		return err
	}
	if event.Users, err = b.fragment("users.html", view); err != nil {
		return err
	}
	return s.send("panels", event)
}
