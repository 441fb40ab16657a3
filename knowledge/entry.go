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
	whole    []byte // the solution's JSON
	variants []variant
	length   float64 // weighted number of terms
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
	ids   ids
	grams []pair // all words, stop words too, and their pairs, ascending
}

// labels are the tags and the product, which customers name in their questions.
func labels(s *Solution) string { return strings.Join(s.Tags, "\n") + "\n" + s.Product }

// newEntry returns what the ranking needs of a sketch. The sketch's texts and
// whole are kept.
func newEntry(k sketch, whole []byte) *entry {
	n, terms := k.texts.wordings()
	e := &entry{sketch: k, whole: whole, variants: make([]variant, n)}
	grams := make([]pair, 0, 2*terms)
	for i, text := range k.texts.each {
		for at := range text.len() {
			if !isStop(text.at(at)) {
				e.length += text.weight
			}
		}
		if i < n {
			start := len(grams)
			grams = text.grams(grams)
			e.variants[i] = variant{text.ids, slices.Clip(grams[start:])}
		}
	}
	return e
}

// terms returns the numbers of all terms, each once.
func (e *entry) terms() []int32 {
	var all []int32
	for _, text := range e.texts.each {
		all = append(all, text.content()...)
	}
	return set(all)
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

// set sorts s and drops what is repeated.
func set[T cmp.Ordered](s []T) []T {
	slices.Sort(s)
	return slices.Clip(slices.Compact(s))
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
