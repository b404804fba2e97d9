package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

const (
	streamBuffer = 256              // events that a slow reader may be behind
	heartbeat    = 15 * time.Second // keeps proxies from closing a quiet stream
)

// stream is one open connection of server-sent events.
type stream struct {
	writer       http.ResponseWriter
	control      *http.ResponseController
	writeTimeout time.Duration
}

// openStream begins a stream, if there is room for one more. The caller calls
// release when it is over.
func (b *Inbox) openStream(w http.ResponseWriter) (s *stream, release func(), err error) {
	select {
	case b.streams <- struct{}{}:
	default:
		w.Header().Set("Retry-After", "5")
		return nil, nil, &problem{
			StatusCode: http.StatusServiceUnavailable, ErrorType: "too_many_streams",
			ErrorMessage: fmt.Sprintf("%d event streams are open already.", cap(b.streams)),
		}
	}
	limitTime(w, 0)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	s = &stream{writer: w, control: http.NewResponseController(w), writeTimeout: b.writeTimeout}
	return s, func() { <-b.streams }, nil
}

func (s *stream) write(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.writeTimeout)) // who takes longer is gone
	if _, err := s.writer.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}

// send writes one event, whose data is a single line of JSON.
func (s *stream) send(name string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return s.write("event: " + name + "\ndata: " + string(encoded) + "\n\n")
}

// listener is what a stream does for the events of the emulator.
type listener struct {
	event func(emulator.Event) error
	lost  func(events int) error // a slow reader missed some
	later func() error           // laterDelay after an event, once for all in between; may be nil
}

// laterDelay is how long the small panels may be behind, so that a burst of calls
// draws them once.
const laterDelay = 100 * time.Millisecond

// follow calls f until the reader is gone or ctx ends, and keeps a quiet stream open.
func (s *stream) follow(ctx context.Context, events *emulator.Subscription, f listener) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var due <-chan time.Time
	for err := error(nil); err == nil; {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			err = s.write(": still here\n\n")
		case <-due:
			due = nil
			err = f.later()
		case event := <-events.Events():
			if due == nil && f.later != nil {
				due = time.After(laterDelay)
			}
			err = f.event(event)
			if n := events.Lost(); err == nil && n > 0 {
				err = f.lost(n)
			}
		}
	}
}

// events is the stream for programs.
func (b *Inbox) events(w http.ResponseWriter, r *http.Request) error {
	s, release, err := b.openStream(w)
	if err != nil {
		return err
	}
	defer release()
	events := b.emulator.Subscribe(streamBuffer)
	defer events.Close()
	if s.send("hello", b.clock()) != nil {
		return nil // the client is gone
	}
	s.follow(r.Context(), events, listener{
		event: func(event emulator.Event) error { return s.send(event.Kind, event.Whole()) },
		lost:  func(n int) error { return s.send("lost", map[string]int{"events": n}) },
	})
	return nil
}
