package knowledge

import (
	"cmp"
	"math"
	"slices"
)

const (
	// maxVoters is how many wordings vote, those most like the question.
	maxVoters = 96
	// ridge is how far a wording's vote may be from its solution, so that wordings
	// that repeat each other do not count as often as they are there.
	ridge = 0.4
	// pairFactor is what two neighbouring words count in a likeness beside one word.
	pairFactor = 0.6
	// background is how many wordings without a gram are thought beside those at
	// hand, so that what all of a few say still tells something.
	background = 10
	// prior is how many wordings what all candidates say counts beside a solution's own.
	prior = 8
	// leastSaid is the floor of how much less likely a solution's wordings make the question.
	leastSaid = -30
	// crowdSize is how many of a solution's nearest wordings make its crowd.
	crowdSize = 6
	// closeWordings is how many wordings of a solution are compared in full.
	closeWordings = 4
	// solverSteps bounds the work for the votes; after some eight they stand.
	solverSteps = 12
)

// wording is one wording of a candidate beside the question.
type wording struct {
	entry int
	grams []pair
	like  float64 // to the question
	x     []gramWeight
}

// gramWeight is a gram of a wording with its share of the wording's weight.
type gramWeight struct {
	gram   pair
	weight float64
}

// hearWordings sets what the candidates' wordings tell together.
func (v *vocabulary) hearWordings(q *question, entries []*entry, h *hearing, all []features) {
	best := math.Inf(-1)
	for i, e := range entries {
		all[i].x[said] = h.says(q.grams, i, len(e.variants))
		best = max(best, all[i].x[said])
	}
	for i := range all {
		all[i].x[said] = max(all[i].x[said]-best, leastSaid) / -leastSaid
	}
	voters := v.voters(q, entries, h)
	crowds(voters, all)
	for i, b := range solve(likeness(voters), voters) {
		all[voters[i].entry].x[vote] += b
	}
}

// crowds sets how like the nearest wordings of each candidate are.
func crowds(voters []wording, all []features) {
	slices.SortStableFunc(voters, func(a, b wording) int { return cmp.Compare(b.like, a.like) })
	seen := make([]int, len(all))
	for _, w := range voters {
		f := &all[w.entry]
		f.x[like] = max(f.x[like], w.like)
		if seen[w.entry]++; seen[w.entry] <= crowdSize {
			f.x[crowdLike] += w.like * w.like / crowdSize
		}
	}
	for i := range all {
		all[i].x[crowdLike] = math.Sqrt(all[i].x[crowdLike])
	}
}

// hearing is which of the question's grams the candidates' wordings have.
type hearing struct {
	wordings int
	total    []int32   // wordings that have a gram
	by       [][]int32 // the same, by candidate
	closest  [][]int   // the wordings of each candidate that share most, at most closeWordings
}

func hear(grams []pair, entries []*entry) *hearing {
	h := &hearing{total: make([]int32, len(grams)), by: make([][]int32, len(entries)), closest: make([][]int, len(entries))}
	for i, e := range entries {
		h.by[i] = make([]int32, len(grams))
		h.wordings += len(e.variants)
		var shares []float64
		for j := range e.variants {
			n := 0
			common(grams, e.variants[j].grams, func(at int) {
				n++
				h.by[i][at]++
				h.total[at]++
			})
			h.keep(i, j, &shares, float64(n*n)/float64(len(e.variants[j].grams)+1))
		}
	}
	return h
}

// keep puts wording j of candidate i among its closest if it is one.
func (h *hearing) keep(i, j int, shares *[]float64, share float64) {
	at, _ := slices.BinarySearchFunc(*shares, share, func(a, b float64) int { return cmp.Compare(b, a) })
	if at == closeWordings {
		return
	}
	*shares = slices.Insert(*shares, at, share)
	h.closest[i] = slices.Insert(h.closest[i], at, j)
	if len(*shares) > closeWordings {
		*shares, h.closest[i] = (*shares)[:closeWordings], h.closest[i][:closeWordings]
	}
}

// common calls found with the place in a of what both ascending lists have.
func common(a, b []pair, found func(at int)) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			found(i)
			i++
			j++
		}
	}
}

// says is the logarithm of how likely the wordings of candidate i make the
// question's grams, as far as what all candidates say does not tell it.
func (h *hearing) says(grams []pair, i, wordings int) float64 {
	sum := 0.0
	for j, g := range grams {
		if h.total[j] == 0 {
			continue
		}
		usual := prior * float64(h.total[j]) / float64(h.wordings)
		one := math.Log((float64(h.by[i][j]) + usual) / (float64(wordings) + prior))
		if !g.isWord() {
			one /= 2
		}
		sum += one
	}
	return sum
}

