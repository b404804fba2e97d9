package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOtpboxStrictTLS has OpenSSL verify the certificate as strict clients do.
func TestOtpboxStrictTLS(t *testing.T) {
	t.Parallel()
	b := startBox(t, "--tls", "--quiet")
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(ca, b.download("/_otp/ca.pem"), 0o600))
	address, err := url.Parse(b.line(t, "export STYTCH_BASE_URL="))
	require.NoError(t, err)
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(t.Context(), "tcp", address.Host)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	var encoded bytes.Buffer
	require.NoError(t, pem.Encode(&encoded, &pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}))
	certificate := filepath.Join(dir, "leaf.pem")
	require.NoError(t, os.WriteFile(certificate, encoded.Bytes(), 0o600))
	for _, host := range [][]string{{"-verify_hostname", "localhost"}, {"-verify_ip", "127.0.0.1"}, {"-verify_ip", "::1"}} {
		args := append(append([]string{"verify", "-x509_strict", "-purpose", "sslserver"}, host...), "-CAfile", ca, certificate)
		out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput()
		require.NoError(t, err, "%v: %s", host, out)
		assert.Contains(t, string(out), "OK")
	}
}
