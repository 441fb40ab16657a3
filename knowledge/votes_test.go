package knowledge

import "testing"

func TestFeedbackMovesScoresWithTheNumberOfAgents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		votes     Votes
		low, high float64 // of the log odds
	}{
		{"none", Votes{}, 0, 0},
		{"one wrong", Votes{Wrong: 1}, -0.2, -0.01},
		{"four wrong", Votes{Wrong: 4}, -0.5, -0.1},
		{"forty wrong or outdated", Votes{Wrong: 30, Outdated: 10}, -2, -1.2},
		{"one helpful", Votes{Helpful: 1}, 0.001, 0.1},
		{"forty helpful", Votes{Helpful: 40}, 0.5, 1.5},
		{"a thousand helpful", Votes{Helpful: 1000}, 1.5, 2},
		{"as many as usual", Votes{Helpful: 80, Wrong: 20}, -1e-9, 1e-9},
		{"partly counts half", Votes{Partly: 40}, -1, -0.3},
	} {
		if got := c.votes.logOdds(); got < c.low || got > c.high {
			t.Errorf("%s: %v; want within [%v, %v]", c.name, got, c.low, c.high)
		}
	}
}
