package rule

import (
	"fmt"
	"slices"

	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// criterion asks for the outcome of another criterion of the scorecard:
//
//	criterion: {id: identity, is: not_met}
//
// Is is met (the default), not_met or not_applicable. While the other one is
// undetermined, as those are that a model or a person answers, it is not
// evaluable. Criteria may not depend on themselves, in whatever roundabout way.
type criterion struct {
	id   int // in the order of the scorecard's criteria
	name string
	is   pipeline.Outcome
}

func readCriterion(b *builder, c *condition, m *scorecard.Map) test {
	c.whole, c.nowhere = true, true
	k := &criterion{is: pipeline.Met}
	if n := m.Must("id"); n != nil {
		c.askNode = n
		id := n.NonEmpty()
		k.name = id
		if c.asks = b.criteria[id]; c.asks != nil {
			k.id = c.asks.id
		} else if id != "" {
			known := names(b.criteria)
			n.Problem(known, "unknown criterion %q%s", id, meant(id, known))
		}
	}
	if n := m.Key("is"); n != nil {
		k.is = pipeline.Outcome(n.OneOf(string(pipeline.Met), string(pipeline.NotMet), string(pipeline.NotApplicable)))
	}
	return k
}

func (k *criterion) judge(e *Evaluation, _ []int) outcome {
	if e.outcomeOf == nil { // nobody answers criteria here
		return notEvaluable(pipeline.Prerequisite)
	}
	got := e.outcomeOf(k.id)
	if got == pipeline.Undetermined {
		return notEvaluable(pipeline.Prerequisite)
	}
	return when(got == k.is)
}

// nearest is the outcome that the other criterion has instead.
func (k *criterion) nearest(e *Evaluation, _ []int) (Near, bool) {
	return Near{Turn: -1, Text: fmt.Sprintf("criterion %q is %s, not %s", k.name, e.outcomeOf(k.id), k.is)}, true
}

// AnswerWith tells conditions of kind criterion how to learn the outcome of a
// criterion, by its number in the scorecard. It is asked only for criteria that
// do not depend on the condition.
func (e *Evaluation) AnswerWith(outcome func(criterion int) pipeline.Outcome) { e.outcomeOf = outcome }

// answered is a criterion with what it depends on.
type answered struct {
	*scorecard.Criterion
	id       int
	uses     []*condition // those that it names
	requires *answered    // nil: none
}

// resolveCriteria finds what every criterion depends on.
func (b *builder) resolveCriteria(s *Set) {
	for _, a := range b.criteria {
		for _, name := range named(a.Criterion) {
			if c := s.find(a.Criterion, name); c != nil {
				a.uses = append(a.uses, c)
			}
		}
		if a.Requires != nil {
			a.requires = b.criteria[a.Requires.Criterion]
		}
	}
}

// named are the conditions that a criterion's answer is made of.
func named(c *scorecard.Criterion) []string {
	list := slices.Concat(c.Evidence.Met, c.Evidence.NotMet)
	for _, e := range c.Exprs() {
		list = append(list, e.Names()...)
	}
	if c.Judge != nil {
		list = append(list, c.Judge.Anchors...)
	}
	if c.Count != "" {
		list = append(list, c.Count)
	}
	return list
}
