package main

import (
	"container/list"
	"sync"
	"time"
)

// store keeps values for a while and never more than limit of them: what is too
// much pushes the oldest out. A program on several machines needs one that they
// share.
type store[T any] struct {
	limit int
	ttl   time.Duration
	now   func() time.Time

	mu    sync.Mutex
	items map[string]*list.Element
	order *list.List // of item[T], the oldest in front
}

type item[T any] struct {
	key     string
	value   T
	expires time.Time
}

func newStore[T any](limit int, ttl time.Duration, now func() time.Time) *store[T] {
	return &store[T]{limit: limit, ttl: ttl, now: now, items: map[string]*list.Element{}, order: list.New()}
}

func (s *store[T]) put(key string, value T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(key)
	s.items[key] = s.order.PushBack(item[T]{key, value, s.now().Add(s.ttl)})
	for front := s.order.Front(); front != nil; front = s.order.Front() {
		oldest := front.Value.(item[T]) //nolint:errcheck // nothing else is put in
		if s.order.Len() <= s.limit && s.now().Before(oldest.expires) {
			return
		}
		s.drop(oldest.key)
	}
}

func (s *store[T]) get(key string) (value T, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	element, found := s.items[key]
	if !found {
		return value, false
	}
	it := element.Value.(item[T]) //nolint:errcheck // nothing else is put in
	if !s.now().Before(it.expires) {
		s.drop(key)
		return value, false
	}
	return it.value, true
}

func (s *store[T]) remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(key)
}

func (s *store[T]) drop(key string) {
	if element, found := s.items[key]; found {
		s.order.Remove(element)
		delete(s.items, key)
	}
}
