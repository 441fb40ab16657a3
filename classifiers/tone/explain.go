package tone

import (
	"cmp"
	"slices"

	"assay/classifiers/tone/linear"
	"assay/pipeline"
)

// Explanation says how a turn came to a label, or why it did not.
type Explanation struct {
	Label pipeline.Label `json:"label"`
	// Confidence is that of the verdict, 0 where the label is not given.
	Confidence float64 `json:"confidence"`
	// Learned is the confidence of what was learned alone, From the one that
	// gives the label; nil for labels that only the lexicons know.
	Learned *float64 `json:"learned"`
	From    *float64 `json:"from"`
	// Weights add up to the score, together with Bias; the heaviest stand first.
	Score   float64  `json:"score"`
	Bias    float64  `json:"bias"`
	Weights []Weight `json:"weights"`
	// Marks are the places of the label in the turn, where it is given.
	Marks []pipeline.ToneMark `json:"marks"`
}

// Weight is what one feature adds to a score: an n-gram, a piece of a word
// ("~"), a word of the turn before ("before: ") or something about the turn's shape.
type Weight struct {
	Feature string  `json:"feature"`
	Weight  float64 `json:"weight"`
}

// Explain gives an explanation for each label that the speaker of a turn may
// have, in the order of pipeline's lists; none when the turn is not read.
func (c *Classifier) Explain(in *pipeline.Input, turn int) []Explanation {
	run := newSession(in)
	run.facts.shape.named = true
	var r *reading
	var left before
	for i := range turn + 1 {
		if side := sideOf(in.Session.Turns[i].Speaker); side != nobody {
			left = run.left[other(side)]
			left.tokens = slices.Clone(left.tokens)
		}
		r = c.read(run, i)
	}
	if r == nil {
		return nil
	}
	labels, marks := r.collect(c.learned, &run.facts)
	allowed := pipeline.AgentLabels
	if r.side == customer {
		allowed = pipeline.CustomerLabels
	}
	before := left.texts(run, turn, r.side)
	var out []Explanation
	for _, label := range allowed {
		e := Explanation{Label: label, Confidence: labels[label], Weights: []Weight{}, Marks: []pipeline.ToneMark{}}
		for _, m := range marks {
			if m.Label == label {
				e.Marks = append(e.Marks, m)
			}
		}
		bank := c.learned.of(r.side)
		if head := headOf(bank, label); head >= 0 {
			e.learn(r, &run.facts, before, bank, head)
		}
		out = append(out, e)
	}
	return out
}

func headOf(b *linear.Bank, label pipeline.Label) int {
	if b == nil {
		return -1
	}
	return slices.IndexFunc(b.Heads, func(h *linear.Head) bool { return h.Label == string(label) })
}

// texts are the words of the turn before that count.
func (b *before) texts(run *session, turn int, side side) []string {
	for i := turn - 1; i >= 0; i-- {
		t := &run.in.Session.Turns[i]
		if sideOf(t.Speaker) != other(side) || !t.IsMessage() {
			continue
		}
		text := look(run.in.Folded[i].Text).text
		var out []string
		for _, t := range b.tokens {
			out = append(out, text[t.start:t.end])
		}
		return out
	}
	return nil
}

// learn adds the weights of one head.
func (e *Explanation) learn(r *reading, f *facts, before []string, b *linear.Bank, head int) {
	h := b.Heads[head]
	e.Score, e.Bias = b.Score(f.sums(b), head), h.Bias
	e.Learned, e.From = new(h.Curve.At(e.Score)), new(h.From)
	add := func(feature string, id uint32, value float32) {
		if w := b.Weight(id, head) * float64(value); w != 0 {
			e.Weights = append(e.Weights, Weight{feature, w})
		}
	}
	value := share(len(f.words))
	grams(f.tokens, func(id uint32, from, to int) {
		if from == to { // begin and end of a turn without words
			add("(no words)", id, value)
			return
		}
		add(r.view.text[f.tokens[from].start:f.tokens[to-1].end], id, value)
	})
	pieces(r.view.text, f.tokens, func(id uint32, from, _ int) {
		add("~"+r.view.text[f.tokens[from].start:f.tokens[from].end], id, value)
	})
	for i, id := range f.before {
		at := (i + 1) / 2
		text := "before: "
		if i > 0 && i%2 == 0 {
			text += before[at-1] + " "
		}
		add(text+before[at], id, beforeShare*share(len(f.before)))
	}
	for i, feature := range f.shape.vector {
		add("("+f.shape.names[i]+")", feature.ID, feature.Value)
	}
	e.Weights = joinWeights(e.Weights)
}

// joinWeights adds up the weights of equal features, and puts the heaviest first.
func joinWeights(all []Weight) []Weight {
	sums := map[string]float64{}
	for _, w := range all {
		sums[w.Feature] += w.Weight
	}
	out := all[:0]
	for feature, sum := range sums {
		out = append(out, Weight{feature, sum})
	}
	slices.SortFunc(out, func(a, b Weight) int {
		return cmp.Or(cmp.Compare(abs(b.Weight), abs(a.Weight)), cmp.Compare(a.Feature, b.Feature))
	})
	return out
}

func abs(x float64) float64 { return max(x, -x) }
