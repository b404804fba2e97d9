package inbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// follower reads a stream of server-sent events.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
	stop  context.CancelFunc
}

func (b *box) follow(path string) *follower {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	b.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.URL+path, http.NoBody)
	require.NoError(b.t, err)
	response, err := b.server.Client().Do(r)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { response.Body.Close() })
	require.Equal(b.t, http.StatusOK, response.StatusCode)
	require.Equal(b.t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &follower{b.t, lines, cancel}
}

// next returns the next event, and checks its form.
func (f *follower) next() (name string, data map[string]any) {
	f.t.Helper()
	for f.lines.Scan() {
		line := f.lines.Text()
		if event, found := strings.CutPrefix(line, "event: "); found {
			name = event
		}
		if text, found := strings.CutPrefix(line, "data: "); found {
			require.NoError(f.t, json.Unmarshal([]byte(text), &data), text)
		}
		if line == "" && name != "" {
			return name, data
		}
	}
	require.Fail(f.t, "the stream ended", "%v", f.lines.Err())
	return "", nil
}

// until skips events that are of another kind.
func (f *follower) until(kind string) map[string]any {
	f.t.Helper()
	for {
		if name, data := f.next(); name == kind {
			return data
		}
	}
}

// panel skips events until one shows the text in a panel of the page.
func (f *follower) panel(name, text string) {
	f.t.Helper()
	for !strings.Contains(fmt.Sprint(f.until("panels")[name]), text) {
	}
}

func TestEvents(t *testing.T) {
	b := newBox(t)
	events := b.follow("/_otp/events")
	assert.Equal(t, false, events.until("hello")["frozen"])

	m := b.send(number)
	event := events.until(emulator.EventMessage)
	assert.Equal(t, m.Code, event["message"].(map[string]any)["code"])
	request := events.until(emulator.EventRequest)["request"].(map[string]any)
	assert.Equal(t, number, request["recipient"])
	assert.Contains(t, request["body"], number)
	assert.Contains(t, request["answer"], m.RequestID)

	for _, step := range []struct{ method, path, body, kind string }{
		{"PUT", "clock", `{"advance":"1m"}`, emulator.EventClock},
		{"POST", "faults", `{"status":500}`, emulator.EventFault},
		{"PUT", "countries", `{"sms":["US"]}`, emulator.EventConfig},
		{"DELETE", "messages", ``, emulator.EventDeleted},
		{"POST", "reset", ``, emulator.EventReset},
	} {
		b.do(step.method, "/_otp/"+step.path, step.body)
		assert.Equal(t, step.kind, events.until(step.kind)["kind"])
	}
}

// TestEventsOutliveServer: a stream goes on when the server's time limits are over.
func TestEventsOutliveServer(t *testing.T) {
	t.Parallel()
	b := newShortTimeoutBox(t)
	for _, path := range []string{"/_otp/events", "/_otp/page/events"} {
		events := b.follow(path)
		events.until("hello")
		<-time.After(2 * shortTimeout)
		b.send(number)
		events.until("message")
	}
}

func TestBoundedStreams(t *testing.T) {
	b := newBox(t, func(c *Config) { c.MaxStreams = 2 })
	first := b.follow("/_otp/events")
	first.until("hello")
	b.follow("/_otp/page/events").until("hello")

	refused := b.do(http.MethodGet, "/_otp/events", "")
	assert.Equal(t, http.StatusServiceUnavailable, refused.status)
	assert.Contains(t, refused.body, "too_many_streams")
	assert.NotEmpty(t, refused.header.Get("Retry-After"))

	first.stop() // makes room, as soon as the server notices
	require.Eventually(t, func() bool { return len(b.server.Config.Handler.(*Inbox).streams) == 1 }, time.Minute, time.Millisecond)
	b.follow("/_otp/events").until("hello")
}

// TestReaderWhoReadsNothing does not hold a place for ever.
func TestReaderWhoReadsNothing(t *testing.T) {
	t.Parallel()
	b := newShortTimeoutBox(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close() //nolint:errcheck // nothing is written any more
	_, err = conn.Write([]byte("GET /_otp/events HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	require.NoError(t, err)
	streams := b.server.Config.Handler.(*Inbox).streams
	require.Eventually(t, func() bool { return len(streams) == 1 }, time.Minute, time.Millisecond)
	text := `{"phone_number":"` + strings.Repeat("x", 3000) + `"}`
	require.Eventually(t, func() bool { // until nothing more fits between the two
		for range 200 {
			b.engine.Begin(emulator.Call{Method: http.MethodPost, Path: "/v1/otps/sms/send", Body: []byte(text)}).Finish(t.Context()) //nolint:errcheck // no delay
		}
		return len(streams) == 0
	}, 2*time.Minute, time.Millisecond)
}

func TestPageEvents(t *testing.T) {
	b := newBox(t)
	page := b.follow("/_otp/page/events")
	assert.Equal(t, "0.0", page.until("hello")["stamp"])

	m := b.send(number)
	row := page.until("message")
	assert.InDelta(t, m.ID, row["id"], 0)
	assert.Contains(t, row["html"], `data-state="live"`)
	assert.Contains(t, b.do(http.MethodGet, "/", "").body, strings.SplitN(row["html"].(string), "<time", 2)[0], "the same as on the page")
	html := page.until("request")["html"]
	assert.Contains(t, html, "otps.sms.login_or_create")
	assert.Contains(t, html, m.RequestID)
	assert.Contains(t, html, `aria-label="Answer"`)
	page.panel("users", number[1:])

	b.send(number) // first the old code's row changes, then the new one's comes
	assert.Contains(t, page.until("message")["html"], `data-state="superseded"`)
	assert.Contains(t, page.until("message")["html"], `data-state="live"`)

	b.do(http.MethodPut, "/_otp/clock", `{"freeze":true}`)
	page.panel("clock", "data-frozen")
	b.do(http.MethodPost, "/_otp/faults", `{"drop":"after_send"}`)
	page.panel("faults", "goes out, then the connection is cut")
	b.do(http.MethodDelete, "/_otp/messages", "")
	page.until("refresh")
	b.do(http.MethodPost, "/_otp/reset", "")
	page.until("refresh")
	assert.Equal(t, "0.0", b.server.Config.Handler.(*Inbox).stamp())
}

// TestCallerWhoSendsHalf is cut off, even in a server without time limits.
func TestCallerWhoSendsHalf(t *testing.T) {
	b := newBox(t)
	b.server.Config.Handler.(*Inbox).writeTimeout = 30 * time.Millisecond
	for _, path := range []string{"/_otp/faults", "/_otp/page/clock", "/v1/otps/sms/send"} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
		require.NoError(t, err)
		defer conn.Close() //nolint:errcheck // nothing is written any more
		_, err = conn.Write([]byte("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + form + "\r\nContent-Length: 100\r\n\r\n{"))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(2*time.Minute)))
		_, err = io.Copy(io.Discard, conn) // an error answer or none, and then the end
		require.NoError(t, err, path)
	}
}
