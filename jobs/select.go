package jobs

import (
	"context"
	"slices"

	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/transcript"
)

// unjudged inspects a session without the model. What the model is to be asked is
// pending where the policy selects the session.
func unjudged(ctx context.Context, inspector *pipeline.Inspector, j Judging, p *plan.Plan, s *transcript.Session, card pipeline.Card) (*pipeline.Verdict, error) {
	in := *inspector
	in.Judge, in.Unjudged = nil, pipeline.NotSelected
	if j.Judge == nil && !j.elsewhere {
		in.Unjudged = pipeline.NoModel
		return in.Inspect(ctx, s, card)
	}
	policy, drawing := j.Policy, ""
	if p != nil && card.Plan != nil {
		policy, drawing = p.Judging(card.Plan.Rule, policy), p.ID
	}
	if policy.Sessions != plan.FlaggedSessions {
		if policy.Selects(drawing, s.ID, false) {
			in.Unjudged = pipeline.Pending
		}
		return in.Inspect(ctx, s, card)
	}
	v, err := in.Inspect(ctx, s, card)
	if err != nil || !waits(v) || !policy.Selects(drawing, s.ID, pipeline.Uncertain(card.Scorecard, v)) {
		return v, err
	}
	in.Unjudged = pipeline.Pending
	return in.Inspect(ctx, s, card)
}

// Inspect inspects a session at once: with the model's answers where the policy
// selects the session, and else without. Its errors are those of pipeline.Inspect.
func Inspect(ctx context.Context, inspector *pipeline.Inspector, j Judging, p *plan.Plan, s *transcript.Session, card pipeline.Card) (*pipeline.Verdict, error) {
	v, err := unjudged(ctx, inspector, j, p, s, card)
	if err != nil || !v.Pending() {
		return v, err
	}
	in := *inspector
	in.Judge = j.Judge
	return in.Inspect(ctx, s, card)
}

// waits reports whether a model would have something to answer.
func waits(v *pipeline.Verdict) bool {
	return slices.ContainsFunc(v.Criteria, func(f pipeline.Finding) bool { return f.Reason == pipeline.NotSelected })
}
