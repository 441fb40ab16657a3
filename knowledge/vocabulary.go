package knowledge

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
}

func newVocabulary() *vocabulary {
	return &vocabulary{counts: map[int32]int32{}, spellings: map[spelled][]string{}}
}

// df is how many solutions have the term.
func (v *vocabulary) df(id int32) int32 { return v.counts[id] }

// count adds sign times the entry to the numbers.
func (v *vocabulary) count(e *entry, sign int) {
	for _, t := range e.terms {
		v.counts[t.term] += int32(sign)
	}
	v.entries += sign
	v.length += float64(sign) * e.length
}

// learn takes over how the words of solutions are spelled. It is to be called
// before they are counted.
func (v *vocabulary) learn(words []string) {
	for _, w := range words {
		id := termID(w)
		if _, known := v.counts[id]; !known {
			v.counts[id] = 0
			v.addSpelling(w)
		}
	}
}
