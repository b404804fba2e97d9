package otplogin

import "time"

// SetClock gives the store another clock, for package storetest.
func (m *MemoryStore) SetClock(now func() time.Time) { m.clock = now }
