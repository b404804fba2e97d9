package suite_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/stytchotp/stytchotp"
	"github.com/stytchotp/stytchotp/internal/faultserver"
)

func connectionFaults() []fault {
	none := notConnected()
	return []fault{
		{name: "the connection is refused", options: dialFailing(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), want: none},
		{name: "the host name is not found", options: dialFailing(&net.DNSError{Err: "no such host", Name: "api.example.com", IsNotFound: true}), want: none},
		{name: "the host is unreachable", options: dialFailing(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}), want: none},
		{name: "the connection is accepted and closed", server: faultserver.Config{Accept: closed}, want: none},
		{name: "the connection is accepted and reset", server: faultserver.Config{Accept: reset}, want: none},
		{name: "the TLS handshake is not answered", server: faultserver.Config{Accept: hanging}, want: none.timedOut()},
		{name: "the TLS handshake is cut short", server: faultserver.Config{Accept: cutHandshake}, want: none},
		{name: "the server speaks HTTP without TLS", server: faultserver.Config{Accept: plainHTTP}, want: none},
		{name: "the server speaks no TLS at all", server: faultserver.Config{Accept: noTLS}, want: none},
		{name: "the server has no TLS version newer than 1.1", server: faultserver.Config{TLS: oldTLS}, want: none},
		{name: "the server refuses the handshake with an alert", server: faultserver.Config{TLS: alert}, want: none},
		{name: "the certificate is another host's", server: faultserver.Config{TLS: certificate(otherHost)}, want: none},
		{name: "the certificate has expired", server: faultserver.Config{TLS: certificate(expired)}, want: none},
		{name: "the certificate is of an untrusted authority", server: faultserver.Config{TLS: unknownAuthority}, want: none},
	}
}

// dialFailing makes every connection fail with err, in the words of the operating
// system that a test cannot make it say.
func dialFailing(err error) []stytchotp.Option {
	return []stytchotp.Option{stytchotp.WithHTTPClient(&http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err },
	}})}
}

func closed(*faultserver.Conn) bool { return true }

func reset(c *faultserver.Conn) bool {
	c.Reset()
	return true
}

func hanging(c *faultserver.Conn) bool {
	c.Hang()
	return true
}

// cutHandshake reads the ClientHello and begins a record that it does not finish.
func cutHandshake(c *faultserver.Conn) bool {
	_, _ = c.Read(make([]byte, 4<<10))
	_, _ = c.Write([]byte{0x16, 0x03, 0x03, 0x10, 0x00, 0x02})
	return true
}

func plainHTTP(c *faultserver.Conn) bool {
	_, _ = c.Read(make([]byte, 4<<10))
	_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 6\r\nConnection: close\r\n\r\n" + untrustedText))
	return true
}

func noTLS(c *faultserver.Conn) bool {
	_, _ = c.Read(make([]byte, 4<<10))
	_, _ = c.Write([]byte("220 mail.example.com ESMTP " + untrustedText + "\r\n"))
	return true
}

func oldTLS(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }

func alert(c *tls.Config) {
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, net.ErrClosed }
}

func certificate(spoil func(*x509.Certificate)) func(*tls.Config) {
	return func(c *tls.Config) {
		spoiled, err := authority.Issue(spoil)
		if err != nil {
			panic(err)
		}
		c.Certificates = []tls.Certificate{spoiled}
	}
}

func otherHost(c *x509.Certificate) {
	c.IPAddresses, c.DNSNames = nil, []string{"api.example.com"}
}

func expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
}

func unknownAuthority(c *tls.Config) {
	stranger, err := faultserver.NewAuthority()
	if err != nil {
		panic(err)
	}
	if c.Certificates[0], err = stranger.Issue(func(*x509.Certificate) {}); err != nil {
		panic(err)
	}
}
