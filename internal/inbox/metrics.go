package inbox

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// metrics writes the counts in Prometheus' text format.
func (b *Inbox) metrics(w http.ResponseWriter, _ *http.Request) error {
	calls, messages := b.emulator.Counts()
	var text bytes.Buffer
	text.WriteString("# HELP otpbox_calls_total Calls of Stytch's API since the start; the status is 0 when the caller got no answer. A refused connection is no call.\n# TYPE otpbox_calls_total counter\n")
	byName := func(a, b emulator.CallCount) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status))
	}
	for _, call := range slices.SortedFunc(maps.Keys(calls), byName) {
		fmt.Fprintf(&text, "otpbox_calls_total{operation=%q,status=\"%d\"} %d\n", call.Operation, call.Status, calls[call])
	}
	text.WriteString("# HELP otpbox_messages_total Messages since the start.\n# TYPE otpbox_messages_total counter\n")
	for _, channel := range slices.Sorted(maps.Keys(messages)) {
		fmt.Fprintf(&text, "otpbox_messages_total{channel=%q} %d\n", channel, messages[channel])
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = text.WriteTo(w)
	return nil
}
