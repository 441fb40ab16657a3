package rule

import (
	"slices"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// keywords looks for words and phrases:
//
//	keywords: {any: […], at_least: N, total: N, exclude: […], unless_negated: true, within: turn}
//	keywords: {all: […]}
//	keywords: {none: […]}
//
// Any hits when at_least (default 1) different ones of the list occur, all when
// every one does, none when none does in at least one turn in range. Total
// (default 1) is how many places there must be together; a place within a
// longer one counts with it. Within says where: together in the range (the
// default), or in a single turn.
//
// A word of an alphabetic script must stand as a word: hi does not occur in
// this. Chinese occurs anywhere. Blanks match any run of blanks. A place that
// overlaps an excluded phrase does not count, nor, with unless_negated, one
// that is negated (see negation.go).
type keywords struct {
	words         []int32
	exclude       []int32
	different     int // least number of different words; 0 is none
	total         int
	singly        bool // in a single turn, not across the range
	unlessNegated bool
}

func readKeywords(b *builder, c *condition, m *scorecard.Map) test {
	k := &keywords{total: 1}
	c.turnwise = true
	modes := 0
	for _, mode := range []string{"any", "all", "none"} {
		n := m.Key(mode)
		if n == nil {
			continue
		}
		modes++
		k.words = b.words(n)
		switch mode {
		case "any":
			k.different = 1
		case "all":
			k.different = len(k.words)
		}
		c.nowhere = mode == "none"
	}
	if modes != 1 {
		m.Node.Problem([]string{"any", "all", "none"}, "exactly one of them lists the words, found %d", modes)
	}
	k.readLimits(b, m)
	return k
}

func (k *keywords) readLimits(b *builder, m *scorecard.Map) {
	if n := m.Key("at_least"); n != nil {
		if m.Key("any") == nil {
			n.Problem([]string{"any"}, "at_least goes only with any")
		}
		k.different = n.Int(1, max(1, len(k.words)))
	}
	if n := m.Key("total"); n != nil {
		if m.Key("none") != nil {
			n.Problem([]string{"any", "all"}, "total does not go with none")
		}
		k.total = n.Int(1, 10_000)
	}
	if n := m.Key("exclude"); n != nil {
		k.exclude = b.words(n)
	}
	if n := m.Key("unless_negated"); n != nil {
		k.unlessNegated = n.Bool()
	}
	if n := m.Key("within"); n != nil {
		k.singly = n.OneOf("turn", "range") == "turn"
	}
}

func (k *keywords) judge(e *Evaluation, turns []int) outcome {
	if k.different == 0 {
		return k.judgeNone(e, turns)
	}
	if !e.occurs(k.words) {
		return notHit()
	}
	var places []transcript.Span
	var seen []int32
	for _, t := range turns {
		found := k.find(e, t)
		if k.singly {
			seen = nil
		}
		spans := make([]transcript.Span, len(found))
		for i, m := range found {
			spans[i] = e.span(t, m.start, m.end)
			if !slices.Contains(seen, m.id) {
				seen = append(seen, m.id)
			}
		}
		if !k.singly || k.enough(seen, spans) {
			places = append(places, spans...)
		}
	}
	if k.singly || k.enough(seen, places) {
		return hitIf(places)
	}
	return notHit()
}

func (k *keywords) judgeNone(e *Evaluation, turns []int) outcome {
	for _, t := range turns {
		if len(k.find(e, t)) > 0 {
			return notHit()
		}
	}
	return when(len(turns) > 0)
}

func (k *keywords) enough(seen []int32, places []transcript.Span) bool {
	return len(seen) >= k.different && len(tidy(slices.Clone(places))) >= k.total
}

// find returns the places in a turn that count.
func (k *keywords) find(e *Evaluation, turn int) []match {
	var found, excluded []match
	for _, m := range e.matches(turn) {
		switch {
		case !m.whole:
		case among(k.exclude, m.id):
			excluded = append(excluded, m)
		case among(k.words, m.id):
			found = append(found, m)
		}
	}
	text := e.in.Folded[turn].Text
	return slices.DeleteFunc(found, func(m match) bool {
		return overlaps(m, excluded) || k.unlessNegated && negated(text[:m.start])
	})
}

func overlaps(m match, others []match) bool {
	return slices.ContainsFunc(others, func(o match) bool { return o.start < m.end && m.start < o.end })
}
