package training

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"assay/classifiers/tone"
	"assay/classifiers/tone/linear"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// Options are how a model is trained. The zero value is usual.
type Options struct {
	// Folds is how many parts the examples are cut into, of which each is scored
	// by what was learned from the others; 0 is 5.
	Folds int
	// Small makes all banks small and quick to train, for tests.
	Small bool
	// Log is told what is being done; nil is nobody.
	Log func(format string, args ...any)
}

func (o Options) folds() int {
	if o.Folds == 0 {
		return 5
	}
	return o.Folds
}

func (o Options) log(format string, args ...any) {
	if o.Log != nil {
		o.Log(format, args...)
	}
}

// How the banks are learned. Costs were chosen by cross-validation on the
// training parts; C had the same figures from 0.5 to 2.
const (
	turnBits    = 16
	offenceBits = 18
	smallBits   = 14
	cost        = 1.0
	// Turns of an information desk and of surveyed sessions cost less: there are
	// many of them, and they are all alike.
	calmCost   = 0.2
	surveyCost = 0.1
	seed       = 20261122
	// leastExamples is how many turns a label must have, and not have, to be learned.
	leastExamples = 30
)

func (o Options) learning(bank string) linear.Options {
	l := linear.Options{Bits: turnBits, C: 0.5, Rare: 2, Seed: seed}
	if bank == tone.OffenceBank {
		l.Bits, l.C = offenceBits, 1
	}
	if o.Small {
		l.Bits = smallBits
	}
	return l
}

// sample is one turn that is learned from.
type sample struct {
	vector  linear.Vector
	words   linear.Vector
	speaker transcript.Speaker
	truth   Truth
	cost    float64
	fold    int
	item    *Item
}

// Train learns a model from the items of the corpus that may be learned from,
// and says how each label does by cross-validation. Equal corpora give equal models.
func Train(ctx context.Context, c *Corpus, o Options) (*linear.Model, []Learned, error) {
	samples, err := samplesOf(ctx, c.filter((*Item).learnable), o)
	if err != nil {
		return nil, nil, err
	}
	m := &linear.Model{Features: tone.Features}
	var report []Learned
	for _, b := range []struct {
		name   string
		labels []pipeline.Label
	}{
		{tone.AgentBank, pipeline.AgentLabels},
		{tone.CustomerBank, pipeline.CustomerLabels},
		{tone.OffenceBank, []pipeline.Label{offends}},
	} {
		bank, learned, err := trainBank(ctx, samples, b.name, b.labels, o)
		if err != nil {
			return nil, nil, err
		}
		if bank != nil {
			m.Banks = append(m.Banks, bank)
			report = append(report, learned...)
		}
	}
	if len(m.Banks) == 0 {
		return nil, nil, fmt.Errorf("train: no label has %d turns and as many without it", leastExamples)
	}
	return m, report, nil
}

// samplesOf makes features of all turns about which something is known.
func samplesOf(ctx context.Context, c *Corpus, o Options) ([]sample, error) {
	reader, err := tone.With(nil)
	if err != nil {
		return nil, err
	}
	var out []sample
	for i := range c.Items {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		it := &c.Items[i]
		for _, e := range reader.Examples(pipeline.NewInput(it.Session)) {
			truth := it.Truth[e.Turn]
			if len(truth) == 0 {
				continue
			}
			s := sample{vector: e.Vector, words: e.Vector[:e.Words], speaker: e.Speaker, truth: truth, cost: cost, fold: it.fold(o.folds()), item: it}
			switch it.Source {
			case Conduct:
				s.cost = calmCost
			case Survey:
				s.cost = surveyCost
			}
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("train: no labelled turn to learn from")
	}
	return out, nil
}

func trainBank(ctx context.Context, samples []sample, name string, labels []pipeline.Label, o Options) (*linear.Bank, []Learned, error) {
	var heads []*linear.Head
	var weights []linear.Weights
	var report []Learned
	learning := o.learning(name)
	for _, label := range labels {
		known, examples := examplesOf(samples, name, label)
		if !learnableFrom(examples) {
			continue
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		o.log("train %s from %d turns", label, len(examples))
		scored := crossScore(known, examples, learning, o.folds())
		curve := linear.Calibrate(scored)
		head := &linear.Head{Label: string(label), Curve: curve, From: from(label, scored, curve)}
		heads = append(heads, head)
		weights = append(weights, linear.Train(examples, learning))
		report = append(report, learnedOf(name, head, known, scored)...)
	}
	if len(heads) == 0 {
		return nil, nil, nil
	}
	return linear.NewBank(name, learning.Bits, heads, weights), report, nil
}

// examplesOf are the samples of which a label is known, and what is learned from them.
func examplesOf(samples []sample, bank string, label pipeline.Label) ([]*sample, []linear.Example) {
	var known []*sample
	var out []linear.Example
	for i := range samples {
		s := &samples[i]
		is, ok := s.truth[label]
		if !ok {
			continue
		}
		e := linear.Example{Vector: s.vector, Is: is, Cost: s.cost}
		if bank == tone.OffenceBank {
			e.Vector = s.words
		}
		if slices.Contains(conducts, label) {
			e.Cost = cost
		}
		known = append(known, s)
		out = append(out, e)
	}
	return known, out
}

func learnableFrom(examples []linear.Example) bool {
	is := 0
	for _, e := range examples {
		if e.Is {
			is++
		}
	}
	return is >= leastExamples && len(examples)-is >= leastExamples
}

// crossScore scores each fold by what was learned from the others.
func crossScore(known []*sample, examples []linear.Example, learning linear.Options, n int) []linear.Scored {
	out := make([]linear.Scored, len(examples))
	for fold := range n {
		var rest []linear.Example
		for i, e := range examples {
			if known[i].fold != fold {
				rest = append(rest, e)
			}
		}
		if len(rest) == len(examples) {
			continue
		}
		w := linear.Train(rest, learning)
		for i, e := range examples {
			if known[i].fold == fold {
				out[i] = linear.Scored{Score: w.Score(e.Vector), Is: e.Is, Cost: e.Cost}
			}
		}
	}
	return out
}

// The range of the confidence from which on a label is given. Where nobody does
// harm with a wrong label it begins lower.
const (
	leastFrom    = 0.33
	leastWelcome = 0.3
	mostFrom     = 0.6
)

// from is the confidence from which on a label is given.
func from(label pipeline.Label, scored []linear.Scored, curve linear.Curve) float64 {
	lowest := leastWelcome
	if slices.Contains(troubles, label) {
		lowest = leastFrom
	}
	return min(max(threshold(scored, curve), lowest), mostFrom)
}

// threshold is the confidence with the highest F1.
func threshold(scored []linear.Scored, curve linear.Curve) float64 {
	scored = slices.Clone(scored)
	slices.SortStableFunc(scored, func(a, b linear.Scored) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	var right, wrong, all, best float64
	for _, s := range scored {
		if s.Is {
			all += s.Cost
		}
	}
	at := mostFrom
	for i, s := range scored {
		if s.Is {
			right += s.Cost
		} else {
			wrong += s.Cost
		}
		last := i+1 == len(scored) || scored[i+1].Score < s.Score
		if f1 := 2 * right / (right + wrong + all); last && f1 > best {
			best, at = f1, curve.At(s.Score)
		}
	}
	return at
}
