package rule

import (
	"cmp"
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
	c.turnwise, c.local, c.partial = true, true, true
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
	known := map[string]turnStates{}
	reason := pipeline.Reason("")
	for _, name := range s.when.Names() {
		to := s.refs[name].to
		known[name] = turnStates{e.result(to), turnsOf(e.result(to).Hits), e.unknownTurns(to)}
		reason = cmp.Or(reason, known[name].whyUnknown())
	}
	var o outcome
	for _, t := range turns {
		switch s.when.Eval(func(name string) scorecard.State { return known[name].in(t) }) {
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

// turnStates are what a condition is of single turns.
type turnStates struct {
	of            *Result
	hits, unknown []int
}

func (s turnStates) in(turn int) scorecard.State {
	switch {
	case inTurns(s.hits, turn):
		return scorecard.Hit
	case s.of.State == scorecard.NotEvaluable || inTurns(s.unknown, turn):
		return scorecard.NotEvaluable
	}
	return scorecard.NotHit
}

// whyUnknown is why it cannot be evaluated of some turn, "" when it can of all.
func (s turnStates) whyUnknown() pipeline.Reason {
	switch {
	case s.of.State == scorecard.NotEvaluable:
		return s.of.Reason
	case len(s.unknown) > 0:
		return pipeline.NoTimestamps
	}
	return ""
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
	hitTurns := map[string][]int{}
	for _, name := range s.when.Names() {
		hitTurns[name] = turnsOf(e.result(s.refs[name].to).Hits)
	}
	for _, t := range turns {
		var here, elsewhere []string
		for _, name := range s.when.Names() {
			if inTurns(hitTurns[name], t) {
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
