package knowledge

// scoreboard adds up the scores of documents, eight bytes for each of the index:
// the documents of a term come in their order, so that a plain table is read as
// they stand in memory.
type scoreboard struct {
	scores []float64 // by document; 0 where nothing was added
	scored []uint64  // documents with a score
}

// reset empties the board, and makes room for so many documents.
func (b *scoreboard) reset(documents uint64) {
	for _, doc := range b.scored {
		b.scores[doc] = 0
	}
	b.scored = b.scored[:0]
	if uint64(len(b.scores)) < documents {
		b.scores = make([]float64, documents)
	}
}

// add adds a score; 0 adds nothing.
func (b *scoreboard) add(doc uint64, score float64) {
	if b.scores[doc] == 0 && score != 0 {
		b.scored = append(b.scored, doc)
	}
	b.scores[doc] += score
}

// hits returns the documents in no order.
func (b *scoreboard) hits() ranking {
	out := make(ranking, len(b.scored))
	for i, doc := range b.scored {
		out[i] = hit{doc, b.scores[doc]}
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