// voters returns the wordings most like the question.
func (v *vocabulary) voters(q *question, entries []*entry, h *hearing) []wording {
	weights := make([]float64, len(q.grams))
	for i, g := range q.grams {
		weights[i] = v.gramWeight(g, h.total[i], h.wordings)
	}
	var all []wording
	for i, e := range entries {
		for j := range e.variants {
			grams := e.variants[j].grams
			like := 0.0
			common(q.grams, grams, func(at int) { like += weights[at] * weights[at] })
			if like > 0 {
				all = append(all, wording{entry: i, grams: grams, like: like / math.Sqrt(float64(len(grams)))})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b wording) int { return cmp.Compare(b.like, a.like) })
	all = all[:min(len(all), maxVoters)]
	v.normalise(all, q.grams, weights)
	return all
}

// normalise weighs the grams of the wordings and sets their likeness.
func (v *vocabulary) normalise(all []wording, grams []pair, weights []float64) {
	known := make(map[pair]float64, 512)
	times := make(map[pair]int32, 512)
	own := 0.0
	for i, g := range grams {
		known[g] = weights[i]
		own += weights[i] * weights[i]
	}
	for i := range all {
		for _, g := range all[i].grams {
			times[g]++
		}
	}
	for i := range all {
		w := &all[i]
		w.x = make([]gramWeight, len(w.grams))
		sum := 0.0
		for j, g := range w.grams {
			x, ok := known[g]
			if !ok {
				x = v.gramWeight(g, times[g], len(all))
				known[g] = x
			}
			w.x[j] = gramWeight{g, x}
			sum += x * x
		}
		norm, like := 1/math.Sqrt(max(sum, 1e-12)), 0.0
		for j := range w.x {
			w.x[j].weight *= norm
		}
		common(grams, w.grams, func(at int) { like += weights[at] * weights[at] })
		w.like = like * norm / math.Sqrt(max(own, 1e-12))
	}
}

// gramWeight is how much a gram tells: how rare it is among the wordings at hand,
// or in the library if that has it more rarely still.
func (v *vocabulary) gramWeight(g pair, n int32, wordings int) float64 {
	p := (float64(n) + 0.5) / float64(wordings+background)
	a, b := g.parts()
	for _, id := range []int32{a, b} {
		if id != 0 && !isStop(id) {
			p = min(p, (float64(v.df(id))+0.5)/float64(v.entries+background))
		}
	}
	w := -math.Log(p)
	if !g.isWord() {
		w *= pairFactor
	}
	return w
}

// likeness returns the likeness of the wordings to each other, row by row.
func likeness(all []wording) []float64 {
	n := len(all)
	out := make([]float64, n*n)
	for i := range all {
		out[i*n+i] = 1
		for j := range i {
			s := dot(all[i].x, all[j].x)
			out[i*n+j], out[j*n+i] = s, s
		}
	}
	return out
}

func dot(a, b []gramWeight) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].gram < b[j].gram:
			i++
		case a[i].gram > b[j].gram:
			j++
		default:
			sum += a[i].weight * b[j].weight
			i++
			j++
		}
	}
	return sum
}

// solve lets the wordings vote for their solutions by ridge regression with the
// likeness of wordings as its kernel: where the wordings of two solutions are
// alike, what tells them apart decides. It returns b with (K + ridge) b = the likeness to the question, by
// conjugate gradients.
func solve(k []float64, all []wording) []float64 {
	n := len(all)
	b, r, p, kp := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	left := 0.0
	for i := range all {
		r[i], p[i] = all[i].like, all[i].like
		left += r[i] * r[i]
	}
	for step := 0; step < solverSteps && left > 1e-9; step++ {
		curve := 0.0
		for i := range n {
			sum := ridge * p[i]
			for j, x := range k[i*n : i*n+n] {
				sum += x * p[j]
			}
			kp[i] = sum
			curve += sum * p[i]
		}
		length, next := left/curve, 0.0
		for i := range n {
			b[i] += length * p[i]
			r[i] -= length * kp[i]
			next += r[i] * r[i]
		}
		for i := range n {
			p[i] = r[i] + next/left*p[i]
		}
		left = next
	}
	return b
}
