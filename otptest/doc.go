// Package otptest runs Stytch's OTP API inside your tests: real behavior rather
// than canned answers, with no network, no credentials and no messages that cost
// money.
//
//	func TestLogin(t *testing.T) {
//		srv := otptest.NewServer(t)
//		client := srv.Client()
//
//		phone := srv.NewPhoneNumber()
//		sent, err := client.OTPs.SMS.LoginOrCreate(t.Context(), stytchotp.SMSLoginOrCreateParams{PhoneNumber: phone})
//		// …
//		code := srv.Code(string(phone)) // what the person would read on the phone
//		// … authenticate with sent.MethodID and code
//	}
//
// [NewServer] listens on loopback, so that any program can talk to it.
// [NewInProcess] has no socket and works inside a [testing/synctest] bubble.
// [Start] is for programs that are not tests. All three have users, codes that
// expire and are superseded, sessions, and the errors of the real API; time is
// moved by [Server.Advance], failures are set up with [Server.Inject].
//
// A Server is safe for parallel tests. Every number of [Server.NewPhoneNumber] is
// new, so that tests that share a server do not interfere.
package otptest
