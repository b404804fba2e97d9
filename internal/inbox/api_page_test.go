package inbox

import (
	"encoding/json"
	"html"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/docs/openapi"
)

// The page of the control API shows each call, with its parameters and an example of its
// body, and loads nothing from elsewhere.
func TestAPIPage(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	answer := b.do(http.MethodGet, "/_otp/", "")
	require.Equal(t, http.StatusOK, answer.status)
	assert.Contains(t, answer.header.Get("Content-Type"), "text/html")
	page := html.UnescapeString(answer.body)
	var document struct {
		Paths map[string]map[string]struct {
			Summary    string
			Parameters []apiParameter
		}
	}
	require.NoError(t, json.Unmarshal(openapi.Control(), &document))
	require.Greater(t, len(document.Paths), 15)
	for address, methods := range document.Paths {
		for method, operation := range methods {
			assert.Contains(t, page, "<code>"+strings.ToUpper(method)+" "+address+"</code>")
			assert.Contains(t, page, operation.Summary)
			for _, parameter := range operation.Parameters {
				assert.Contains(t, page, "<code>"+parameter.Name)
			}
		}
	}
	assert.NotContains(t, page, "<code></code>")
	assert.Contains(t, page, `curl -X POST -d '{"operation":"any_send","drop":"after_send"}' `+b.server.URL+"/_otp/faults")
	for _, found := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		assert.Equal(t, http.StatusOK, b.do(http.MethodGet, path.Join("/_otp", found[1]), "").status, found[1])
	}
	assert.Equal(t, http.StatusNotFound, b.do(http.MethodGet, "/_otp/nothing", "").status)
}
