package rule

import (
	"fmt"

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
// false when it hit, could not be evaluated, or nothing was anywhere near.
func (e *Evaluation) Nearest(c *scorecard.Criterion, name string) (Near, bool) {
	cond := e.set.find(c, name)
	r := e.result(cond)
	if r.State != scorecard.NotHit {
		return Near{}, false
	}
	turns := r.Searched
	if cond.whole {
		turns = e.messages(cond.speaker)
	}
	reach, o := e.reachOf(cond)
	if o.state != scorecard.Hit {
		return Near{}, false // its anchor did not hit
	}
	if reach.every != nil {
		return e.nearestWindow(cond, &reach)
	}
	return e.nearestIn(cond, turns)
}

// nearestIn asks the kind about the turns or, for turns: all, about the first
// turn that does not hit.
func (e *Evaluation) nearestIn(c *condition, turns []int) (Near, bool) {
	m, ok := c.test.(misser)
	if !c.Where.All {
		if !ok {
			return Near{}, false
		}
		return m.nearest(e, turns)
	}
	for i, t := range turns {
		if c.test.judge(e, turns[i:i+1]).state == scorecard.Hit {
			continue
		}
		if ok {
			if near, ok := m.nearest(e, turns[i:i+1]); ok {
				return near, true
			}
		}
		return Near{t, "not in this turn"}, true
	}
	return Near{}, false
}

// nearestWindow asks about the first window in which the condition does not hold.
func (e *Evaluation) nearestWindow(c *condition, r *reach) (Near, bool) {
	for i, h := range r.hits {
		window := e.window(r, i)
		if len(window) > 0 && e.judge(c, window).state == scorecard.Hit {
			continue
		}
		near, ok := e.nearestIn(c, window)
		if !ok {
			near = Near{h, fmt.Sprintf("not %s this turn", r.every.Side)}
		}
		return near, true
	}
	return Near{}, false
}

// quoted is a part of a turn's folded text as it stands in the transcript, for people.
func (e *Evaluation) quoted(turn, start, end int) string {
	return "“" + clipped(e.in.Session.Quote(e.span(turn, start, end))) + "”"
}

// clipped shortens a text for a line.
func clipped(s string) string {
	const most = 40
	if all := []rune(s); len(all) > most {
		return string(all[:most]) + "…"
	}
	return s
}
