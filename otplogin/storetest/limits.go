package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/otplogin"
	"github.com/stytchotp/stytchotp/otptest"
)

// numberOf returns a mobile number of a region.
func (s *site) numberOf(region string, i int) string {
	prefix, digits := "", 0
	switch region {
	case "GB":
		prefix, digits = "+44740012", 4
	case "FR":
		prefix, digits = "+3361234", 4
	case "DE":
		prefix, digits = "+491512345", 4
	case "ES":
		prefix, digits = "+3461234", 4
	default:
		s.t.Fatalf("no number of %s", region)
	}
	s.srv.AllowCountries(stytchotp.ChannelSMS, "US", "GB", "FR", "DE", "ES")
	return fmt.Sprintf("%s%0*d", prefix, digits, i)
}

// An address causes so many messages and begins so many flows, however many at once.
func addressLimits(s *site) {
	s.reopen(otplogin.Limits{AddressHour: 10, AddressFailures: 7, AddressFlows: 45, Modes: on(otplogin.LimitAddressHour, otplogin.LimitAddressFailures)})
	numbers := make([]string, 40)
	for i := range numbers {
		numbers[i] = s.number()
	}
	atOnce(len(numbers), func(i int) {
		err := s.startFrom(i, numbers[i], fmt.Sprintf("2001:db8::%d", i))
		if refusal, ok := errors.AsType[*otplogin.RefusedError](err); err != nil && (!ok || refusal.Limit != otplogin.LimitAddressHour) {
			s.t.Errorf("got %v, want a refusal by the address", err)
		}
	})
	equal(s, "messages of an address", len(s.srv.Messages()), 10)
	next := s.refused(s.startFrom(0, s.number(), "2001:db8::99"), otplogin.LimitAddressHour)
	s.ok(s.startFrom(0, s.number(), "2001:db8:0:1::1"), "another address")
	if wait := next.Sub(s.now()); wait < 59*time.Minute || wait > 66*time.Minute {
		s.t.Fatalf("the next message: got %s, want an hour, and five minutes at most", wait)
	}
	s.advance(next.Sub(s.now()))
	s.ok(s.startFrom(1, s.number(), "2001:db8::99"), "an hour later")

	to := s.number()
	for i := range 45 {
		s.ok(s.startFrom(i, to, ip(1)), "start")
	}
	for i := range 2 { // a form that was refused leaves no flow for its second post
		_, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: to, IP: ip(1), FormID: "a form and a cookie"})
		s.refused(err, otplogin.LimitAddressFlows)
	}
	s.ok(s.startFrom(0, to, ip(2)), "a flow of another address")

	var compared atomic.Int64
	flows := make([]*otplogin.Flow, 5)
	for i := range flows {
		flows[i] = s.start(i, s.number())
	}
	atOnce(20, func(i int) {
		f := flows[i%len(flows)]
		_, err := s.machine(i).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: s.wrong(f.Recipient), IP: ip(3)})
		if errors.Is(err, stytchotp.ErrCodeIncorrect) {
			compared.Add(1)
		}
	})
	equal(s, "wrong codes of an address", compared.Load(), 7)
	f := s.start(0, s.number())
	_, err := s.machine(0).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: s.newest(f.Recipient), IP: ip(3)})
	s.refused(err, otplogin.LimitAddressFailures)
	equal(s, "the attempts", s.get(0, f).AttemptsLeft, 5)
	_, err = s.machine(0).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: s.newest(f.Recipient), IP: ip(4)})
	s.ok(err, "the right code from another address")
}

// An address writes to three regions a day of which it verified no code.
func addressRegions(s *site) {
	s.reopen(otplogin.Limits{Modes: on(otplogin.LimitAddressRegions)})
	for i, region := range []string{"GB", "FR", "DE"} {
		s.ok(s.startFrom(i, s.numberOf(region, 1), ip(1)), "a region")
	}
	s.refused(s.startFrom(0, s.numberOf("ES", 1), ip(1)), otplogin.LimitAddressRegions)
	equal(s, "messages to the fourth", s.messages(s.numberOf("ES", 1)), 0)
	s.ok(s.startFrom(0, s.numberOf("GB", 2), ip(1)), "a region that it has written to")
	s.ok(s.startFrom(0, s.numberOf("ES", 2), ip(2)), "another address")
	to := s.numberOf("DE", 3)
	f, err := s.machine(1).Start(s.t.Context(), otplogin.StartParams{Recipient: to, IP: ip(1)})
	s.ok(err, "start")
	_, err = s.machine(2).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: s.newest(to), IP: ip(1)})
	s.ok(err, "the right code")
	s.ok(s.startFrom(0, s.numberOf("ES", 1), ip(1)), "a region more after a right code")
	s.refused(s.startFrom(0, s.number(), ip(1)), otplogin.LimitAddressRegions)
	s.ok(s.startFrom(0, string(s.srv.NewEmailAddress()), ip(1)), "e-mail has no region")
	s.advance(24*time.Hour + time.Minute)
	s.ok(s.startFrom(0, s.number(), ip(1)), "a day later")
}

