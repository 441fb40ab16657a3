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
	// setWeight is what all questions of a set count together, half of it those that have
	// an answer, however many there are.
	setWeight = 1000
	// maxProbable is how many of them, the best, the probability is fitted to.
	maxProbable = 5
)

// trained is a question's candidates with the truth.
type trained struct {
	features []features
	right    []bool
	weight   float64
	held     bool // out of training, to measure on
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

// compare returns every question's candidates, and what they are when the right
// ones are not in the library.
func (s *TrainingSet) compare(ctx context.Context) ([]trained, error) {
	var out []trained
	for _, q := range s.Questions {
		with, without, err := s.Index.trained(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("question %q: %w", q.ID, err)
		}
		out = append(out, with)
		if len(q.Relevant) > 0 {
			out = append(out, without)
		}
	}
	answerable := 0
	for _, t := range out {
		answerable += oneIf(slices.Contains(t.right, true))
	}
	for i := range out {
		n := len(out) - answerable
		if slices.Contains(out[i].right, true) {
			n = answerable
		}
		out[i].weight = setWeight / 2 / float64(n)
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

// trained compares the candidates for a question, all of them and then those that
// do not answer it by themselves.
func (x *Index) trained(ctx context.Context, q TrainingQuestion) (with, without trained, err error) {
	err = x.search(ctx, func(g *generation) (err error) { with, without, err = g.trained(ctx, q); return err },
		func(*fallback) error { return errNoIndex })
	return with, without, err
}

func (g *generation) trained(ctx context.Context, asked TrainingQuestion) (with, without trained, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	with.held = isHeldOut(asked.ID)
	without = with
	q := g.newQuestion(asked.Query)
	if q == nil {
		return with, without, nil
	}
	entries, err := g.candidates(ctx, q)
	if err != nil {
		return with, without, err
	}
	with.compare(g.vocabulary, q, asked.Relevant, entries)
	wrong := slices.DeleteFunc(slices.Clone(entries), func(e *entry) bool { return asked.Relevant[e.id] > 0 })
	without.compare(g.vocabulary, q, asked.Relevant, wrong)
	return with, without, nil
}

// compare sets the features of the first candidates.
func (t *trained) compare(v *vocabulary, q *question, relevant map[string]int, entries []*entry) {
	all := v.compareAll(q, entries)
	t.features = all[:min(len(all), maxTrained)]
	for _, e := range entries[:len(t.features)] {
		t.right = append(t.right, relevant[e.id] > 0)
	}
}
