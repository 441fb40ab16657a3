package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"assay/pipeline/store"
	"assay/pipeline/transcript"
	"assay/testdata"
)

// judge makes the demo's judging model the recorded one, unless there is another
// or none is wanted. stop ends what answers.
func (c *demoCmd) judge(p *program) (stop func() error, err error) {
	stop = func() error { return nil }
	switch {
	case c.NoJudge:
		c.LLM = ""
		return stop, nil
	case c.LLM != "":
		return stop, nil
	}
	sessions, err := c.sessions(p)
	if err != nil {
		return stop, err
	}
	url, stopReplay, err := startReplay(testdata.Demo, sessions)
	if err != nil {
		return stop, err
	}
	c.recorded = true
	c.BaseURL, c.Key, c.LLM, c.APIVersion, c.Extra = url, "", recordedModel, "", ""
	return stopReplay, nil
}

// sessions are the demo's in the files that recordings are about.
func (c *demoCmd) sessions(p *program) (map[transcript.SessionID]*transcript.Session, error) {
	byID := map[transcript.SessionID]*transcript.Session{}
	err := withDemoFiles(func(folder string) error {
		files, err := filepath.Glob(filepath.Join(folder, "sessions", "*.jsonl"))
		if err != nil {
			return err
		}
		for rec := range transcript.Read(p.ctx, files, transcript.Options{}) {
			if rec.Reject != nil {
				return rec.Reject
			}
			byID[rec.Session.ID] = rec.Session
		}
		return p.ctx.Err()
	})
	return byID, err
}

// publishDemo publishes the first packs and the demo's own scorecards in a
// database that has no scorecard.
func (c *demoCmd) publishDemo(p *program, s *store.Store) error {
	active, err := s.ActiveScorecards(p.ctx)
	if err != nil || len(active) > 0 {
		return err
	}
	if err := p.publishShipped(s); err != nil {
		return err
	}
	return withDemoFiles(func(folder string) error {
		files, err := filepath.Glob(filepath.Join(folder, "scorecards", "*.yaml"))
		if err != nil {
			return err
		}
		cards, err := loadCards(files, nil)
		if err != nil {
			return err
		}
		for _, card := range cards {
			if _, err := s.Publish(p.ctx, card.ID, card.Version, string(card.Source)); err != nil {
				return err
			}
		}
		return nil
	})
}

// waitJudged waits until nothing is left for the model, or only what it has to be
// waited for longer than anybody watches.
func waitJudged(ctx context.Context, db *database) (asleep int, err error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		q, err := db.JudgeQueue(ctx)
		if err != nil {
			return 0, err
		}
		if q.Waiting+q.Running == 0 {
			return q.Asleep, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
}

// printJudged says what a model was asked, which one, and what came of it.
func (c *demoCmd) printJudged(ctx context.Context, p *program, db *database, asleep int) error {
	tallies, err := db.JudgedTallies(ctx)
	if err != nil || len(tallies) == 0 {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\njudged criterion\tmet\tnot met\tnot applicable\tundetermined")
	for _, t := range tallies {
		why := ""
		if t.Undetermined > 0 {
			why = " (" + strings.Join(t.Reasons, ", ") + ")"
		}
		fmt.Fprintf(w, "%s %s\t%d\t%d\t%d\t%d%s\n", t.Scorecard, t.Criterion, t.Met, t.NotMet, t.NotApplicable, t.Undetermined, why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case c.LLM == "":
		fmt.Fprintln(p.stdout, "No model was asked: what needs one is undetermined, and scores are of what rules answer, or withheld.")
	case c.recorded:
		fmt.Fprintln(p.stdout, "No model was asked: the answers are recordings, written by hand. They take the way of a model's: redaction, protocol, checks, votes, accounts.")
	default:
		fmt.Fprintf(p.stdout, "Asked: %s.\n", c.LLM)
	}
	if asleep > 0 {
		fmt.Fprintf(p.stdout, "%d sessions wait for the model, which does not answer now.\n", asleep)
	}
	return nil
}
