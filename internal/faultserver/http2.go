package faultserver

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Codes of RST_STREAM and GOAWAY frames.
const (
	CodeNoError         = 0x0
	CodeProtocolError   = 0x1
	CodeInternalError   = 0x2
	CodeRefusedStream   = 0x7
	CodeCancel          = 0x8
	CodeEnhanceYourCalm = 0xb
	CodeHTTP11Required  = 0xd
)

const (
	frameData = iota
	frameHeaders
	framePriority
	frameResetStream
	frameSettings
	framePushPromise
	framePing
	frameGoAway
	frameWindowUpdate
	frameContinuation
)

const (
	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4

	preface      = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	maxFrame     = 16 << 10
	maxReadFrame = 1 << 20
)

var errGone = errors.New("the client gave the request up")

// http2Conn reads frames and keeps the books of flow control.
type http2Conn struct {
	*Conn

	reader  *bufio.Reader
	writing sync.Mutex

	mu      sync.Mutex
	changed *sync.Cond // windows, streams, closed
	window  int64
	initial int64
	streams map[uint32]*HTTP2
	last    uint32 // the stream that was begun last
	retired bool   // no more streams are read
	closed  bool
}

// HTTP2 is an exchange over HTTP/2, with two more ways to fail.
type HTTP2 struct {
	conn   *http2Conn
	id     uint32
	window int64
	body   []byte
	ended  bool
	gone   chan struct{}
	left   bool
}

func serveHTTP2(c *Conn) {
	h := &http2Conn{
		Conn: c, reader: bufio.NewReader(c),
		window: 65535, initial: 65535,
		streams: map[uint32]*HTTP2{},
	}
	h.changed = sync.NewCond(&h.mu)
	defer h.shut()
	hello := make([]byte, len(preface))
	if _, err := io.ReadFull(h.reader, hello); err != nil || string(hello) != preface {
		return
	}
	if h.write(frameSettings, 0, 0, nil) != nil {
		return
	}
	for h.readFrame() {
	}
}

// shut wakes everything that waits on the connection.
func (h *http2Conn) shut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, s := range h.streams {
		s.leave()
	}
	h.changed.Broadcast()
}

