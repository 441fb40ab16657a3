package knowledge

import (
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/mapping"
)

// termAnalyzer cuts text that canonical has folded: English words to their
// stems, Chinese to characters.
const termAnalyzer = "terms"

// newAnalyzers makes the analyzers. They are safe to share.
func newAnalyzers() (analyzers, error) {
	m := bleve.NewIndexMapping()
	if err := addAnalyzer(m); err != nil {
		return analyzers{}, fmt.Errorf("make analyzer: %w", err)
	}
	return analyzers{m.AnalyzerNamed(termAnalyzer)}, nil
}

func addAnalyzer(m *mapping.IndexMappingImpl) error {
	return m.AddCustomAnalyzer(termAnalyzer, map[string]any{
		"type": custom.Name, "tokenizer": unicode.Name, "token_filters": []string{en.SnowballStemmerName},
	})
}

// analyzers cut canonical text into terms. They are safe to share.
type analyzers struct{ terms analysis.Analyzer }

// cutText is what a text was cut into, in its order.
type cutText struct {
	words []word
	pairs []string // of characters that stand side by side
}

// word is a word's stem, or a Chinese character.
type word struct {
	term string
	stop bool // says nothing by itself; only what stands beside it in a wording does
}

// content returns the words that say something by themselves.
func (t cutText) content() []string {
	out := make([]string, 0, len(t.words))
	for _, w := range t.words {
		if !w.stop {
			out = append(out, w.term)
		}
	}
	return out
}

// ids returns the numbers of all words.
func (t cutText) ids() []int32 {
	out := make([]int32, len(t.words))
	for i, w := range t.words {
		if out[i] = termID(w.term); w.stop {
			out[i] |= stopBits
		}
	}
	return out
}

// singles returns the words and characters of canonical text in their order,
// without those that say nothing.
func (a analyzers) singles(canonical string) []string { return a.cut(canonical).content() }

// cut cuts canonical text into words and characters, and pairs of characters:
// short questions match on characters and precise ones on pairs.
func (a analyzers) cut(canonical string) cutText {
	tokens := a.terms.Analyze([]byte(canonical))
	t := cutText{words: make([]word, len(tokens))}
	for i, one := range tokens {
		t.words[i] = word{string(one.Term), stopSet[canonical[one.Start:one.End]]}
		if i == 0 || one.Type != analysis.Ideographic || tokens[i-1].Type != analysis.Ideographic || tokens[i-1].End != one.Start {
			continue
		}
		t.pairs = append(t.pairs, t.words[i-1].term+t.words[i].term)
	}
	return t
}

// searched returns what the index knows a text by, without weak characters and
// without repetitions.
func (t cutText) searched() []boosted {
	var out []boosted
	seen := map[string]bool{}
	add := func(field string, terms []string) {
		for _, t := range terms {
			if !seen[t] && !isWeak(t) {
				seen[t] = true
				out = append(out, boosted{field, t, 1})
			}
		}
	}
	add(wordsField, t.content())
	add(pairsField, t.pairs)
	return out
}

// isWeak reports whether the term has only weak characters.
func isWeak(term string) bool {
	return strings.Trim(term, weakHan) == ""
}
