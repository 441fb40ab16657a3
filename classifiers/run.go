package classifiers

import (
	"context"

	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
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
	r.e.AnswerWith(r.outcome)
	return r
}

func (r *run) answer(i int) *pipeline.Answer {
	if r.asked[i] {
		return &r.answers[i]
	}
	r.asked[i] = true
	if o, reason := r.set.occasion(i, r.in.Session, r.outcome); o != "" {
		r.answers[i] = pipeline.Answer{Outcome: o, Reason: reason, By: pipeline.ByRule, Hits: 1}
	} else {
		r.answers[i] = r.set.answers[i](r.e)
		quote(r.in.Session, r.answers[i].Evidence)
	}
	return &r.answers[i]
}

func (r *run) outcome(i int) pipeline.Outcome { return r.answer(i).Outcome }

// occasion is why a criterion is not asked, before any condition is looked at:
// its outcome and the reason; "" when it is asked. Outcome answers another one.
func (s *Set) occasion(i int, session *transcript.Session, outcome func(int) pipeline.Outcome) (pipeline.Outcome, pipeline.Reason) {
	c := s.criteria[i]
	switch {
	case !c.Effective.Holds(session.StartedAt):
		return pipeline.NotApplicable, pipeline.NotEffective
	case len(c.Business) > 0 && session.BusinessType == "":
		return pipeline.Undetermined, pipeline.NoMetadata
	case len(c.Business) > 0 && !scorecard.OneOfNames(c.Business, session.BusinessType):
		return pipeline.NotApplicable, pipeline.OtherBusiness
	case c.Requires == nil:
		return "", ""
	}
	switch outcome(s.index[c.Requires.Criterion]) {
	case pipeline.Outcome(c.Requires.Outcome):
		return "", ""
	case pipeline.Undetermined:
		return pipeline.Undetermined, pipeline.Prerequisite
	}
	return pipeline.NotApplicable, pipeline.Prerequisite
}
