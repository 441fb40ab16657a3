package knowledge

import (
	"encoding/binary"
	"slices"
)

// texts are the terms of a solution's texts by number, in their order, as the
// index stores them: the number of its wordings (title and questions; the answer
// when there are none), these, the tags and the answer. They are read where they
// lie, because most sketches are read once, for one question.
type texts []byte

// ids are terms by number, four bytes each; stop words are included.
type ids []byte

func (s ids) len() int { return len(s) / 4 }

func (s ids) at(i int) int32 { return int32(binary.LittleEndian.Uint32(s[4*i:])) }

// content returns the numbers without those of stop words.
func (s ids) content() []int32 {
	out := make([]int32, 0, s.len())
	for i := range s.len() {
		if id := s.at(i); !isStop(id) {
			out = append(out, id)
		}
	}
	return out
}

// grams returns words and neighbouring words, ascending, at the end of to: a word
// is a pair without a first.
func (s ids) grams(to []pair) []pair {
	before, start := int32(0), len(to)
	for i := range s.len() {
		id := s.at(i)
		to = append(to, newPair(0, id))
		if i > 0 {
			to = append(to, newPair(before, id))
		}
		before = id
	}
	own := to[start:]
	slices.Sort(own)
	return to[:start+len(slices.Compact(own))]
}

func newIDs(all []int32) ids {
	out := make(ids, 0, 4*len(all))
	for _, id := range all {
		out = binary.LittleEndian.AppendUint32(out, uint32(id))
	}
	return out
}

func appendIDs(b []byte, all []int32) []byte {
	return append(binary.AppendUvarint(b, uint64(len(all))), newIDs(all)...)
}

// newTexts returns what was cut as it is stored.
func newTexts(wordings [][]int32, tags, answer []int32) texts {
	b := binary.AppendUvarint(nil, uint64(len(wordings)))
	for _, w := range wordings {
		b = appendIDs(b, w)
	}
	return appendIDs(appendIDs(b, tags), answer)
}

// part is one of a solution's texts.
type part struct {
	ids
	weight float64 // of an occurrence
	answer bool
}

// wordings is how many there are, and how many terms they have.
func (t texts) wordings() (n, terms int) {
	d := decoder{rest: t}
	n = d.length(1)
	for range n {
		terms += d.ids().len()
	}
	return n, terms
}

// each yields the wordings, the tags and the answer.
func (t texts) each(yield func(i int, p part) bool) {
	d := decoder{rest: t}
	wordings := d.length(1)
	for i := range wordings + 2 {
		p := part{ids: d.ids(), weight: questionWeight}
		switch i {
		case wordings:
			p.weight = tagWeight
		case wordings + 1:
			p.weight, p.answer = answerWeight, true
		}
		if !yield(i, p) {
			return
		}
	}
}
