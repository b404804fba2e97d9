package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stytchotp/stytchotp/otplogin"
)

// The page docs/observing.md shows what the program prints.
func TestSelfcheck(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, "", true))
	page, err := os.ReadFile("../../docs/observing.md")
	require.NoError(t, err)
	assert.Contains(t, string(page), "```\n"+out.String()+"```\n")
}

// dashboard is what the test needs of Grafana's format.
type dashboard struct {
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	Panels        []struct {
		ID      int    `json:"id"`
		Title   string `json:"title"`
		Type    string `json:"type"`
		GridPos struct{ H, W, X, Y int }
		Targets []struct {
			RefID string `json:"refId"`
			Expr  string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

// Each query of the dashboard asks for metrics, and by labels, that the program has.
func TestDashboard(t *testing.T) {
	t.Parallel()
	b, err := newBackend(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { b.close(t.Context()) })
	server := httptest.NewServer(b.handler())
	t.Cleanup(server.Close)
	for _, kind := range []otplogin.EventKind{otplogin.EventStoreFailed, otplogin.EventFailedOpen, otplogin.EventJoined} {
		b.telemetry.Observe(t.Context(), otplogin.Event{Kind: kind})
	}
	var out bytes.Buffer
	require.NoError(t, b.show(t.Context(), &out, server.URL))
	families, err := b.registry.Gather()
	require.NoError(t, err)
	labels := map[string][]string{} // of a metric
	for _, family := range families {
		for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
			for _, m := range family.GetMetric() {
				for _, label := range m.GetLabel() {
					labels[family.GetName()+suffix] = append(labels[family.GetName()+suffix], label.GetName())
				}
			}
		}
	}

	content, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(content, &d))
	assert.NotEmpty(t, d.Title)
	assert.Positive(t, d.SchemaVersion)
	require.NotEmpty(t, d.Panels)
	seen := map[string]bool{}
	for i, panel := range d.Panels {
		assert.Equal(t, i+1, panel.ID)
		assert.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			var known []string
			for _, word := range regexp.MustCompile(`stytch_\w+`).FindAllString(target.Expr, -1) {
				if names, isMetric := labels[word]; isMetric {
					seen[strings.TrimSuffix(strings.TrimSuffix(word, "_bucket"), "_count")] = true
					known = append(known, names...)
				}
			}
			assert.NotEmpty(t, known, target.Expr)
			for _, word := range regexp.MustCompile(`stytch_\w+`).FindAllString(target.Expr, -1) {
				_, isMetric := labels[word]
				assert.True(t, isMetric || slices.Contains(known, word), "%s in %s", word, target.Expr)
			}
		}
	}
	for _, family := range families {
		if family.GetName() != "target_info" {
			assert.True(t, seen[family.GetName()], "%s is on no panel", family.GetName())
		}
	}
}
