package knowledge

import (
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
	solution Solution
	hash     Hash
	language string   // base language, "" when neither declared nor told by the text
	product  string   // folded
	terms    []posted // all fields, by term
	head     []int32  // terms of title, questions and tags, ascending
	pairs    []pair   // neighbouring terms of all fields, ascending
	variants []variant
	wordings []string // the variants' texts, by plain
	length   float64  // weighted number of terms
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

// variant is one wording of a solution's question: its title or one of its questions.
type variant struct {
	terms []int32 // ascending
	pairs []pair  // ascending
}

// vocabulary numbers the terms of all entries and counts the entries of each.
type vocabulary struct {
	ids     map[string]int32
	terms   []string // by number
	df      []int32
	halves  []int  // what a term weighs in halves of a word, by halfWords
	generic []bool // whether people say the term of anything
	entries int
	length  float64 // of all entries

	spellings map[spelled][]int32
}

func newVocabulary() *vocabulary {
	return &vocabulary{ids: map[string]int32{}, spellings: map[spelled][]int32{}}
}

func (v *vocabulary) id(term string) int32 {
	id, ok := v.ids[term]
	if !ok {
		id = int32(len(v.df))
		v.ids[term] = id
		v.terms = append(v.terms, term)
		v.addSpelling(term, id)
		v.df = append(v.df, 0)
		v.halves = append(v.halves, halfWords(term))
		v.generic = append(v.generic, genericSet[term])
	}
	return id
}

// count adds sign times the entry to the numbers.
func (v *vocabulary) count(e *entry, sign int) {
	for _, t := range e.terms {
		v.df[t.term] += int32(sign)
	}
	v.entries += sign
	v.length += float64(sign) * e.length
}

// cuts are the terms of a solution's texts, before they are numbered.
type cuts struct {
	variants [][]string // title and questions; the answer when there are none
	tags     []string
	answer   []string
}

func (a analyzers) cut(s *Solution) cuts {
	c := cuts{
		tags:   a.singles(canonical(labels(s))),
		answer: a.singles(canonical(s.Answer)),
	}
	if s.Title != "" {
		c.variants = append(c.variants, a.singles(canonical(s.Title)))
	}
	for _, q := range s.Questions {
		c.variants = append(c.variants, a.singles(canonical(q)))
	}
	if len(c.variants) == 0 {
		c.variants, c.answer = append(c.variants, c.answer), nil
	}
	return c
}

// labels are the tags and the product, which customers name in their questions.
func labels(s *Solution) string { return strings.Join(s.Tags, "\n") + "\n" + s.Product }

func newEntry(s Solution, c cuts, v *vocabulary) (*entry, error) {
	hash, err := s.Hash()
	if err != nil {
		return nil, err
	}
	e := &entry{solution: s, hash: hash, product: fold(s.Product)}
	e.language = baseLanguage(s.Language)
	if e.language == "" {
		e.language = textLanguage(s.Title + s.Answer)
	}
	for _, text := range append([]string{s.Title}, s.Questions...) {
		e.wordings = append(e.wordings, plain(text))
	}
	e.number(c, v)
	return e, nil
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

func (e *entry) number(c cuts, v *vocabulary) {
	weights := map[int32]float64{}
	add := func(words []string, weight float64) []int32 {
		ids := make([]int32, len(words))
		for i, w := range words {
			ids[i] = v.id(w)
			weights[ids[i]] += weight
			e.length += weight
		}
		e.pairs = append(e.pairs, pairsOf(ids)...)
		return ids
	}
	for _, words := range c.variants {
		ids := add(words, questionWeight)
		e.head = append(e.head, ids...)
		e.variants = append(e.variants, variant{terms: set(slices.Clone(ids)), pairs: set(pairsOf(ids))})
	}
	e.head = set(append(e.head, add(c.tags, tagWeight)...))
	add(c.answer, answerWeight)
	e.pairs = set(e.pairs)
	for term, weight := range weights {
		e.terms = append(e.terms, posted{term, weight})
	}
	slices.SortFunc(e.terms, func(a, b posted) int { return int(a.term) - int(b.term) })
}

// occurrences returns the weighted number of times the entry has the term.
func (e *entry) occurrences(term int32) float64 {
	i, ok := slices.BinarySearchFunc(e.terms, term, func(p posted, t int32) int { return int(p.term) - int(t) })
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

// set sorts s and drops what is repeated.
func set[T int32 | pair](s []T) []T {
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
