// Package otplogin runs logins by one-time passcode with limits on what they may send
// and try. A handler starts a login, shows the field for the code, and checks what the
// person types; the package decides whether a message may go out and whether a code may
// be tried:
//
//	logins, err := otplogin.New(client, otplogin.Config{})
//	// …
//	flow, err := logins.Start(ctx, otplogin.StartParams{Recipient: "+12025550162", IP: ip})
//	// … flow.ID goes into a cookie, the person types the code …
//	login, err := logins.Verify(ctx, otplogin.VerifyParams{FlowID: flow.ID, Code: code})
//
// Pages, cookies and words are the caller's. A refusal is a [*RefusedError];
// [stytchotp.HTTPStatus] and [stytchotp.PublicCode] know it. Nothing that a caller
// learns before a right code depends on whether the person has an account.
//
// # What holds
//
//   - At most [Limits].RecipientHour and RecipientDay messages go to one recipient,
//     however many flows, browsers and IP addresses ask, with a growing wait between them.
//   - Simultaneous starts for one recipient cause one message. Each browser has a flow
//     of its own, which can check that message's code.
//   - A message that may have gone out counts. One that certainly did not, does not.
//   - At most five codes are tried for one message in a flow, and for one recipient in a
//     day fewer wrong ones than lock the user at Stytch. A browser that has logged in as
//     the recipient before has a share that strangers cannot use up.
//   - An IP address, a region and the project have limits too, which are on, record
//     only or off by [Limits].Modes. What one that records would have refused is told to
//     [Config].Observer.
//   - A flow is signed in only by a right code in that flow. Its id is 128 random bits,
//     or with FormID a keyed hash of that, and a keyed hash of the recipient; the store
//     holds a hash of it. After the login it is worth nothing without the code, which
//     Attempts calls can give, and nothing at all 30 seconds later.
//   - Memory is bounded: an IP address has a quota of flows, and a start that finds
//     no room is refused; the flows of others stay.
//   - The store's clock counts. When the store does not answer, nothing is sent.
//
// State is in memory, for one process; package redisstore, a module of its own, keeps it
// in Redis, for many machines.
package otplogin
