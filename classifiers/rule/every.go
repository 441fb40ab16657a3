package rule

import (
	"cmp"
	"slices"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// judgeEvery demands that the condition holds in every window of a reach. Kinds
// that judge turn by turn are asked once, and their windows counted off.
func (e *Evaluation) judgeEvery(c *condition, r *reach) outcome {
	turnwise := c.local || c.Where.All
	var marks []outcome
	if turnwise {
		marks = e.marks(c, r.turns)
		turnwise = marks != nil
	}
	e.places = map[*keywords][]match{}
	defer func() { e.places = nil }()
	worst := hit()
	taken := make([]bool, len(e.in.Session.Turns))
	for i := range r.hits {
		window := e.window(r, i)
		var o outcome
		if turnwise {
			o = gathered(marks, window, c.Where.All)
		} else {
			o = c.test.judge(e, window)
		}
		if o.state < worst.state {
			worst.state, worst.reason = o.state, o.reason
		}
		if worst.state == scorecard.NotHit || e.stopped() {
			return worst
		}
		worst.hits = merge(worst.hits, o.hits, taken)
		if turnwise {
			mark(taken, window)
		}
	}
	if turnwise && worst.state == scorecard.Hit {
		worst.hits = e.judge(c, turnsIn(r.turns, taken)).hits
	}
	return worst
}

// marks are what a kind says about each single turn, by turn; nil when it cannot
// be evaluated for a reason that is not one of single turns.
func (e *Evaluation) marks(c *condition, turns []int) []outcome {
	out := make([]outcome, len(e.in.Session.Turns))
	for i := range out {
		out[i].state = scorecard.NotHit
	}
	if c.Where.All {
		for i, t := range turns {
			o := c.test.judge(e, turns[i:i+1])
			out[t] = outcome{state: o.state, reason: o.reason}
			if e.stopped() {
				break
			}
		}
		return out
	}
	o := c.test.judge(e, turns)
	if o.state == scorecard.NotEvaluable && len(o.unknown) == 0 {
		return nil
	}
	for _, t := range o.unknown {
		out[t] = notEvaluable(cmp.Or(o.reason, pipeline.NoTimestamps))
	}
	hits := o.turns
	if hits == nil {
		hits = turnsOf(o.hits)
	}
	for _, t := range hits {
		out[t] = hit()
	}
	return out
}

// gathered is the outcome of a window from those of its turns: all must hit, or any.
func gathered(marks []outcome, window []int, all bool) outcome {
	best := notHit()
	for _, t := range window {
		o := marks[t]
		if all && o.state != scorecard.Hit {
			return o
		}
		if o.state > best.state {
			best = o
		}
		if !all && best.state == scorecard.Hit {
			break
		}
	}
	return best
}

// merge adds the places of one more window: those of a turn come all at once.
func merge(all, more []transcript.Span, taken []bool) []transcript.Span {
	from := len(all)
	for _, s := range more {
		if !taken[s.Turn] {
			all = addPlaces(all, []transcript.Span{s})
		}
	}
	mark(taken, turnsOf(all[from:]))
	return all
}

func mark(taken []bool, turns []int) {
	for _, t := range turns {
		taken[t] = true
	}
}

// turnsIn are the turns that are marked.
func turnsIn(turns []int, marked []bool) []int {
	if !slices.ContainsFunc(turns, func(t int) bool { return !marked[t] }) {
		return turns
	}
	var out []int
	for _, t := range turns {
		if marked[t] {
			out = append(out, t)
		}
	}
	return out
}
