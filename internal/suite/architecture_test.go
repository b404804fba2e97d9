package suite_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// folder is a box of the architecture picture.
type folder struct {
	path, what string
	x, y       int
}

const (
	boxWidth, boxHeight = 160, 46
	pictureWidth        = 900
	pictureHeight       = 445
)

// folders are the boxes: folders of this repository, those of modules of their own dashed.
func folders() []folder {
	return []folder{
		{"otplogin/redisstore", "limits on many machines", 20, 20},
		{"otelstytchotp", "traces and metrics", 200, 20},
		{"sessionjwt", "sessions, offline", 380, 20},
		{"otptest", "the emulator in go test", 550, 20},
		{"cmd/otpbox", "the emulator, a program", 720, 20},
		{"otplogin", "a login with limits", 110, 110},
		{".", "stytchotp, the client", 380, 200},
		{"internal/inbox", "page and control API", 640, 110},
		{"internal/transport", "one request, by resty", 290, 290},
		{"internal/flatjson", "short answers, fast", 110, 290},
		{"internal/phone", "by phonenumbers", 470, 290},
		{"internal/emulator", "Stytch’s API in memory", 640, 200},
		{"internal/redact", "what may be printed", 290, 370},
	}
}

// imports returns which of the folders each imports.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	const self = "github.com/stytchotp/stytchotp"
	all := map[string][]string{}
	for _, from := range folders() {
		list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports " "}}`, ".")
		list.Dir = filepath.Join(top, from.path)
		out, err := list.Output()
		require.NoError(t, err, from.path)
		for imported := range strings.FieldsSeq(string(out)) {
			for _, to := range folders() {
				if imported == strings.TrimSuffix(self+"/"+to.path, "/.") {
					all[from.path] = append(all[from.path], to.path)
				}
			}
		}
	}
	return all
}

// needed leaves out the imports that follow from others.
func needed(all map[string][]string) (arrows [][2]string) {
	var reaches func(from, to string) bool
	reaches = func(from, to string) bool {
		return slices.ContainsFunc(all[from], func(next string) bool { return next == to || reaches(next, to) })
	}
	for from, targets := range all {
		for _, to := range targets {
			if !slices.ContainsFunc(targets, func(other string) bool { return reaches(other, to) }) {
				arrows = append(arrows, [2]string{from, to})
			}
		}
	}
	slices.SortFunc(arrows, func(a, b [2]string) int { return strings.Compare(a[0]+" "+a[1], b[0]+" "+b[1]) })
	return arrows
}

// draw returns the picture in the colors of a scheme.
func draw(t *testing.T, arrows [][2]string, ink, soft, panel, line, accent string) string {
	t.Helper()
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" font-family="system-ui, sans-serif">`+"\n", pictureWidth, pictureHeight)
	fmt.Fprintf(&svg, `<title>Folders and what they import</title>`+"\n"+`<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0l8 4-8 4z" fill="%s"/></marker></defs>`+"\n", soft)
	at := map[string]folder{}
	for _, f := range folders() {
		at[f.path] = f
	}
	for _, arrow := range arrows {
		from, to := at[arrow[0]], at[arrow[1]]
		require.Less(t, from.y, to.y, "%s stands below what it imports, %s", from.path, to.path)
		fmt.Fprintf(&svg, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="1.3" marker-end="url(#head)"/>`+"\n",
			from.x+boxWidth/2, from.y+boxHeight, to.x+boxWidth/2, to.y-1, soft)
	}
	for _, f := range folders() {
		dash, border := "", line
		if _, err := os.Stat(filepath.Join(top, f.path, "go.mod")); err == nil && f.path != "." {
			dash = ` stroke-dasharray="5 3"`
		}
		name := f.path
		if f.path == "." {
			name, border = "the root", accent
		}
		fmt.Fprintf(&svg, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="%s" stroke-width="1.3"%s/>`+"\n", f.x, f.y, boxWidth, boxHeight, panel, border, dash)
		fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="middle" font-size="13" font-weight="600" fill="%s">%s</text>`+"\n", f.x+boxWidth/2, f.y+19, ink, name)
		fmt.Fprintf(&svg, `<text x="%d" y="%d" text-anchor="middle" font-size="11" fill="%s">%s</text>`+"\n", f.x+boxWidth/2, f.y+35, soft, f.what)
	}
	fmt.Fprintf(&svg, `<text x="20" y="%d" font-size="11" fill="%s">An arrow is an import. Dashed: a module of its own, which an importer of the client never downloads.</text>`+"\n</svg>\n", pictureHeight-8, soft)
	return svg.String()
}

// The architecture picture shows folders that are there, and what they import:
//
//	go test ./internal/suite -run TestArchitecture -update
func TestArchitecture(t *testing.T) {
	t.Parallel()
	arrows := needed(imports(t))
	for name, picture := range map[string]string{
		"light": draw(t, arrows, "#16181a", "#585d63", "#ffffff", "#8a8f95", "#0a7548"),
		"dark":  draw(t, arrows, "#f0f1f2", "#a0a6ac", "#16181a", "#6d737a", "#4fdb9d"),
	} {
		file := filepath.Join(top, "docs", "architecture-"+name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(picture), 0o644))
		}
		drawn, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, picture, string(drawn), "go test ./internal/suite -run TestArchitecture -update")
	}
}
