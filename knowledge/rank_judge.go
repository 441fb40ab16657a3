package knowledge

import (
	"cmp"
	"math"
	"slices"
)

const (
	// maxJudged is how many candidates are told apart, the likeliest.
	maxJudged = 15
	// leastTaught is how many wordings these must have together: fewer do not teach
	// what sets one apart.
	leastTaught = 200
	// maxTaught is how many wordings teach, at most.
	maxTaught = 1_600
	// judgeRounds is how often each wording is learned from.
	judgeRounds = 8
	// judgeRate is how much of a mistake is mended at first; it falls to nothing.
	judgeRate = 0.3
	// judgeScale is the length of a wording: 1 would need more rounds.
	judgeScale = 3
	// judgeBefore is what the log odds of the ranking before count beside those that the
	// wordings teach.
	judgeBefore = 0.3
	// judgeStride orders the wordings so that those of one solution do not stand
	// together. It is a prime.
	judgeStride = 389
)

// judge is a softmax regression that learns, for one question, what the wordings of
// the likeliest candidates say: where solutions share their words, as in a bank's
// thousands of wordings, the few words that only one of them has decide.
type judge struct {
	classes int
	weights []float64 // of gram and class
	odds    []float64 // of the wording at hand
}

// judged puts the likeliest candidates into the order that their wordings teach,
// where there are enough, and reports whether there are. The scores stay: who comes
// first has the greatest.
func (v *vocabulary) judged(q *question, found []ranked) bool {
	found = found[:min(len(found), maxJudged)]
	if len(found) < 2 || slices.Contains(found[0].entry.wordings, q.plain) {
		return false // nothing to tell apart, or the question stands there as it is
	}
	var taught []wording
	for i, r := range found {
		for j := range r.entry.variants {
			if len(taught) < maxTaught {
				taught = append(taught, wording{entry: i, grams: r.entry.variants[j].grams})
			}
		}
	}
	if len(taught) < leastTaught {
		return false
	}
	k := numberGrams(taught)
	weights := make([]float64, len(k.grams))
	for i, g := range k.grams {
		weights[i] = v.gramWeight(g, k.times[i], len(taught))
	}
	j := &judge{classes: len(found), weights: make([]float64, len(k.grams)*len(found)), odds: make([]float64, len(found))}
	k.scale(weights)
	j.learn(k, taught)
	j.score(k.find(q.grams, weights))
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	for i, r := range found {
		p := min(max(r.score, 1e-6), 1-1e-6)
		j.odds[i] += judgeBefore * math.Log(p/(1-p))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(j.odds[b], j.odds[a]) })
	before := slices.Clone(found)
	for i, from := range order {
		found[i] = ranked{before[from].entry, before[i].score}
	}
	return true
}

// scale weighs the grams of each wording, all of one length.
func (k *kernel) scale(weights []float64) {
	start := 0
	for _, end := range k.ends {
		sum := 0.0
		for at := start; at < end; at++ {
			k.x[at] = weights[k.of[at]]
			sum += k.x[at] * k.x[at]
		}
		for at := start; at < end; at++ {
			k.x[at] *= judgeScale / math.Sqrt(max(sum, 1e-12))
		}
		start = end
	}
}

// find returns the grams of a question that some wording has, weighed as wordings are.
func (k *kernel) find(grams []pair, weights []float64) (of []int32, x []float64) {
	numbers := newNumbering(len(k.grams))
	for _, g := range k.grams {
		numbers.put(uint64(g))
	}
	sum := 0.0
	for _, g := range grams {
		if at := numbers.find(uint64(g)); at >= 0 {
			of, x = append(of, int32(at)), append(x, weights[at])
			sum += weights[at] * weights[at]
		}
	}
	for i := range x {
		x[i] *= judgeScale / math.Sqrt(max(sum, 1e-12))
	}
	return of, x
}

// learn goes through the wordings in a fixed order.
func (j *judge) learn(k *kernel, taught []wording) {
	stride := judgeStride
	if k.n%judgeStride == 0 {
		stride = 1
	}
	for round := range judgeRounds {
		rate := judgeRate * (1 - float64(round)/judgeRounds)
		for i := range k.n {
			n := (i*stride + round) % k.n
			start := 0
			if n > 0 {
				start = k.ends[n-1]
			}
			of, x := k.of[start:k.ends[n]], k.x[start:k.ends[n]]
			j.score(of, x)
			softmax(j.odds)
			j.odds[taught[n].entry]--
			for at, gram := range of {
				row := j.weights[int(gram)*j.classes:][:j.classes]
				step := x[at] * rate
				for c, miss := range j.odds {
					row[c] -= step * miss
				}
			}
		}
	}
}

// score sets the odds of the classes.
func (j *judge) score(of []int32, x []float64) {
	clear(j.odds)
	for at, gram := range of {
		row := j.weights[int(gram)*j.classes:][:j.classes]
		for c, w := range row {
			j.odds[c] += x[at] * w
		}
	}
}

// softmax turns log odds into shares.
func softmax(odds []float64) {
	most, sum := slices.Max(odds), 0.0
	for i, x := range odds {
		odds[i] = math.Exp(x - most)
		sum += odds[i]
	}
	for i := range odds {
		odds[i] /= sum
	}
}
