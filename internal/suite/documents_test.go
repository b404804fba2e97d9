package suite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a page shows as the output of a command is what it prints.
func TestOutputs(t *testing.T) {
	t.Parallel()
	outputs := regexp.MustCompile("(?m)^<!-- output: (go run [^ ]+) -->\n```\n((?s:.*?))^```$")
	pages, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	require.NoError(t, err)
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, output := range outputs.FindAllStringSubmatch(string(text), -1) {
			found++
			words := strings.Fields(output[1])
			command := exec.CommandContext(t.Context(), words[0], words[1:]...)
			command.Dir = top
			printed, err := command.Output()
			require.NoError(t, err, output[1])
			assert.Contains(t, string(printed), output[2], "%s: %s", page, output[1])
		}
	}
	assert.Positive(t, found)
}
