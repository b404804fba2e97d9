// Package stytchotp is a client for Stytch's one-time passcodes: it sends a code
// to a person by SMS, WhatsApp or e-mail, and checks the code that the person
// types. After that it checks, extends and revokes the session, and deletes users. It is
// an independent project, not affiliated with Stytch.
//
// # Logging a person in
//
//	client, err := stytchotp.NewClient(projectID, secret)
//	// …
//	sent, err := client.OTPs.SMS.LoginOrCreate(ctx, stytchotp.SMSLoginOrCreateParams{
//		PhoneNumber: "+12025550162",
//	})
//	// … keep sent.MethodID on the server, ask the person for the code …
//	login, err := client.OTPs.Authenticate(ctx, stytchotp.AuthenticateParams{
//		MethodID:               sent.MethodID,
//		Code:                   code,
//		SessionDurationMinutes: 60,
//	})
//	// login.SessionToken is the session
//
// A [Client] is safe for concurrent use and meant to be kept: make one at start-up.
// [NewClientFromEnv] reads STYTCH_PROJECT_ID, STYTCH_SECRET and STYTCH_BASE_URL.
//
// # Errors
//
// A method returns a response or an error, never both, and the error is one of
// four: a [ValidationError] when the params are wrong, a [TransportError] when no
// answer came, a [StytchError] when the answer is not 2xx, and an
// [InvalidResponseError] when a 2xx cannot be trusted. [errors.Is] asks for a
// condition such as [ErrCodeIncorrect], [HTTPStatus] and [PublicCode] say what to
// answer a browser, and [DeliveryOf] says whether a message may have gone out.
//
// # What is never done
//
// A call is repeated only when no connection could be made ([WithMaxRetries]), or when
// the server says by HTTP/2 that it did not process it: not after a timeout, a reset or
// a 5xx. No redirect is followed. So the SDK causes no second message.
//
// No success is reported without the id that the next step needs, and no answer of
// the server's loses its status.
//
// No secret, code, token, phone number or e-mail address is in the text of an error, a
// log record or a hook event.
//
// # Values
//
// [PhoneNumber], [EmailAddress] and [Secret] are strings: fmt, JSON, SQL drivers and
// caches take the value. slog masks one that is the value of an attribute. Params and
// responses go through JSON without loss, and print and log masked.
//
// # Time
//
// A call takes at most ten seconds ([WithTimeout]), or less when its context ends
// earlier.
//
// # Limits
//
// The client sends whatever it is asked to. Package otplogin runs a login with limits on
// messages and codes.
//
// # Testing
//
// Package otptest is an emulator of the API that runs inside a test. It needs no
// credentials and no network, and it hands out the codes that it sent. Command otpbox is
// the same emulator as a program, with a page that shows each code:
//
//	go run github.com/stytchotp/stytchotp/cmd/otpbox@latest
//
// The documents begin at https://github.com/stytchotp/stytchotp/blob/main/docs/README.md.
package stytchotp
