package suite_test

import (
	"io"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

func noAnswerFaults() []fault {
	return []fault{
		{name: "the connection is closed before the request is read", server: faultserver.Config{Open: greeted(closed)}, want: noAnswer(0)},
		{name: "the connection is reset before the request is read", server: faultserver.Config{Open: greeted(reset)}, want: noAnswer(0)},
		{name: "the request is never read", server: faultserver.Config{Open: greeted(hanging)}, want: noAnswer(0).timedOut()},
		{name: "the connection is reset in the middle of the request", server: faultserver.Config{Open: greeted(resetAfterSome)}, want: noAnswer(0)},
		{name: "the request is read, then the connection is closed", server: answering(closeConnection), want: noAnswer(1)},
		{name: "the request is read, then the connection is reset", server: answering(resetConnection), want: noAnswer(1)},
		{name: "the request is read, then nothing", server: answering(stall), want: noAnswer(1).timedOut()},
		{name: "a pooled connection is closed after it read the request", warm: true, server: answering(closeConnection), want: noAnswer(1)},
		{name: "a pooled connection is reset after it read the request", warm: true, server: answering(resetConnection), want: noAnswer(1)},
		{name: "a pooled connection died silently", warm: true, dead: true, server: answering(good), want: noAnswer(0).timedOut()},
		{name: "the stream is refused (REFUSED_STREAM), though it was read", only: "HTTP/2", server: answering(resetStream(faultserver.CodeRefusedStream)), want: lied()},
		{name: "the same on a pooled connection", only: "HTTP/2", warm: true, server: answering(resetStream(faultserver.CodeRefusedStream)), want: lied()},
		{name: "the stream is reset: PROTOCOL_ERROR", only: "HTTP/2", server: answering(resetStream(faultserver.CodeProtocolError)), want: noAnswer(1)},
		{name: "the stream is reset: INTERNAL_ERROR", only: "HTTP/2", server: answering(resetStream(faultserver.CodeInternalError)), want: noAnswer(1)},
		{name: "the stream is reset: CANCEL", only: "HTTP/2", server: answering(resetStream(faultserver.CodeCancel)), want: noAnswer(1)},
		{name: "the stream is reset: NO_ERROR", only: "HTTP/2", server: answering(resetStream(faultserver.CodeNoError)), want: noAnswer(1)},
		{name: "the stream is reset: HTTP_1_1_REQUIRED", only: "HTTP/2", server: answering(resetStream(faultserver.CodeHTTP11Required)), want: noAnswer(1)},
		{name: "GOAWAY says that the request was not read, though it was", only: "HTTP/2", server: answering(goAway(faultserver.CodeNoError)), want: lied()},
		{name: "the same on a pooled connection", only: "HTTP/2", warm: true, server: answering(goAway(faultserver.CodeNoError)), want: lied()},
		{name: "GOAWAY with an error", only: "HTTP/2", server: answering(goAway(faultserver.CodeEnhanceYourCalm)), want: noAnswer(1)},
		{name: "the answer is not HTTP", server: answering(raw("SSH-2.0-OpenSSH_9.9 " + untrustedText + "\r\n")), want: noAnswer(1)},
		{name: "the status line is malformed", only: "HTTP/1.1", server: answering(raw("HTTP/1.1 2OO " + untrustedText + "\r\n\r\n")), want: noAnswer(1)},
		{name: "a header line is malformed", only: "HTTP/1.1", server: answering(raw("HTTP/1.1 200 OK\r\n" + untrustedText + "\x00\r\n\r\n")), want: noAnswer(1)},
		{name: "two lengths are announced", only: "HTTP/1.1", server: answering(raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")), want: noAnswer(1)},
		{name: "the header is 10 MiB long", server: answering(bigHeader), want: noAnswer(1)},
		{name: "2,000 interim answers of 1 KiB each", server: answering(interim), want: noAnswer(1)},
		{name: "the header drips and never ends", only: "HTTP/1.1", server: answering(dripHeader), want: noAnswer(1).timedOut()},
		{name: "the header is cut short", only: "HTTP/1.1", server: answering(raw("HTTP/1.1 200 OK\r\nContent-Type: appl")), want: noAnswer(1)},
	}
}

// lied is the verdict on a server that reads the request and says by HTTP/2 that it
// did not. It is believed, and gets the request again, six times at most.
func lied() verdict {
	return verdict{kind: "TransportError", delivery: stytchotp.DeliveryNotSent, received: 7}
}

func answering(handle func(faultserver.Exchange)) faultserver.Config {
	return faultserver.Config{Handle: handle}
}

// greeted lets the client have its connection first.
func greeted(open func(*faultserver.Conn) bool) func(*faultserver.Conn) bool {
	return func(c *faultserver.Conn) bool {
		c.Greet()
		return open(c)
	}
}

// resetAfterSome reads the begin of the request only.
func resetAfterSome(c *faultserver.Conn) bool {
	_, _ = io.ReadFull(c, make([]byte, 16))
	return reset(c)
}

func closeConnection(e faultserver.Exchange) { _ = e.Conn().Close() }

func resetConnection(e faultserver.Exchange) { e.Conn().Reset() }

func stall(e faultserver.Exchange) { e.Stall() }

func resetStream(code uint32) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) { e.(*faultserver.HTTP2).ResetStream(code) }
}

// goAway claims to have read no stream at all.
func goAway(code uint32) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) { e.(*faultserver.HTTP2).GoAway(0, code) }
}

func raw(text string) func(faultserver.Exchange) {
	return func(e faultserver.Exchange) { _ = e.Raw([]byte(text)) }
}

func bigHeader(e faultserver.Exchange) {
	e.Head(200, "X-Filler", strings.Repeat("x", 10<<20))
	_ = e.Body([]byte(goodBody))
	e.End()
}

func interim(e faultserver.Exchange) {
	for range 2000 {
		e.Head(103, "Link", strings.Repeat("x", 1<<10))
	}
	good(e)
}

func dripHeader(e faultserver.Exchange) {
	_ = e.Raw([]byte("HTTP/1.1 200 OK\r\nX-Filler: "))
	drip(func() error { return e.Raw([]byte("x")) })
}

// drip calls write a hundred times a second until it fails.
func drip(write func() error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for write() == nil {
		<-tick.C
	}
}
