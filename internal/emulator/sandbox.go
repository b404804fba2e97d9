package emulator

import (
	"time"

	"github.com/stytchotp/stytchotp/internal/phone"
)

// The values that Stytch's test environment treats specially. No message goes
// out for them and nothing about their user ever changes.
const (
	sandboxPhone   = phone.Sandbox
	sandboxEmail   = "sandbox@stytch.com"
	sandboxCode    = "000000"
	sandboxUserID  = "user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd"
	sandboxPhoneID = "phone-number-test-98cfbe19-6c8f-4b8b-b62a-e78a5a7bdff3"
	sandboxEmailID = "email-test-23873e89-d4ed-4e92-b3b9-e5c7198fa286"

	sandboxSessionID    = "session-test-eb94233f-8800-4ebd-8645-51dc15f9d028"
	sandboxSessionToken = "WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY"
	sandboxNoSession    = "59cnLELtq5cFVS6uYK9f-pAWzBkhqZl8AvLhbhOvKNWw" // always answered with session_not_found
)

func isSandbox(recipient string) bool {
	return recipient == sandboxPhone || recipient == sandboxEmail
}

func (e *Emulator) addSandboxLocked() {
	u := &user{id: sandboxUserID, canned: true}
	e.users.add(u)
	e.users.attach(u, &factor{id: sandboxPhoneID, value: sandboxPhone})
	e.users.attach(u, &factor{id: sandboxEmailID, value: sandboxEmail})

	s := &session{
		id: sandboxSessionID, token: sandboxSessionToken, user: u, started: time.Date(2021, time.August, 28, 0, 41, 58, 935_673_000, time.UTC),
		canned: true, factors: []sessionFactor{{kind: "magic_link", delivery: ChannelEmail, factor: e.users.byFactor[sandboxEmailID]}},
	}
	s.factors[0].created, s.factors[0].last = s.started, s.started
	e.sessions.byToken[s.token] = s
	e.sessions.byID[s.id] = s
}
