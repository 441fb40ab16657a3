package review

import (
	"math"
	"testing"
)

func TestEstimates(t *testing.T) {
	t.Parallel()
	table := Table{TP: 20, FP: 5, FN: 10, TN: 15} // the example of Cohen's kappa in many textbooks
	for _, c := range []struct {
		name             string
		got              Estimate
		value, low, high float64
	}{
		{"Wilson's interval of 8 in 10", Wilson(8, 10), 0.8, 0.4902, 0.9433},
		{"Wilson's interval of none", Wilson(0, 10), 0, 0, 0.2775},
		{"precision", table.Precision(), 0.8, 0.6087, 0.9114},
		{"recall", table.Recall(), 0.6667, 0.4878, 0.8077},
		{"F1", table.F1(), 0.7273, 0.5801, 0.8373},
		{"kappa", table.Kappa(), 0.4, 0.1511, 0.6489},
		{"kappa of full agreement", Table{TP: 5, TN: 5}.Kappa(), 1, 0.4449, 1},
		{"agreement", table.Agreement(), 0.7, 0.5625, 0.8090},
		{"AC1", table.AC1(), 0.4059, 0.1483, 0.6636}, // as by the formula of Gwet (2008), with n−1
		{"AC1 where nearly all are alike", Table{TP: 90, FP: 4, FN: 4, TN: 2}.AC1(), 0.9098, 0.8448, 0.9748},
		{"AC1 of full agreement", Table{TP: 10}.AC1(), 1, 0.7225, 1},
	} {
		for i, pair := range [][2]float64{{c.value, *c.got.Value}, {c.low, *c.got.Low}, {c.high, *c.got.High}} {
			if math.Abs(pair[0]-pair[1]) > 0.0002 {
				t.Errorf("%s: %s is %.4f, want %.4f", c.name, []string{"value", "low", "high"}[i], pair[1], pair[0])
			}
		}
	}
}

func TestUndefinedEstimatesAreNone(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]Estimate{
		"precision without predictions": Table{FN: 3}.Precision(),
		"recall without labels":         Table{FP: 3}.Recall(),
		"kappa of one class":            Table{TN: 3}.Kappa(),
		"kappa of nothing":              Table{}.Kappa(),
		"AC1 of nothing":                Table{}.AC1(),
		"F1 of nothing":                 Table{TN: 3}.F1(),
	} {
		if e.Value != nil || e.Low != nil || e.High != nil {
			t.Errorf("%s: %v, want none", name, *e.Value)
		}
	}
}

func TestAddCountsEveryCell(t *testing.T) {
	t.Parallel()
	var got Table
	for _, c := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}, {false, false}} {
		got.Add(c[0], c[1])
	}
	if got != (Table{1, 1, 1, 2}) || got.N() != 5 {
		t.Errorf("table %+v", got)
	}
}
