package suite_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each page of the documentation can be reached from the README by its links.
func TestPagesAreReachable(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+\.md)[^)]*\)`)
	reached := map[string]bool{}
	var read func(page string)
	read = func(page string) {
		if reached[page] {
			return
		}
		reached[page] = true
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(found[1], "://") {
				read(filepath.Join(filepath.Dir(page), found[1]))
			}
		}
	}
	read(filepath.Join(top, "README.md"))
	pages, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	require.NoError(t, err)
	require.Greater(t, len(pages), 8)
	for _, page := range pages {
		assert.True(t, reached[page], "%s cannot be reached from the README", page)
	}
}
