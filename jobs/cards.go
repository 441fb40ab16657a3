package jobs

import (
	"context"
	"fmt"
	"sync"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/store"
)

// cards keeps compiled scorecards. Published versions never change, so that a
// compiled one is good for ever; which of them are active is asked each time.
type cards struct {
	store *store.Store

	mu       sync.Mutex
	compiled map[store.ScorecardKey]pipeline.Card
}

// activeCard is a compiled scorecard that sessions are inspected by.
type activeCard struct {
	pipeline.Card
	key store.ScorecardKey
}

func newCards(s *store.Store) *cards {
	return &cards{store: s, compiled: map[store.ScorecardKey]pipeline.Card{}}
}

// active returns the active scorecards in the order in which they are tried.
func (c *cards) active(ctx context.Context) ([]activeCard, error) {
	list, err := c.store.ActiveScorecards(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]activeCard, len(list))
	for i, p := range list {
		card, ok := c.compiled[p.Key]
		if !ok {
			if card, err = classifiers.Load(p.Slug+".yaml", []byte(p.Source)); err != nil {
				return nil, fmt.Errorf("scorecard %q version %s: %w", p.Slug, p.Version, err)
			}
			c.compiled[p.Key] = card
		}
		out[i] = activeCard{card, p.Key}
	}
	return out, nil
}
