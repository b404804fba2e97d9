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
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
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
			RefID  string `json:"refId"`
			Expr   string `json:"expr"`
			Legend string `json:"legendFormat"`
		} `json:"targets"`
	} `json:"panels"`
}

// Each query of the dashboard asks for metrics, and by labels, that the program has.
func TestDashboard(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	b, err := newBackend(t.Context(), trace.WithSyncer(spans))
	require.NoError(t, err)
	t.Cleanup(func() { b.close(t.Context()) })
	server := httptest.NewServer(b.handler())
	t.Cleanup(server.Close)
	for _, kind := range []otplogin.EventKind{otplogin.EventStoreFailed, otplogin.EventFailedOpen, otplogin.EventJoined} {
		b.telemetry.Observe(t.Context(), otplogin.Event{Kind: kind})
	}
	var out bytes.Buffer
	require.NoError(t, b.show(t.Context(), &out, server.URL, spans))
	families, err := b.registry.Gather()
	require.NoError(t, err)
	labels := map[string][]string{} // of a metric
	values := map[string]bool{}     // of all labels, as name="value"
	for _, family := range families {
		for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
			for _, m := range family.GetMetric() {
				for _, label := range m.GetLabel() {
					values[label.GetName()+"=\""+label.GetValue()+"\""] = true
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
			for _, matcher := range regexp.MustCompile(`\w+="[^"]*"`).FindAllString(target.Expr, -1) {
				assert.True(t, values[matcher], "%s in %s", matcher, target.Expr)
			}
			legend := known
			if by := regexp.MustCompile(`sum by \(([^)]*)\)`).FindStringSubmatch(target.Expr); by != nil {
				legend = strings.Split(by[1], ", ")
			}
			for _, label := range regexp.MustCompile(`{{(\w+)}}`).FindAllStringSubmatch(target.Legend, -1) {
				assert.Contains(t, legend, label[1], "the legend of %s", target.Expr)
			}
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

// Spans are named by their route, and what a stranger types names none.
func TestSpanNames(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	b, err := newBackend(t.Context(), trace.WithSyncer(spans))
	require.NoError(t, err)
	t.Cleanup(func() { b.close(t.Context()) })
	handler := b.handler()
	for _, target := range []string{"POST /login", "POST /login/code", "GET /login/+12025550162", "POST /x", "GET /metrics"} {
		method, path, _ := strings.Cut(target, " ")
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, nil))
	}
	var names []string
	for _, span := range spans.GetSpans() {
		names = append(names, span.Name)
		for _, kv := range span.Attributes {
			if kv.Key == "http.route" {
				assert.Equal(t, strings.TrimPrefix(span.Name, "POST "), kv.Value.AsString())
			}
		}
		assert.Contains(t, span.Resource.String(), "service.name=login")
	}
	assert.Equal(t, []string{"POST /login", "POST /login/code"}, names)
}

// A collector does not take the self-check's spans away.
func TestSelfcheckWithACollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, "", true))
	assert.Contains(t, out.String(), "otps.authenticate")
}
