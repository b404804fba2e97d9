package contender_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stytchotp/stytchotp/internal/benchmarks/internal/contender"
)

const memoryURL = "https://memory.example"

// task is one call that every contender makes.
type task struct {
	name   string
	memory contender.Memory
	run    func(context.Context, contender.Contender) error
}

func tasks() []task {
	return []task{
		{"login or create", contender.Memory{}, contender.LoginOrCreate},
		{"authenticate", contender.Memory{}, contender.Authenticate},
		{"refused", contender.Memory{Refuse: true}, contender.LoginOrCreate},
	}
}

func (t task) contender(tb testing.TB, e contender.Entry) contender.Contender {
	tb.Helper()
	c, err := e.New(memoryURL, &t.memory)
	require.NoError(tb, err)
	return c
}

// failed tells whether the task went another way than it should.
func (t task) failed(err error) bool { return (err != nil) != t.memory.Refuse }

func BenchmarkCall(b *testing.B) {
	for _, t := range tasks() {
		for _, e := range contender.All() {
			b.Run(t.name+"/"+e.Name, func(b *testing.B) {
				c := t.contender(b, e)
				b.ReportAllocs()
				for b.Loop() {
					if err := t.run(b.Context(), c); t.failed(err) {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for _, e := range contender.All() {
		b.Run(e.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.New(memoryURL, http.DefaultTransport); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The contenders must do the same work, or comparing them means nothing.
func TestContendersAgree(t *testing.T) {
	for _, e := range contender.All() {
		c, err := e.New(memoryURL, &contender.Memory{})
		require.NoError(t, err)
		methodID, err := c.LoginOrCreate(t.Context(), contender.PhoneNumber)
		require.NoError(t, err, e.Name)
		assert.Equal(t, contender.MethodID, methodID, e.Name)
		userID, err := c.Authenticate(t.Context(), methodID, "123456")
		require.NoError(t, err, e.Name)
		assert.Equal(t, contender.UserID, userID, e.Name)

		c, err = e.New(memoryURL, &contender.Memory{Refuse: true})
		require.NoError(t, err)
		_, err = c.LoginOrCreate(t.Context(), contender.PhoneNumber)
		assert.ErrorContains(t, err, "invalid_phone_number", e.Name)
	}
}
