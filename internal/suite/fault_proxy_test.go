package suite_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

const proxyVariable = "STYTCHOTP_TEST_PROXY_CHILD"

// TestProxy calls test.stytch.com through a proxy that the environment names. net/http
// reads the environment once in a process, and goes to a server on this machine
// directly, so it takes a process of its own and a proxy that leads here.
func TestProxy(t *testing.T) {
	if os.Getenv(proxyVariable) == "" {
		var output bytes.Buffer
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy$", "-test.v")
		child.Env = append(os.Environ(), proxyVariable+"=1")
		child.Stdout, child.Stderr = &output, &output
		require.NoError(t, child.Run(), output.String())
		require.Contains(t, output.String(), "--- PASS: TestProxy/HTTP/2/cut_in_the_handshake")
		return
	}
	const password = "proxy-pa55word"
	proxy := &connectProxy{}
	server := faultserver.Start(t, faultserver.Config{Accept: proxy.serve})
	t.Setenv("HTTPS_PROXY", "http://user:"+password+"@"+strings.TrimPrefix(server.URL, "http://"))
	for _, name := range []string{"https_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}

	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			for _, tc := range []struct {
				name     string
				tunnel   tunnel
				handle   func(faultserver.Exchange)
				delivery stytchotp.Delivery
				attempts int // 0 for a success
				received int
			}{
				{"open", openTunnel, good, stytchotp.DeliverySent, 0, 1},
				{"refused", refuseTunnel, good, stytchotp.DeliveryNotSent, 2, 0},
				{"cut in the handshake", cutTunnel, good, stytchotp.DeliveryNotSent, 2, 0},
				{"cut after the request", openTunnel, func(e faultserver.Exchange) { e.Conn().Reset() }, stytchotp.DeliveryMaybeSent, 1, 1},
			} {
				t.Run(tc.name, func(t *testing.T) {
					server := startStytch(t, faultserver.Config{HTTP2: p.http2, Handle: tc.handle})
					proxy.lead(server, tc.tunnel)
					client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithMaxRetries(1))
					require.NoError(t, err)
					defer client.CloseIdleConnections()

					_, err = send(t.Context(), client, "call")
					assert.Equal(t, tc.delivery, stytchotp.DeliveryOf(err))
					assert.Equal(t, tc.received, server.Received())
					if tc.attempts > 0 {
						var transport *stytchotp.TransportError
						require.ErrorAs(t, err, &transport)
						assert.Equal(t, tc.attempts, transport.Attempts)
						assert.Equal(t, tc.name == "refused", strings.Contains(err.Error(), "proxy"), "%v", err)
						assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), password)
					}
				})
			}

			t.Run("a burst", func(t *testing.T) {
				const workers = 32
				most := mostConns(workers, p.http2)
				fewest := fewestConns(most, func() int {
					var conns atomic.Int64
					server := startStytch(t, faultserver.Config{
						HTTP2: p.http2, Handle: slow,
						Open: func(*faultserver.Conn) bool { conns.Add(1); return false },
					})
					proxy.lead(server, openTunnel)
					client, err := stytchotp.NewClient(testProjectID, testSecret, stytchotp.WithTimeout(callTimeout), stytchotp.WithMaxRetries(10))
					require.NoError(t, err)
					defer client.CloseIdleConnections()
					callInBursts(t, client, workers, 4)
					assert.Equal(t, 4*workers, server.Received())
					return int(conns.Load())
				})
				assert.LessOrEqual(t, fewest, most)
			})
		})
	}

	proxy.mu.Lock() // a dial that no call waits for may still be asking
	asked := proxy.heard.String()
	proxy.mu.Unlock()
	assert.Contains(t, asked, "CONNECT test.stytch.com:443 ")
	assert.Contains(t, asked, "Proxy-Authorization: Basic ")
	assert.NotContains(t, asked, "\nAuthorization:", "the proxy is told nothing of ours")
	assert.NotContains(t, strings.ToLower(asked), "stytchotp")
}

// startStytch starts a server that can show a certificate for test.stytch.com.
func startStytch(t *testing.T, config faultserver.Config) *faultserver.Server {
	t.Helper()
	certificate, err := authority.Issue(func(c *x509.Certificate) { c.DNSNames = []string{"test.stytch.com"} })
	require.NoError(t, err)
	config.Authority = authority
	config.TLS = func(c *tls.Config) { c.Certificates = []tls.Certificate{certificate} }
	return faultserver.Start(t, config)
}

// tunnel is what a proxy does when it is asked for one.
type tunnel int

const (
	openTunnel tunnel = iota
	refuseTunnel
	cutTunnel
)

// connectProxy is an HTTP proxy that leads to one server, whatever it is asked for.
type connectProxy struct {
	mu     sync.Mutex
	target string
	tunnel tunnel
	heard  bytes.Buffer // what it was told in the clear
}

func (p *connectProxy) lead(to *faultserver.Server, by tunnel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target, p.tunnel = strings.TrimPrefix(to.URL, "https://"), by
}

func (p *connectProxy) serve(c *faultserver.Conn) bool {
	var heard bytes.Buffer
	_, err := http.ReadRequest(bufio.NewReader(io.TeeReader(c, &heard)))
	p.mu.Lock()
	target, tunnel := p.target, p.tunnel
	p.heard.Write(heard.Bytes())
	p.mu.Unlock()
	if err != nil {
		return true
	}
	if tunnel == refuseTunnel {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return true
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
	if tunnel == cutTunnel {
		_, _ = io.ReadFull(c, make([]byte, 16)) // of the handshake
		return true
	}
	server, err := net.Dial("tcp", target) //nolint:noctx // both ends close it
	if err != nil {
		return true
	}
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(server, c)
		_ = server.Close()
	})
	_, _ = io.Copy(c, server)
	_ = c.Close()
	up.Wait()
	return true
}
