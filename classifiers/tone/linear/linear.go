// Package linear is the learner under the tone classifier: linear models over
// hashed features, with naive-Bayes weighting and a calibrated confidence,
// small enough to be carried in the program.
//
// Training is deterministic: the same examples in the same order give the same
// weights on machines of one architecture.
package linear

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Feature is something that an example has. Only the low bits of the ID tell
// it apart from others (see Options.Bits).
type Feature struct {
	ID    uint32
	Value float32
}

// Vector is an example's features, in any order. An ID that occurs twice has the sum of its values.
type Vector []Feature

// Example is a vector and whether it belongs to the class that is learned.
type Example struct {
	Vector Vector
	Is     bool
	Cost   float64 // how much a mistake on it costs, above 0; 1 is usual
}

// Options are how a class is learned.
type Options struct {
	// Bits is the binary logarithm of the number of features that are told apart, 8–24.
	Bits int
	// C is the cost of a mistake against that of large weights, above 0.
	C float64
	// Rare is the number of examples below which a feature is left out.
	Rare int
	// Seed makes the order in which examples are gone through.
	Seed uint64
}

// Weights are those of the features by the low bits of their IDs, and the bias.
type Weights struct {
	ByID []float64
	Bias float64
}

// The sharpness of the naive-Bayes weighting: its smoothing in examples, and
// the power that the log ratio is raised to. The power was chosen on the
// development part of COLD, where 0.5 and 1 are equal and 0 (no weighting) is worse.
const (
	smoothing = 1
	sharpness = 0.5
)

// Train learns a class: a support vector machine with squared hinge loss over
// features that are weighted by how much more often they occur in the class
// than outside (Wang and Manning 2012), by dual coordinate descent (Hsieh et
// al. 2008). Without examples of both kinds all weights are 0.
func Train(examples []Example, o Options) Weights {
	t := &trainer{o: o, mask: 1<<o.Bits - 1, ratio: ratios(examples, o)}
	for _, e := range examples {
		t.rows = append(t.rows, t.row(e.Vector))
	}
	w := t.descend(examples)
	for i := range t.ratio {
		w.ByID[i] *= t.ratio[i]
	}
	return w
}

// ratios are how features are weighted: by the logarithm of how much more
// often they occur inside the class than outside; 0 leaves a feature out.
func ratios(examples []Example, o Options) []float64 {
	mask := uint32(1<<o.Bits - 1)
	inside, outside, seen := make([]float64, mask+1), make([]float64, mask+1), make([]int32, mask+1)
	var in, out float64
	for _, e := range examples {
		count := outside
		if e.Is {
			count = inside
			in += e.Cost
		} else {
			out += e.Cost
		}
		for _, id := range distinct(e.Vector, mask) {
			count[id] += e.Cost
			seen[id]++
		}
	}
	ratio := make([]float64, mask+1)
	if in == 0 || out == 0 {
		return ratio
	}
	for id := range ratio {
		if int(seen[id]) < o.Rare || seen[id] == 0 {
			continue
		}
		r := math.Log((inside[id] + smoothing) / (in + smoothing) * (out + smoothing) / (outside[id] + smoothing))
		ratio[id] = math.Copysign(math.Pow(math.Abs(r), sharpness), r)
	}
	return ratio
}

func distinct(v Vector, mask uint32) []uint32 {
	ids := make([]uint32, len(v))
	for i, f := range v {
		ids[i] = f.ID & mask
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

type trainer struct {
	o     Options
	mask  uint32
	ratio []float64
	rows  []Vector // with distinct IDs, weighted by ratio
}

// row is v as it is learned from.
func (t *trainer) row(v Vector) Vector {
	out := make(Vector, 0, len(v))
	for _, f := range v {
		if id := f.ID & t.mask; t.ratio[id] != 0 {
			out = append(out, Feature{id, f.Value * float32(t.ratio[id])})
		}
	}
	slices.SortStableFunc(out, func(a, b Feature) int { return int(a.ID) - int(b.ID) })
	kept := out[:0]
	for _, f := range out {
		if n := len(kept); n > 0 && kept[n-1].ID == f.ID {
			kept[n-1].Value += f.Value
		} else {
			kept = append(kept, f)
		}
	}
	return kept
}

// The descent ends after mostRounds, or when no example moves by more than enough.
const (
	mostRounds = 40
	enough     = 0.01
)

func (t *trainer) descend(examples []Example) Weights {
	w := Weights{ByID: make([]float64, len(t.ratio))}
	alpha, norm := make([]float64, len(examples)), make([]float64, len(examples))
	for i, row := range t.rows {
		norm[i] = 1 + 1/(2*t.o.C*examples[i].Cost) // the bias is a feature of value 1
		for _, f := range row {
			norm[i] += float64(f.Value) * float64(f.Value)
		}
	}
	random := rand.New(rand.NewPCG(t.o.Seed, 1))
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	for range mostRounds {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		most := 0.0
		for _, i := range order {
			most = max(most, t.visit(&w, examples[i], t.rows[i], &alpha[i], norm[i]))
		}
		if most < enough {
			break
		}
	}
	return w
}

// visit solves the problem for one example, the others held, and returns how far off it was.
func (t *trainer) visit(w *Weights, e Example, row Vector, alpha *float64, norm float64) float64 {
	y := -1.0
	if e.Is {
		y = 1
	}
	sum := w.Bias
	for _, f := range row {
		sum += float64(w.ByID[f.ID] * float64(f.Value)) // the conversion keeps machines from fusing the sum
	}
	slope := float64(y*sum) - 1 + *alpha/(2*t.o.C*e.Cost)
	if *alpha == 0 && slope >= 0 {
		return 0
	}
	old := *alpha
	*alpha = max(0, old-slope/norm)
	step := (*alpha - old) * y
	w.Bias += step
	for _, f := range row {
		w.ByID[f.ID] += float64(step * float64(f.Value))
	}
	return math.Abs(slope)
}

// Score is the sum of the weights of v's features and the bias.
func (w Weights) Score(v Vector) float64 {
	sum, mask := w.Bias, uint32(len(w.ByID)-1)
	for _, f := range v {
		sum += float64(w.ByID[f.ID&mask] * float64(f.Value))
	}
	return sum
}
