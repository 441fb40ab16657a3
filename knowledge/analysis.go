package knowledge

import (
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/token/stop"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/analysis/tokenmap"
	"github.com/blevesearch/bleve/v2/mapping"
)

// The names of the analyzers. Both cut text that canonical has folded: English
// words to their stems, Chinese to characters; indexed also adds the pairs of
// neighbouring characters, since short questions match on characters and
// precise ones on pairs.
const (
	indexedAnalyzer = "indexed"
	singleAnalyzer  = "single"
)

// newMapping describes the documents of the index: BM25, nothing stored, and
// only the fields that are named here.
func newMapping() (*mapping.IndexMappingImpl, error) {
	m := bleve.NewIndexMapping()
	m.ScoringModel = "bm25"
	if err := addAnalyzers(m); err != nil {
		return nil, fmt.Errorf("build index mapping: %w", err)
	}
	d := bleve.NewDocumentStaticMapping()
	for _, f := range searched {
		d.AddFieldMappingsAt(f.name, textField(indexedAnalyzer))
	}
	d.AddFieldMappingsAt("product", textField(keyword.Name))
	d.AddSubDocumentMapping("_all", bleve.NewDocumentDisabledMapping())
	m.DefaultMapping = d
	return m, nil
}

func textField(analyzer string) *mapping.FieldMapping {
	f := bleve.NewTextFieldMapping()
	f.Analyzer = analyzer
	f.Store, f.IncludeInAll, f.IncludeTermVectors, f.DocValues = false, false, false, false
	return f
}

func addAnalyzers(m *mapping.IndexMappingImpl) error {
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
	if err := m.AddCustomTokenFilter("pairs", map[string]any{"type": cjk.BigramName, "output_unigram": true}); err != nil {
		return err
	}
	filters := []string{"stop", en.SnowballStemmerName}
	if err := addAnalyzer(m, singleAnalyzer, filters); err != nil {
		return err
	}
	return addAnalyzer(m, indexedAnalyzer, append(filters, "pairs"))
}

func addAnalyzer(m *mapping.IndexMappingImpl, name string, filters []string) error {
	return m.AddCustomAnalyzer(name, map[string]any{
		"type": custom.Name, "tokenizer": unicode.Name, "token_filters": filters,
	})
}

// analyzers cut canonical text into terms. They are safe to share.
type analyzers struct {
	indexed, single analysis.Analyzer
}

func newAnalyzers(m *mapping.IndexMappingImpl) analyzers {
	return analyzers{m.AnalyzerNamed(indexedAnalyzer), m.AnalyzerNamed(singleAnalyzer)}
}

// singles returns the words and characters of canonical text in their order.
func (a analyzers) singles(text string) []string {
	return terms(a.single.Analyze([]byte(text)))
}

// distinct returns what the index knows canonical text by, without weak
// characters and without repetitions.
func (a analyzers) distinct(text string) []string {
	var out []string
	seen := map[string]bool{}
	for _, t := range terms(a.indexed.Analyze([]byte(text))) {
		if !seen[t] && !isWeak(t) {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

func terms(tokens analysis.TokenStream) []string {
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = string(t.Term)
	}
	return out
}

// isWeak reports whether the term has only weak characters.
func isWeak(term string) bool {
	return strings.Trim(term, weakHan) == ""
}
