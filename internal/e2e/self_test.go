package e2e

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// The other tests rest on what this one shows: that JavaScript is really off where
// they say so, that the page sees the device, and that tabs share cookies exactly
// when they should.
func TestBrowser(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "visited", Value: "yes"})
		seen, _ := r.Cookie("visited")
		_, _ = w.Write([]byte(`<!doctype html><title>t</title><link rel="icon" href="data:,">
			<meta name="viewport" content="width=device-width">
			<p id="script">off</p><p id="cookie">` + seen.String() + `</p><p id="language">` + r.Header.Get("Accept-Language") + `</p>
			<script>document.getElementById("script").textContent = "on " + innerWidth + " " +
				matchMedia("(prefers-color-scheme: dark)").matches</script>`))
	}))
	t.Cleanup(site.Close)

	t.Run("device", func(t *testing.T) {
		t.Parallel()
		b := newTab(t, phone().inDark().speaking("de-AT"))
		b.open(site.URL)
		assert.Equal(t, "on 390 true", b.text("#script"))
		assert.Equal(t, "de-AT", b.text("#language"))
		assert.Equal(t, "/", b.path())
		assert.False(t, b.has("table"))
		assert.True(t, b.has("p"))
	})
	t.Run("without JavaScript", func(t *testing.T) {
		t.Parallel()
		b := newTab(t, desktop().withoutScript())
		b.open(site.URL)
		assert.Equal(t, "off", b.text("#script"))
	})
	t.Run("cookies", func(t *testing.T) {
		t.Parallel()
		b := newTab(t, desktop())
		b.open(site.URL)
		assert.Empty(t, b.text("#cookie"))
		second := b.another()
		second.open(site.URL)
		assert.Equal(t, "visited=yes", second.text("#cookie"), "a tab of the same browser")
		stranger := newTab(t, desktop())
		stranger.open(site.URL)
		assert.Empty(t, stranger.text("#cookie"), "another browser")
	})
	t.Run("complaints", func(t *testing.T) {
		t.Parallel()
		b := newTab(t, desktop())
		b.open(site.URL)
		_ = get(b, chromedp.Evaluate[string](`console.error("a", 1), setTimeout(() => { throw new Error("thrown") }), fetch("/none").then(r => "done")`, chromedp.EvalAwaitPromise))
		assert.Eventually(t, func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return len(b.problems) == 3
		}, stepLimit, 20*time.Millisecond)
		b.mu.Lock()
		defer b.mu.Unlock()
		assert.Len(t, b.problems, 3, "an error, an exception and a missing file: %q", b.problems)
		b.problems = nil // they were made on purpose
	})
}
