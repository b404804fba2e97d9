package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

// A plot has two panels side by side, both axes logarithmic.
const (
	plotWidth, plotHeight   = 860, 400
	panelWidth, panelHeight = 330, 260
	panelTop                = 70
)

// The colors differ for those who see few colors too (Okabe and Ito's palette), and
// stand out from a light page as from a dark one.
var colors = [...]string{careful: "#0072b2", usual: "#e69f00", resty: "#cc79a7", sdk: "#009e73"} //nolint:gochecknoglobals // a constant in all but name

// plot draws how calls a second and p99 grow with the number of workers.
func plot(grown map[int]results) string {
	workers := make([]int, 0, len(grown))
	for n := range grown {
		workers = append(workers, n)
	}
	slices.Sort(workers)

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<text x="20" y="24" font-size="15">HTTP/1.1 over TLS, a server that answers after %s</text>`+"\n", answerTime)
	for i, e := range contender.All() {
		x := 20 + i*200
		fmt.Fprintf(&b, `<line x1="%d" y1="42" x2="%d" y2="42" stroke="%s" stroke-width="3"/><text x="%d" y="46">%s</text>`+"\n",
			x, x+24, colors[i], x+30, label(e))
	}
	panel(&b, 60, "calls a second", workers, func(n, i int) float64 { return grown[n].perSecond(i) })
	panel(&b, 490, "p99, milliseconds", workers, func(n, i int) float64 { return float64(grown[n].p99(i)) / 1e6 })
	b.WriteString("</svg>\n")
	return b.String()
}

func panel(b *strings.Builder, left int, title string, workers []int, value func(workers, contender int) float64) {
	low, high := math.Inf(1), 0.0
	for _, n := range workers {
		for i := range contender.All() {
			v := value(n, i)
			low, high = min(low, v), max(high, v)
		}
	}
	low, high = max(low, 0.001), max(high, 0.01) // nothing has no logarithm
	// Whole powers of ten, so that the lines across have round numbers.
	bottom, top := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	x := func(n int) float64 {
		return float64(left) + panelWidth*math.Log(float64(n))/math.Log(float64(workers[len(workers)-1]))
	}
	y := func(v float64) float64 {
		return panelTop + panelHeight*(1-(math.Log10(v)-bottom)/(top-bottom))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", left, panelTop-8, title)
	for power := bottom; power <= top; power++ {
		v := math.Pow(10, power)
		fmt.Fprintf(b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#cccccc"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, y(v), left+panelWidth, y(v), left-6, y(v)+4, v)
	}
	for _, n := range workers {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(n), panelTop+panelHeight+18, n)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">workers</text>`+"\n", left+panelWidth/2, panelTop+panelHeight+40)
	for i := range contender.All() {
		var points strings.Builder
		for _, n := range workers {
			fmt.Fprintf(&points, "%.1f,%.1f ", x(n), y(value(n, i)))
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2.5"/>`+"\n", strings.TrimSpace(points.String()), colors[i])
	}
}
