package otptest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/emulator"
)

// The channels that a code can go by.
const (
	ChannelSMS      = stytchotp.ChannelSMS
	ChannelWhatsApp = stytchotp.ChannelWhatsApp
	ChannelEmail    = stytchotp.ChannelEmail
)

// The states of a message's code.
const (
	StateLive       = emulator.StateLive       // it can be used
	StateUsed       = emulator.StateUsed       // it was used to log in
	StateExpired    = emulator.StateExpired    // its time ran out before it was used
	StateSuperseded = emulator.StateSuperseded // a later message to the same method id replaced it
)

// Message is a message that went out.
type Message struct {
	ID               int64 // rises by one from message to message
	Operation        string
	Channel          stytchotp.Channel
	Recipient        string // an E.164 number, or an e-mail address in lower case
	Code             string
	State            string // of the code when this was returned: StateLive and so on
	Subject          string // of an e-mail
	Text             string // what the recipient reads, in the locale's language
	Locale           string
	MethodID         string
	UserID           string
	RequestID        string
	LoginTemplateID  string
	SignupTemplateID string
	SentAt           time.Time
	ExpiresAt        time.Time
	UsedAt           time.Time // zero until the code was used
}

func newMessage(m emulator.Message) Message {
	return Message{
		ID: m.ID, Operation: m.Operation, Channel: stytchotp.Channel(m.Channel), Recipient: m.Recipient,
		Code: m.Code, State: m.State, Subject: m.Subject, Text: m.Text, Locale: m.Locale,
		MethodID: m.MethodID, UserID: m.UserID, RequestID: m.RequestID,
		LoginTemplateID: m.LoginTemplateID, SignupTemplateID: m.SignupTemplateID,
		SentAt: m.SentAt, ExpiresAt: m.ExpiresAt, UsedAt: m.UsedAt,
	}
}

// Request is a request that reached the server, and how it ended.
type Request struct {
	ID            int64 // rises by one from request to request
	Time          time.Time
	RequestID     string
	Method        string
	Path          string
	Operation     string // such as OpSMSSend; empty for a path that is no call of the API
	Recipient     string // the number or address that it was about, if known
	Status        int    // zero when the caller got no answer
	ErrorType     string
	UnknownFields []string // names in the body that the call does not have
	FaultID       int64    // the fault that it met, if any
	Drop          string   // what the fault did to the connection
	TraceParent   string   // the header of that name, if it is one of W3C Trace Context
	Abandoned     bool     // the caller's context ended during a fault's delay
	Body          string   // JSON, with codes, tokens and unknown values masked
	Answer        string   // JSON, with tokens masked
}

// Code returns the code that a phone number or e-mail address can log in with at
// this moment: the last one sent to it, by whatever channel. If there is none, or
// it was used or has expired, the test fails at once, so call Code from the
// test's own goroutine, and in a subtest on the view that [Server.For] returns. On a
// server made by [Start] it then returns "". A recipient that is neither a phone number
// nor an e-mail address is a mistake.
func (s *Server) Code(recipient string) string {
	if s.tb != nil {
		s.tb.Helper()
	}
	if err := emulator.CheckRecipient(recipient); err != nil {
		s.mistake(err)
		return ""
	}
	m, found := s.engine.LatestMessage(emulator.MessageQuery{Recipient: recipient})
	if found && m.State == StateLive {
		return m.Code
	}
	if s.tb == nil {
		return ""
	}
	if found {
		s.tb.Fatalf("otptest: the last code sent to %q is %s", recipient, m.State)
	} else {
		s.tb.Fatalf("otptest: no message was sent to %q", recipient)
	}
	return ""
}

// PhoneCode is [Server.Code] for a phone number, as [stytchotp.AuthenticateParams]
// takes it.
func (s *Server) PhoneCode(number stytchotp.PhoneNumber) stytchotp.Secret {
	if s.tb != nil {
		s.tb.Helper()
	}
	return stytchotp.Secret(s.Code(string(number)))
}

// EmailCode is [Server.Code] for an e-mail address, as
// [stytchotp.AuthenticateParams] takes it.
func (s *Server) EmailCode(address stytchotp.EmailAddress) stytchotp.Secret {
	if s.tb != nil {
		s.tb.Helper()
	}
	return stytchotp.Secret(s.Code(string(address)))
}

// Messages returns the messages that went out, the first sent first. The last
// 10,000 are kept.
func (s *Server) Messages() []Message {
	found := s.engine.Messages(emulator.MessageQuery{})
	messages := make([]Message, 0, len(found))
	for _, m := range slices.Backward(found) {
		messages = append(messages, newMessage(m))
	}
	return messages
}

// WaitMessage returns the newest message to recipient, and waits for one if there
// is none yet. With an empty recipient it returns the newest message to any. The
// error is that of ctx, or says that recipient is neither a phone number nor an
// e-mail address.
//
// Where an older message is already there, [Server.WaitMessageAfter] makes sure
// that it is not taken for the new one.
func (s *Server) WaitMessage(ctx context.Context, recipient string) (Message, error) {
	return s.WaitMessageAfter(ctx, recipient, 0)
}

// WaitMessageAfter is like [Server.WaitMessage] for messages newer than the one
// whose ID is after.
func (s *Server) WaitMessageAfter(ctx context.Context, recipient string, after int64) (Message, error) {
	if ctx == nil {
		return Message{}, errors.New("otptest: the context is nil")
	}
	if recipient != "" {
		if err := emulator.CheckRecipient(recipient); err != nil {
			return Message{}, fmt.Errorf("otptest: %w", err)
		}
	}
	m, err := s.engine.WaitMessage(ctx, emulator.MessageQuery{Recipient: recipient, After: after})
	if err != nil {
		return Message{}, fmt.Errorf("otptest: no message came: %w", err)
	}
	return newMessage(m), nil
}

// Requests returns the requests that reached the server, the first answered
// first. The last 2,000 are kept. A connection that a fault refused carried none.
func (s *Server) Requests() []Request {
	found := s.engine.Requests(emulator.RequestQuery{})
	requests := make([]Request, 0, len(found))
	for _, r := range slices.Backward(found) {
		requests = append(requests, Request(r))
	}
	return requests
}
