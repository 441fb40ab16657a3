package main

import (
	"errors"
	"fmt"

	"assay/cmd/assay/internal/config"
	"assay/pipeline/scorecard"
)

type scorecardCmd struct {
	Check   scorecardCheckCmd   `cmd:"" help:"Report every mistake in scorecard files, and what is hardly meant."`
	Test    scorecardTestCmd    `cmd:"" help:"Run the examples of scorecards, and case files."`
	Publish scorecardPublishCmd `cmd:"" help:"Store a scorecard version and inspect by it from now on."`
	Retire  scorecardRetireCmd  `cmd:"" help:"Inspect no more sessions by a scorecard."`
	List    scorecardListCmd    `cmd:"" help:"List the active scorecards in the order in which they are tried."`
	Show    scorecardShowCmd    `cmd:"" help:"Print a shipped scorecard, as a starting point: bank, public-service-hotline, retail-chat or telecom-call."`
	Import  scorecardImportCmd  `cmd:"" help:"Turn the rules of another system into a scorecard."`
	Explain scorecardExplainCmd `cmd:"" help:"Say how every criterion of a session came about: what hit where, or why not and the nearest miss."`
	New     scorecardNewCmd     `cmd:"" help:"Print a commented scorecard to start from."`
	Diff    scorecardDiffCmd    `cmd:"" help:"Say what differs in meaning between two scorecards."`
	Schema  scorecardSchemaCmd  `cmd:"" help:"Print the JSON Schema of scorecards, for editors."`
}

type scorecardPublishCmd struct {
	JSON  bool     `name:"json" help:"Print what was published as JSONL."`
	Force bool     `name:"force" help:"Publish although examples do not hold."`
	Paths []string `arg:"" name:"file" type:"existingfile" help:"Scorecard files."`
	config.Database
}

// Run publishes files that have no mistakes. A session that fits several
// scorecards is inspected by the one published last. Sessions that were
// inspected before keep their verdicts.
func (c *scorecardPublishCmd) Run(p *program) (err error) {
	cards, err := loadCards(c.Paths, nil)
	if err != nil {
		return err
	}
	if err := (&scorecardTestCmd{Paths: c.Paths, JSON: c.JSON, quiet: true}).Run(p); err != nil && !c.Force {
		fmt.Fprintln(p.stderr, "assay: nothing is published: the examples above do not hold; mend them, or say --force")
		return err
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, card := range cards {
		if _, err := db.Publish(p.ctx, card.ID, card.Version, string(card.Source)); err != nil {
			return err
		}
		if c.JSON {
			printJSON(p, map[string]string{"id": card.ID, "version": card.Version})
		} else {
			fmt.Fprintf(p.stdout, "published %s version %s: tried first from now on\n", card.ID, card.Version)
		}
	}
	return nil
}

type scorecardRetireCmd struct {
	ID string `arg:"" help:"Id of an active scorecard."`
	config.Database
}

// Run retires the scorecard; its verdicts stay.
func (c *scorecardRetireCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Retire(p.ctx, c.ID); err != nil {
		return usageError{fmt.Errorf("%w; \"assay scorecard list\" shows the active ones", err)}
	}
	fmt.Fprintf(p.stdout, "retired %s\n", c.ID)
	return nil
}

type scorecardListCmd struct {
	JSON bool `name:"json" help:"Print as JSONL."`
	config.Database
}

// Run lists what sessions are inspected by now.
func (c *scorecardListCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	list, err := db.ActiveScorecards(p.ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		if c.JSON {
			printJSON(p, map[string]any{"id": s.Slug, "version": s.Version, "published_at": s.PublishedAt})
		} else {
			fmt.Fprintf(p.stdout, "%s  %s  published %s\n", s.Slug, s.Version, s.PublishedAt.In(db.zone).Format("2006-01-02 15:04 MST"))
		}
	}
	return nil
}

type scorecardShowCmd struct {
	Name string `arg:"" help:"Name of a shipped scorecard, e.g. retail-chat."`
}

// Run prints the file's source.
func (c *scorecardShowCmd) Run(p *program) error {
	var names []string
	for _, pack := range scorecard.Packs() {
		if pack.Name == c.Name || pack.Name == c.Name+".yaml" {
			_, err := p.stdout.Write(pack.Source)
			return err
		}
		names = append(names, pack.Name)
	}
	return usageError{fmt.Errorf("no shipped scorecard %q; allowed: %v", c.Name, names)}
}