func (h *http2Conn) readFrame() bool {
	var head [9]byte
	if _, err := io.ReadFull(h.reader, head[:]); err != nil {
		return false
	}
	size := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if size > maxReadFrame {
		return false
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(h.reader, payload); err != nil {
		return false
	}
	kind, flags, id := head[3], head[4], binary.BigEndian.Uint32(head[5:])&^(1<<31)
	switch kind {
	case frameHeaders:
		h.mu.Lock()
		if h.retired {
			h.mu.Unlock()
			return true
		}
		h.last = id
		h.server.begun.Add(1)
		h.streams[id] = &HTTP2{conn: h, id: id, window: h.initial, gone: make(chan struct{})}
		h.mu.Unlock()
		h.ended(id, flags)
	case frameData:
		h.data(id, flags, payload)
	case frameResetStream:
		h.mu.Lock()
		if s := h.streams[id]; s != nil {
			s.leave()
			h.changed.Broadcast()
		}
		h.mu.Unlock()
	case frameSettings:
		return flags&flagAck != 0 || h.settings(payload)
	case framePing:
		return flags&flagAck != 0 || h.write(framePing, flagAck, 0, payload) == nil
	case frameWindowUpdate:
		h.enlarge(id, int64(binary.BigEndian.Uint32(payload)))
	}
	return true
}

func (h *http2Conn) settings(payload []byte) bool {
	const initialWindowSize = 4
	h.mu.Lock()
	for ; len(payload) >= 6; payload = payload[6:] {
		if binary.BigEndian.Uint16(payload) == initialWindowSize {
			h.initial = int64(binary.BigEndian.Uint32(payload[2:]))
		}
	}
	h.mu.Unlock()
	return h.write(frameSettings, flagAck, 0, nil) == nil
}

func (h *http2Conn) data(id uint32, flags byte, payload []byte) {
	h.mu.Lock()
	if s := h.streams[id]; s != nil {
		s.body = append(s.body, payload...)
	}
	h.mu.Unlock()
	if len(payload) > 0 { // let the connection's window never run out
		_ = h.write(frameWindowUpdate, 0, 0, binary.BigEndian.AppendUint32(nil, uint32(len(payload))))
	}
	h.ended(id, flags)
}

// ended runs the handler when the request is whole.
func (h *http2Conn) ended(id uint32, flags byte) {
	h.mu.Lock()
	s := h.streams[id]
	h.mu.Unlock()
	if s == nil || flags&flagEndStream == 0 {
		return
	}
	h.server.running.Go(func() {
		h.server.received(s)
		if !s.ended {
			s.ResetStream(CodeInternalError)
		}
		h.mu.Lock()
		delete(h.streams, s.id)
		h.mu.Unlock()
	})
}

func (h *http2Conn) enlarge(id uint32, by int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id == 0 {
		h.window += by
	} else if s := h.streams[id]; s != nil {
		s.window += by
	}
	h.changed.Broadcast()
}

func (h *http2Conn) write(kind, flags byte, id uint32, payload []byte) error {
	frame := make([]byte, 0, 9+len(payload))
	n := len(payload)
	frame = append(frame, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	frame = binary.BigEndian.AppendUint32(frame, id)
	frame = append(frame, payload...)
	return h.raw(frame)
}

func (h *http2Conn) raw(b []byte) error {
	h.writing.Lock()
	defer h.writing.Unlock()
	_, err := h.Write(b)
	return err
}

// Request returns what was read; its header is not decoded.
func (s *HTTP2) Request() Request { return Request{Proto: "h2", Body: s.body} }

// Conn returns the connection.
func (s *HTTP2) Conn() *Conn { return s.conn.Conn }

// Head sends a HEADERS frame, with CONTINUATION frames when it is long.
func (s *HTTP2) Head(status int, fields ...string) {
	block := appendField(nil, ":status", strconv.Itoa(status))
	for i := 0; i+1 < len(fields); i += 2 {
		if !strings.EqualFold(fields[i], "Connection") && !strings.EqualFold(fields[i], "Upgrade") {
			block = appendField(block, strings.ToLower(fields[i]), fields[i+1])
		}
	}
	for kind := byte(frameHeaders); ; kind = frameContinuation {
		part := block[:min(len(block), maxFrame)]
		block = block[len(part):]
		flags := byte(0)
		if len(block) == 0 {
			flags = flagEndHeaders
		}
		if s.conn.write(kind, flags, s.id, part) != nil || len(block) == 0 {
			return
		}
	}
}

// appendField appends a literal header field without indexing (RFC 7541, 6.2.2).
func appendField(b []byte, name, value string) []byte {
	b = append(b, 0)
	for _, text := range []string{name, value} {
		n := len(text)
		if n < 127 {
			b = append(b, byte(n))
		} else {
			b = append(b, 127)
			for n -= 127; n >= 128; n >>= 7 {
				b = append(b, byte(n)|0x80)
			}
			b = append(b, byte(n))
		}
		b = append(b, text...)
	}
	return b
}

// Body sends DATA frames as fast as the client's windows allow.
func (s *HTTP2) Body(b []byte) error {
	for len(b) > 0 {
		n, err := s.reserve(len(b))
		if err != nil {
			return err
		}
		if err := s.conn.write(frameData, 0, s.id, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// reserve waits until some of n bytes may be sent.
func (s *HTTP2) reserve(n int) (int, error) {
	h := s.conn
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		free := min(h.window, s.window, int64(n), maxFrame)
		switch {
		case h.closed || s.left:
			return 0, errGone
		case free > 0:
			h.window -= free
			s.window -= free
			return int(free), nil
		}
		h.changed.Wait()
	}
}

// End ends the stream in order.
func (s *HTTP2) End() {
	s.ended = true
	_ = s.conn.write(frameData, flagEndStream, s.id, nil)
}

// Raw puts bytes between two frames.
func (s *HTTP2) Raw(b []byte) error { return s.conn.raw(b) }

// Stall waits until the client resets the stream or leaves.
func (s *HTTP2) Stall() { <-s.gone }

// Gone is closed when the client resets the stream or leaves.
func (s *HTTP2) Gone() <-chan struct{} { return s.gone }

// ResetStream ends the stream with a code.
func (s *HTTP2) ResetStream(code uint32) {
	s.ended = true
	_ = s.conn.write(frameResetStream, 0, s.id, binary.BigEndian.AppendUint32(nil, code))
}

// Retire says that no more streams will be read than were begun, and goes on with
// these.
func (s *HTTP2) Retire() {
	s.conn.mu.Lock()
	s.conn.retired = true
	last := s.conn.last
	s.conn.mu.Unlock()
	s.sendGoAway(last, CodeNoError)
}

// GoAway says that streams after last were not and will not be read.
func (s *HTTP2) GoAway(last, code uint32) {
	s.ended = true
	s.sendGoAway(last, code)
}

func (s *HTTP2) sendGoAway(last, code uint32) {
	payload := binary.BigEndian.AppendUint32(nil, last)
	_ = s.conn.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(payload, code))
}

// leave is called with the connection's lock held.
func (s *HTTP2) leave() {
	if !s.left {
		s.left = true
		close(s.gone)
	}
}
