package emulator

import (
	"container/list"
	"iter"
)

// lru keeps the items used last: at most limit of them, and at most maxBytes in all as
// size counts them.
type lru[T comparable] struct {
	order    *list.List // of T, the last used in front
	entries  map[T]*entry
	limit    int
	bytes    int
	maxBytes int
	size     func(T) int
}

type entry struct {
	place *list.Element
	bytes int
}

func newLRU[T comparable](limit, maxBytes int, size func(T) int) *lru[T] {
	return &lru[T]{order: list.New(), entries: map[T]*entry{}, limit: limit, maxBytes: maxBytes, size: size}
}

// use adds item or marks it as used, counts its size anew, and removes the items that
// there is no room for, of which it calls evict. The item itself stays.
func (l *lru[T]) use(item T, evict func(T)) {
	known := l.entries[item]
	if known == nil {
		known = &entry{place: l.order.PushFront(item)}
		l.entries[item] = known
	}
	l.order.MoveToFront(known.place)
	size := l.size(item)
	l.bytes += size - known.bytes
	known.bytes = size
	for l.order.Len() > 1 && (l.order.Len() > l.limit || l.bytes > l.maxBytes) {
		oldest, _ := l.order.Back().Value.(T)
		l.remove(oldest)
		evict(oldest)
	}
}

func (l *lru[T]) remove(item T) {
	if known := l.entries[item]; known != nil {
		l.order.Remove(known.place)
		l.bytes -= known.bytes
		delete(l.entries, item)
	}
}

// all yields the items, the last used first.
func (l *lru[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for place := l.order.Front(); place != nil; place = place.Next() {
			if item, ok := place.Value.(T); ok && !yield(item) {
				return
			}
		}
	}
}
