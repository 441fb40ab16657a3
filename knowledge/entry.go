package knowledge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The weights of a term's occurrences by field, in the index and in the rank.
const (
	questionWeight = 2 // of the title, too
	tagWeight      = 1
	answerWeight   = 1
)

// entry is a solution as the ranking sees it.
type entry struct {
	sketch
	whole    []byte   // the solution's JSON
	terms    []posted // all fields, by term
	head     []int32  // terms of title, questions and tags, ascending
	pairs    []pair   // neighbouring terms of all fields, ascending
	variants []variant
	length   float64 // weighted number of terms
}

// posted is a term with its weighted number of occurrences.
type posted struct {
	term   int32
	weight float64
}

// pair is two terms that stand side by side.
type pair uint64

func newPair(a, b int32) pair { return pair(uint64(uint32(a))<<32 | uint64(uint32(b))) }

// parts returns the two terms.
func (p pair) parts() (int32, int32) { return int32(uint32(p >> 32)), int32(uint32(p)) }

// isWord reports whether a gram is a single word.
func (p pair) isWord() bool { return p>>32 == 0 }

// variant is one wording of a solution's question: its title or one of its questions.
type variant struct {
	terms []int32 // ascending
	pairs []pair  // ascending
	grams []pair  // all words, stop words too, and their pairs, ascending
}

// labels are the tags and the product, which customers name in their questions.
func labels(s *Solution) string { return strings.Join(s.Tags, "\n") + "\n" + s.Product }

// newEntry returns what the ranking needs of a sketch. whole is kept.
func newEntry(k sketch, whole []byte) *entry {
	e := &entry{sketch: k, whole: whole}
	e.spread()
	return e
}

// solution returns the solution as it was put into the index.
func (e *entry) solution() (Solution, error) {
	s := Solution{Opinions: e.opinions}
	if err := json.Unmarshal(e.whole, &s); err != nil {
		return Solution{}, fmt.Errorf("stored solution %q: %w: %w", e.id, errBroken, err)
	}
	return s, nil
}

// plain is a folded text's letters and digits.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, fold(text))
}

// spread orders the terms of the texts as the features look them up.
func (e *entry) spread() {
	weights := map[int32]float64{}
	add := func(all []int32, weight float64) []int32 {
		ids := slices.DeleteFunc(slices.Clone(all), isStop)
		for _, id := range ids {
			weights[id] += weight
			e.length += weight
		}
		e.pairs = append(e.pairs, pairsOf(ids)...)
		return ids
	}
	for _, all := range e.cuts.variants {
		ids := add(all, questionWeight)
		e.head = append(e.head, ids...)
		e.variants = append(e.variants, variant{terms: set(slices.Clone(ids)), pairs: set(pairsOf(ids)), grams: gramsOf(all)})
	}
	e.head = set(append(e.head, add(e.cuts.tags, tagWeight)...))
	add(e.cuts.answer, answerWeight)
	e.pairs = set(e.pairs)
	for term, weight := range weights {
		e.terms = append(e.terms, posted{term, weight})
	}
	slices.SortFunc(e.terms, func(a, b posted) int { return cmp.Compare(a.term, b.term) })
}

// occurrences returns the weighted number of times the entry has the term.
func (e *entry) occurrences(term int32) float64 {
	i, ok := slices.BinarySearchFunc(e.terms, term, func(p posted, t int32) int { return cmp.Compare(p.term, t) })
	if !ok {
		return 0
	}
	return e.terms[i].weight
}

func pairsOf(ids []int32) []pair {
	var out []pair
	for i := 1; i < len(ids); i++ {
		out = append(out, newPair(ids[i-1], ids[i]))
	}
	return out
}

// gramsOf returns words and neighbouring words: a word is a pair without a first.
func gramsOf(ids []int32) []pair {
	out := make([]pair, 0, 2*len(ids))
	for _, id := range ids {
		out = append(out, newPair(0, id))
	}
	return set(append(out, pairsOf(ids)...))
}

// set sorts s and drops what is repeated.
func set[T cmp.Ordered](s []T) []T {
	slices.Sort(s)
	return slices.Clip(slices.Compact(s))
}

func has[T int32 | pair](s []T, x T) bool {
	_, ok := slices.BinarySearch(s, x)
	return ok
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// baseLanguage returns the language of a BCP 47 tag without script and region.
func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(fold(tag), "_", "-"), "-")
	return base
}

// textLanguage tells Chinese from English by the script of the letters: one
// Chinese character weighs as much as the letters of a short word. "" when
// there are no letters.
func textLanguage(text string) string {
	var han, latin int
	for _, r := range text {
		switch {
		case isHan(r):
			han++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	switch {
	case han == 0 && latin == 0:
		return ""
	case han*4 >= latin:
		return "zh"
	}
	return "en"
}
