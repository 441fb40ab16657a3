package rule

import (
	"context"

	"assay/pipeline"
	"assay/pipeline/entity"
	"assay/pipeline/redact"
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
	set *Set
	in  *pipeline.Input
	ctx context.Context // ends the evaluation early
	memory
	spoken  [6][]int // turns by speaker, nil until asked for
	tones   map[int]*pipeline.TurnTone
	clocks  []clock
	legs    []int                 // by turn, nil until asked for
	letters []letterCount         // by turn, nil until asked for
	places  map[*keywords][]match // nil unless a condition is judged in many windows

	outcomeOf func(criterion int) pipeline.Outcome // see AnswerWith

	entities map[entityKey][]entity.Entity // as far as they were asked for
	tokens   [][]lexToken                  // by turn, nil until asked for
	kept     int                           // how many entities and tokens were found to keep
	mute     bool                          // the embedder has failed
	redacted []redact.Text                 // by turn, what the embedder may see; nil until asked for
}

// memory is what an Evaluation uses again for its next session.
type memory struct {
	results    []Result // by condition
	known      []bool   // by condition: its result is there
	asked      []int32  // the conditions with a result
	index      index
	machine    machine
	excluded   machine           // of what patterns exclude
	spans      []transcript.Span // of results, appended to
	turns      []int             // of spoken, appended to
	words      []match           // of keywords, while they are judged
	others     []match
	candidates []int  // of a pattern, while it is judged
	seen       []bool // by word of one keywords
}

// Evaluate begins the evaluation of a session. Nothing is computed yet. Once ctx
// is done, results come soon and mean nothing.
func (s *Set) Evaluate(ctx context.Context, in *pipeline.Input) *Evaluation {
	e := &Evaluation{set: s}
	e.Reset(ctx, in)
	return e
}

// Reset begins the evaluation of another session, as Evaluate does, with the
// memory of the last one: the Results of that must not be used any more.
func (e *Evaluation) Reset(ctx context.Context, in *pipeline.Input) {
	m := &e.memory
	for _, id := range m.asked {
		m.known[id] = false
	}
	if m.results == nil {
		m.results, m.known = make([]Result, len(e.set.conditions)), make([]bool, len(e.set.conditions))
	}
	m.index.forget()
	m.asked, m.spans, m.turns = m.asked[:0], m.spans[:0], m.turns[:0]
	*e = Evaluation{set: e.set, in: in, ctx: ctx, memory: e.memory, outcomeOf: e.outcomeOf}
}

// Input is the session that is evaluated, with what is known of it.
func (e *Evaluation) Input() *pipeline.Input { return e.in }

// stopped reports whether nobody waits for the results any more.
func (e *Evaluation) stopped() bool { return e.ctx.Err() != nil }

// Result returns the value of a condition that a criterion names.
func (e *Evaluation) Result(c *scorecard.Criterion, name string) *Result {
	return e.result(e.set.find(c, name))
}

func (e *Evaluation) result(c *condition) *Result {
	r := &e.results[c.id]
	if !e.known[c.id] {
		e.evaluate(c, r)
		e.known[c.id], e.asked = true, append(e.asked, int32(c.id))
	}
	return r
}

// evaluate judges the condition in its range, or in every window of it.
func (e *Evaluation) evaluate(c *condition, r *Result) {
	reach, out := e.reachOf(c)
	*r = Result{State: out.state, Reason: out.reason}
	if out.state != scorecard.Hit {
		return
	}
	if !c.whole {
		r.Searched = reach.turns
	}
	if reach.every != nil {
		out = e.judgeEvery(c, &reach)
	} else {
		out = e.judge(c, reach.turns)
	}
	out = reach.settle(c, out)
	r.State, r.Reason = out.state, out.reason
	if r.State == scorecard.Hit {
		r.Hits = tidy(out.hits)
	}
	if r.State == scorecard.NotHit && len(r.Searched) == 0 && !c.whole {
		r.Reason = pipeline.OutOfScope
	}
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

// spanOf is a match's place in the original text.
func (e *Evaluation) spanOf(m *match) transcript.Span {
	start, end := e.in.Folded[m.turn].Span(int(m.start), int(m.end))
	return transcript.Span{Turn: int(m.turn), Start: start, End: end}
}

// wholeTurn is the span of a turn's whole text.
func (e *Evaluation) wholeTurn(turn int) transcript.Span {
	return transcript.Span{Turn: turn, End: len(e.in.Session.Turns[turn].Text)}
}
