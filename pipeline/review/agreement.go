// Package review compares answers with people's: the arithmetic of agreement.
package review

import "math"

// Table counts predictions against labels.
type Table struct {
	TP int `json:"tp"` // predicted and labelled
	FP int `json:"fp"` // predicted, not labelled
	FN int `json:"fn"` // not predicted, labelled
	TN int `json:"tn"` // neither
}

// Add counts one case.
func (t *Table) Add(predicted, labelled bool) {
	switch {
	case predicted && labelled:
		t.TP++
	case predicted:
		t.FP++
	case labelled:
		t.FN++
	default:
		t.TN++
	}
}

// N is the number of cases.
func (t Table) N() int { return t.TP + t.FP + t.FN + t.TN }

// Estimate is a value with its 95 % interval. Value is nil where it is not
// defined, such as the precision of no prediction; then so is the interval.
type Estimate struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// z is the 97.5th percentile of the standard normal distribution.
const z = 1.959963984540054

// Precision is the share of predictions that are right.
func (t Table) Precision() Estimate { return Wilson(t.TP, t.TP+t.FP) }

// Recall is the share of labelled cases that are predicted.
func (t Table) Recall() Estimate { return Wilson(t.TP, t.TP+t.FN) }

// Wilson is the share k/n with Wilson's score interval (E. B. Wilson, 1927).
func Wilson(k, n int) Estimate {
	if n == 0 {
		return Estimate{}
	}
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Estimate{new(p), new(max(0, centre-half)), new(min(1, centre+half))}
}

// F1 is 2TP / (2TP + FP + FN): the harmonic mean of precision and recall. Its
// interval is that of the share F/(2−F) = TP / (TP + FP + FN), which F1 grows with.
func (t Table) F1() Estimate {
	e := Wilson(t.TP, t.TP+t.FP+t.FN)
	if e.Value == nil {
		return e
	}
	f1 := func(jaccard *float64) *float64 { return new(2 * *jaccard / (1 + *jaccard)) }
	return Estimate{f1(e.Value), f1(e.Low), f1(e.High)}
}

// Agreement is the share of cases in which prediction and label are the same.
func (t Table) Agreement() Estimate { return Wilson(t.TP+t.TN, t.N()) }

// Kappa is Cohen's kappa, agreement beyond chance, with the large-sample
// interval of Fleiss, Cohen and Everitt (1969). Of full agreement, which has no
// spread, the interval is that of the agreement.
func (t Table) Kappa() Estimate {
	n := float64(t.N())
	if n == 0 {
		return Estimate{}
	}
	agree := float64(t.TP+t.TN) / n
	yes, label := float64(t.TP+t.FP)/n, float64(t.TP+t.FN)/n
	chance := yes*label + (1-yes)*(1-label)
	if chance == 1 {
		return Estimate{}
	}
	k := (agree - chance) / (1 - chance)
	return t.beyond(chance, k, t.kappaError(k, yes, label, chance))
}

// beyond is a coefficient of agreement beyond chance with its interval.
func (t Table) beyond(chance, value, standardError float64) Estimate {
	if t.FP+t.FN == 0 {
		return Estimate{new(1.0), new((*t.Agreement().Low - chance) / (1 - chance)), new(1.0)}
	}
	half := z * standardError
	return Estimate{new(value), new(max(-1, value-half)), new(min(1, value+half))}
}

// AC1 is Gwet's AC1, agreement beyond chance that does not collapse as kappa does
// where nearly all cases are alike, with the large-sample interval of K. L. Gwet
// (Handbook of Inter-Rater Reliability, 2014).
func (t Table) AC1() Estimate {
	n := float64(t.N())
	if n == 0 {
		return Estimate{}
	}
	agree := float64(t.TP+t.TN) / n
	yes := float64(2*t.TP+t.FP+t.FN) / (2 * n)
	chance := 2 * yes * (1 - yes)
	g := (agree - chance) / (1 - chance)
	sum := 0.0
	for _, cell := range []struct {
		count         int
		agree, chance float64
	}{{t.TP, 1, 1 - yes}, {t.TN, 1, yes}, {t.FP + t.FN, 0, 0.5}} {
		one := (cell.agree-chance)/(1-chance) - 2*(1-g)*(cell.chance-chance)/(1-chance)
		sum += float64(cell.count) * (one - g) * (one - g)
	}
	return t.beyond(chance, g, math.Sqrt(sum/n/max(1, n-1)))
}

// kappaError is the standard error of kappa.
func (t Table) kappaError(k, yes, label, chance float64) float64 {
	n := float64(t.N())
	cell := func(count int) float64 { return float64(count) / n }
	square := func(x float64) float64 { return x * x }
	a := cell(t.TP)*square(1-(yes+label)*(1-k)) + cell(t.TN)*square(1-(2-yes-label)*(1-k))
	b := square(1-k) * (cell(t.FP)*square(label+1-yes) + cell(t.FN)*square(yes+1-label))
	c := square(k - chance*(1-k))
	return math.Sqrt(max(0, a+b-c)/n) / (1 - chance)
}
