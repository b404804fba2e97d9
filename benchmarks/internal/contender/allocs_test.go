package contender_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stytchotp/stytchotp/benchmarks/internal/contender"
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
		assert.LessOrEqual(t, allocs[4], allocs[2], "%s: at most as many as net/http, usual", task.name)
		assert.LessOrEqual(t, allocs[4], 1.5*allocs[1], "%s: at most half more than net/http, careful", task.name)
		assert.LessOrEqual(t, allocs[4], 0.75*allocs[3], "%s: at most three quarters of resty, README", task.name)
	}
}
