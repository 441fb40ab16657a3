package llm

import "container/list"

// recent keeps the values that were asked for last, up to a size.
type recent[K comparable, V any] struct {
	most, size int
	order      *list.List
	byKey      map[K]*list.Element
}

type kept[K comparable, V any] struct {
	key   K
	value V
	size  int
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: most, order: list.New(), byKey: map[K]*list.Element{}}
}

// get returns what is kept under a key.
func (r *recent[K, V]) get(key K) (value V, ok bool) {
	e := r.byKey[key]
	if e == nil {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(kept[K, V]).value, true
}

// put keeps a value instead of the one before it. At least one is always kept.
func (r *recent[K, V]) put(key K, value V, size int) {
	if e := r.byKey[key]; e != nil {
		r.drop(e)
	}
	r.byKey[key] = r.order.PushFront(kept[K, V]{key, value, size})
	r.size += size
	for r.size > r.most && r.order.Len() > 1 {
		r.drop(r.order.Back())
	}
}

func (r *recent[K, V]) drop(e *list.Element) {
	old := r.order.Remove(e).(kept[K, V])
	delete(r.byKey, old.key)
	r.size -= old.size
}
