package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The report is a program that starts itself again, so it is tested as one. Whether
// targets are met is not looked at: in a brief run times mean nothing.
func TestBriefReport(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "report")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.CommandContext(t.Context(), program, "-brief", "-out", folder).CombinedOutput()
	require.NoError(t, err, string(out))

	page, err := os.ReadFile(filepath.Join(folder, "benchmarks.md"))
	require.NoError(t, err)
	assert.Contains(t, string(page), command)
	assert.NotContains(t, string(page), "| ? |", "something was not measured")
	for _, what := range []string{
		"in memory, a send: time ÷ (2)", "NewClient", "HTTP/1.1, 8 workers, bursts",
		"HTTP/2, a server that answers at once", "refusals: connections", "200 calls, in memory", "otptest, a login", "otpbox",
	} {
		assert.Contains(t, string(page), "| "+what, "the table of targets")
	}

	picture, err := os.Open(filepath.Join(folder, "benchmarks.svg"))
	require.NoError(t, err)
	defer func() { _ = picture.Close() }()
	lines := 0
	for decoder := xml.NewDecoder(picture); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			lines++
		}
	}
	assert.Equal(t, 8, lines, "four contenders in two panels")
}

func TestFormat(t *testing.T) {
	for want, v := range map[string]float64{"1234": 1234.4, "12.3": 12.34, "1.23": 1.234, "0.00": 0} {
		assert.Equal(t, want, format(v))
	}
	assert.Equal(t, "?", format(ratio(0.0, 0.0)))
}

func TestTargets(t *testing.T) {
	var r report
	r.expect("under", 1.2, 1.25, false)
	r.expect("over", 1.3, 1.25, false)
	r.expect("enough", 0.6, 0.5, true)
	r.expect("too little", 0.4, 0.5, true)
	var met []bool
	for _, target := range r.targets {
		met = append(met, target.met)
	}
	assert.Equal(t, []bool{true, false, true, false}, met)
	assert.Equal(t, 2, strings.Count(r.targetTable(), "missed"))
}

func TestMedian(t *testing.T) {
	itself := func(v float64) float64 { return v }
	assert.InDelta(t, 2, median([]float64{9, 1, 2}, itself), 0)
	assert.Zero(t, median(nil, itself))
}