// A region gets three codes in an hour that are not verified, and more when people verify
// theirs.
func regionLimit(s *site) {
	s.reopen(otplogin.Limits{Modes: on(otplogin.LimitRegion)})
	var sent atomic.Int64
	atOnce(12, func(i int) {
		if err := s.startFrom(i, s.numberOf("GB", i), ip(i)); err == nil {
			sent.Add(1)
		}
	})
	equal(s, "codes of a region", sent.Load(), 3)
	s.ok(s.startFrom(0, s.numberOf("FR", 1), ip(1)), "another region")
	err := s.startFrom(0, s.numberOf("GB", 99), ip(1))
	s.refused(err, otplogin.LimitRegion)
	equal(s, "what a visitor is told", code(err), "unavailable")
	s.advance(71 * time.Minute)
	for i := range 30 { // people who verify
		to := s.numberOf("GB", 100+i)
		f, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: to})
		s.ok(err, "start")
		s.ok(s.verify(i, f, s.newest(to)), "verify")
	}
	for i := range 6 { // a fifth of thirty
		s.ok(s.startFrom(i, s.numberOf("GB", 200+i), ip(i)), "a region in which people verify")
	}
	s.refused(s.startFrom(0, s.numberOf("GB", 300), ip(1)), otplogin.LimitRegion)
	for _, row := range s.conversionsOf("GB") {
		equal(s, "the region is unusual", row.Unusual(), true)
	}
	for _, row := range s.conversionsOf("FR") {
		equal(s, "the region is unusual", row.Unusual(), false)
	}
}

// The project has a budget of messages and of wrong codes, however many ask at once.
func projectLimits(s *site) {
	s.reopen(otplogin.Limits{ProjectDay: 10, ProjectFailures: 7})
	flows := make([]*otplogin.Flow, 40)
	numbers := make([]string, len(flows))
	for i := range numbers {
		numbers[i] = s.number()
	}
	atOnce(len(flows), func(i int) {
		f, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: numbers[i], IP: ip(i)})
		if refusal, ok := errors.AsType[*otplogin.RefusedError](err); err != nil && (!ok || refusal.Limit != otplogin.LimitProjectDay) {
			s.t.Errorf("got %v, want a refusal by the budget", err)
		}
		flows[i] = f
	})
	equal(s, "messages of the project", len(s.srv.Messages()), 10)
	var compared atomic.Int64
	atOnce(len(flows), func(i int) {
		if f := flows[i]; f != nil && errors.Is(s.verify(i, f, s.wrong(f.Recipient)), stytchotp.ErrCodeIncorrect) {
			compared.Add(1)
		}
	})
	equal(s, "wrong codes of the project", compared.Load(), 7)
	equal(s, "refusals", s.count(otplogin.EventRefused, otplogin.LimitProjectFailures), 3)
	next := s.refused(s.startFrom(0, s.number(), ip(1)), otplogin.LimitProjectDay)
	s.advance(next.Sub(s.now()))
	s.ok(s.startFrom(0, s.number(), ip(1)), "a day later")
}

// A limit that only records refuses nothing and tells the observer; one that is off says
// nothing either.
func modes(s *site) {
	for _, mode := range []otplogin.Mode{otplogin.RecordOnly, otplogin.Off} {
		all := []otplogin.Limit{
			otplogin.LimitRecipientHour, otplogin.LimitRecipientDay, otplogin.LimitWait, otplogin.LimitAttempts,
			otplogin.LimitRecipientFailures, otplogin.LimitAddressFlows, otplogin.LimitAddressHour, otplogin.LimitAddressRegions,
			otplogin.LimitAddressFailures, otplogin.LimitRegion, otplogin.LimitProjectDay, otplogin.LimitProjectFailures,
		}
		set := map[otplogin.Limit]otplogin.Mode{}
		for _, limit := range all {
			set[limit] = mode
		}
		s.reopen(otplogin.Limits{
			RecipientHour: 1, RecipientDay: 2, Attempts: 1, RecipientFailures: 1, AddressFlows: 1, AddressHour: 1,
			AddressRegions: 1, AddressFailures: 1, ProjectDay: 1, ProjectFailures: 1, Modes: set,
		})
		for i, to := range []string{s.numberOf("GB", 1), s.numberOf("GB", 1), s.numberOf("FR", 1), s.numberOf("FR", 2), s.numberOf("FR", 3), s.numberOf("FR", 4)} {
			s.ok(s.startFrom(i, to, ip(1)), "start")
		}
		to := s.numberOf("GB", 1)
		f, err := s.machine(0).Start(s.t.Context(), otplogin.StartParams{Recipient: to, IP: ip(1)})
		s.ok(err, "start")
		for i := range 2 {
			_, err := s.machine(i).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: s.wrong(to), IP: ip(1)})
			s.is(err, stytchotp.ErrCodeIncorrect)
		}
		equal(s, "messages", len(s.srv.Messages()), 7)
		for _, limit := range all {
			equal(s, "refusals by "+string(limit), s.count(otplogin.EventRefused, limit), 0)
			if n := s.count(otplogin.EventRecorded, limit); (n > 0) != (mode == otplogin.RecordOnly) {
				s.t.Fatalf("in the mode %s, %d would have been refused by %s", mode, n, limit)
			}
		}
	}
}

