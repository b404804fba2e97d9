package main

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(store[int])
		assert.True(t, s.add("a", 1, time.Minute))
		assert.False(t, s.add("a", 2, time.Hour), "it is taken")
		<-time.After(time.Minute - 1)
		value, found := s.get("a")
		assert.True(t, found)
		assert.Equal(t, 1, value)
		<-time.After(time.Second)
		_, found = s.get("a")
		assert.False(t, found)
		_, found = s.update("a", func(*int) { t.Error("there is nothing to change") })
		assert.False(t, found)
		assert.Zero(t, s.take("a"))
		assert.Zero(t, size(s))
	})
}

func timers[T any](s *store[T]) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.expiry)
}

// What was taken must not cut short what came after it, nor stay in memory till its end.
func TestStoreStopsItsTimers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(store[int])
		s.add("a", 1, time.Minute)
		assert.Equal(t, 1, s.take("a"))
		assert.Zero(t, timers(s))
		s.add("a", 2, time.Hour)
		<-time.After(2 * time.Minute)
		value, _ := s.get("a")
		assert.Equal(t, 2, value)
		<-time.After(time.Hour)
		assert.Zero(t, timers(s))
	})
}

// A value that is replaced at the moment when it expires leaves nothing of its end to
// the one that replaces it.
func TestStoreReplacesWhatExpires(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := new(store[int])
		s.add("a", 1, time.Millisecond)
		s.mu.Lock()
		<-time.After(5 * time.Millisecond) // the end of it is due, and waits for the lock
		if s.items["a"] != 0 {
			s.drop("a")
		}
		s.mu.Unlock()
		s.add("a", 2, time.Hour)
		<-time.After(time.Millisecond)
		value, _ := s.get("a")
		assert.Equal(t, 2, value)
		s.take("a")
	}
}

func TestStoreIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(store[int])
		for i := range storeLimit + 10 {
			s.add(strconv.Itoa(i), i, time.Minute)
		}
		assert.Equal(t, storeLimit, size(s))
		_, found := s.get(strconv.Itoa(storeLimit + 9))
		assert.True(t, found, "the newest is there")
	})
}

func TestStoreUpdatesOneByOne(t *testing.T) {
	t.Parallel()
	s := new(store[int])
	s.add("a", 0, time.Hour)
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() { s.update("a", func(v *int) { *v++ }) })
	}
	all.Wait()
	value, _ := s.get("a")
	assert.Equal(t, 1000, value)

	var taken atomic.Int64
	for range 100 {
		all.Go(func() { taken.Add(int64(s.take("a"))) })
	}
	all.Wait()
	assert.EqualValues(t, 1000, taken.Load(), "by one only")
}
