package knowledge

import (
	"context"
	"math"
)

// NeedExample is what a customer said at once, and whether it needs an answer.
type NeedExample struct {
	Query Query
	Needs bool
	Cost  float64 // what a mistake on it costs, above 0; 1 is usual
}

// SignalWeight is the weight of a signal that a turn needs an answer.
type SignalWeight struct {
	Signal string  `json:"signal"`
	Weight float64 `json:"weight"`
}

// NeedModel is a set of weights for the signals.
type NeedModel []SignalWeight

const (
	// needRidge holds the weights of rare signals down, as if each had been seen
	// with weight 0 before.
	needRidge = 2
	// needSteps of Newton's method are more than it takes.
	needSteps = 25
)

// FitNeed fits a logistic regression to the examples. An empty index gives the
// weights without a library. The same examples give the same weights.
func (x *Index) FitNeed(ctx context.Context, examples []NeedExample) (NeedModel, error) {
	rows := make([][]float64, len(examples))
	for i, e := range examples {
		h, err := x.listen(ctx, e.Query)
		if err != nil {
			return nil, err
		}
		if h.words > 0 { // the others need no weights
			rows[i] = h.vector()
		}
	}
	weights := make([]float64, len(needSignals))
	for range needSteps {
		newtonStep(weights, rows, examples)
	}
	model := make(NeedModel, len(weights))
	for i, w := range weights {
		model[i] = SignalWeight{needSignals[i].name, math.Round(w*100) / 100}
	}
	return model, nil
}

// Need is Index.Need with the model's weights.
func (m NeedModel) Need(ctx context.Context, x *Index, query Query) (float64, error) {
	h, err := x.listen(ctx, query)
	if err != nil || h.words == 0 {
		return 0, err
	}
	sum := 0.0
	for i, v := range h.vector() {
		sum += m[i].Weight * v
	}
	return logistic(sum), nil
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// newtonStep moves the weights by one step of Newton's method.
func newtonStep(weights []float64, rows [][]float64, examples []NeedExample) {
	n := len(weights)
	slope, curve := make([]float64, n), make([][]float64, n)
	for i := range curve {
		curve[i] = make([]float64, n)
		curve[i][i] = needRidge
		slope[i] = -needRidge * weights[i]
	}
	for r, row := range rows {
		addRow(row, weights, &examples[r], slope, curve)
	}
	solveSystem(curve, slope)
	for i := range weights {
		weights[i] += slope[i]
	}
}

func addRow(row, weights []float64, e *NeedExample, slope []float64, curve [][]float64) {
	z, truth := 0.0, 0.0
	for i, v := range row {
		z += weights[i] * v
	}
	if e.Needs {
		truth = 1
	}
	p := logistic(z)
	for i, v := range row {
		if v == 0 {
			continue
		}
		slope[i] += e.Cost * (truth - p) * v
		for j, u := range row {
			curve[i][j] += e.Cost * p * (1 - p) * v * u
		}
	}
}

// solveSystem leaves the solution of a·x = b in b, by Gauss's elimination; a is positive definite.
func solveSystem(a [][]float64, b []float64) {
	n := len(b)
	for c := range n {
		for r := c + 1; r < n; r++ {
			f := a[r][c] / a[c][c]
			for k := c; k < n; k++ {
				a[r][k] -= f * a[c][k]
			}
			b[r] -= f * b[c]
		}
	}
	for c := n - 1; c >= 0; c-- {
		for k := c + 1; k < n; k++ {
			b[c] -= a[c][k] * b[k]
		}
		b[c] /= a[c][c]
	}
}
