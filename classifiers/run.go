package classifiers

import (
	"context"

	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// run answers the criteria of one session: each when it is first asked for, by
// the order of the scorecard or by another criterion, and then only once.
type run struct {
	set     *Set
	e       *rule.Evaluation
	in      *pipeline.Input
	answers []pipeline.Answer
	asked   []bool
}

func (s *Set) start(ctx context.Context, in *pipeline.Input) *run {
	r := &run{set: s, e: s.rules.Evaluate(ctx, in), in: in, answers: make([]pipeline.Answer, len(s.answers)), asked: make([]bool, len(s.answers))}
	r.e.AnswerWith(func(i int) pipeline.Outcome { return r.answer(i).Outcome })
	return r
}

func (r *run) answer(i int) *pipeline.Answer {
	if r.asked[i] {
		return &r.answers[i]
	}
	r.asked[i] = true
	if o, reason := r.occasion(r.set.criteria[i]); o != "" {
		r.answers[i] = pipeline.Answer{Outcome: o, Reason: reason, By: pipeline.ByRule, Hits: 1}
	} else {
		r.answers[i] = r.set.answers[i](r.e)
		quote(r.in.Session, r.answers[i].Evidence)
	}
	return &r.answers[i]
}

// occasion is why a criterion is not asked, before any condition is looked at:
// its outcome and the reason; "" when it is asked.
func (r *run) occasion(c *scorecard.Criterion) (pipeline.Outcome, pipeline.Reason) {
	s := r.in.Session
	switch {
	case !c.Effective.Holds(s.StartedAt):
		return pipeline.NotApplicable, pipeline.NotEffective
	case len(c.Business) > 0 && s.BusinessType == "":
		return pipeline.Undetermined, pipeline.NoMetadata
	case len(c.Business) > 0 && !scorecard.OneOfNames(c.Business, s.BusinessType):
		return pipeline.NotApplicable, pipeline.OtherBusiness
	case c.Requires == nil:
		return "", ""
	}
	switch r.answer(r.set.index[c.Requires.Criterion]).Outcome {
	case pipeline.Outcome(c.Requires.Outcome):
		return "", ""
	case pipeline.Undetermined:
		return pipeline.Undetermined, pipeline.Prerequisite
	}
	return pipeline.NotApplicable, pipeline.Prerequisite
}

// applies reports whether a criterion's applies_when holds; if not, it sets the
// answer's outcome and reason.
func applies(e *rule.Evaluation, c *scorecard.Criterion, a *pipeline.Answer) bool {
	if c.AppliesWhen == nil {
		return true
	}
	switch c.AppliesWhen.Eval(stateOf(e, c)) {
	case scorecard.NotHit:
		a.Outcome, a.Reason = pipeline.NotApplicable, pipeline.NoOpportunity
		return false
	case scorecard.NotEvaluable:
		a.Outcome, a.Reason = pipeline.Undetermined, unknown(e, c, c.AppliesWhen)
		return false
	}
	return true
}
