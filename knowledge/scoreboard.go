package knowledge

import "math/bits"

// scoreboard adds up the scores of documents. It is a hash table that is made
// large enough at once: a search adds to it for every posting.
type scoreboard struct {
	slots []tallied
	shift int
	n     int
}

type tallied struct {
	doc   uint64 // one more than the document; 0 is free
	score float64
}

// reset empties the board, and makes room for at most that many documents.
func (b *scoreboard) reset(most uint64) {
	size := bits.Len64(max(most, 8)) + 1
	b.shift, b.n = 64-size, 0
	if cap(b.slots) < 1<<size {
		b.slots = make([]tallied, 1<<size)
		return
	}
	b.slots = b.slots[:1<<size]
	clear(b.slots)
}

func (b *scoreboard) add(doc uint64, score float64) {
	at := int((doc + 1) * 0x9e3779b97f4a7c15 >> b.shift)
	for b.slots[at].doc != doc+1 {
		if b.slots[at].doc == 0 {
			b.slots[at].doc = doc + 1
			b.n++
			break
		}
		at = (at + 1) & (len(b.slots) - 1)
	}
	b.slots[at].score += score
}

// hits returns the documents in no order.
func (b *scoreboard) hits() ranking {
	out := make(ranking, 0, b.n)
	for _, s := range b.slots {
		if s.doc != 0 {
			out = append(out, hit{s.doc - 1, s.score})
		}
	}
	return out
}

// hit is a document with its score.
type hit struct {
	doc   uint64
	score float64
}

// ranking is hits of which the best can be taken off, one after the other: most
// are never looked at, and need not be sorted.
type ranking []hit

// order must come before the first pop.
func (r ranking) order() {
	for i := len(r)/2 - 1; i >= 0; i-- {
		r.sink(i)
	}
}

// pop takes off the best hit; of equals the one that stands first in the index.
func (r *ranking) pop() hit {
	all := *r
	best := all[0]
	all[0] = all[len(all)-1]
	*r = all[:len(all)-1]
	r.sink(0)
	return best
}

func (r ranking) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(r) {
			return
		}
		if child+1 < len(r) && r[child+1].before(r[child]) {
			child++
		}
		if !r[child].before(r[i]) {
			return
		}
		r[i], r[child] = r[child], r[i]
		i = child
	}
}

func (h hit) before(other hit) bool {
	return h.score > other.score || h.score == other.score && h.doc < other.doc
}
