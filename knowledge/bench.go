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
type Bench struct{ g *generation }

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
	return &Bench{g}, nil
}

// Cut returns the same index cut in another way: so many postings of each field
// are visited, and so many solutions ranked.
func (b *Bench) Cut(postings, ofTerm, sketches, candidates int) *Bench {
	g := &generation{
		o: b.g.o, analyzers: b.g.analyzers, weights: b.g.weights, cache: newCache(maxCacheBytes), searching: b.g.searching, scratches: b.g.scratches, bleve: b.g.bleve,
		vocabulary: b.g.vocabulary, products: b.g.products, limits: limits{candidates, sketches, postings, ofTerm},
	}
	g.retrieve = g.candidates
	return &Bench{g}
}

// Close frees the index; its folder stays.
func (b *Bench) Close() error { return b.g.close() }

// Suggest searches as Index.Suggest does, without a threshold.
func (b *Bench) Suggest(ctx context.Context, q Query) ([]pipeline.Suggestion, error) {
	return b.g.suggest(ctx, q, nil)
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
