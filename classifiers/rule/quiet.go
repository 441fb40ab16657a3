package rule

import (
	"reflect"
	"slices"

	"assay/pipeline/scorecard"
)

// Condition is a condition as a criterion names it: see Set.Condition.
type Condition struct {
	c *condition
	// plain is set where it hits whenever one of some words is in a message.
	plain *keywords
	// test is set where it surely does not hit unless it finds what it needs.
	test literalTest
}

// Condition finds the condition that a criterion names.
func (s *Set) Condition(c *scorecard.Criterion, name string) Condition {
	found := Condition{c: s.find(c, name)}
	k, ok := found.c.test.(*keywords)
	if ok && k.different == 1 && k.total == 1 && len(k.exclude) == 0 && !k.unlessNegated && k.words.written == nil && reflect.ValueOf(found.c.Where).IsZero() {
		found.plain = k
	}
	if _, quiet := s.quiet(found.c); quiet {
		found.test = found.c.test.(literalTest)
	}
	return found
}

// Of returns the value of a condition.
func (e *Evaluation) Of(c Condition) *Result { return e.result(c.c) }

// Count returns a condition's state and how many hits it has: Of's, without
// the places where that is less work.
func (e *Evaluation) Count(c Condition) (state scorecard.State, hits int) {
	if c.plain == nil {
		if c.test != nil && c.test.silent(e.scanned()) {
			return scorecard.NotHit, 0
		}
		r := e.result(c.c)
		return r.State, len(r.Hits)
	}
	found := e.said(c.plain.words.ids)
	if len(found) == 0 {
		return scorecard.NotHit, 0
	}
	last := e.spanOf(&found[0])
	hits = 1
	for i := range found[1:] {
		at := e.spanOf(&found[1+i])
		if at.Turn == last.Turn && at.Start == last.Start {
			return scorecard.Hit, len(e.result(c.c).Hits) // which one is longer only tidy tells
		}
		if at.Turn != last.Turn || at.End > last.End {
			last, hits = at, hits+1
		}
	}
	return scorecard.Hit, hits
}

// said are the places of words in messages, by their place. They are good until
// other words are asked for.
func (e *Evaluation) said(words []int32) []match {
	x, found, lists := e.scanned(), e.words[:0], 0
	for _, id := range words {
		g, n := x.of[id], len(found)
		for i := range x.places[g.from:][:g.n] {
			if m := &x.places[int(g.from)+i]; m.word && e.in.Session.Turns[m.turn].IsMessage() {
				found = append(found, *m)
			}
		}
		if len(found) > n {
			lists++
		}
	}
	if lists > 1 {
		slices.SortFunc(found, byPlace)
	}
	e.words = found
	return found
}

// Present returns the literals that are in the session, each once. It is good
// until the next Reset.
func (e *Evaluation) Present() []int32 {
	return e.scanned().present
}

// Literals is how many literals the conditions look for: they are numbered from
// 0, and after them runs of digits.
func (s *Set) Literals() int { return len(s.literals.literals) + len(s.runs) }

// Quiet reports whether a condition is surely NotHit in every session in which
// none of some literals is present, and returns these literals. This is what
// lets a scorecard's cost grow with what is said and not with its criteria.
func (s *Set) Quiet(c Condition) (literals []int32, quiet bool) {
	return s.quiet(c.c)
}

func (s *Set) quiet(c *condition) ([]int32, bool) {
	t, ok := c.test.(literalTest)
	if !ok || !untimed(&c.Where) || slices.ContainsFunc(c.anchors, func(a *condition) bool { return !s.sure(a) }) {
		return nil, false
	}
	return t.needs(s)
}

// sure reports whether a condition can always be evaluated.
func (s *Set) sure(c *condition) bool {
	_, ok := c.test.(literalTest)
	return ok && untimed(&c.Where) && !slices.ContainsFunc(c.anchors, func(a *condition) bool { return !s.sure(a) })
}

// untimed reports whether no time is needed to tell which turns are in range.
func untimed(w *scorecard.Where) bool {
	return w.Time == nil && !w.First.Timed() && !w.Last.Timed() &&
		!slices.ContainsFunc(w.Anchors, func(a scorecard.Anchor) bool { return a.Within.Timed() })
}

// literalTest is a test that can always be evaluated, and that hits no turns of
// a session in which none of some literals is present. Its needs are false when
// it may hit without any.
type literalTest interface {
	needs(s *Set) ([]int32, bool)
	// silent reports whether nothing in the session can hit.
	silent(x *index) bool
}

func (k *keywords) needs(*Set) ([]int32, bool) { return k.words.ids, k.different > 0 }

func (k *keywords) silent(x *index) bool { return !x.has(k.words.ids) }

func (p *phrases) needs(s *Set) ([]int32, bool) { return p.any.needs(s) }

func (p *phrases) silent(x *index) bool { return p.any.silent(x) }

// silent holds when every branch lacks something that it requires.
func (p *pattern) silent(x *index) bool {
	for i := range p.branches {
		b := &p.branches[i]
		if !slices.ContainsFunc(b.required, func(list []int32) bool { return !x.has(list) }) && x.longest >= b.digits {
			return false
		}
	}
	return true
}

// needs are, for each branch, the list of the longest literals: they are rarest.
func (p *pattern) needs(s *Set) ([]int32, bool) {
	var all []int32
	for _, b := range p.branches {
		if i := slices.Index(s.runs, b.digits); len(b.required) == 0 && i >= 0 {
			all = append(all, int32(len(s.literals.literals)+i))
			continue
		}
		if len(b.required) == 0 {
			return nil, false
		}
		all = append(all, slices.MaxFunc(b.required, func(x, y []int32) int { return s.least(x) - s.least(y) })...)
	}
	return all, true
}

// least is the length of the shortest of some literals.
func (s *Set) least(literals []int32) int {
	n := len(s.literals.literals[literals[0]])
	for _, id := range literals {
		n = min(n, len(s.literals.literals[id]))
	}
	return n
}
