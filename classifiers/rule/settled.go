package rule

import (
	"math"

	"assay/pipeline/scorecard"
)

// Settled is a condition's value on the beginning of a session when no later turn
// can change it, and NotEvaluable when one may, or when it cannot be evaluated.
//
// What is certain is told of a closed list of kinds only:
//
//	keywords                 any and all once they hit; none once such a word was said
//	regex, pattern           turn by turn, once they hit
//	similarity               by letters, once it hits
//	entity                   without an upper count, once it hits
//	tone                     once it hits
//	turn_count               without max, once there are so many
//	same_turn                over conditions of these kinds that judge each turn by itself
//	metadata                 while the session has the field
//
// and only where turns that come later can do no more than join the range: no
// last, no share, no time (later turns may have none), no range that counts from
// the end, no last part, no anchor that asks for every hit or for the last one, and
// no anchor whose own hits may change. With "turns:
// all", one turn that does not hit settles that. Where the range is the first turns
// by number, all of which are there, and hangs on no anchor, also what did not
// hit is settled.
//
// A session's fields may be added to, never changed; so may its turns.
func (e *Evaluation) Settled(c *scorecard.Criterion, name string) scorecard.State {
	return e.settled(e.set.find(c, name))
}

func (e *Evaluation) settled(c *condition) scorecard.State {
	if d, ok := c.test.(*metadata); ok {
		return e.settledField(d, c)
	}
	way := c.lasts()
	if way == never || !c.grows() {
		return scorecard.NotEvaluable
	}
	r := e.result(c)
	switch {
	case r.State == scorecard.NotEvaluable:
	case r.State == scorecard.Hit && way == onceHit && !c.Where.All,
		r.State == scorecard.NotHit && len(r.Searched) > 0 && (way == onceMissed || c.Where.All),
		e.closed(c):
		return r.State
	}
	return scorecard.NotEvaluable
}

// settledField is the value of a comparison of a field that the session has.
func (e *Evaluation) settledField(d *metadata, c *condition) scorecard.State {
	if _, ok := lookUp(e.in.Session, d.field); !ok {
		return scorecard.NotEvaluable
	}
	return e.result(c).State // that of other fields it is compared with is missing: not evaluable
}

// staying says which of a condition's values stays when turns are added to those
// in range.
type staying int

const (
	never      staying = iota // none
	onceHit                   // a hit
	onceMissed                // no hit
)

// lasts looks at the kind alone.
func (c *condition) lasts() staying {
	switch t := c.test.(type) {
	case *keywords:
		if t.different == 0 {
			return onceMissed
		}
		return onceHit
	case *pattern, *phrases, *tone:
		return onceHit
	case *similarity:
		if !t.meaning { // asking a model takes too long for who waits
			return onceHit
		}
	case *entities:
		if c.local { // at least one, and no upper bound
			return onceHit
		}
	case *turnCount:
		if t.most == math.MaxInt {
			return onceHit
		}
	case *sameTurn:
		if t.settles() {
			return onceHit
		}
	}
	return never
}

// settles reports whether all conditions that the expression names say of each
// turn by itself, once and for all, whether they hit there.
func (s *sameTurn) settles() bool {
	for _, r := range s.refs {
		if r.to == nil || !r.to.orderly() {
			return false
		}
	}
	return true
}

// grows reports whether turns that come later can only be added to the
// condition's range.
func (c *condition) grows() bool {
	w := &c.Where
	if w.Last != nil || w.Leg == scorecard.LegLast || w.Time != nil || w.First != nil && w.First.Turns == 0 {
		return false
	}
	if w.Range != nil && (w.Range.From < 0 || w.Range.To < -1) {
		return false
	}
	for i, a := range w.Anchors {
		if a.Hit < 0 || a.Within != nil && a.Within.Turns == 0 || c.anchors[i] == nil || !c.anchors[i].orderly() {
			return false
		}
	}
	return true
}

// orderly reports whether the condition's hits come one after the other: whether
// it hits at a turn is certain once the turn is there.
func (c *condition) orderly() bool {
	if c.lasts() != onceHit || !c.local || c.Where.All || !c.grows() {
		return false
	}
	for _, a := range c.Where.Anchors {
		if a.Side == scorecard.Before || a.Side == scorecard.Around {
			return false // a later hit of the anchor reaches back
		}
	}
	return true
}

// closed reports whether no later turn can be in the condition's range: it is the
// first so many turns, and all of them are there.
func (e *Evaluation) closed(c *condition) bool {
	w := &c.Where
	if len(w.Anchors) > 0 || w.Leg != 0 {
		return false
	}
	spoken := len(e.messages(c.speaker))
	if w.First != nil && w.First.Turns > 0 && spoken >= w.First.Turns {
		return true
	}
	if r := w.Range; r != nil && r.To > 0 {
		if r.OfSession {
			spoken = len(e.messages(""))
		}
		return spoken >= r.To
	}
	return false
}
