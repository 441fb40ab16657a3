package rule

import (
	"context"

	"assay/pipeline"
	"assay/pipeline/entity"
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
	results []*Result    // by condition, nil until asked for
	found   [][]match    // places of words by turn, nil until asked for
	present [][]presence // literals by turn
	seen    []bool       // by literal: it is in some turn
	spoken  map[transcript.Speaker][]int
	tones   map[int]*pipeline.TurnTone
	clocks  []clock
	legs    []int                // by turn, nil until asked for
	letters []letterCount        // by turn, nil until asked for
	places  map[placeKey][]match // nil unless a condition is judged in many windows
	ctx     context.Context      // ends the evaluation early

	outcomeOf func(criterion int) pipeline.Outcome // see AnswerWith

	entities map[entityKey][]entity.Entity // as far as they were asked for
	tokens   [][]lexToken                  // by turn, nil until asked for
	kept     int                           // how many entities and tokens were found to keep
	mute     bool                          // the embedder has failed
}

// Evaluate begins the evaluation of a session. Nothing is computed yet. Once ctx
// is done, results come soon and mean nothing.
func (s *Set) Evaluate(ctx context.Context, in *pipeline.Input) *Evaluation {
	return &Evaluation{
		ctx: ctx, set: s, in: in,
		results: make([]*Result, len(s.conditions)),
		spoken:  map[transcript.Speaker][]int{},
	}
}

// stopped reports whether nobody waits for the results any more.
func (e *Evaluation) stopped() bool { return e.ctx.Err() != nil }

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

// evaluate judges the condition in its range, or in every window of it.
func (e *Evaluation) evaluate(c *condition) *Result {
	reach, out := e.reachOf(c)
	r := &Result{State: out.state, Reason: out.reason}
	if out.state != scorecard.Hit {
		return r
	}
	if !c.whole {
		r.Searched = reach.turns
	}
	if reach.every != nil {
		out = e.judgeEvery(c, &reach)
	} else {
		out = e.judge(c, reach.turns)
	}
	r.State, r.Reason = out.state, out.reason
	if r.State == scorecard.Hit {
		r.Hits = tidy(out.hits)
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
		if o.state != scorecard.Hit || e.stopped() {
			return o
		}
		all.hits = addPlaces(all.hits, o.hits)
	}
	return all
}

// outcome is what a kind says about some turns.
type outcome struct {
	state  scorecard.State
	reason pipeline.Reason
	hits   []transcript.Span

	// What kinds that judge turn by turn say besides, ascending:
	turns   []int // the turns that hit, where they are not those of hits
	unknown []int // the turns that could not be judged
}

// mostPlaces is how many places a condition keeps before it keeps only the
// first of each further turn: more are neither shown nor told apart.
const mostPlaces = 10_000

// addPlaces appends the places of one turn.
func addPlaces(all, turn []transcript.Span) []transcript.Span {
	if len(all) >= mostPlaces {
		turn = turn[:min(1, len(turn))]
	}
	return append(all, turn...)
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
