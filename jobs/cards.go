package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// cards keeps compiled scorecards and plans. Published versions never change, so
// that a compiled one is good for ever; which are in force is asked each time.
type cards struct {
	store *store.Store

	mu       sync.Mutex
	compiled map[store.ScorecardKey]pipeline.Card
	plans    map[store.PlanKey]*plan.Plan
}

// order is what sessions are inspected by.
type order struct {
	cards   []pipeline.Card               // the active ones, in the order in which they are tried
	keys    map[string]store.ScorecardKey // by the card's id
	plan    *plan.Plan                    // nil: none is in force
	planKey store.PlanKey
	named   bool // the one scorecard was asked for: sessions that it is not for keep their verdict
}

func newCards(s *store.Store) *cards {
	return &cards{store: s, compiled: map[store.ScorecardKey]pipeline.Card{}, plans: map[store.PlanKey]*plan.Plan{}}
}

// order returns the active scorecards and the plan in force.
func (c *cards) order(ctx context.Context) (order, error) {
	o := order{keys: map[string]store.ScorecardKey{}}
	active, err := c.store.ActiveScorecards(ctx)
	if err != nil {
		return o, err
	}
	if err := c.compile(active, &o); err != nil {
		return o, err
	}
	return o, c.planInto(ctx, &o)
}

// compile puts scorecards into an order.
func (c *cards) compile(active []store.Published, o *order) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range active {
		card, err := c.card(p)
		if err != nil {
			return err
		}
		o.cards, o.keys[card.ID] = append(o.cards, card), p.Key
	}
	return nil
}

// namedByPlan is a named order under the plan in force: the plan does not choose the
// scorecard then, but says still which sessions a model judges and what that may take.
func (c *cards) namedByPlan(ctx context.Context, key store.ScorecardKey) (order, error) {
	o, err := c.named(ctx, key)
	if err != nil {
		return o, err
	}
	return o, c.planInto(ctx, &o)
}

// planInto puts the plan in force, if one is, into an order.
func (c *cards) planInto(ctx context.Context, o *order) error {
	p, err := c.store.PlanInForce(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o.planKey = p.Key
	o.plan, err = c.planned(p)
	return err
}

// inForce is the plan in force; store.ErrNotFound without one.
func (c *cards) inForce(ctx context.Context) (*plan.Plan, error) {
	p, err := c.store.PlanInForce(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.planned(p)
}

// named is one scorecard for all sessions, active or not, whatever the plan says.
func (c *cards) named(ctx context.Context, key store.ScorecardKey) (order, error) {
	p, err := c.store.ScorecardByKey(ctx, key)
	if err != nil {
		return order{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	card, err := c.card(p)
	if err != nil {
		return order{}, err
	}
	return order{cards: []pipeline.Card{card}, keys: map[string]store.ScorecardKey{card.ID: key}, named: true}, nil
}

// choose finds a session's card, as pipeline.Choose does. Of a named card the rule is
// still the one that takes the session, and the card's Plan says so.
func (o order) choose(s *transcript.Session) (pipeline.Card, *plan.Choice, error) {
	if !o.named {
		return pipeline.Choose(o.plan, o.cards, s)
	}
	card, _, err := pipeline.Choose(nil, o.cards, s)
	if err == nil && o.plan != nil {
		card.Plan = &pipeline.PlanRef{ID: o.plan.ID, Version: o.plan.Version, Rule: o.plan.Choose(s).Rule}
	}
	return card, nil, err
}

// card compiles a scorecard, once.
func (c *cards) card(p store.Published) (pipeline.Card, error) {
	card, ok := c.compiled[p.Key]
	if ok {
		return card, nil
	}
	card, err := classifiers.Load(p.Slug+".yaml", []byte(p.Source))
	if err != nil {
		return card, fmt.Errorf("scorecard %q version %s: %w", p.Slug, p.Version, err)
	}
	c.compiled[p.Key] = card
	return card, nil
}

// planned reads a plan, once.
func (c *cards) planned(p store.Publication) (*plan.Plan, error) {
	if known, ok := c.plans[p.Key]; ok {
		return known, nil
	}
	read, problems := plan.Parse(p.Slug+".yaml", []byte(p.Source))
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("plan %q version %s: %w", p.Slug, p.Version, err)
	}
	c.plans[p.Key] = read
	return read, nil
}
