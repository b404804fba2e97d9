// Package faultserver is an HTTP server that misbehaves on purpose. It speaks
// HTTP/1.1 and HTTP/2 by hand over raw connections, so that it can refuse, stall,
// reset, cut, drip, bloat and lie at every stage of an exchange, and it counts what
// it really received.
//
// It exists for tests, shares no code with the client under test, and nothing else
// imports it.
package faultserver
