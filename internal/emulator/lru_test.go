package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLRU(t *testing.T) {
	sizes := map[string]int{"a": 1, "b": 1, "c": 1, "d": 1}
	var evicted []string
	l := newLRU(3, 10, func(item string) int { return sizes[item] })
	use := func(items ...string) {
		for _, item := range items {
			l.use(item, func(old string) { evicted = append(evicted, old) })
		}
	}
	kept := func() string { return strings.Join(slices.Collect(l.all()), "") }
	use("a", "b", "c", "a")
	assert.Equal(t, "acb", kept())
	use("d")
	assert.Equal(t, "dac", kept())
	assert.Equal(t, []string{"b"}, evicted)

	sizes["a"] = 9
	use("a") // of 11 bytes, so c goes
	assert.Equal(t, "ad", kept())
	sizes["a"] = 100
	use("a")
	assert.Equal(t, "a", kept(), "the item itself stays")
	sizes["a"] = 1
	use("a", "b", "c")
	assert.Equal(t, "cba", kept())
	l.remove("b")
	l.remove("b")
	assert.Equal(t, 2, l.bytes)
	assert.Equal(t, "ca", kept())
}

// The sessions' bound is one of bytes too: many claims of the largest size.
func TestSessionsAreBoundedInBytes(t *testing.T) {
	e, err := New(Config{})
	require.NoError(t, err)
	now := e.Now()
	changes := map[string]json.RawMessage{}
	for i := range 300 {
		changes[fmt.Sprint("c", i)] = json.RawMessage("12345")
	}
	claims, failed := mergeClaims(nil, changes)
	require.Nil(t, failed)
	u := &user{id: "user-test-1"}
	e.users.add(u)
	var first *session
	for range DefaultMaxSessions {
		s := &session{id: "session-test-" + e.random.uuid(), token: e.random.token(33), user: u, expires: now.Add(time.Hour), claims: claims}
		if first == nil {
			first = s
		}
		e.sessions.add(s)
	}
	assert.LessOrEqual(t, e.sessions.recent.bytes, maxSessionBytes)
	assert.Less(t, len(e.sessions.byID), DefaultMaxSessions)
	_, kept := e.sessions.byID[first.id]
	assert.False(t, kept, "the session left alone for longest went")
	assert.Len(t, e.sessions.byToken, len(e.sessions.byID))
}
