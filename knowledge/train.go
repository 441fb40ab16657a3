package knowledge

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
)

// TrainingSet is questions to one library whose right solutions are known.
type TrainingSet struct {
	Name      string
	Index     *Index
	Questions []TrainingQuestion
}

// TrainingQuestion is a question with the solutions that answer it, perhaps none.
type TrainingQuestion struct {
	ID       string
	Query    Query
	Relevant map[string]int // above 0 is right
}

const (
	// maxTrained is how many candidates of a question are compared in training.
	maxTrained = 30
	// maxProbable is how many of them, the best, the probability is fitted to.
	maxProbable = 5
)

// trained is a question's candidates with the truth.
type trained struct {
	features []features
	right    []bool
	weight   float64 // sets count the same, however many questions they have
	held     bool    // out of training, to measure on
}

// Train fits weights to one half of the questions of every set, by a hash of
// their ids, and measures them on the other. Every question is also asked with
// its right solutions gone, so that questions without an answer are known.
func Train(ctx context.Context, sets []TrainingSet, log func(format string, args ...any)) (Weights, *TrainingReport, error) {
	w := &weighing{}
	all := make([][]trained, len(sets))
	var learned []trained
	for i, s := range sets {
		var err error
		if all[i], err = s.compare(ctx); err != nil {
			return Weights{}, nil, fmt.Errorf("train on %q: %w", s.Name, err)
		}
		log("%s: %d questions", s.Name, len(all[i]))
		for _, t := range all[i] {
			if !t.held {
				learned = append(learned, t)
			}
		}
	}
	w.fitRank(learned)
	w.fitProbable(learned)
	named := w.named()
	w, err := named.weighing()
	if err != nil {
		return Weights{}, nil, err
	}
	report := &TrainingReport{}
	for i, s := range sets {
		report.Sets = append(report.Sets, w.measure(s.Name, all[i]))
	}
	return named, report, nil
}

// compare returns every question's candidates, and the same without the right ones.
func (s *TrainingSet) compare(ctx context.Context) ([]trained, error) {
	var out []trained
	for _, q := range s.Questions {
		entries, all, err := s.Index.features(ctx, q.Query)
		if err != nil {
			return nil, fmt.Errorf("question %q: %w", q.ID, err)
		}
		t := trained{held: isHeldOut(q.ID)}
		wrong := t
		for i, e := range entries {
			right := q.Relevant[e.id] > 0
			t.features, t.right = append(t.features, all[i]), append(t.right, right)
			if !right {
				wrong.features, wrong.right = append(wrong.features, all[i]), append(wrong.right, false)
			}
		}
		out = append(out, t)
		if len(q.Relevant) > 0 {
			wrong.features = slices.Clone(wrong.features)
			lead(wrong.features)
			out = append(out, wrong)
		}
	}
	for i := range out {
		out[i].weight = 1000 / float64(len(out))
	}
	return out, nil
}

func isHeldOut(id string) bool {
	h := fnv.New32a()
	h.Write([]byte(id)) // never fails
	return h.Sum32()>>16&1 == 1
}

// errNoIndex means that only the index itself can tell, and PostgreSQL answers.
var errNoIndex = errors.New("there is no index at present")

// features returns the candidates for a query with their features, at most maxTrained.
func (x *Index) features(ctx context.Context, query Query) (entries []*entry, all []features, err error) {
	err = x.search(ctx, func(g *generation) (err error) { entries, all, err = g.features(ctx, query); return err },
		func(*fallback) error { return errNoIndex })
	return entries, all, err
}

func (g *generation) features(ctx context.Context, query Query) ([]*entry, []features, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	q := g.newQuestion(query)
	if q == nil {
		return nil, nil, nil
	}
	entries, err := g.candidates(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	all := g.vocabulary.compareAll(q, entries)
	n := min(len(all), maxTrained)
	return entries[:n], all[:n], nil
}
