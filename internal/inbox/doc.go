// Package inbox shows an emulator to people and to programs: a web page on which
// every code appears the moment it is sent, and a control API under /_otp/ for
// tests in any language. It serves the emulated API too, under the same
// address.
//
// It is for development machines. Without a token it answers only loopback; with
// one, page and control API ask for it. Either way it names the hosts it answers
// to, so that no web site can reach it through DNS rebinding, and it lets no other
// origin read or change anything.
package inbox
