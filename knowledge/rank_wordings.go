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
	voters, weights := v.voters(q, entries, h)
	k := v.normalise(voters, q.grams, weights)
	crowds(voters, all)
	for i, b := range solve(k.likeness(), voters) {
		all[voters[i].entry].x[vote] += b
	}
}

// crowds sets how like the nearest wordings of each candidate are.
func crowds(voters []wording, all []features) {
	order := make([]int, len(voters))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(voters[b].like, voters[a].like), a-b) })
	seen := make([]int, len(all))
	for _, i := range order {
		w := &voters[i]
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
	shared   []int32   // the grams of each wording by number, one wording after the other
	ends     []int     // where the grams of each wording end
}

func hear(grams []pair, entries []*entry) *hearing {
	h := &hearing{total: make([]int32, len(grams)), by: make([][]int32, len(entries)), closest: make([][]int, len(entries))}
	wanted := newNumbering(len(grams))
	for _, g := range grams {
		wanted.put(uint64(g))
	}
	counts := make([]int32, len(entries)*len(grams))
	var shares []float64
	for i, e := range entries {
		h.by[i], counts = counts[:len(grams)], counts[len(grams):]
		h.wordings += len(e.variants)
		shares = shares[:0]
		for j := range e.variants {
			n := h.listen(wanted, e.variants[j].grams, h.by[i])
			h.keep(i, j, &shares, float64(n*n)/float64(len(e.variants[j].grams)+1))
		}
	}
	return h
}

// listen notes which grams that are wanted a wording has, and returns how many.
func (h *hearing) listen(wanted *numbering, grams []pair, by []int32) int {
	before := len(h.shared)
	for _, g := range grams {
		if at := wanted.find(uint64(g)); at >= 0 {
			h.shared = append(h.shared, int32(at))
			by[at]++
			h.total[at]++
		}
	}
	h.ends = append(h.ends, len(h.shared))
	return len(h.shared) - before
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

// voters returns the wordings most like the question in what they share with it,
// best first, and the weights of the question's grams.
func (v *vocabulary) voters(q *question, entries []*entry, h *hearing) (best []wording, weights []float64) {
	weights = make([]float64, len(q.grams))
	for i, g := range q.grams {
		weights[i] = v.gramWeight(g, h.total[i], h.wordings)
	}
	best = make([]wording, 0, maxVoters+1)
	n, start := 0, 0
	for i, e := range entries {
		for j := range e.variants {
			shared := h.shared[start:h.ends[n]]
			start = h.ends[n]
			n++
			like := 0.0
			for _, at := range shared {
				like += weights[at] * weights[at]
			}
			if like > 0 {
				grams := e.variants[j].grams
				best = nearer(best, wording{i, grams, like / math.Sqrt(float64(len(grams)))})
			}
		}
	}
	return best, weights
}

// nearer puts a wording at its place among the best, behind those that are as like.
func nearer(best []wording, w wording) []wording {
	if n := len(best); n == maxVoters && best[n-1].like >= w.like {
		return best
	}
	at, _ := slices.BinarySearchFunc(best, w.like, func(b wording, like float64) int {
		if b.like >= like {
			return -1
		}
		return 1
	})
	best = slices.Insert(best, at, w)
	return best[:min(len(best), maxVoters)]
}

// kernel is the wordings that vote as vectors of their grams' weights.
type kernel struct {
	n     int       // of wordings
	grams []pair    // by number
	times []int32   // wordings that have a gram
	of    []int32   // the grams of each wording by number, one wording after the other
	ends  []int     // where the grams of each wording end
	x     []float64 // the weights of these
}

// normalise weighs the grams of the wordings and sets their likeness.
func (v *vocabulary) normalise(all []wording, grams []pair, weights []float64) *kernel {
	k := numberGrams(all)
	known := make([]float64, len(k.grams))
	asked := newNumbering(len(grams))
	own := 0.0
	for i, g := range grams {
		asked.put(uint64(g))
		own += weights[i] * weights[i]
	}
	inQuestion := make([]bool, len(k.grams))
	for i, g := range k.grams {
		if at := asked.find(uint64(g)); at >= 0 {
			known[i], inQuestion[i] = weights[at], true
		} else {
			known[i] = v.gramWeight(g, k.times[i], len(all))
		}
	}
	start := 0
	for i := range all {
		sum, like := 0.0, 0.0
		for at := start; at < k.ends[i]; at++ {
			x := known[k.of[at]]
			k.x[at] = x
			sum += x * x
			if inQuestion[k.of[at]] {
				like += x * x
			}
		}
		norm := 1 / math.Sqrt(max(sum, 1e-12))
		for at := start; at < k.ends[i]; at++ {
			k.x[at] *= norm
		}
		all[i].like = like * norm / math.Sqrt(max(own, 1e-12))
		start = k.ends[i]
	}
	return k
}

// numberGrams numbers the grams of the wordings.
func numberGrams(all []wording) *kernel {
	total := 0
	for i := range all {
		total += len(all[i].grams)
	}
	k := &kernel{n: len(all), of: make([]int32, 0, total), ends: make([]int, len(all)), x: make([]float64, total)}
	numbers := newNumbering(total / 2)
	for i := range all {
		for _, g := range all[i].grams {
			n, isNew := numbers.put(uint64(g))
			if isNew {
				k.grams, k.times = append(k.grams, g), append(k.times, 0)
			}
			k.times[n]++
			k.of = append(k.of, int32(n))
		}
		k.ends[i] = len(k.of)
	}
	return k
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

// weight is the weight of a gram in a wording.
type weight struct {
	wording int32
	x       float64
}

// likeness returns the likeness of the wordings to each other, row by row. It
// goes through the wordings of each gram, because two wordings share few.
func (k *kernel) likeness() []float64 {
	having := k.having()
	n := k.n
	out := make([]float64, n*n)
	for _, all := range having {
		for i, a := range all {
			row := out[int(a.wording)*n : int(a.wording)*n+n]
			for _, b := range all[:i] {
				row[b.wording] += a.x * b.x
			}
		}
	}
	for i := range n {
		out[i*n+i] = 1
		for j := range i {
			out[j*n+i] = out[i*n+j]
		}
	}
	return out
}

// having returns the wordings that have a gram, ascending, of each gram that
// several have.
func (k *kernel) having() [][]weight {
	out := make([][]weight, len(k.grams))
	room := make([]weight, len(k.of))
	for i, times := range k.times {
		out[i], room = room[:0:times], room[times:]
	}
	start := 0
	for w, end := range k.ends {
		for at := start; at < end; at++ {
			of := k.of[at]
			out[of] = append(out[of], weight{int32(w), k.x[at]})
		}
		start = end
	}
	return out
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
