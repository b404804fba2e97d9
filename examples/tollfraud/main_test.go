package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each refusal is shown, nothing of it is sent, and the hook saw it.
func TestRun(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/output.txt")
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, run(t.Context(), &got))
	assert.Equal(t, string(want), got.String())
}
