package knowledge

import "testing"

func TestFeedbackMovesScoresWithTheNumberOfAgents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		opinions  Opinions
		low, high float64 // of the log odds
	}{
		{"none", Opinions{}, 0, 0},
		{"one wrong", Opinions{Wrong: 1}, -0.25, -0.01},
		{"four wrong", Opinions{Wrong: 4}, -0.75, -0.1},
		{"forty wrong or outdated", Opinions{Wrong: 30, Outdated: 10}, -2.6, -1.2},
		{"one helpful", Opinions{Helpful: 1}, 0.001, 0.1},
		{"forty helpful", Opinions{Helpful: 40}, 0.5, 1.5},
		{"a thousand helpful", Opinions{Helpful: 1000}, 1.5, 3},
		{"as many as usual", Opinions{Helpful: 80, Wrong: 20}, -1e-9, 1e-9},
		{"partly counts half", Opinions{Partly: 40}, -1.1, -0.3},
	} {
		if got := c.opinions.logOdds(); got < c.low || got > c.high {
			t.Errorf("%s: %v; want within [%v, %v]", c.name, got, c.low, c.high)
		}
	}
}
