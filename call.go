package stytchotp

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/stytchotp/stytchotp/internal/redact"
)

// Call tells a hook how a call went. It holds nothing that identifies a person.
type Call struct {
	Op         string        `json:"op" redact:"word"`         // for example "otps.sms.login_or_create"
	StatusCode int           `json:"status_code"`              // of the answer; 0 when there was none
	RequestID  string        `json:"request_id"`               // Stytch's id of the call, when the answer had one
	ErrorType  ErrorType     `json:"error_type"`               // Stytch's error type, when the answer was an error
	Delivery   Delivery      `json:"delivery" redact:"always"` // whether a message may have gone out
	Attempts   int           `json:"attempts"`                 // connections tried; 0 when none was
	Duration   time.Duration `json:"duration"`                 // from the method's begin to its end
	Err        error         `json:"error"`                    // what the method returns

	// Region is where the number belongs, and PolicyRefusal why the send policy
	// refused it, or would have if it were not observing only, for example
	// "region_not_allowed". Both are empty when no policy was asked.
	Region        string `json:"region" redact:"word"`
	PolicyRefusal string `json:"policy_refusal" redact:"word"`
}

// Format prints the fields that are set, and no request id of unknown shape.
func (c Call) Format(s fmt.State, _ rune) { redact.Format(s, c) }

// MarshalJSON encodes the call as it prints.
func (c Call) MarshalJSON() ([]byte, error) { return redact.JSON(c) }

// newObserver returns what tells the logger and the hooks of a call, or nil when
// there are none.
func newObserver(logger *slog.Logger, hooks []func(context.Context, Call)) func(context.Context, Call) {
	if logger == nil && len(hooks) == 0 {
		return nil
	}
	return func(ctx context.Context, call Call) {
		if logger != nil {
			log(ctx, logger, call)
		}
		for _, hook := range hooks {
			hook(ctx, call)
		}
	}
}

func log(ctx context.Context, logger *slog.Logger, call Call) {
	level, message := slog.LevelDebug, "stytch call"
	attrs := []slog.Attr{
		slog.String("op", call.Op),
		slog.Int("status_code", call.StatusCode),
		slog.String("request_id", redact.ID(call.RequestID)),
		slog.String("delivery", call.Delivery.String()),
		slog.Int("attempts", call.Attempts),
		slog.Duration("duration", call.Duration),
	}
	if call.PolicyRefusal != "" {
		level = slog.LevelInfo // worth a look even when it was let through
		attrs = append(attrs, slog.String("region", call.Region), slog.String("policy_refusal", call.PolicyRefusal))
	}
	if call.Err != nil {
		level, message = slog.LevelWarn, "stytch call failed"
		attrs = append(attrs, slog.String("error", call.Err.Error()))
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}

// startedCall is a call that is under way.
type startedCall struct {
	Call
	observe func(context.Context, Call)
	start   time.Time
}

func startCall(c *core, op operation) startedCall {
	s := startedCall{Call: Call{Op: op.name}, observe: c.observe}
	if c.observe != nil {
		s.start = time.Now()
	}
	return s
}

// end reports the outcome to whoever listens.
func (s *startedCall) end(ctx context.Context, err error) {
	if s.observe == nil {
		return
	}
	if ctx == nil {
		ctx = context.Background()
	}
	s.Delivery, s.Duration, s.Err = DeliveryOf(err), time.Since(s.start), err
	switch e := err.(type) { //nolint:errorlint // our own error, made a line ago and never wrapped
	case *StytchError:
		s.RequestID, s.ErrorType = e.RequestID, e.ErrorType
	case *InvalidResponseError:
		s.RequestID = e.RequestID
	case *TransportError:
		s.Attempts = e.Attempts
	}
	s.observe(ctx, s.Call)
}
