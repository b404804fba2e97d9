package e2e

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOtpboxNode has Stytch's own client for Node use otpbox over https, and holds
// what went back and forth to have been what its test and the description say.
func TestOtpboxNode(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	nodePackages(t)
	b := startBox(t, "--tls", "--quiet")
	run := func(baseURL string, authority []byte, args ...string) string {
		ca := filepath.Join(t.TempDir(), "ca.pem")
		require.NoError(t, os.WriteFile(ca, authority, 0o600))
		node := exec.CommandContext(ctx, "node", append(append([]string{"--test"}, args...), "client.test.mjs")...)
		node.Dir = "node"
		node.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "OTPBOX_URL="+b.url,
			"STYTCH_BASE_URL="+baseURL, "STYTCH_PROJECT_ID="+b.projectID, "STYTCH_SECRET="+b.secret)
		said, failed := node.CombinedOutput()
		require.NoError(t, failed, "%s", said)
		return string(said)
	}
	direct := run(b.line(t, "export STYTCH_BASE_URL="), b.download("/_otp/ca.pem"), "--test-name-pattern=sms: log in")
	assert.Contains(t, direct, "# pass 1")

	target, err := url.Parse(b.url)
	require.NoError(t, err)
	checked := httptest.NewTLSServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: b.contract,
	})
	defer checked.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: checked.Certificate().Raw})
	assert.Contains(t, run(checked.URL, authority), "# pass 16")

	requests := b.control(http.MethodGet, "/_otp/requests?limit=1000", "")["requests"].([]any)
	require.NotEmpty(t, requests)
	for _, request := range requests {
		assert.NotContains(t, request, "unknown_fields", "the emulator knows all that the client sends")
	}
}

// TestLockFileNamesNoRegistry: npm takes packages from the registry that is set up
// used to.
func TestLockFileNamesNoRegistry(t *testing.T) {
	t.Parallel()
	lock, err := os.ReadFile(filepath.Join("node", "package-lock.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(lock), `"resolved"`)
	assert.Contains(t, string(lock), `"integrity": "sha512-`)
	assert.NotContains(t, string(lock), "registry.")
}
