package rule

import (
	"fmt"
	"math"

	"assay/pipeline/scorecard"
)

// turnCount hits when the number of turns in range is within bounds, both included:
//
//	turn_count: {min: 3, max: 40}
type turnCount struct{ least, most int }

func readTurnCount(_ *builder, c *condition, m *scorecard.Map) test {
	c.nowhere = true
	t := &turnCount{most: math.MaxInt}
	low, high := m.Key("min"), m.Key("max")
	if low != nil {
		t.least = low.Int(0, 100_000)
	}
	if high != nil {
		t.most = high.Int(0, 100_000)
	}
	checkBounds(m, t.least <= t.most)
	return t
}

// checkBounds demands at least one of min and max, in order.
func checkBounds(m *scorecard.Map, ordered bool) {
	if m.Key("min") == nil && m.Key("max") == nil {
		m.Node.Problem([]string{"min", "max"}, "at least one of the bounds is needed")
	}
	if !ordered {
		m.Node.Problem(nil, "min is more than max")
	}
}

func (t *turnCount) judge(_ *Evaluation, turns []int) outcome {
	return when(t.least <= len(turns) && len(turns) <= t.most)
}

// nearest is the number of turns in range.
func (t *turnCount) nearest(_ *Evaluation, turns []int) (Near, bool) {
	if len(turns) < t.least {
		return Near{-1, fmt.Sprintf("turns: %d < %d", len(turns), t.least)}, true
	}
	return Near{-1, fmt.Sprintf("turns: %d > %d", len(turns), t.most)}, true
}
