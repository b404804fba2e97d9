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
	writer   http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
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
	s = &stream{writer: w, control: http.NewResponseController(w), patience: b.patience}
	return s, func() { <-b.streams }, nil
}

func (s *stream) write(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.patience)) // who takes longer is gone
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

// follow calls each for every event until the reader is gone, and keeps a quiet stream
// open. What a slow reader missed is reported to lost.
func (s *stream) follow(ctx context.Context, events *emulator.Subscription, each func(emulator.Event) error, lost func(int) error) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if err := s.write(": still here\n\n"); err != nil {
				return err
			}
		case event := <-events.Events():
			if err := each(event); err != nil {
				return err
			}
			if n := events.Lost(); n > 0 {
				if err := lost(n); err != nil {
					return err
				}
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
	_ = s.follow(r.Context(), events,
		func(event emulator.Event) error { return s.send(event.Kind, event.Whole()) },
		func(n int) error { return s.send("lost", map[string]int{"events": n}) })
	return nil
}
