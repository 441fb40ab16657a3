package pipeline

import (
	"fmt"
	"slices"

	"assay/pipeline/plan"
	"assay/pipeline/transcript"
)

// Choose finds the card that a session is inspected by: the one that the plan
// names, whatever the order of cards, or without a plan (nil) the first that
// fits. The card's Plan says which rule chose it.
//
// A session that the plan leaves out has no card but the choice that left it
// out. The error is that no card can inspect the session.
func Choose(p *plan.Plan, cards []Card, s *transcript.Session) (Card, *plan.Choice, error) {
	if p == nil {
		i := slices.IndexFunc(cards, func(c Card) bool { return c.Fits(s) })
		if i < 0 {
			return Card{}, nil, fmt.Errorf("no scorecard is for %s", scopeOf(s))
		}
		return cards[i], nil, nil
	}
	choice := p.Choose(s)
	if choice.LeftOut != plan.Taken {
		return Card{}, &choice, nil
	}
	i := slices.IndexFunc(cards, func(c Card) bool { return c.ID == choice.Scorecard })
	switch {
	case i < 0:
		return Card{}, nil, fmt.Errorf("plan %q, rule %q: no scorecard %q is active", p.ID, choice.Rule, choice.Scorecard)
	case !cards[i].Fits(s):
		return Card{}, nil, fmt.Errorf("plan %q, rule %q: scorecard %q is not for %s", p.ID, choice.Rule, choice.Scorecard, scopeOf(s))
	}
	card := cards[i]
	card.Plan = &PlanRef{ID: p.ID, Version: p.Version, Rule: choice.Rule}
	return card, nil, nil
}

// scopeOf is what scorecards are for, as far as the session has it.
func scopeOf(s *transcript.Session) string {
	text := fmt.Sprintf("channel %q and language %q", s.Channel, s.Language)
	if s.BusinessType != "" {
		text += fmt.Sprintf(", business type %q", s.BusinessType)
	}
	if s.Agent != nil && s.Agent.Team != "" {
		text += fmt.Sprintf(", team %q", s.Agent.Team)
	}
	if queue := s.Metadata["queue"]; queue != nil {
		text += fmt.Sprintf(", queue %q", fmt.Sprint(queue))
	}
	return text
}