func (s *site) conversionsOf(region string) (rows []otplogin.Conversion) {
	s.t.Helper()
	all, err := s.machine(1).Conversions(s.t.Context())
	s.ok(err, "conversions")
	for _, row := range all {
		if row.Region == region {
			rows = append(rows, row)
		}
	}
	return rows
}

// What was sent and verified is counted by region and channel, for an hour, a day and
// the best of 14 days.
func conversions(s *site) {
	login := func(i int, to string, channel stytchotp.Channel, right bool) {
		f, err := s.machine(i).Start(s.t.Context(), otplogin.StartParams{Recipient: to, Channel: channel})
		s.ok(err, "start")
		if right {
			s.ok(s.verify(i, f, s.newest(to)), "verify")
		}
	}
	expect := func(region string, want ...otplogin.Conversion) {
		s.t.Helper()
		got := s.conversionsOf(region)
		equal(s, "rows of "+region, len(got), len(want))
		for i := range want {
			equal(s, "a row", got[i], want[i])
		}
	}
	s.srv.AllowCountries(stytchotp.ChannelWhatsApp, "GB")
	now := s.now()
	s.advance(now.Truncate(24 * time.Hour).Add(36 * time.Hour).Sub(now)) // noon: no day ends below
	for i := range 4 {
		login(i, s.numberOf("GB", i), "", i > 0)
	}
	login(1, s.numberOf("GB", 9), stytchotp.ChannelWhatsApp, true)
	login(1, string(s.srv.NewEmailAddress()), "", false)
	expect("GB",
		otplogin.Conversion{Region: "GB", Channel: "sms", SentHour: 4, VerifiedHour: 3, SentDay: 4, VerifiedDay: 3, BestDay: 3},
		otplogin.Conversion{Region: "GB", Channel: "whatsapp", SentHour: 1, VerifiedHour: 1, SentDay: 1, VerifiedDay: 1, BestDay: 1})
	expect("", otplogin.Conversion{Channel: "email", SentHour: 1, SentDay: 1})
	expect("FR")
	s.advance(2 * time.Hour)
	s.srv.Reset()
	login(2, s.numberOf("GB", 20), "", true)
	row := s.conversionsOf("GB")[0]
	equal(s, "sent in an hour", row.SentHour, 1)
	equal(s, "sent in a day", row.SentDay, 5)
	s.advance(26 * time.Hour)
	row = s.conversionsOf("GB")[0]
	equal(s, "sent in a day", row.SentDay, 0)
	if row.BestDay < 3 {
		s.t.Fatalf("the best of 14 days: got %d, want 3 or 4", row.BestDay)
	}
	s.advance(16 * 24 * time.Hour)
	expect("GB")
	s.srv.Reset()
	s.srv.Inject(otptest.Fault{Operation: otptest.OpAnySend, Status: 429})
	_, err := s.machine(0).Start(s.t.Context(), otplogin.StartParams{Recipient: s.numberOf("FR", 1)})
	s.is(err, stytchotp.ErrRateLimited)
	expect("FR") // nothing was sent
}

// What one limit refuses, no other one counts.
func refusedCountsNowhere(s *site) {
	s.reopen(otplogin.Limits{
		AddressHour: 1, ProjectDay: 3, AddressFailures: 1, ProjectFailures: 3,
		Modes: on(otplogin.LimitAddressHour, otplogin.LimitAddressFailures),
	})
	s.ok(s.startFrom(0, s.number(), ip(1)), "start")
	for i := range 5 {
		to := s.number()
		s.refused(s.startFrom(i, to, ip(1)), otplogin.LimitAddressHour)
		if i == 0 {
			s.ok(s.startFrom(i, to, ip(2)), "the recipient from another address")
		}
	}
	last := s.number()
	f := s.start(0, last)
	s.refused(s.startFrom(1, s.number(), ip(3)), otplogin.LimitProjectDay)
	equal(s, "sent", s.conversionsOf("US")[0].SentDay, 3)

	wrong := func(address int) error {
		_, err := s.machine(address).Verify(s.t.Context(), otplogin.VerifyParams{FlowID: f.ID, Code: s.wrong(last), IP: ip(address)})
		return err
	}
	s.is(wrong(1), stytchotp.ErrCodeIncorrect)
	for range 5 {
		s.refused(wrong(1), otplogin.LimitAddressFailures)
	}
	equal(s, "the attempts", s.get(0, f).AttemptsLeft, 4)
	s.is(wrong(2), stytchotp.ErrCodeIncorrect)
	s.is(wrong(3), stytchotp.ErrCodeIncorrect)
	s.refused(wrong(4), otplogin.LimitProjectFailures)
}
