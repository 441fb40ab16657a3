package rule

import (
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Result is a condition's value for one session.
type Result struct {
	State  scorecard.State
	Reason pipeline.Reason // why it could not be evaluated, or OutOfScope when no turn was in range
	// Hits are the places that made it hit, in the order of the transcript,
	// none within another; empty unless State is Hit, and for kinds whose hits
	// have no place.
	Hits []transcript.Span
	// Searched are the turns in range, ascending; none for kinds that judge the
	// session as a whole.
	Searched []int
}

// Evaluation is one session under the conditions of a Set. It is for one
// goroutine at a time.
type Evaluation struct {
	set     *Set
	in      *pipeline.Input
	results []*Result // by condition, nil until asked for
	found   [][]match // literals by turn, nil until asked for
	seen    []bool    // by literal: it is in some turn
	spoken  map[transcript.Speaker][]int
	tones   map[int]*pipeline.TurnTone
}

// Evaluate begins the evaluation of a session. Nothing is computed yet.
func (s *Set) Evaluate(in *pipeline.Input) *Evaluation {
	return &Evaluation{
		set: s, in: in,
		results: make([]*Result, len(s.conditions)),
		spoken:  map[transcript.Speaker][]int{},
	}
}

// Result returns the value of a condition that a criterion names.
func (e *Evaluation) Result(c *scorecard.Criterion, name string) *Result {
	return e.result(e.set.find(c, name))
}

func (e *Evaluation) result(c *condition) *Result {
	if e.results[c.id] == nil {
		e.results[c.id] = e.evaluate(c)
	}
	return e.results[c.id]
}

// evaluate judges every range of the condition: one, or one for each hit of an
// anchor that asks for every hit. The condition must hold in all of them.
func (e *Evaluation) evaluate(c *condition) *Result {
	ranges, out := e.ranges(c)
	r := &Result{State: out.state, Reason: out.reason}
	if !c.whole {
		r.Searched = union(ranges)
	}
	if out.state != scorecard.Hit {
		return r
	}
	var hits []transcript.Span
	for _, turns := range ranges {
		o := e.judge(c, turns)
		if o.state < r.State {
			r.State, r.Reason = o.state, o.reason
		}
		hits = append(hits, o.hits...)
	}
	if r.State == scorecard.Hit {
		r.Hits = tidy(hits)
	}
	if r.State == scorecard.NotHit && len(r.Searched) == 0 && !c.whole {
		r.Reason = pipeline.OutOfScope
	}
	return r
}

// judge asks the kind about the turns together or, for turns: all, about each.
func (e *Evaluation) judge(c *condition, turns []int) outcome {
	if !c.Where.All {
		return c.test.judge(e, turns)
	}
	if len(turns) == 0 {
		return notHit()
	}
	all := hit()
	for i := range turns {
		o := c.test.judge(e, turns[i:i+1])
		if o.state != scorecard.Hit {
			return o
		}
		all.hits = append(all.hits, o.hits...)
	}
	return all
}

// outcome is what a kind says about some turns.
type outcome struct {
	state  scorecard.State
	reason pipeline.Reason
	hits   []transcript.Span
}

func hit(hits ...transcript.Span) outcome { return outcome{state: scorecard.Hit, hits: hits} }

func notHit() outcome { return outcome{state: scorecard.NotHit} }

func notEvaluable(r pipeline.Reason) outcome {
	return outcome{state: scorecard.NotEvaluable, reason: r}
}

// hitIf is a hit when there is at least one place.
func hitIf(hits []transcript.Span) outcome {
	if len(hits) == 0 {
		return notHit()
	}
	return hit(hits...)
}

func when(ok bool) outcome {
	if ok {
		return hit()
	}
	return notHit()
}

// span maps a range of a turn's folded text to its original text.
func (e *Evaluation) span(turn, start, end int) transcript.Span {
	start, end = e.in.Folded[turn].Span(start, end)
	return transcript.Span{Turn: turn, Start: start, End: end}
}

// wholeTurn is the span of a turn's whole text.
func (e *Evaluation) wholeTurn(turn int) transcript.Span {
	return transcript.Span{Turn: turn, End: len(e.in.Session.Turns[turn].Text)}
}
