package inbox

import (
	"net/http"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// rowEvent carries a row as HTML, drawn by the template that draws it on the page:
// so both look alike.
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
	if s.send("hello", map[string]string{"stamp": b.stamp()}) != nil {
		return nil // the client is gone
	}
	s.follow(r.Context(), events, listener{
		event: func(event emulator.Event) error { return b.sendRow(s, event) },
		lost:  func(int) error { return s.send("refresh", struct{}{}) },
		later: func() error { return b.sendPanels(s) },
	})
	return nil
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
		html, err := b.fragment("request.html", b.requestView(*event.Whole().Request))
		if err != nil {
			return err
		}
		return s.send("request", rowEvent{event.Request.ID, html})
	case emulator.EventDeleted, emulator.EventReset, emulator.EventConfig:
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
