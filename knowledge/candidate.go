package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"
)

const (
	// maxCandidates is how many solutions bleve hands to the ranking.
	maxCandidates = 50
	// postingsBudget is how many postings of one field a search may visit.
	// Bleve visits every posting of every term at about 0.33 µs each, so that
	// frequent terms cost most and tell least. 5,000 found nothing more on the
	// sets named at weights.
	postingsBudget = 2_000
	// minTerms are searched in a field even when they exceed the budget.
	minTerms = 2
	// contextFactor is what a term of an earlier turn counts beside one of the question.
	contextFactor = 0.3
	// productBoost makes solutions for the product in question candidates even
	// when others share more words.
	productBoost = 4
)

// searched are the fields of the index with their weights.
var searched = []struct {
	name  string
	boost float64
}{
	{"title", questionWeight}, {"questions", questionWeight}, {"tags", tagWeight}, {"answer", answerWeight},
}

// document is what bleve indexes of a solution; its keys are the fields of the mapping.
func document(s *Solution) map[string]any {
	questions := make([]string, len(s.Questions))
	for i, q := range s.Questions {
		questions[i] = canonical(q)
	}
	return map[string]any{
		"title": canonical(s.Title), "questions": questions, "tags": canonical(labels(s)),
		"answer": canonical(s.Answer), "product": fold(s.Product),
	}
}

// boosted is a term to be searched, with its weight.
type boosted struct {
	term  string
	boost float64
}

// candidates returns the ids of the solutions that share the rarest terms with
// the question and its context.
func (x *Index) candidates(ctx context.Context, q *question) ([]string, error) {
	request, err := x.request(ctx, q)
	if err != nil || request == nil {
		return nil, err
	}
	result, err := x.bleve.SearchInContext(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("search solutions: %w", err)
	}
	ids := make([]string, len(result.Hits))
	for i, hit := range result.Hits {
		ids[i] = hit.ID
	}
	return ids, nil
}

// request returns nil when no term of the question is in the index.
func (x *Index) request(ctx context.Context, q *question) (*bleve.SearchRequest, error) {
	reader, err := x.reader()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	var parts []query.Query
	for _, field := range searched {
		terms, err := rarest(ctx, reader, field.name, q.searched)
		if err != nil {
			return nil, closed(reader, fmt.Errorf("count terms: %w", err))
		}
		for _, t := range terms {
			parts = append(parts, termQuery(field.name, t.term, field.boost*t.boost))
		}
	}
	if err := reader.Close(); err != nil {
		return nil, fmt.Errorf("close index reader: %w", err)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	if q.product != "" {
		parts = append(parts, termQuery("product", q.product, productBoost))
	}
	request := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(parts...), maxCandidates, 0, false)
	request.SortBy([]string{"-_score", "_id"})
	return request, nil
}

func termQuery(field, term string, boost float64) query.Query {
	t := bleve.NewTermQuery(term)
	t.SetField(field)
	t.SetBoost(boost)
	return t
}

func (x *Index) reader() (index.IndexReader, error) {
	advanced, err := x.bleve.Advanced()
	if err != nil {
		return nil, err
	}
	return advanced.Reader()
}

// rarest returns the terms that the field has, rarest first, as far as the budget goes.
func rarest(ctx context.Context, r index.IndexReader, field string, terms []boosted) ([]boosted, error) {
	type counted struct {
		boosted
		n int
	}
	var known []counted
	for _, t := range terms {
		f, err := r.TermFieldReader(ctx, []byte(t.term), field, false, false, false)
		if err != nil {
			return nil, err
		}
		if n := int(f.Count()); n > 0 {
			known = append(known, counted{t, n})
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(known, func(a, b counted) int { return cmp.Compare(a.n, b.n) })
	var out []boosted
	budget := postingsBudget
	for _, t := range known {
		if budget -= t.n; budget < 0 && len(out) >= minTerms {
			break
		}
		out = append(out, t.boosted)
	}
	return out, nil
}
