package contender_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

// How often something is allocated does not depend on the machine, so that much can
// be asserted. Time cannot; cmd/report prints it.
func TestAllocations(t *testing.T) {
	for _, task := range tasks() {
		allocs := map[int]float64{}
		for _, e := range contender.All() {
			c := task.contender(t, e)
			allocs[e.Number] = testing.AllocsPerRun(200, func() {
				if err := task.run(context.Background(), c); task.failed(err) {
					t.Fatal(err)
				}
			})
		}
		t.Log(task.name, allocs)
		assert.LessOrEqual(t, allocs[4], 1.05*allocs[2], "%s: at most a twentieth more than net/http, usual", task.name)
		assert.LessOrEqual(t, allocs[4], 0.9*allocs[3], "%s: at most nine tenths of resty, README", task.name)
	}
}
