package suite_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

// TestNothingLeavesTheOrigin brings a client that would follow redirects, keep
// cookies and send credentials along. Ours does none of it, and leaves theirs as it
// was.
func TestNothingLeavesTheOrigin(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	asked := 0
	hc := &http.Client{
		Transport: &http.Transport{ForceAttemptHTTP2: true},
		Jar:       jar,
		Timeout:   time.Minute,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			asked++
			r.Header.Set("Authorization", via[0].Header.Get("Authorization"))
			return nil
		},
	}
	before := *hc
	for _, p := range protocols {
		for _, status := range []int{301, 302, 303, 307, 308} {
			target := faultserver.Start(t, faultserver.Config{Authority: authority, Handle: good})
			origin := faultserver.Start(t, faultserver.Config{
				Authority: authority, HTTP2: p.http2,
				Handle: func(e faultserver.Exchange) {
					e.Head(status, "Location", target.URL+"/v1/otps/sms/send", "Set-Cookie", "id=7; Path=/", "Content-Length", "0")
					e.End()
				},
			})
			client := newClient(t, origin.URL, stytchotp.WithHTTPClient(hc))
			for i, m := range methods {
				_, err := m.call(t.Context(), client, "call")
				var stytch *stytchotp.StytchError
				require.ErrorAs(t, err, &stytch)
				assert.Equal(t, status, stytch.StatusCode)
				assert.Equal(t, target.URL+"/v1/otps/sms/send", stytch.Header.Get("Location"), "the caller may look")
				assert.Equal(t, i+1, origin.Received())
			}
			for _, r := range origin.Requests() {
				assert.Empty(t, r.Header.Get("Cookie"))
			}
			assert.Zero(t, target.Conns())
			client.CloseIdleConnections()
		}
	}
	assert.Zero(t, asked)
	assert.Same(t, before.Transport, hc.Transport)
	assert.Same(t, before.Jar, hc.Jar)
	assert.Equal(t, before.Timeout, hc.Timeout)
	assert.NoError(t, hc.CheckRedirect(&http.Request{Header: http.Header{}}, []*http.Request{{}}))
	for _, cookie := range jar.Cookies(&url.URL{Scheme: "https", Host: "127.0.0.1"}) {
		t.Errorf("a cookie was kept: %s", cookie.Name)
	}
}

// TestCallersTimeLimit holds beside ours.
func TestCallersTimeLimit(t *testing.T) {
	server := faultserver.Start(t, faultserver.Config{Authority: authority, Handle: stall})
	hc := &http.Client{Transport: &http.Transport{}, Timeout: 50 * time.Millisecond}
	client := newClient(t, server.URL, stytchotp.WithHTTPClient(hc), stytchotp.WithTimeout(time.Hour))
	_, err := send(t.Context(), client, "call")
	var transport *stytchotp.TransportError
	require.ErrorAs(t, err, &transport)
	assert.True(t, transport.Timeout())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 50*time.Millisecond, hc.Timeout)
}

// TestEmulatorAnswersLiveProject refuses a success that is none: a program left the
// address of an emulator in a production configuration.
func TestEmulatorAnswersLiveProject(t *testing.T) {
	server := faultserver.Start(t, faultserver.Config{
		Authority: authority,
		Handle:    replyJSON(200, goodBody, "X-OTP-Emulator", "1"),
	})
	live, err := stytchotp.NewClient(liveProjectID, liveSecret, stytchotp.WithBaseURL(server.URL))
	require.NoError(t, err)
	defer live.CloseIdleConnections()
	for _, m := range methods {
		response, err := m.call(t.Context(), live, "call")
		var invalid *stytchotp.InvalidResponseError
		require.ErrorAs(t, err, &invalid)
		assert.Nil(t, response)
		assert.Equal(t, requestID, invalid.RequestID)

		_, err = m.call(t.Context(), newClient(t, server.URL), "call")
		require.NoError(t, err, "a test project may")
	}
}

// TestTLSFloor shakes hands from TLS 1.2 on.
func TestTLSFloor(t *testing.T) {
	versions := map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true}
	for version, fine := range versions {
		server := faultserver.Start(t, faultserver.Config{
			Authority: authority, Handle: good,
			TLS: func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version },
		})
		client := newClient(t, server.URL, stytchotp.WithMaxRetries(0))
		_, err := send(t.Context(), client, "call")
		if fine {
			require.NoError(t, err, tls.VersionName(version))
			continue
		}
		require.Error(t, err, tls.VersionName(version))
		assert.Equal(t, stytchotp.DeliveryNotSent, stytchotp.DeliveryOf(err))
		assert.Zero(t, server.Begun())
	}
}

// TestNewClientConnectsNowhere leaves the server alone until there is a call, and
// starts no goroutine. A few may come and go that other tests have left.
func TestNewClientConnectsNowhere(t *testing.T) {
	server := faultserver.Start(t, faultserver.Config{Authority: authority, Handle: good})
	before := len(goroutines())
	const clients = 50
	for range clients {
		newClient(t, server.URL)
	}
	assert.Zero(t, server.Conns())
	assert.Less(t, len(goroutines()), before+clients)
}

// TestMemoryIsBounded lets a server send what it likes, compressed when the caller's
// transport asks for that, and looks at what the call allocates.
func TestMemoryIsBounded(t *testing.T) {
	compressing := stytchotp.WithHTTPClient(&http.Client{Transport: &http.Transport{}})
	tests := []struct {
		name    string
		handle  func(faultserver.Exchange)
		options []stytchotp.Option
		want    string
	}{
		{"200 MiB", bloat(200), nil, "larger than 1 MiB"},
		{"200 MiB with an error", bloat(500), nil, "HTTP 500"},
		{"64 MiB in 64 KiB", bomb(200), []stytchotp.Option{compressing}, "larger than 1 MiB"},
		{"64 MiB in 64 KiB with an error", bomb(500), []stytchotp.Option{compressing}, "HTTP 500"},
	}
	gzipBomb()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := faultserver.Start(t, faultserver.Config{Authority: authority, Handle: test.handle})
			client := newClient(t, server.URL, test.options...)
			before := allocated()
			_, err := send(t.Context(), client, "call")
			require.ErrorContains(t, err, test.want)
			assert.Less(t, allocated()-before, uint64(24<<20))
		})
	}
}
