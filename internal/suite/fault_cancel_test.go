package suite_test

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

// TestCanceledOnTheWay cancels a call in the moment in which it gets its
// connection. net/http gives the call up at once, and another goroutine may send the
// request all the same: the call must not promise that it did not leave.
func TestCanceledOnTheWay(t *testing.T) {
	const calls = 100
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			server := faultserver.Start(t, faultserver.Config{Authority: authority, HTTP2: p.http2, Handle: good})
			client := newClient(t, server.URL)
			errs := make([]error, calls)
			for i := range errs {
				ctx, cancel := context.WithCancel(t.Context())
				ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
					GotConn: func(httptrace.GotConnInfo) {
						if i%2 == 0 {
							cancel()
						} else {
							go cancel() // a little later: some requests leave
						}
					},
				})
				_, errs[i] = send(ctx, client, fmt.Sprint("call ", i))
				cancel()
			}
			client.CloseIdleConnections()
			server.Close()
			for i, err := range errs {
				received := server.ReceivedOf(fmt.Sprint("call ", i))
				assert.LessOrEqual(t, received, 1)
				if err != nil { // the answer can be quicker than the cancellation
					require.ErrorIs(t, err, context.Canceled)
				}
				if stytchotp.DeliveryOf(err) == stytchotp.DeliveryNotSent && err != nil {
					assert.Zero(t, received, "call %d", i)
				}
			}
			t.Logf("%d of %d requests arrived", server.Received(), calls)
		})
	}
}
