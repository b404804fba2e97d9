package emulator

// queue holds at most limit items; the oldest goes out first.
type queue[T any] struct {
	items []T
	limit int
}

// push adds item and returns the one that had to go, if any.
func (q *queue[T]) push(item T) (evicted T, full bool) {
	if len(q.items) >= q.limit && len(q.items) > 0 {
		evicted, full = q.items[0], true
		var none T
		q.items[0] = none // the array outlives the slice for a while
		q.items = q.items[1:]
	}
	q.items = append(q.items, item)
	return evicted, full
}
