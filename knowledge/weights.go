package knowledge

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

//go:embed weights.json
var weightsFile string

// Weights decide the order of solutions and the probability that each answers
// the question. Train makes them.
type Weights struct {
	// Rank weighs the features into one number by which candidates compare.
	Rank map[string]float64 `json:"rank"`
	// Probability weighs the features, that number (rank), its distance from the
	// best other candidate's (rank_lead) and 1 (bias) into log odds.
	Probability map[string]float64 `json:"probability"`
}

// The features that only the probability has, behind the others.
const (
	rankFeature = featureCount + iota
	rankLead
	bias
	probableCount
)

// probableNames are the names of what the probability is made from.
var probableNames = slices.Concat(featureNames[:], []string{"rank", "rank_lead", "bias"})

// weighing is Weights in the order of the features.
type weighing struct {
	rank     [featureCount]float64
	probable [probableCount]float64
}

// shippedWeights are those of the program.
func shippedWeights() (*weighing, error) {
	var w Weights
	d := json.NewDecoder(bytes.NewReader([]byte(weightsFile)))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return nil, fmt.Errorf("weights of the ranking: %w", err)
	}
	return w.weighing()
}

func (w *Weights) weighing() (*weighing, error) {
	out := &weighing{}
	for name, x := range w.Rank {
		i := slices.Index(featureNames[:], name)
		if i < 0 {
			return nil, fmt.Errorf("weights of the ranking: unknown feature %q in rank", name)
		}
		out.rank[i] = x
	}
	for name, x := range w.Probability {
		i := slices.Index(probableNames, name)
		if i < 0 {
			return nil, fmt.Errorf("weights of the ranking: unknown feature %q in probability", name)
		}
		out.probable[i] = x
	}
	return out, nil
}

// named returns the weights by their names, to four decimals.
func (w *weighing) named() Weights {
	round := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
	out := Weights{Rank: map[string]float64{}, Probability: map[string]float64{}}
	for i, x := range w.rank {
		out.Rank[featureNames[i]] = round(x)
	}
	for i, x := range w.probable {
		out.Probability[probableNames[i]] = round(x)
	}
	return out
}

// rankOf is the number by which candidates compare.
func (w *weighing) rankOf(f *features) float64 {
	sum := 0.0
	for i, x := range f.x {
		sum += w.rank[i] * x
	}
	return sum
}

// probables returns what the probabilities of the candidates are made from.
func (w *weighing) probables(all []features) [][probableCount]float64 {
	out := make([][probableCount]float64, len(all))
	first, second := math.Inf(-1), math.Inf(-1)
	for i := range all {
		copy(out[i][:], all[i].x[:])
		r := w.rankOf(&all[i])
		out[i][rankFeature], out[i][bias] = r, 1
		switch {
		case r > first:
			first, second = r, first
		case r > second:
			second = r
		}
	}
	for i := range out {
		rival := first
		if out[i][rankFeature] == first {
			rival = second
		}
		out[i][rankLead] = min(out[i][rankFeature]-rival, maxRankLead)
	}
	return out
}

// maxRankLead is the most that a candidate can be ahead, as one without a rival is.
const maxRankLead = 5

func (w *weighing) logOdds(x *[probableCount]float64) float64 {
	z := 0.0
	for i, value := range x {
		z += w.probable[i] * value
	}
	return z
}

// scores are the probabilities that the candidates answer the question. They are
// halved where too little is in both to tell: strangers' questions are rarer in
// training than in life, and one common word is no reason to interrupt an agent.
func (w *weighing) scores(all []features) []float64 {
	out := make([]float64, len(all))
	for i, x := range w.probables(all) {
		z := w.logOdds(&x) + all[i].feedback
		switch {
		case all[i].same:
			z = max(z, sameWording)
		case all[i].alike:
			z = max(z, alikeWording)
		}
		out[i] = 1 / (1 + math.Exp(-z))
		if all[i].x[tooLittle] > 0 && !all[i].same {
			out[i] /= 2
		}
	}
	return out
}
