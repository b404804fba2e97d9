package otplogin

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/stytchotp/stytchotp/internal/redact"
)

// Format prints p without personal values and secrets, whatever the verb.
func (p StartParams) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redact.String(p)) }

// LogValue logs what Format prints.
func (p StartParams) LogValue() slog.Value { return redact.LogValue(p) }

// Format prints p without personal values and secrets, whatever the verb.
func (p ResendParams) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redact.String(p)) }

// LogValue logs what Format prints.
func (p ResendParams) LogValue() slog.Value { return redact.LogValue(p) }

// Format prints p without personal values and secrets, whatever the verb.
func (p VerifyParams) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redact.String(p)) }

// LogValue logs what Format prints.
func (p VerifyParams) LogValue() slog.Value { return redact.LogValue(p) }

// Format prints f without its id and its recipient, whatever the verb.
func (f Flow) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redact.String(f)) }

// LogValue logs what Format prints.
func (f Flow) LogValue() slog.Value { return redact.LogValue(f) }

// Format prints c without its key, whatever the verb.
func (c Config) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redact.String(c)) }

// LogValue logs what Format prints.
func (c Config) LogValue() slog.Value { return redact.LogValue(c) }

// Format prints the limits only, whatever the verb.
func (l Logins) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "otplogin.Logins(%+v)", l.config.Limits)
}

// LogValue logs what Format prints.
func (l Logins) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(l)) }
