package rule

import (
	"slices"
	"strings"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// sameTurn hits at turns of which an expression over other conditions holds:
//
//	same_turn: {when: "price && !reservation"}
//
// Of one turn a condition holds when it hits there; its own where stays as it
// is. A condition that cannot be evaluated is unknown of every turn. A hit
// reaches from the first to the last place of the conditions that decide, or over
// the whole turn where none has any.
type sameTurn struct {
	when *scorecard.Expr
	refs map[string]*reference
}

func readSameTurn(_ *builder, c *condition, m *scorecard.Map) test {
	c.turnwise, c.local = true, true
	s := &sameTurn{refs: map[string]*reference{}}
	n := m.Must("when")
	if n == nil {
		return s
	}
	if s.when = n.Expr(); s.when == nil {
		return s
	}
	for _, name := range s.when.Names() {
		s.refs[name] = c.referTo(n, name)
		s.refs[name].placed = true
	}
	return s
}

func (s *sameTurn) judge(e *Evaluation, turns []int) outcome {
	hitTurns := map[string][]int{}
	reason := pipeline.Reason("")
	for _, name := range s.when.Names() {
		res := e.result(s.refs[name].to)
		hitTurns[name] = turnsOf(res.Hits)
		if res.State == scorecard.NotEvaluable && reason == "" {
			reason = res.Reason
		}
	}
	var o outcome
	for _, t := range turns {
		switch s.when.Eval(s.stateIn(e, t, hitTurns)) {
		case scorecard.Hit:
			o.turns = append(o.turns, t)
			o.hits = append(o.hits, s.place(e, t))
		case scorecard.NotEvaluable:
			o.unknown = append(o.unknown, t)
		}
	}
	switch {
	case len(o.turns) > 0:
		o.state = scorecard.Hit
	case len(o.unknown) > 0:
		o.state, o.reason = scorecard.NotEvaluable, reason
	default:
		o.state = scorecard.NotHit
	}
	return o
}

// stateIn is what the conditions are of one turn.
func (s *sameTurn) stateIn(e *Evaluation, turn int, hitTurns map[string][]int) func(string) scorecard.State {
	return func(name string) scorecard.State {
		if _, ok := slices.BinarySearch(hitTurns[name], turn); ok {
			return scorecard.Hit
		}
		if e.result(s.refs[name].to).State == scorecard.NotEvaluable {
			return scorecard.NotEvaluable
		}
		return scorecard.NotHit
	}
}

// place reaches from the first to the last place of the deciding conditions in a
// turn: one hit, however many conditions it took.
func (s *sameTurn) place(e *Evaluation, turn int) transcript.Span {
	place := e.wholeTurn(turn)
	found := false
	for _, name := range s.when.Deciding(scorecard.Hit) {
		hits := e.result(s.refs[name].to).Hits
		i, _ := slices.BinarySearchFunc(hits, turn, func(h transcript.Span, t int) int { return h.Turn - t })
		for ; i < len(hits) && hits[i].Turn == turn; i++ {
			if !found {
				place, found = hits[i], true
			}
			place.Start, place.End = min(place.Start, hits[i].Start), max(place.End, hits[i].End)
		}
	}
	return place
}

// nearest is the turn in which most of the conditions hit.
func (s *sameTurn) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, most := Near{Turn: -1}, 0
	for _, t := range turns {
		var here, elsewhere []string
		for _, name := range s.when.Names() {
			if inTurns(turnsOf(e.result(s.refs[name].to).Hits), t) {
				here = append(here, name)
			} else {
				elsewhere = append(elsewhere, name)
			}
		}
		if len(here) > most {
			most, near = len(here), Near{t, strings.Join(here, ", ") + " hit here"}
			if len(elsewhere) > 0 {
				near.Text += ", not " + strings.Join(elsewhere, ", ")
			}
		}
	}
	return near, near.Turn >= 0
}
