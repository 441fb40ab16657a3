package knowledge

import (
	"cmp"
	"math"
	"slices"
)

const (
	// rankSteps and rankRate are of the fit of the rank, by Adam.
	rankSteps = 400
	rankRate  = 0.15
	// rankDecay and probableDecay keep weights small that the data do not ask for.
	rankDecay     = 1e-4
	probableDecay = 1.0
	// newtonSteps are more than enough for the fit of the probability.
	newtonSteps = 25
)

// fitRank fits the order: the right solutions are to stand out of the candidates
// (cross entropy of the softmax with the right ones, which count alike).
func (w *weighing) fitRank(all []trained) {
	var m, v [featureCount]float64
	for step := 1; step <= rankSteps; step++ {
		g := w.rankGradient(all)
		for i := range g {
			g[i] += rankDecay * w.rank[i]
			m[i] = 0.9*m[i] + 0.1*g[i]
			v[i] = 0.99*v[i] + 0.01*g[i]*g[i]
			mean, spread := m[i]/(1-math.Pow(0.9, float64(step))), v[i]/(1-math.Pow(0.99, float64(step)))
			w.rank[i] -= rankRate * mean / (math.Sqrt(spread) + 1e-8)
		}
	}
}

func (w *weighing) rankGradient(all []trained) [featureCount]float64 {
	var g [featureCount]float64
	total := 0.0
	for _, t := range all {
		n := 0.0
		for _, right := range t.right {
			if right {
				n++
			}
		}
		if n == 0 {
			continue
		}
		total += t.weight
		for i, p := range w.softmax(t.features) {
			if t.right[i] {
				p -= 1 / n
			}
			for j, x := range t.features[i].x {
				g[j] += t.weight * p * x
			}
		}
	}
	for j := range g {
		g[j] /= max(total, 1)
	}
	return g
}

func (w *weighing) softmax(all []features) []float64 {
	out := make([]float64, len(all))
	most := math.Inf(-1)
	for i := range all {
		out[i] = w.rankOf(&all[i])
		most = max(most, out[i])
	}
	sum := 0.0
	for i := range out {
		out[i] = math.Exp(out[i] - most)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// fitProbable fits the probability to the best candidates of each question by
// Newton's method.
func (w *weighing) fitProbable(all []trained) {
	for range newtonSteps {
		var g [probableCount]float64
		var h [probableCount][probableCount]float64
		for i := range g {
			g[i], h[i][i] = probableDecay*w.probable[i], probableDecay
		}
		for _, t := range all {
			w.addNewton(t, &g, &h)
		}
		step := solveLinear(h, g)
		for i := range step {
			w.probable[i] -= step[i]
		}
	}
}

func (w *weighing) addNewton(t trained, g *[probableCount]float64, h *[probableCount][probableCount]float64) {
	rows := w.probables(t.features)
	for _, i := range best(rows, maxProbable) {
		p := 1 / (1 + math.Exp(-w.logOdds(&rows[i])))
		miss := p
		if t.right[i] {
			miss--
		}
		for j, x := range rows[i] {
			g[j] += t.weight * miss * x
			for k := range j + 1 {
				h[j][k] += t.weight * p * (1 - p) * x * rows[i][k]
				h[k][j] = h[j][k]
			}
		}
	}
}

// best returns the places of the n candidates that rank first.
func best(rows [][probableCount]float64, n int) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[b][rankFeature], rows[a][rankFeature]) })
	return order[:min(n, len(order))]
}

// solveLinear returns x with a x = b for a symmetric positive definite a.
func solveLinear(a [probableCount][probableCount]float64, b [probableCount]float64) [probableCount]float64 {
	const n = int(probableCount)
	for i := range n {
		for k := i + 1; k < n; k++ {
			f := a[k][i] / a[i][i]
			for j := i; j < n; j++ {
				a[k][j] -= f * a[i][j]
			}
			b[k] -= f * b[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= a[i][j] * b[j]
		}
		b[i] /= a[i][i]
	}
	return b
}
