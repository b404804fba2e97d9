package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stytchotp/stytchotp/internal/emulator"
)

// messageView is a row of the inbox.
type messageView struct {
	emulator.Message

	Masked    string // the recipient, for those who show their screen to others
	Via       string // the channel's name
	Spoken    string // the code, digit by digit
	Sent      string
	Left      string // time left, such as 1:42
	LeftMS    int64
	LifeMS    int64
	ExpiresMS int64
	Search    string
}

func newMessageView(m emulator.Message, now time.Time) messageView {
	v := messageView{
		Message: m, Masked: mask(m.Recipient), Via: channelName(m.Channel), Sent: clockTime(m.SentAt),
		Spoken: strings.Join(strings.Split(m.Code, ""), " "),
		LifeMS: m.ExpiresAt.Sub(m.SentAt).Milliseconds(), ExpiresMS: m.ExpiresAt.UnixMilli(),
	}
	if m.State == emulator.StateLive {
		left := m.ExpiresAt.Sub(now)
		v.LeftMS, v.Left = left.Milliseconds(), countdown(left)
	}
	v.Search = strings.ToLower(strings.Join([]string{m.Recipient, m.Code, m.Channel, m.Locale, m.Operation, m.RequestID, m.Text}, " "))
	return v
}

func channelName(channel string) string {
	switch channel {
	case emulator.ChannelSMS:
		return "SMS"
	case emulator.ChannelWhatsApp:
		return "WhatsApp"
	}
	return "E-mail"
}

// countdown rounds up, so that it says 0:00 only when there is nothing left.
func countdown(left time.Duration) string {
	seconds := int((left + time.Second - 1) / time.Second)
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// mask hides most of a recipient, but leaves enough to tell two of them apart.
func mask(recipient string) string {
	name, domain, isAddress := strings.Cut(recipient, "@")
	first, _ := firstRune(name)
	switch {
	case isAddress:
		return first + "•••@" + domain
	case len(recipient) > 6:
		return recipient[:2] + strings.Repeat("•", len(recipient)-4) + recipient[len(recipient)-2:]
	}
	return strings.Repeat("•", len(recipient))
}

func firstRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// requestView is a row of the journal.
type requestView struct {
	emulator.Request

	Masked  string
	Name    string // of the operation, or method and path
	At      string
	Outcome string // the status, or what happened instead
	Tone    string // good, bad, worse or cut: how it is colored
	Note    string // error type, or what else there is to say
	Live    bool   // credentials of a live project were sent here
	Allow   string // the country that has to be allowed before the call can succeed
	Search  string
}

func (b *Inbox) requestView(r emulator.Request) requestView {
	v := requestView{Request: r, Masked: mask(r.Recipient), Name: r.Operation, At: clockTime(r.Time), Note: r.ErrorType}
	v.Body, v.Answer = indent(r.Body), indent(r.Answer)
	if v.Name == "" {
		v.Name = r.Method + " " + r.Path
	}
	switch {
	case r.Drop == emulator.DropAfterSend:
		v.Outcome, v.Tone, v.Note = "cut", "cut", "connection cut after the request had done its work"
	case r.Drop != "":
		v.Outcome, v.Tone, v.Note = "cut", "cut", "connection cut before the request was read"
	case r.Abandoned:
		v.Outcome, v.Tone, v.Note = "left", "cut", "the caller gave up waiting"
	case r.Status < 400:
		v.Outcome, v.Tone = strconv.Itoa(r.Status), "good"
	case r.Status < 500:
		v.Outcome, v.Tone = strconv.Itoa(r.Status), "bad"
	default:
		v.Outcome, v.Tone = strconv.Itoa(r.Status), "worse"
	}
	v.Allow = b.emulator.RegionToAllow(r)
	v.Live = r.ErrorType == "live_credentials_refused_by_emulator"
	v.Search = strings.ToLower(strings.Join([]string{r.Recipient, v.Name, v.Outcome, v.Note, r.RequestID, r.Path, r.TraceParent}, " "))
	return v
}

// indent lays JSON out for reading.
func indent(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return out.String()
}

// clockView is the emulator's clock.
type clockView struct {
	NowMS  int64
	Now    string
	Frozen bool
	Ahead  string // how far it is moved, such as 2 min ahead; empty when it is not
}

func (b *Inbox) clockView() clockView {
	now := b.emulator.Now()
	v := clockView{NowMS: now.UnixMilli(), Now: clockTime(now), Frozen: b.emulator.Frozen()}
	switch ahead := time.Until(now).Round(time.Second); {
	case ahead > 0:
		v.Ahead = spell(ahead) + " ahead"
	case ahead < 0: // it stood still for a while
		v.Ahead = spell(-ahead) + " behind"
	}
	return v
}

// spell writes a duration for people: 1 h 5 min rather than 1h5m0s.
func spell(d time.Duration) string {
	var words []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.size; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, unit.name))
			d %= unit.size
		}
	}
	return strings.Join(words, " ")
}

