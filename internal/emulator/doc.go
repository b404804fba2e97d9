// Package emulator is Stytch's consumer OTP API in memory: users and their phone
// numbers and addresses, codes that live, expire and are superseded, sessions
// with tokens and JWTs, and the errors that go with them. It keeps everything in
// memory within bounds and starts no goroutine.
//
// An [Emulator] is an [net/http.Handler]. Without a socket, a transport takes a
// request through [Emulator.Begin] and [Exchange.Finish]. The other methods are
// what a test or a developer needs besides the API: the messages that went out,
// the requests that came in, the clock, faults, rate limits and countries.
//
// It shares no types with the client, so that a mistake in one is not hidden by
// the same mistake in the other. Where the real behavior is not documented, the
// choice made here is listed in docs/differences.md.
package emulator
