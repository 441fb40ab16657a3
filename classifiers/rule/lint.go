package rule

import (
	"assay/pipeline/scorecard"
)

// Lint finds what is questionable in the conditions of a scorecard that has no
// problems: conditions without use, conditions that cannot hit or always do, and
// what is said twice.
func Lint(card *scorecard.Scorecard) []scorecard.Warning {
	l := &linter{set: Compile(card), card: card}
	l.decides = l.reached(decisions, false)
	out := l.unused()
	for _, c := range l.set.conditions {
		if c.test == nil {
			continue
		}
		for _, check := range []func(*linter, *condition) []scorecard.Warning{
			lintAnchors, lintCounts, lintPattern, lintAlternatives, lintKeywords,
		} {
			out = append(out, check(l, c)...)
		}
	}
	return out
}

type linter struct {
	set     *Set
	card    *scorecard.Scorecard
	decides map[*condition]bool // the conditions that stand in an expression
}

// decisions are the conditions that a criterion's outcome is made of.
func decisions(c *scorecard.Criterion) []string {
	var names []string
	for _, e := range c.Exprs() {
		names = append(names, e.Names()...)
	}
	return names
}

// reached are the conditions that criteria name, and perhaps those that these name in turn.
func (l *linter) reached(names func(*scorecard.Criterion) []string, through bool) map[*condition]bool {
	seen := map[*condition]bool{}
	for _, c := range l.card.Criteria() {
		for _, name := range names(c) {
			if found := l.set.find(c, name); found != nil {
				found.reach(seen, through)
			}
		}
	}
	return seen
}

func (c *condition) reach(seen map[*condition]bool, through bool) {
	if c == nil || seen[c] {
		return
	}
	seen[c] = true
	if !through {
		return
	}
	for _, a := range c.anchors {
		a.reach(seen, true)
	}
	for _, r := range c.refs {
		r.to.reach(seen, true)
	}
}

func (l *linter) unused() []scorecard.Warning {
	var out []scorecard.Warning
	used := l.reached(named, true)
	for _, c := range l.set.conditions {
		if !used[c] && c.Place != nil {
			out = append(out, c.Place.Warn(scorecard.UnusedCondition, "no criterion asks for condition %q", c.Name))
		}
	}
	return out
}

// lintAnchors finds windows in which no turn can lie. It says nothing about
// kinds that may hit where there is no turn, or at another one.
func lintAnchors(_ *linter, c *condition) []scorecard.Warning {
	var out []scorecard.Warning
	for i, a := range c.Where.Anchors {
		x := c.anchors[i]
		if most := mostTurns(x); x.turnwise && most > 0 && a.Hit > most {
			out = append(out, a.Node.Warn(scorecard.NeverHits, "condition %q is looked for in %d turns, so that it has no hit %d", x.Name, most, a.Hit))
		}
		if c.turnwise && x.turnwise && beyond(c, a, x) {
			out = append(out, a.Node.Warn(scorecard.NeverHits, "nothing is said %s %q by the same speaker: it stands at the very end", a.Side, x.Name))
		}
	}
	return out
}

// mostTurns is how many turns a condition may look at; 0 is any number.
func mostTurns(c *condition) int {
	most := 0
	limit := func(turns int) {
		if turns > 0 && (most == 0 || turns < most) {
			most = turns
		}
	}
	for _, x := range []*scorecard.Extent{c.Where.First, c.Where.Last} {
		if x != nil {
			limit(x.Turns)
		}
	}
	if r := c.Where.Range; r != nil && (r.From > 0) == (r.To > 0) {
		limit(r.To - r.From + 1)
	}
	return most
}

// beyond reports whether an anchor asks for turns before the first or after the
// last one of its speaker. A leg's first and last turn are not the session's.
func beyond(c *condition, a scorecard.Anchor, anchor *condition) bool {
	if anchor.Where.Leg != 0 || anchor.speaker != "" && anchor.speaker != c.speaker {
		return false
	}
	w := anchor.Where
	switch a.Side {
	case scorecard.Before:
		return w.First != nil && w.First.Turns == 1 || w.Range != nil && w.Range.To == 1
	case scorecard.After:
		return w.Last != nil && w.Last.Turns == 1 || w.Range != nil && w.Range.From == -1
	}
	return false
}

// lintCounts finds counts that the condition's own window decides.
func lintCounts(_ *linter, c *condition) []scorecard.Warning {
	most := mostTurns(c)
	switch t := c.test.(type) {
	case *turnCount:
		switch {
		case most > 0 && t.least > most:
			return []scorecard.Warning{c.Place.Warn(scorecard.NeverHits, "there are never %d turns among %d", t.least, most)}
		case t.least == 0 && most > 0 && t.most >= most:
			return []scorecard.Warning{c.Place.Warn(scorecard.AlwaysHits, "there are never more than %d turns among %d", t.most, most)}
		}
	case *speakerAt:
		if n := max(t.position, -t.position); most > 0 && n > most {
			return []scorecard.Warning{c.Place.Warn(scorecard.NeverHits, "there is no turn %d among %d", n, most)}
		}
	}
	return nil
}
