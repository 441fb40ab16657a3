package rule

import (
	"assay/pipeline/scorecard"
)

// Near says how near a condition that did not hit came to hitting.
type Near struct {
	Turn int    `json:"turn"` // where it came nearest; −1 for the session as a whole
	Text string `json:"text"` // what was found and what was asked for, e.g. "gap 1.8 s < 2 s"
}

// misser is a test that can say how near it came to hitting in the given turns;
// false when nothing there was anywhere near.
type misser interface {
	nearest(e *Evaluation, turns []int) (Near, bool)
}

// Nearest says how near a condition that a criterion names came to hitting:
// false when it hit, could not be evaluated, or its kind cannot tell.
func (e *Evaluation) Nearest(c *scorecard.Criterion, name string) (Near, bool) {
	cond := e.set.find(c, name)
	r := e.result(cond)
	m, ok := cond.test.(misser)
	if !ok || r.State != scorecard.NotHit {
		return Near{}, false
	}
	return m.nearest(e, r.Searched)
}
