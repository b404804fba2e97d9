package otplogin

import (
	"context"
	"maps"
	"sync"

	"github.com/stytchotp/stytchotp"
)

// series counts events in buckets of time.
type series map[Millis]int

// span is the window of a series: some whole buckets, and the one that has begun.
type span struct{ width, buckets Millis }

const (
	second = Millis(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

func halfHourSpan() span { return span{150 * second, 12} }
func hourSpan() span     { return span{5 * minute, 12} }
func daySpan() span      { return span{2 * hour, 12} }

// The spans of conversions.
func lastHour() span { return span{10 * minute, 6} }
func lastDay() span  { return span{hour, 24} }
func bestDays() span { return span{day, 14} }

// sum counts the events of the window, and of the part of a bucket that is older.
func (s series) sum(now Millis, sp span) (n int) {
	for bucket, count := range s {
		if bucket >= now/sp.width-sp.buckets {
			n += count
		}
	}
	return n
}

// add counts n events more, and forgets what is older than the window.
func (s series) add(at, now Millis, sp span, n int) {
	s[at/sp.width] = max(0, s[at/sp.width]+n)
	maps.DeleteFunc(s, func(bucket Millis, count int) bool { return count == 0 || bucket < now/sp.width-sp.buckets })
}

// free returns when the oldest bucket leaves the window.
func (s series) free(now Millis, sp span) (at Millis) {
	for bucket := range s {
		if leaves := (bucket + sp.buckets + 1) * sp.width; leaves > now && (at == 0 || leaves < at) {
			at = leaves
		}
	}
	return at
}

// address is what is known of a client address.
type address struct {
	messages, flows, failures series
	regions                   map[string]visit
}

// visit is when an address caused messages to a region and how many, and when it
// verified one.
type visit struct {
	sent, verified Millis
	messages       int
}

// isUnverified reports that a message of the last day went out and no code was right.
func (v visit) isUnverified(now Millis) bool {
	return v.messages > 0 && now-v.sent < day && now-v.verified >= day
}

func newAddress() *address {
	return &address{messages: series{}, flows: series{}, failures: series{}, regions: map[string]visit{}}
}

// isOver reports that nothing of it has an effect any more.
func (a *address) isOver(now Millis) bool {
	for _, v := range a.regions {
		if now-max(v.sent, v.verified) < day {
			return false
		}
	}
	return a.messages.sum(now, hourSpan())+a.flows.sum(now, halfHourSpan())+a.failures.sum(now, daySpan()) == 0
}

// unverified counts the regions of a day without a verified code, were one to that
// region sent now.
func (a *address) unverified(region string, now Millis) (n int) {
	for name, v := range a.regions {
		if name != region && v.isUnverified(now) {
			n++
		}
	}
	if now-a.regions[region].verified >= day {
		n++
	}
	return n
}

// conversion counts the codes of a region by one channel.
type conversion struct{ sentHour, verifiedHour, sentDay, verifiedDay, days series }

func newConversion() *conversion {
	return &conversion{sentHour: series{}, verifiedHour: series{}, sentDay: series{}, verifiedDay: series{}, days: series{}}
}

func (c *conversion) sent(at, now Millis, n int) {
	c.sentHour.add(at, now, lastHour(), n)
	c.sentDay.add(at, now, lastDay(), n)
}

func (c *conversion) verified(now Millis) {
	c.verifiedHour.add(now, now, lastHour(), 1)
	c.verifiedDay.add(now, now, lastDay(), 1)
	c.days.add(now, now, bestDays(), 1)
}

func (c *conversion) row(region string, channel stytchotp.Channel, now Millis) Conversion {
	row := Conversion{
		Region: region, Channel: channel,
		SentHour: c.sentHour.sum(now, lastHour()), VerifiedHour: c.verifiedHour.sum(now, lastHour()),
		SentDay: c.sentDay.sum(now, lastDay()), VerifiedDay: c.verifiedDay.sum(now, lastDay()),
	}
	for bucket, count := range c.days {
		if bucket >= now/day-bestDays().buckets {
			row.BestDay = max(row.BestDay, count)
		}
	}
	return row
}

// region is what is known of a region, by channel.
type region map[stytchotp.Channel]*conversion

// total adds the channels up; its BestDay is that of all channels on one day.
func (r region) total(now Millis) (sum Conversion) {
	days := series{}
	for channel, c := range r {
		row := c.row("", channel, now)
		sum.SentHour += row.SentHour
		sum.VerifiedHour += row.VerifiedHour
		sum.SentDay += row.SentDay
		sum.VerifiedDay += row.VerifiedDay
		for bucket, count := range c.days {
			days[bucket] += count
		}
	}
	sum.BestDay = (&conversion{days: days}).row("", "", now).BestDay
	return sum
}

// tallies count by client address, by region and for the whole project.
type tallies struct {
	mu        sync.Mutex
	addresses map[string]*address
	regions   map[string]region
	messages  series
	failures  series
	swept     Millis
}

func newTallies() tallies {
	return tallies{addresses: map[string]*address{}, regions: map[string]region{}, messages: series{}, failures: series{}}
}

// addressLocked returns what is known of a client address. Beyond maxAddresses another
// one is forgotten: its counts begin anew.
func (t *tallies) addressLocked(key string, now Millis) *address {
	if now-t.swept >= sweepEvery {
		t.swept = now
		maps.DeleteFunc(t.addresses, func(_ string, a *address) bool { return a.isOver(now) })
	}
	a := t.addresses[key]
	if a == nil {
		for other := range t.addresses { // in no order
			if len(t.addresses) < maxAddresses {
				break
			}
			delete(t.addresses, other)
		}
		a = newAddress()
		t.addresses[key] = a
	}
	return a
}

func (t *tallies) conversionLocked(op *Operation) *conversion {
	r := t.regions[op.Region]
	if r == nil {
		r = region{}
		t.regions[op.Region] = r
	}
	if r[op.Channel] == nil {
		r[op.Channel] = newConversion()
	}
	return r[op.Channel]
}

// take counts a new flow and, if it sends one, a message; all or nothing.
func (t *tallies) take(s *step, sends bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	op, limits, now := s.op, s.op.Limits, s.now
	var a *address
	if op.Address != "" {
		a = t.addressLocked(op.Address, now)
		if op.Kind == OperationStart && !s.below(LimitAddressFlows, a.flows, halfHourSpan(), limits.AddressFlows) {
			return false
		}
	}
	if sends {
		if a != nil && (!s.below(LimitAddressHour, a.messages, hourSpan(), limits.AddressHour) ||
			op.Region != "" && !s.passes(LimitAddressRegions, a.unverified(op.Region, now) > limits.AddressRegions, 0)) {
			return false
		}
		if op.Region != "" && !s.passes(LimitRegion, t.regions[op.Region].total(now).Unusual(), 0) ||
			!s.below(LimitProjectDay, t.messages, daySpan(), limits.ProjectDay) {
			return false
		}
		t.conversionLocked(op).sent(now, now, 1)
		t.messages.add(now, now, daySpan(), 1)
	}
	if a == nil {
		return true
	}
	if op.Kind == OperationStart {
		a.flows.add(now, now, halfHourSpan(), 1)
	}
	if sends {
		a.messages.add(now, now, hourSpan(), 1)
		if op.Region != "" {
			v := a.regions[op.Region]
			if now-v.sent >= day {
				v.messages = 0
			}
			a.regions[op.Region] = visit{sent: now, verified: v.verified, messages: v.messages + 1}
		}
	}
	return true
}

// below reports that fewer events than limit are in the window.
func (s *step) below(name Limit, events series, sp span, limit int) bool {
	return s.passes(name, events.sum(s.now, sp) >= limit, events.free(s.now, sp))
}

// giveBack takes a message back that was not sent.
func (t *tallies) giveBack(s *step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conversionLocked(s.op).sent(s.op.At, s.now, -1)
	t.messages.add(s.op.At, s.now, daySpan(), -1)
	if s.op.Address != "" {
		a := t.addressLocked(s.op.Address, s.now)
		a.messages.add(s.op.At, s.now, hourSpan(), -1)
		if v, known := a.regions[s.op.Region]; known {
			v.messages--
			a.regions[s.op.Region] = v
		}
	}
}

// takeFailure counts a code before it is checked.
func (t *tallies) takeFailure(s *step) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var a *address
	if s.op.Address != "" {
		a = t.addressLocked(s.op.Address, s.now)
		if !s.below(LimitAddressFailures, a.failures, daySpan(), s.op.Limits.AddressFailures) {
			return false
		}
	}
	if !s.below(LimitProjectFailures, t.failures, daySpan(), s.op.Limits.ProjectFailures) {
		return false
	}
	if a != nil {
		a.failures.add(s.now, s.now, daySpan(), 1)
	}
	t.failures.add(s.now, s.now, daySpan(), 1)
	return true
}

// giveFailureBack takes a code back that was not compared, or was right.
func (t *tallies) giveFailureBack(s *step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.giveFailureBackLocked(s)
}

func (t *tallies) giveFailureBackLocked(s *step) {
	t.failures.add(s.op.At, s.now, daySpan(), -1)
	if s.op.Address != "" {
		t.addressLocked(s.op.Address, s.now).failures.add(s.op.At, s.now, daySpan(), -1)
	}
}

// verified counts a right code.
func (t *tallies) verified(s *step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.giveFailureBackLocked(s)
	t.conversionLocked(s.op).verified(s.now)
	if s.op.Address != "" && s.op.Region != "" {
		a := t.addressLocked(s.op.Address, s.now)
		v := a.regions[s.op.Region]
		v.verified = s.now
		a.regions[s.op.Region] = v
	}
}

// Conversions implements [Store].
func (m *MemoryStore) Conversions(_ context.Context, regions []string) (rows []Conversion, err error) {
	m.tallies.mu.Lock()
	defer m.tallies.mu.Unlock()
	now := Millis(m.clock().UnixMilli())
	for _, name := range regions {
		for _, channel := range []stytchotp.Channel{stytchotp.ChannelSMS, stytchotp.ChannelWhatsApp, stytchotp.ChannelEmail} {
			c := m.tallies.regions[name][channel]
			if c == nil {
				continue
			}
			if row := c.row(name, channel, now); row != (Conversion{Region: name, Channel: channel}) {
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}
