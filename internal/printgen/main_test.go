package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGenerated fails when a type was added and "go generate ." was not run.
func TestGenerated(t *testing.T) {
	t.Parallel()
	for _, p := range packages() {
		want, err := p.generate("../..")
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join("..", "..", p.dir, "print.go"))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "run: go generate .")
	}
}
