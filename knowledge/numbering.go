package knowledge

import "math/bits"

// numbering gives numbers to keys, counted from 0 in the order in which they
// come. It is a hash table for keys that are mostly not in it: a search looks
// for its few terms among the many of all texts that it weighs.
type numbering struct {
	keys  []uint64
	slots []int32 // one more than the number of a key; 0 is free
	shift int
}

// newNumbering returns one that need not grow for n keys.
func newNumbering(n int) *numbering {
	t := &numbering{keys: make([]uint64, 0, n)}
	t.spread(max(bits.Len(uint(n))+3, 6))
	return t
}

// spread puts all keys into 2^size slots.
func (t *numbering) spread(size int) {
	t.slots, t.shift = make([]int32, 1<<size), 64-size
	for i, key := range t.keys {
		t.slots[t.slot(key)] = int32(i) + 1
	}
}

// slot is where the key is, or is to be put.
func (t *numbering) slot(key uint64) int {
	at := int(key * 0x9e3779b97f4a7c15 >> t.shift)
	for t.slots[at] != 0 && t.keys[t.slots[at]-1] != key {
		at = (at + 1) & (len(t.slots) - 1)
	}
	return at
}

// find returns the key's number, -1 when it has none.
func (t *numbering) find(key uint64) int {
	if t.slots[key*0x9e3779b97f4a7c15>>t.shift] == 0 {
		return -1
	}
	return int(t.slots[t.slot(key)]) - 1
}

// put returns the key's number, and whether it is a new one.
func (t *numbering) put(key uint64) (int, bool) {
	at := t.slot(key)
	if n := t.slots[at]; n > 0 {
		return int(n) - 1, false
	}
	t.keys = append(t.keys, key)
	t.slots[at] = int32(len(t.keys))
	if 2*len(t.keys) > len(t.slots) {
		t.spread(64 - t.shift + 2)
	}
	return len(t.keys) - 1, true
}

// keyOf is the key of a term or a pair.
func keyOf[T int32 | pair](id T) uint64 {
	if p, ok := any(id).(pair); ok {
		return uint64(p)
	}
	return termKey(int32(id))
}

// termKey is the key of a term.
func termKey(id int32) uint64 { return uint64(uint32(id)) }
