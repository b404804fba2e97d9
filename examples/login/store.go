package main

import (
	"sync"
	"time"
)

// store keeps values under keys for a while, and no more than storeLimit of them, so
// that no client can fill the memory. A program on several machines needs one that they
// share, with an update that is atomic too: the caps on codes and attempts rest on it.
type store[T any] struct {
	mu     sync.Mutex
	items  map[string]T
	expiry map[string]*time.Timer
}

// add keeps a value for a while. It reports false when the key is taken.
func (s *store[T]) add(key string, value T, ttl time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.items[key]; taken {
		return false
	}
	if s.items == nil {
		s.items, s.expiry = map[string]T{}, map[string]*time.Timer{}
	}
	for other := range s.items { // in no order
		if len(s.items) < storeLimit {
			break
		}
		s.drop(other)
	}
	var timer *time.Timer
	timer = time.AfterFunc(ttl, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.expiry[key] == timer { // and not that of a later value
			s.drop(key)
		}
	})
	s.items[key], s.expiry[key] = value, timer
	return true
}

// update changes a value, if it is there, before another request can read it. It
// returns the value as it then is.
func (s *store[T]) update(key string, change func(*T)) (value T, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, found = s.items[key]; found {
		change(&value)
		s.items[key] = value
	}
	return value, found
}

func (s *store[T]) get(key string) (T, bool) { return s.update(key, func(*T) {}) }

// take removes a value, if it is there, and returns it to one caller only.
func (s *store[T]) take(key string) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.drop(key)
	return s.items[key]
}

func (s *store[T]) drop(key string) {
	if timer := s.expiry[key]; timer != nil {
		timer.Stop()
	}
	delete(s.items, key)
	delete(s.expiry, key)
}