// faultView is a fault that was set up.
type faultView struct {
	emulator.FaultState

	What  string // what it does
	When  string // to which calls
	State string // waiting, hit or done
}

func newFaultView(state emulator.FaultState) faultView {
	v := faultView{FaultState: state, What: describeFault(state.Fault), When: describeMatch(state.Fault)}
	switch {
	case state.Done:
		v.State = "done"
	case state.Hits > 0:
		v.State = "hit"
	default:
		v.State = "waiting"
	}
	return v
}

func describeFault(f emulator.Fault) string {
	var words []string
	add := func(when bool, format string, args ...any) {
		if when {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(f.Drop == emulator.DropAfterSend, "goes out, then the connection is cut")
	add(f.Drop == emulator.DropBeforeRead, "connection cut before it is read")
	add(f.Drop == emulator.DropRefused, "connection refused")
	add(f.SendFirst && f.Drop == "", "goes out, then")
	add(f.Delay > 0, "waits %s", spell(f.Delay))
	add(f.HTML, "HTML page")
	add(f.Status != 0, "%d", f.Status)
	add(f.ErrorType != "", "%s", f.ErrorType)
	add(f.RetryAfter != 0, "retry after %s", spell(f.RetryAfter))
	add(f.Cut, "answer cut short")
	return strings.Join(words, " ")
}

func describeMatch(f emulator.Fault) string {
	words := "any call"
	switch f.Operation {
	case "":
	case emulator.OpAnySend:
		words = "any send"
	default:
		words = f.Operation
	}
	if f.Recipient != "" {
		words += " about one recipient"
	}
	if f.Nth > 1 {
		words += fmt.Sprintf(", from call %d", f.Nth)
	}
	switch {
	case f.Times < 0:
		words += ", always"
	case f.Times > 1:
		words += fmt.Sprintf(", %d times", f.Times)
	}
	return words
}

// userView is a user of the project.
type userView struct {
	emulator.User

	Factors  []factorView
	Sessions []sessionView
	Locked   bool
	Until    string
}

// sessionView is a session of a user.
type sessionView struct{ ID, Until string }

type factorView struct {
	emulator.Factor

	Masked string
}

func newUserView(u emulator.User, sessions []emulator.Session) userView {
	v := userView{User: u, Locked: !u.LockExpiresAt.IsZero()}
	if v.Locked {
		v.Until = clockTime(u.LockExpiresAt)
	}
	for _, list := range [][]emulator.Factor{u.PhoneNumbers, u.Emails} {
		for _, f := range list {
			v.Factors = append(v.Factors, factorView{Factor: f, Masked: mask(f.Value)})
		}
	}
	for _, s := range sessions {
		v.Sessions = append(v.Sessions, sessionView{s.ID, clockTime(s.ExpiresAt)})
	}
	return v
}
