package redact_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/redact"
)

const untrusted = "c4n4ry"

// mute is a caller's own error.
type mute struct{}

func (*mute) Error() string { return untrusted }

// TestCauses are told in our own words, and found by theirs.
func TestCauses(t *testing.T) {
	op := func(name string, err error) error {
		return &net.OpError{Op: name, Net: untrusted, Addr: &net.TCPAddr{}, Err: err}
	}
	tests := []struct {
		err  error
		want string
	}{
		{context.Canceled, "canceled by the caller"},
		{context.DeadlineExceeded, "the time ran out"},
		{os.ErrDeadlineExceeded, "the time ran out"},
		{op("read", os.ErrDeadlineExceeded), "the time ran out"},
		{&net.DNSError{Name: untrusted, IsTimeout: true}, "the time ran out"},
		{op("dial", &net.DNSError{Name: untrusted}), "the host name was not found"},
		{op("dial", syscall.ECONNREFUSED), "the connection was refused"},
		{op("dial", syscall.EHOSTUNREACH), "the host is unreachable"},
		{op("dial", syscall.ENETUNREACH), "the host is unreachable"},
		{&tls.CertificateVerificationError{Err: errors.New(untrusted)}, "the server's certificate is not trusted"},
		{tls.RecordHeaderError{Msg: untrusted}, "no TLS connection could be made"},
		{x509.UnknownAuthorityError{}, "the server's certificate is not trusted"},
		{x509.HostnameError{Host: untrusted, Certificate: &x509.Certificate{}}, "the server's certificate is not trusted"},
		{x509.CertificateInvalidError{Detail: untrusted}, "the server's certificate is not trusted"},
		{op("remote error", errors.New(untrusted)), "no TLS connection could be made"},
		{op("local error", errors.New(untrusted)), "no TLS connection could be made"},
		{http.ErrSchemeMismatch, "no TLS connection could be made"},
		{op("read", syscall.ECONNRESET), "the connection was reset"},
		{op("write", syscall.EPIPE), "the connection was reset"},
		{io.EOF, "the connection was closed early"},
		{io.ErrUnexpectedEOF, "the connection was closed early"},
		{errors.New(untrusted), "the exchange failed (*errors.errorString)"},
		{fmt.Errorf("%w: %s", &mute{}, untrusted), "the exchange failed (*redact_test.mute)"},
		{errors.New("http: server closed idle connection"), "the server closed an idle connection"},
		{fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", errors.New("malformed HTTP response \""+untrusted+"\"")), "the server's answer is not HTTP"},
		{errors.New("http2: server sent GOAWAY and closed the connection; debug=" + untrusted), "the server closed the HTTP/2 connection"},
		{op("dial", errors.New(untrusted)), "the exchange failed (*errors.errorString)"},
	}
	for _, test := range tests {
		cause := redact.Cause(test.err)
		assert.Equal(t, test.want, cause.Error(), "%T", test.err)
		require.ErrorIs(t, cause, test.err)
		for verb := range strings.FieldsSeq("%v %+v %#v %s %q %d") {
			assert.Equal(t, test.want, fmt.Sprintf(verb, cause))
		}
		encoded, err := json.Marshal(cause)
		require.NoError(t, err)
		assert.JSONEq(t, `"`+test.want+`"`, string(encoded))
	}
}

func TestCauseIsSeenThrough(t *testing.T) {
	e := redact.Cause(&net.DNSError{IsNotFound: true})
	var dns *net.DNSError
	require.ErrorAs(t, e, &dns)
	assert.True(t, dns.IsNotFound)
}
