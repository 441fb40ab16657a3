package main

import (
	"errors"
	"fmt"
	"os"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// loadCards reads the given scorecard files, or packs when there are none. All
// mistakes of all files are one error.
func loadCards(paths []string, packs []scorecard.Pack) ([]pipeline.Card, error) {
	if len(paths) == 0 {
		return shippedCards(packs)
	}
	var cards []pipeline.Card
	var problems []error
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		card, err := classifiers.Load(path, src)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		cards = append(cards, card)
	}
	if len(problems) > 0 {
		return nil, usageError{errors.Join(problems...)}
	}
	return cards, nil
}

func shippedCards(packs []scorecard.Pack) ([]pipeline.Card, error) {
	var cards []pipeline.Card
	for _, pack := range packs {
		card, err := classifiers.Load(pack.Name, pack.Source)
		if err != nil {
			return nil, fmt.Errorf("shipped scorecard: %w", err)
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// cardFor chooses the first scorecard that is for the session.
func cardFor(cards []pipeline.Card, s *transcript.Session) (pipeline.Card, bool) {
	card, _, err := pipeline.Choose(nil, cards, s)
	return card, err == nil
}

// publishShipped publishes the first packs in a database that has no scorecard.
func (p *program) publishShipped(s *store.Store) error {
	active, err := s.ActiveScorecards(p.ctx)
	if err != nil || len(active) > 0 {
		return err
	}
	cards, err := shippedCards(scorecard.FirstPacks())
	if err != nil {
		return err
	}
	for _, c := range cards {
		if _, err := s.Publish(p.ctx, c.ID, c.Version, string(c.Source)); err != nil {
			return err
		}
	}
	return nil
}
