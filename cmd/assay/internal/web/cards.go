package web

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
)

// cards names criteria: it reads the scorecards that verdicts were made by.
// Published versions never change, so that each is parsed once.
type cards struct {
	store  *store.Store
	mu     sync.Mutex
	parsed map[pipeline.ScorecardRef]*scorecard.Scorecard
}

func newCards(s *store.Store) *cards {
	return &cards{store: s, parsed: map[pipeline.ScorecardRef]*scorecard.Scorecard{}}
}

// of returns the version of a scorecard. A version that is not stored, as when
// a verdict came from elsewhere, is an empty scorecard: its criteria go by their ids.
func (c *cards) of(ctx context.Context, ref pipeline.ScorecardRef) (*scorecard.Scorecard, error) {
	c.mu.Lock()
	card := c.parsed[ref]
	c.mu.Unlock()
	if card != nil {
		return card, nil
	}
	p, err := c.store.Scorecard(ctx, ref.ID, ref.Version)
	if errors.Is(err, store.ErrNotFound) {
		return &scorecard.Scorecard{ID: ref.ID, Version: ref.Version}, nil
	}
	if err != nil {
		return nil, err
	}
	return c.parse(p)
}

// active returns the active version of every scorecard, by id.
func (c *cards) active(ctx context.Context) ([]*scorecard.Scorecard, error) {
	published, err := c.store.ActiveScorecards(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*scorecard.Scorecard, len(published))
	for i, p := range published {
		if out[i], err = c.parse(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *cards) parse(p store.Published) (*scorecard.Scorecard, error) {
	ref := pipeline.ScorecardRef{ID: p.Slug, Version: p.Version}
	c.mu.Lock()
	defer c.mu.Unlock()
	if card := c.parsed[ref]; card != nil {
		return card, nil
	}
	card, problems := scorecard.Parse(p.Slug, []byte(p.Source))
	if card == nil {
		return nil, fmt.Errorf("scorecard %q version %s: %w", p.Slug, p.Version, problems.Err())
	}
	c.parsed[ref] = card
	return card, nil
}

// names are the names of a scorecard's criteria in a language, by id.
func names(card *scorecard.Scorecard, lang string) map[string]string {
	out := map[string]string{}
	for _, c := range card.Criteria() {
		out[c.ID] = c.Name.In(lang)
	}
	return out
}
