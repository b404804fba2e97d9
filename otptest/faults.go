package otptest

import (
	"fmt"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/emulator"
)

// The operations: the calls of the API as named in messages, requests, faults and
// rate limits.
const (
	OpSMSLoginOrCreate      = stytchotp.OpSMSLoginOrCreate
	OpSMSSend               = stytchotp.OpSMSSend
	OpWhatsAppLoginOrCreate = stytchotp.OpWhatsAppLoginOrCreate
	OpWhatsAppSend          = stytchotp.OpWhatsAppSend
	OpEmailLoginOrCreate    = stytchotp.OpEmailLoginOrCreate
	OpEmailSend             = stytchotp.OpEmailSend
	OpAuthenticate          = stytchotp.OpAuthenticate

	OpSessionsAuthenticate = stytchotp.OpSessionsAuthenticate
	OpSessionsGet          = stytchotp.OpSessionsGet
	OpSessionsRevoke       = stytchotp.OpSessionsRevoke
	OpJWKS                 = emulator.OpJWKS

	OpUsersGet               = stytchotp.OpUsersGet
	OpUsersDelete            = stytchotp.OpUsersDelete
	OpUsersDeletePhoneNumber = stytchotp.OpUsersDeletePhoneNumber
	OpUsersDeleteEmail       = stytchotp.OpUsersDeleteEmail

	OpAnySend = emulator.OpAnySend // the first six, in a fault or a rate limit
)

// What a [Fault] can do to the connection.
const (
	// DropRefused refuses the connection, so that nothing was sent. The client
	// tries again then, twice by default, and Times counts connections: to make a
	// call fail takes Times: 3, or [stytchotp.WithMaxRetries] of 0.
	//
	// That is so in process. A server with a socket, which is what [NewServer]
	// makes, learns which call it is only when it has read it, and resets the
	// connection. The client has sent the request by then: it does not try again,
	// and says that the message may have been sent.
	DropRefused = emulator.DropRefused
	// DropBeforeRead closes the connection before the request is acted on.
	DropBeforeRead = emulator.DropBeforeRead
	// DropAfterSend lets the message go out and then cuts the connection without
	// an answer: the case in which a client that retries sends a second message.
	DropAfterSend = emulator.DropAfterSend
)

// Fault makes chosen calls fail. Which ones is settled by the order of the calls
// and never by chance. Of several faults that are due, the one injected first is
// applied, and the call does not count for the others; so two faults for one call
// each make the first and the second call fail.
type Fault struct {
	// Operation is one of the Op constants; empty for all.
	Operation string
	// Recipient is the number or address that the call is about; empty for all.
	Recipient string
	// Nth is the first matching call to be hit, counted from one; 0 means 1.
	Nth int
	// Times is how many calls are hit from there on; 0 means 1, negative all.
	// A call that the client tries again counts again.
	Times int

	// Delay passes before the call is acted on, or with SendFirst after it was.
	// It is real time, or a synctest bubble's, not the server's clock; at most an
	// hour, and it ends with the call's context. A Delay alone only delays.
	Delay time.Duration
	// SendFirst lets the call do its work, so that the message goes out, before
	// the rest of the fault happens.
	SendFirst bool
	// Status and ErrorType are the error to answer; each has a default that
	// suits the other.
	Status    int
	ErrorType string
	// RetryAfter is sent as a Retry-After header, in whole seconds, rounded up.
	// The status is 429 unless something else sets it.
	RetryAfter time.Duration
	// HTML answers with a proxy's HTML page, as status 502 unless Status is set.
	HTML bool
	// Cut breaks the connection off in the middle of the answer's body.
	Cut bool
	// Drop cuts the connection without any answer: one of the Drop constants.
	Drop string
}

// Inject sets a fault up. One that is never hit fails the test when it ends, so
// that a test cannot pass because nothing went wrong. A fault that makes no sense
// fails the test at once.
func (s *Server) Inject(f Fault) {
	id, err := s.engine.AddFault(emulator.Fault(f))
	if err != nil {
		s.mistake(err)
		return
	}
	if s.view {
		s.tb.Cleanup(func() { s.checkFault(id) })
	}
}

// checkFault fails the test of a view when the fault that it injected was never hit.
func (s *Server) checkFault(id int64) {
	for _, fault := range s.engine.UnusedFaults() {
		if fault.ID == id && s.engine.RemoveFault(id) {
			s.tb.Errorf("otptest: fault %d was never hit: %s", id, describeFault(fault.Fault))
		}
	}
}

// RateLimit refuses calls with 429 too_many_requests beyond a number in a window.
// Windows do not roll: a window of a minute begins when the server's clock begins
// a minute, and the next one counts from zero.
type RateLimit struct {
	Operation string        // one of the Op constants; empty for all
	By        string        // LimitByRecipient (the default), LimitByCountry or LimitByProject
	Max       int           // calls allowed in a window; zero allows none
	Window    time.Duration // 1 millisecond to 24 hours
	// RetryAfter makes the answer say when the window ends, which the real API is
	// not documented to do.
	RetryAfter bool
}

// What a [RateLimit] counts by.
const (
	LimitByRecipient = emulator.LimitByRecipient
	LimitByCountry   = emulator.LimitByCountry // phone numbers only
	LimitByProject   = emulator.LimitByProject
)

// describeFault says enough to find the fault in the test.
func describeFault(f emulator.Fault) string {
	words := []string{"any operation"}
	if f.Operation != "" {
		words[0] = f.Operation
	}
	add := func(when bool, format string, args ...any) {
		if when {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(f.Recipient != "", "to one recipient")
	add(f.Nth > 1, "call %d", f.Nth)
	add(f.Delay != 0, "delayed by %s", f.Delay)
	add(f.SendFirst, "after sending")
	add(f.Status != 0, "status %d", f.Status)
	add(f.ErrorType != "", "%s", f.ErrorType)
	add(f.RetryAfter != 0, "retry after %s", f.RetryAfter)
	add(f.HTML, "HTML")
	add(f.Cut, "cut")
	add(f.Drop != "", "dropped: %s", f.Drop)
	return strings.Join(words, ", ")
}
