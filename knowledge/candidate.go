package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

const (
	// maxCandidates is how many solutions the ranking looks at.
	maxCandidates = 50
	// maxSketches is how many solutions are looked at for all of the question's
	// words, to find those.
	maxSketches = 200
	// maxRead is how many solutions are read when many have expired or are not
	// for those who ask.
	maxRead = 2_000
	// postingsBudget is how many postings a search may visit, at some 0.06 µs
	// each. The frequent terms cost most and tell least; they count once
	// candidates are found. At 1,000,000 made solutions nDCG@10 of 100 questions
	// is 0.780 with 16,000, 0.856 with 64,000, and 0.842 to 0.847 without a bound;
	// at 100,000 it is 0.939 with 16,000 and 0.938 without.
	postingsBudget = 64_000
	// minTerms are searched even when they exceed the budget, as far as
	// mostPostings of each.
	minTerms     = 2
	mostPostings = 2 * postingsBudget
	// smallFilter is the number of solutions behind a filter up to which all of
	// them are searched with all terms.
	smallFilter = 1_000
)

// limits bound a search.
type limits struct{ candidates, sketches, postings, ofTerm int }

var usualLimits = limits{maxCandidates, maxSketches, postingsBudget, mostPostings}

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
	*scratch
}

// candidates returns the solutions that share the rarest terms with the question
// and its context, pass its filters and are valid now, best first.
func (g *generation) candidates(ctx context.Context, q *question) (out []*entry, err error) {
	s := &search{g: g, ctx: ctx}
	select {
	case s.scratch = <-g.scratches:
		s.bytes = s.bytes[:0]
	default:
		s.scratch = &scratch{}
	}
	defer func() {
		select {
		case g.scratches <- s.scratch:
		default: // there are enough
		}
	}()
	defer faults()()
	defer broken(&err)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search solutions: %w", err)
	}
	if s.reader, err = g.reader(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.total, err = s.reader.DocCount(); err != nil {
		return nil, fmt.Errorf("count solutions: %w", err)
	}
	found, err := s.find(q)
	if err != nil {
		return nil, fmt.Errorf("search solutions: %w", err)
	}
	return s.best(q, found)
}

func (s *search) close() error {
	var err error
	for _, f := range s.open {
		err = errors.Join(err, f.Close())
	}
	return errors.Join(err, s.reader.Close())
}

// find returns the documents that share the rarest terms with the question.
func (s *search) find(q *question) (ranking, error) {
	gates, err := s.gates(q.filters)
	if err != nil {
		return nil, err
	}
	terms, err := s.rarest(q.searched, gates.most(s.total))
	if err != nil {
		return nil, err
	}
	if len(gates) > 0 && gates[0].n <= smallFilter {
		return s.findWithin(gates, terms)
	}
	s.board.reset(newPlaces(s.reader).size)
	for _, t := range terms {
		if err := s.collect(t, &s.board); err != nil {
			return nil, err
		}
	}
	return gates.pass(s.board.hits())
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

// rarest returns the terms that the index has, rarest first, as far as the
// budget goes; behind a small filter, of n solutions, all of them.
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
	left := uint64(s.g.limits.postings)
	for i, p := range known {
		if p.n > left && i >= minTerms {
			return known[:i], nil
		}
		left -= min(left, p.n)
	}
	return known, nil
}

// collect adds what a term contributes to the scores of its documents.
func (s *search) collect(p postings, scores *scoreboard) error {
	weigh := s.bm25(p)
	var d index.TermFieldDoc
	for range s.g.limits.ofTerm {
		found, err := p.reader.Next(&d)
		if err != nil {
			return err
		}
		if found == nil {
			break
		}
		scores.add(found.ID.Value(), weigh(found))
	}
	return s.ctx.Err()
}

// findWithin scores the documents that pass the gates, which are few: every term
// leaps from one of them to the next.
func (s *search) findWithin(gates gates, terms []postings) (ranking, error) {
	all, err := gates[0].docs()
	if err != nil {
		return nil, err
	}
	docs, err := gates[1:].pass(all)
	if err != nil {
		return nil, err
	}
	for _, t := range terms {
		if err := s.leap(t, docs); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(docs, func(h hit) bool { return h.score == 0 }), s.ctx.Err()
}

// leap adds what a term contributes to the scores of the documents, which are
// ascending.
func (s *search) leap(p postings, docs ranking) error {
	weigh := s.bm25(p)
	var d index.TermFieldDoc
	var to index.IndexInternalID
	at := uint64(0)
	for i := range docs {
		doc := docs[i].doc
		if i == 0 || at < doc {
			to = index.NewIndexInternalID(to, doc)
			found, err := p.reader.Advance(to, &d)
			if found == nil || err != nil {
				return err
			}
			at = found.ID.Value()
		}
		if at == doc {
			docs[i].score += weigh(&d)
		}
	}
	return nil
}

// bm25 returns what a posting of the term contributes to the score.
func (s *search) bm25(p postings) func(*index.TermFieldDoc) float64 {
	v := s.g.vocabulary
	weight := p.boost * v.idf(int32(p.n))
	mean := v.meanLength()
	return func(d *index.TermFieldDoc) float64 {
		return weight * saturated(float64(d.Freq), 1/(d.Norm*d.Norm), mean)
	}
}

// saturated is BM25's share of a term's weight that n occurrences in a text of
// that length bring.
func saturated(n, length, mean float64) float64 {
	return n / (n + saturation*(1-lengthFactor+lengthFactor*length/mean))
}
