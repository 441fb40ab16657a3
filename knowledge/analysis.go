package knowledge

import (
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/token/stop"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/analysis/tokenmap"
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
	var words []any
	for w := range strings.FieldsSeq(stopWords) {
		words = append(words, w)
	}
	if err := m.AddCustomTokenMap("stop words", map[string]any{"type": tokenmap.Name, "tokens": words}); err != nil {
		return err
	}
	if err := m.AddCustomTokenFilter("stop", map[string]any{"type": stop.Name, "stop_token_map": "stop words"}); err != nil {
		return err
	}
	return m.AddCustomAnalyzer(termAnalyzer, map[string]any{
		"type": custom.Name, "tokenizer": unicode.Name, "token_filters": []string{"stop", en.SnowballStemmerName},
	})
}

// analyzers cut canonical text into terms. They are safe to share.
type analyzers struct{ terms analysis.Analyzer }

// singles returns the words and characters of canonical text in their order.
func (a analyzers) singles(text string) []string {
	words, _ := a.cut(text)
	return words
}

// cut returns the words and characters of canonical text in their order, and
// the pairs of characters that stand side by side: short questions match on
// characters and precise ones on pairs.
func (a analyzers) cut(text string) (words, pairs []string) {
	tokens := a.terms.Analyze([]byte(text))
	words = make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = string(t.Term)
		if i == 0 || t.Type != analysis.Ideographic || tokens[i-1].Type != analysis.Ideographic || tokens[i-1].End != t.Start {
			continue
		}
		pairs = append(pairs, words[i-1]+words[i])
	}
	return words, pairs
}

// searched returns what the index knows canonical text by, without weak
// characters and without repetitions.
func (a analyzers) searched(text string) []boosted {
	words, pairs := a.cut(text)
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
	add(wordsField, words)
	add(pairsField, pairs)
	return out
}

// isWeak reports whether the term has only weak characters.
func isWeak(term string) bool {
	return strings.Trim(term, weakHan) == ""
}
