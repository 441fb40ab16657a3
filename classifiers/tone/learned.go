package tone

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"

	"assay/classifiers/tone/linear"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// weights are what "assay tone train" learned; weights.md tells from what.
//
//go:embed weights.bin
var weights []byte

// Features names how features are made of turns; it changes whenever weights
// that were learned before no longer fit.
const Features = "tone-features-2"

// The banks of a model.
const (
	AgentBank    = "agent"    // tones of agents
	CustomerBank = "customer" // tones of customers
	OffenceBank  = "offence"  // what is offensive, whoever says it, by its words alone
)

// Offence is the only class of the OffenceBank.
const Offence = "offence"

// learned are the banks that a classifier asks; nil ones know nothing.
type learned struct {
	agent, customer, offence *linear.Bank
}

func newLearned(m *linear.Model) (learned, error) {
	if m == nil {
		return learned{}, nil
	}
	if m.Features != Features {
		return learned{}, fmt.Errorf("weights fit features %q, the program makes %q", m.Features, Features)
	}
	l := learned{m.Bank(AgentBank), m.Bank(CustomerBank), m.Bank(OffenceBank)}
	return l, errors.Join(
		checkHeads(l.agent, pipeline.AgentLabels), checkHeads(l.customer, pipeline.CustomerLabels),
		checkHeads(l.offence, []pipeline.Label{Offence}))
}

func checkHeads(b *linear.Bank, allowed []pipeline.Label) error {
	if b == nil {
		return nil
	}
	for _, h := range b.Heads {
		if !slices.Contains(allowed, pipeline.Label(h.Label)) {
			return fmt.Errorf("weights: bank %q cannot tell %q", b.Name, h.Label)
		}
	}
	return nil
}

func (l learned) of(s side) *linear.Bank {
	switch s {
	case agent:
		return l.agent
	case customer:
		return l.customer
	}
	return nil
}

// facts are the features of a turn: those of its words all weigh the same, and so do
// those of the turn before.
type facts struct {
	tokens []token
	words  []uint32
	before []uint32
	shape  shape
}

// gather makes the features of r, in memory that earlier turns used.
func (f *facts) gather(r *reading, b *before) {
	f.tokens = r.tokens(f.tokens[:0])
	f.words, f.before = f.words[:0], f.before[:0]
	keep := func(id uint32, _, _ int) { f.words = append(f.words, id) }
	grams(f.tokens, keep)
	pieces(r.view.text, f.tokens, keep)
	for i, t := range b.tokens {
		f.before = append(f.before, mix(t.hash+beforeSeed))
		if i > 0 {
			f.before = append(f.before, mix((b.tokens[i-1].hash*hashPrime^t.hash)+beforeSeed))
		}
	}
	f.shape.vector, f.shape.names = f.shape.vector[:0], f.shape.names[:0]
	r.describe(&f.shape, f.tokens, b)
}

// share is the value of each of n features.
func share(n int) float32 { return float32(1 / math.Sqrt(float64(max(n, 1)))) }

// sums are the sums of all heads of a bank for f.
func (f *facts) sums(b *linear.Bank) linear.Sums {
	sums := make(linear.Sums, len(b.Heads))
	b.Add(sums, f.words, share(len(f.words)))
	b.Add(sums, f.before, beforeShare*share(len(f.before)))
	b.AddVector(sums, f.shape.vector)
	return sums
}

// offence is the confidence that the words offend.
func (f *facts) offence(b *linear.Bank) float64 {
	sums := make(linear.Sums, len(b.Heads))
	b.Add(sums, f.words, share(len(f.words)))
	return b.Heads[0].Curve.At(b.Score(sums, 0))
}

// Example is a turn as the learner sees it.
type Example struct {
	Turn    int
	Speaker transcript.Speaker
	Vector  linear.Vector // all features
	Words   int           // how many of them are those of its words, which come first, each of the same value
}

// Examples are the turns that Classify would label, in order.
func (c *Classifier) Examples(in *pipeline.Input) []Example {
	var out []Example
	run := newSession(in)
	for i := range in.Session.Turns {
		r := c.read(run, i)
		if r == nil {
			continue
		}
		f := &run.facts
		e := Example{Turn: i, Speaker: in.Session.Turns[i].Speaker, Words: len(f.words)}
		e.Vector = spread(e.Vector, f.words, share(len(f.words)))
		e.Vector = spread(e.Vector, f.before, beforeShare*share(len(f.before)))
		e.Vector = append(e.Vector, f.shape.vector...)
		out = append(out, e)
	}
	return out
}

func spread(v linear.Vector, ids []uint32, value float32) linear.Vector {
	for _, id := range ids {
		v = append(v, linear.Feature{ID: id, Value: value})
	}
	return v
}

// Offends is the confidence that the words of a turn offend, whoever says
// them; false where that was not learned, or the turn is not read.
func (c *Classifier) Offends(in *pipeline.Input, turn int) (float64, bool) {
	run := newSession(in)
	if c.learned.offence == nil || c.read(run, turn) == nil {
		return 0, false
	}
	return run.facts.offence(c.learned.offence), true
}
