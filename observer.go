package stytchotp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/redact"
)

// Call describes a finished call to an observer, a hook or the logger. It holds
// nothing that identifies a person. A request id or an error type without the shape
// of one is "[redacted]".
type Call struct {
	Op         string        // the operation, for example [OpSMSSend]
	StatusCode int           // the HTTP status; 0 when no answer came
	RequestID  string        // Stytch's id of the call; "" when the answer had none
	ErrorType  ErrorType     // Stytch's error type; "" when the answer was no error
	Delivery   Delivery      // whether a message may have gone out
	Attempts   int           // connections tried; 0 when none was
	Duration   time.Duration // from the start of the method to its end
	Err        error         // what the method returns

	// Region is where the number belongs, and PolicyRefusal why the send policy
	// refused it, for example "region_not_allowed". With [SendPolicy].ObserveOnly it
	// is why the policy would have refused it. Both are empty without a send policy.
	Region        string
	PolicyRefusal string
}

// Format prints the fields that are set, whatever the verb.
func (c Call) Format(s fmt.State, _ rune) {
	encoded, _ := c.MarshalJSON()
	_, _ = io.WriteString(s, "stytchotp.Call"+string(encoded))
}

// MarshalJSON encodes the fields that are set, the error as its text.
func (c Call) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Op            string `json:"op,omitzero"`
		StatusCode    int    `json:"status_code,omitzero"`
		RequestID     string `json:"request_id,omitzero"`
		ErrorType     string `json:"error_type,omitzero"`
		Delivery      string `json:"delivery"`
		Attempts      int    `json:"attempts,omitzero"`
		Duration      string `json:"duration,omitzero"`
		Err           string `json:"error,omitzero"`
		Region        string `json:"region,omitzero"`
		PolicyRefusal string `json:"policy_refusal,omitzero"`
	}{
		redact.Word(c.Op), c.StatusCode, redact.ID(c.RequestID), redact.Word(string(c.ErrorType)), c.Delivery.String(),
		c.Attempts, strings.TrimPrefix(c.Duration.String(), "0s"), safeText(c.Err), redact.Word(c.Region), redact.Word(c.PolicyRefusal),
	})
}

// LogValue logs the call as a group.
func (c Call) LogValue() slog.Value { return slog.GroupValue(c.attrs()...) }

func (c Call) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("op", redact.Word(c.Op)),
		slog.Int("status_code", c.StatusCode),
		slog.String("request_id", redact.ID(c.RequestID)),
		slog.String("delivery", c.Delivery.String()),
		slog.Int("attempts", c.Attempts),
		slog.Duration("duration", c.Duration),
	}
	if c.ErrorType != "" {
		attrs = append(attrs, slog.String("error_type", redact.Word(string(c.ErrorType))))
	}
	if c.Region != "" || c.PolicyRefusal != "" {
		attrs = append(attrs, slog.String("region", redact.Word(c.Region)), slog.String("policy_refusal", redact.Word(c.PolicyRefusal)))
	}
	if c.Err != nil {
		attrs = append(attrs, slog.String("error", safeText(c.Err)))
	}
	return attrs
}

// safeText returns the text of an error of this package, which holds nothing
// private.
func safeText(err error) string {
	if err == nil {
		return ""
	}
	if _, ours := err.(callError); ours {
		return err.Error()
	}
	return redact.Placeholder
}

// observer is a begin function of [WithObserver].
type observer func(ctx context.Context, op string) (context.Context, func(Call))

// hook is a function of [WithHook].
type hook func(context.Context, Call)

// logHook returns the hook that writes to the logger.
func logHook(logger *slog.Logger) hook {
	return func(ctx context.Context, call Call) {
		level, message := slog.LevelDebug, "stytch call"
		switch {
		case call.Err != nil:
			level, message = slog.LevelWarn, "stytch call failed"
		case call.PolicyRefusal != "":
			level = slog.LevelInfo // the send policy only observes
		}
		if logger.Enabled(ctx, level) {
			logger.LogAttrs(ctx, level, message, call.attrs()...)
		}
	}
}

// startedCall is a call in progress.
type startedCall struct {
	Call
	start time.Time
	hooks []hook
	ends  []func(Call)
}

// newCall returns a call that has not begun.
func newCall(c *core, op operation) *startedCall {
	call := &startedCall{Call: Call{Op: op.name}, hooks: c.hooks}
	if len(c.observers) > 0 || len(c.hooks) > 0 {
		call.start = time.Now()
	}
	return call
}

// begin tells the observers that the call begins, and returns the context that they
// want it to use.
func (s *startedCall) begin(ctx context.Context, observers []observer) context.Context {
	for _, begin := range observers {
		next, end := begin(ctx, s.Op)
		if next != nil {
			ctx = next //nolint:fatcontext // an observer gets the context of the one before it
		}
		if end != nil {
			s.ends = append(s.ends, end)
		}
	}
	return ctx
}

// end reports the outcome to the hooks, in the order in which they were given, and
// then to the observers, the last one first.
func (s *startedCall) end(ctx context.Context, err error) {
	if len(s.hooks) == 0 && len(s.ends) == 0 {
		return
	}
	s.Delivery, s.Duration, s.Err = DeliveryOf(err), time.Since(s.start), err
	switch e := err.(type) { //nolint:errorlint // an error of this package, not wrapped
	case *StytchError:
		s.setRequestID(e.RequestID)
		s.ErrorType = ErrorType(redact.Word(string(e.ErrorType)))
	case *InvalidResponseError:
		s.setRequestID(e.RequestID)
	case *TransportError:
		s.Attempts = e.Attempts
	}
	s.tell(ctx, 0)
}

// tell calls the hooks and ends from the i-th on, each also when one before it panics.
func (s *startedCall) tell(ctx context.Context, i int) {
	last := len(s.hooks) + len(s.ends) - 1
	if i < last {
		defer s.tell(ctx, i+1)
	}
	if i < len(s.hooks) {
		s.hooks[i](ctx, s.Call)
	} else {
		s.ends[last-i](s.Call)
	}
}

func (s *startedCall) setRequestID(id string) { s.RequestID = redact.ID(id) }

// errPanicked is the cause of the error that observers are told of when a method
// does not return because a function of the caller's panicked.
var errPanicked = errors.New("a transport, a checker or an observer panicked")
