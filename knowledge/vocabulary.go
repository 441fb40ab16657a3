package knowledge

import "github.com/blevesearch/bleve/v2/index/scorch"

// unknownTerm is the number of a term that no solution has.
const unknownTerm = -1

// vocabulary counts in how many solutions each term is, and knows how terms are
// spelled. It grows with the number of different terms, not with that of
// solutions.
type vocabulary struct {
	counts  map[int32]int32 // by termID
	entries int
	length  float64 // of all entries

	spellings map[spelled][]string
	codes     map[int32]struct{} // the terms that name products, parts and faults
}

func newVocabulary() *vocabulary {
	return &vocabulary{counts: map[int32]int32{}, spellings: map[spelled][]string{}, codes: map[int32]struct{}{}}
}

// df is how many solutions have the term.
func (v *vocabulary) df(id int32) int32 { return v.counts[id] }

// meanLength is the mean length of the entries.
func (v *vocabulary) meanLength() float64 { return v.length / float64(max(v.entries, 1)) }

// count adds sign times the entry to the numbers.
func (v *vocabulary) count(e *entry, sign int) {
	for _, id := range e.terms() {
		v.counts[id] += int32(sign)
	}
	v.entries += sign
	v.length += float64(sign) * e.length
}

// read adds the terms of a segment with the numbers of their solutions, but for
// those that were replaced since. The counts that the dictionary itself gives
// are 1 for every term behind the first that only one solution has.
func (v *vocabulary) read(s *scorch.SegmentSnapshot) error {
	return eachTerm(s, wordsField, func(term string, n int) {
		v.learn([]string{term})
		v.counts[termID(term)] += int32(n)
	})
}

// eachTerm gives the terms of a field that live documents of a segment have, and
// how many have each.
func eachTerm(s *scorch.SegmentSnapshot, field string, take func(term string, n int)) error {
	terms, err := s.Segment().Dictionary(field)
	if err != nil {
		return err
	}
	all := terms.AutomatonIterator(nil, nil, nil)
	for {
		t, err := all.Next()
		if t == nil || err != nil {
			return err
		}
		live, err := terms.PostingsList([]byte(t.Term), s.Deleted(), nil)
		if err != nil {
			return err
		}
		if n := live.Count(); n > 0 {
			take(t.Term, int(n))
		}
	}
}

// learn takes over how the words of solutions are spelled. It is to be called
// before they are counted.
func (v *vocabulary) learn(words []string) {
	for _, w := range words {
		id := termID(w)
		if _, known := v.counts[id]; !known {
			v.counts[id] = 0
			v.addSpelling(w)
			v.learnCodes([]string{w})
		}
	}
}

// learnCodes notes which of the words are codes.
func (v *vocabulary) learnCodes(words []string) {
	for _, w := range words {
		if isCode(w) {
			v.codes[termID(w)] = struct{}{}
		}
	}
}
