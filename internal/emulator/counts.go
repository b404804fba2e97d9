package emulator

import "maps"

// CallCount is what calls are counted by.
type CallCount struct {
	Operation string // "" for a path that is no call of the API
	Status    int    // zero when the caller got no answer
}

// counts are totals since the start, which no reset changes.
type counts struct {
	calls    map[CallCount]int64
	messages map[string]int64 // by channel
}

// Counts returns how many calls there were since the start, and how many messages by
// channel.
func (e *Emulator) Counts() (calls map[CallCount]int64, messages map[string]int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.counts.calls), maps.Clone(e.counts.messages)
}
