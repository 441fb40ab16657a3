package classifiers

import (
	"context"
	"slices"

	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// Failure is a criterion that is not met, whatever is still said.
type Failure struct {
	*scorecard.Criterion
	By       pipeline.By // rule or tone
	Evidence []pipeline.Evidence
}

// Failures are the criteria that are not met on the beginning of a session and will
// not be met by any end of it, in the scorecard's order: those whose conditions
// are settled enough (see rule.Evaluation.Settled) to decide them. A criterion
// that a model answers is among them where rules see its failure. What is absent
// is only failed where nothing can make up for it.
func (s *Set) Failures(ctx context.Context, in *pipeline.Input) []Failure {
	f := &foretold{set: s, e: s.rules.Evaluate(ctx, in), in: in, known: make([]bool, len(s.criteria)), outcomes: make([]pipeline.Outcome, len(s.criteria))}
	var out []Failure
	for i, c := range s.criteria {
		if ctx.Err() != nil {
			return nil
		}
		if f.outcome(i) != pipeline.NotMet {
			continue
		}
		q := s.asked[i]
		deciding := q.deciding[1] // those that hit failed it
		by := q.by
		if c.Judge != nil {
			by = pipeline.ByRule
		} else if c.NotMetWhen == nil {
			deciding = q.deciding[0]
		}
		places := slices.Clone(shown(evidence(f.e, c.Evidence.NotMet, c, deciding)))
		quote(in.Session, places)
		out = append(out, Failure{c, by, places})
	}
	return out
}

// foretold are the outcomes that are certain before a session has ended.
type foretold struct {
	set      *Set
	e        *rule.Evaluation
	in       *pipeline.Input
	known    []bool
	outcomes []pipeline.Outcome // "" is open
}

// outcome of a criterion; "" while it is open.
func (f *foretold) outcome(i int) pipeline.Outcome {
	if !f.known[i] {
		f.known[i] = true
		f.outcomes[i] = f.decide(f.set.criteria[i])
	}
	return f.outcomes[i]
}

func (f *foretold) decide(c *scorecard.Criterion) pipeline.Outcome {
	if c.Manual || len(c.Business) > 0 && f.in.Session.BusinessType == "" {
		return "" // the business type may still be told
	}
	if c.Requires != nil {
		if got := f.outcome(f.set.index[c.Requires.Criterion]); got != pipeline.Outcome(c.Requires.Outcome) {
			return "" // another way to be not applicable need not be told apart
		}
	}
	if o, _ := f.set.occasion(f.set.index[c.ID], f.in.Session, f.outcome); o != "" {
		return o
	}
	state := func(name string) scorecard.State { return f.e.Settled(c, name) }
	if c.AppliesWhen != nil && c.AppliesWhen.Eval(state) != scorecard.Hit {
		return ""
	}
	return decided(c, state)
}

// decided is the outcome of a criterion that applies.
func decided(c *scorecard.Criterion, state func(string) scorecard.State) pipeline.Outcome {
	fails, meets := c.NotMetWhen, c.MetWhen
	if c.Judge != nil {
		fails, meets = c.Judge.NotMetWhen, nil // a model has the last word on what is met
	}
	switch {
	case fails != nil && fails.Eval(state) == scorecard.Hit, c.Judge == nil && meets != nil && meets.Eval(state) == scorecard.NotHit:
		return pipeline.NotMet
	case c.Judge == nil && fails != nil && fails.Eval(state) == scorecard.NotHit, meets != nil && meets.Eval(state) == scorecard.Hit:
		return pipeline.Met
	}
	return ""
}
