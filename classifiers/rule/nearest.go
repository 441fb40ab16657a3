package rule

import (
	"fmt"
	"time"

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
	turns := r.Searched
	if cond.whole {
		turns = e.messages(cond.speaker)
	}
	return m.nearest(e, turns)
}

// lasting writes a length of time for people.
func lasting(d time.Duration) string {
	if d.Abs() >= 2*time.Minute {
		return fmt.Sprintf("%g min", d.Round(6*time.Second).Minutes())
	}
	return fmt.Sprintf("%g s", d.Round(10*time.Millisecond).Seconds())
}
