package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

const (
	// maxCandidates is how many solutions the ranking looks at.
	maxCandidates = 50
	// maxRead is how many solutions are read to find candidates that are valid.
	maxRead = 2_000
	// postingsBudget is how many postings of one field a search may visit. The
	// frequent terms cost most and tell least.
	postingsBudget = 4_000
	// minTerms are searched in a field even when they exceed the budget.
	minTerms = 2
	// smallFilter is the number of solutions behind a filter up to which all of
	// them are searched with all terms.
	smallFilter = 1_000
	// contextFactor is what a term of an earlier turn counts beside one of the question.
	contextFactor = 0.3
)

// limits bound a search.
type limits struct{ candidates, postings int }

// boosted is a term to be searched in a field, with its weight.
type boosted struct {
	field, term string
	boost       float64
}

// search is one search for candidates.
type search struct {
	g      *generation
	ctx    context.Context
	reader *scorch.IndexSnapshot
	open   []index.TermFieldReader
	total  uint64 // documents
}

// candidates returns the solutions that share the rarest terms with the question
// and its context, pass its filters and are valid now, best first.
func (g *generation) candidates(ctx context.Context, q *question) (out []*entry, err error) {
	select {
	case g.searching <- struct{}{}:
		defer func() { <-g.searching }()
	case <-ctx.Done():
		return nil, fmt.Errorf("search solutions: %w", ctx.Err())
	}
	defer faults()()
	defer broken(&err)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search solutions: %w", err)
	}
	r, err := g.reader()
	if err != nil {
		return nil, err
	}
	s := &search{g: g, ctx: ctx, reader: r}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.total, err = r.DocCount(); err != nil {
		return nil, fmt.Errorf("count solutions: %w", err)
	}
	found, err := s.find(q)
	if err != nil {
		return nil, fmt.Errorf("search solutions: %w", err)
	}
	return s.valid(found, g.o.Now())
}

func (s *search) close() error {
	var err error
	for _, f := range s.open {
		err = errors.Join(err, f.Close())
	}
	return errors.Join(err, s.reader.Close())
}

// hit is a document with its score.
type hit struct {
	doc   uint64
	score float64
}

// find returns the documents that share terms with the question, best first.
func (s *search) find(q *question) ([]hit, error) {
	gates, err := s.gates(q.filters)
	if err != nil {
		return nil, err
	}
	terms, err := s.rarest(q.searched, gates.most(s.total))
	if err != nil {
		return nil, err
	}
	scores := map[uint64]float64{}
	if len(gates) > 0 && gates[0].n <= smallFilter {
		err = s.collectWithin(gates, terms, scores)
	} else {
		err = s.collectAll(gates, terms, scores)
	}
	if err != nil {
		return nil, err
	}
	docs := slices.Sorted(maps.Keys(scores))
	hits := make([]hit, len(docs))
	for i, d := range docs {
		hits[i] = hit{d, scores[d]}
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc)) })
	return hits, nil
}

// valid returns the entries of the best hits that are valid.
func (s *search) valid(hits []hit, now time.Time) ([]*entry, error) {
	var out []*entry
	p := newPlaces(s.reader)
	for _, h := range hits[:min(len(hits), maxRead)] {
		e, err := s.g.entry(p, h.doc)
		if err != nil {
			return nil, err
		}
		if e.validAt(now) {
			out = append(out, e)
		}
		if len(out) == s.g.limits.candidates {
			break
		}
	}
	return out, nil
}

// postings are the documents that have a term.
type postings struct {
	boosted
	reader index.TermFieldReader
	n      uint64
}

func (s *search) postings(t boosted, frequencies bool) (postings, error) {
	r, err := s.reader.TermFieldReader(s.ctx, []byte(t.term), t.field, frequencies, frequencies, false)
	if err != nil {
		return postings{}, err
	}
	s.open = append(s.open, r)
	return postings{t, r, r.Count()}, nil
}

// rarest returns the terms that the index has, rarest first, in each field as
// far as the budget goes. Behind a filter that at most n documents pass a term
// costs no more than those.
func (s *search) rarest(terms []boosted, n uint64) ([]postings, error) {
	var known []postings
	for _, t := range terms {
		p, err := s.postings(t, true)
		if err != nil {
			return nil, err
		}
		if p.n > 0 {
			known = append(known, p)
		}
	}
	slices.SortStableFunc(known, func(a, b postings) int { return cmp.Compare(a.n, b.n) })
	if n <= smallFilter {
		return known, nil
	}
	var out []postings
	left, taken := map[string]int{wordsField: s.g.limits.postings, pairsField: s.g.limits.postings}, map[string]int{}
	for _, p := range known {
		left[p.field] -= int(min(p.n, n))
		if left[p.field] < 0 && taken[p.field] >= minTerms {
			continue
		}
		taken[p.field]++
		out = append(out, p)
	}
	return out, nil
}

// collectAll scores all documents of the terms that pass the gates.
func (s *search) collectAll(gates gates, terms []postings, scores map[uint64]float64) error {
	for _, t := range terms {
		if err := s.collect(t, scores); err != nil {
			return err
		}
	}
	if len(gates) == 0 {
		return nil
	}
	docs := slices.Sorted(maps.Keys(scores))
	passed, err := gates.pass(slices.Clone(docs))
	if err != nil {
		return err
	}
	for _, d := range docs {
		if len(passed) > 0 && passed[0] == d {
			passed = passed[1:]
			continue
		}
		delete(scores, d)
	}
	return nil
}

// collect adds what a term contributes to the scores of its documents.
func (s *search) collect(p postings, scores map[uint64]float64) error {
	weigh := s.bm25(p)
	var d index.TermFieldDoc
	for {
		found, err := p.reader.Next(&d)
		if err != nil {
			return err
		}
		if found == nil {
			return s.ctx.Err()
		}
		scores[found.ID.Value()] += weigh(found)
	}
}

// collectWithin scores the documents that pass the gates, which are few: every
// term leaps from one of them to the next.
func (s *search) collectWithin(gates gates, terms []postings, scores map[uint64]float64) error {
	docs, err := gates[0].docs()
	if err != nil {
		return err
	}
	if docs, err = gates[1:].pass(docs); err != nil {
		return err
	}
	for _, t := range terms {
		if err := s.leap(t, docs, scores); err != nil {
			return err
		}
	}
	return s.ctx.Err()
}

func (s *search) leap(p postings, docs []uint64, scores map[uint64]float64) error {
	weigh := s.bm25(p)
	var d index.TermFieldDoc
	var to index.IndexInternalID
	at := uint64(0)
	for i, doc := range docs {
		if i > 0 && doc <= at {
			if doc == at {
				scores[doc] += weigh(&d)
			}
			continue
		}
		to = index.NewIndexInternalID(to, doc)
		found, err := p.reader.Advance(to, &d)
		if found == nil || err != nil {
			return err
		}
		if at = found.ID.Value(); at == doc {
			scores[doc] += weigh(found)
		}
	}
	return nil
}

// bm25 returns what a posting of the term contributes to the score.
func (s *search) bm25(p postings) func(*index.TermFieldDoc) float64 {
	v := s.g.vocabulary
	weight := p.boost * v.idf(int32(p.n))
	mean := v.length / float64(max(v.entries, 1))
	return func(d *index.TermFieldDoc) float64 {
		n, length := float64(d.Freq), 1/(d.Norm*d.Norm)
		return weight * n / (n + saturation*(1-lengthFactor+lengthFactor*length/mean))
	}
}
