package knowledge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"assay/pipeline"
)

// Bench is an index in a folder that can also be searched in other ways, to
// measure what ours costs and what it loses. It is safe to share.
type Bench struct{ g, unpruned *generation }

// unprunedCandidates is how many solutions the ranking looks at when nothing is
// cut.
const unprunedCandidates = 1_000

// BuildBench builds an index of the solutions in a folder that does not exist.
func BuildBench(ctx context.Context, folder string, solutions iter.Seq2[Solution, error]) error {
	g, err := createGeneration(folder, benchOptions())
	if err != nil {
		return err
	}
	return errors.Join(g.build(ctx, solutions, 1), g.close())
}

func benchOptions() Options { return Options{Threshold: math.SmallestNonzeroFloat64, Now: time.Now} }

// OpenBench opens what BuildBench built.
func OpenBench(folder string) (*Bench, error) {
	g, err := openGeneration(folder, benchOptions())
	if err != nil {
		return nil, err
	}
	all := &generation{
		o: g.o, analyzers: g.analyzers, cache: newCache(0), searching: g.searching, bleve: g.bleve, vocabulary: g.vocabulary,
		limits: limits{candidates: unprunedCandidates, postings: math.MaxInt},
	}
	return &Bench{g, all}, nil
}

// Close frees the index; its folder stays.
func (b *Bench) Close() error { return b.g.close() }

// Suggest searches as Index.Suggest does, without a threshold.
func (b *Bench) Suggest(ctx context.Context, q Query) ([]pipeline.Suggestion, error) {
	return b.g.suggest(ctx, q)
}

// SuggestUnpruned visits all postings of all terms and ranks 1,000 solutions.
func (b *Bench) SuggestUnpruned(ctx context.Context, q Query) ([]pipeline.Suggestion, error) {
	return b.unpruned.suggest(ctx, q)
}

// Match searches with bleve's match query: the ids of the best solutions that
// have any of the question's terms.
func (b *Bench) Match(ctx context.Context, q Query) ([]string, error) {
	var parts []query.Query
	for _, t := range b.g.analyzers.cut(canonical(q.Text)).searched() {
		one := bleve.NewTermQuery(t.term)
		one.SetField(t.field)
		parts = append(parts, one)
	}
	result, err := b.g.bleve.SearchInContext(ctx, bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(parts...), q.Limit, 0, false))
	if err != nil {
		return nil, fmt.Errorf("match query: %w", err)
	}
	var ids []string
	for _, hit := range result.Hits {
		ids = append(ids, hit.ID)
	}
	return ids, nil
}

// Lexemes returns what a full-text index of a database may know a text by: pairs
// of Chinese characters and all other words.
func (b *Bench) Lexemes(text string) []string {
	var out []string
	for _, t := range b.g.analyzers.cut(canonical(text)).searched() {
		if t.field == pairsField || halfWords(t.term) == 2 {
			out = append(out, t.term)
		}
	}
	return out
}
