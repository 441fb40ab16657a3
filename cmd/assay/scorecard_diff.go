package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"assay/classifiers"
	"assay/cmd/assay/internal/config"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
)

type scorecardDiffCmd struct {
	From     string `arg:"" name:"a" help:"A file, the name of a shipped scorecard, or id@version of a published one."`
	To       string `arg:"" name:"b" help:"The same."`
	JSON     bool   `name:"json" help:"Print differences as JSONL."`
	ExitCode bool   `name:"exit-code" help:"Exit with 1 when there are differences."`
	config.Database
}

// Run prints what differs in meaning; that there are differences is no problem
// unless --exit-code says so.
func (c *scorecardDiffCmd) Run(p *program) error {
	from, err := c.find(p, c.From)
	if err != nil {
		return err
	}
	to, err := c.find(p, c.To)
	if err != nil {
		return err
	}
	found := scorecard.Diff(from, to)
	if c.JSON {
		for _, d := range found {
			printJSON(p, d)
		}
	} else {
		printDiff(p, found)
	}
	if c.ExitCode && len(found) > 0 {
		return errProblems
	}
	return nil
}

// printDiff prints differences under the criterion or section that they are of.
func printDiff(p *program, found []scorecard.Difference) {
	if len(found) == 0 {
		fmt.Fprintln(p.stdout, "no difference in meaning")
	}
	last := ""
	for _, d := range found {
		head := "settings"
		switch {
		case d.Criterion != "":
			head = "criterion " + d.Criterion
		case d.Section != "":
			head = "section " + d.Section
		}
		if head != last {
			fmt.Fprintln(p.stdout, head)
			last = head
		}
		fmt.Fprintf(p.stdout, "  %s\n", d)
	}
}

// find reads a scorecard without mistakes from a file, the shipped ones or the database.
func (c *scorecardDiffCmd) find(p *program, name string) (*scorecard.Scorecard, error) {
	src, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		src, err = c.named(p, name)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("read scorecard: %w", err)}
	}
	card, err := classifiers.Load(name, src)
	if err != nil {
		return nil, usageError{err}
	}
	return card.Scorecard, nil
}

func (c *scorecardDiffCmd) named(p *program, name string) (src []byte, err error) {
	var shipped []string
	for _, pack := range scorecard.Packs() {
		if pack.Name == name {
			return pack.Source, nil
		}
		shipped = append(shipped, pack.Name)
	}
	id, version, ok := strings.Cut(name, "@")
	if !ok {
		return nil, fmt.Errorf("no file and no shipped scorecard %q; allowed: a file, one of %v, id@version", name, shipped)
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	published, err := db.Scorecard(p.ctx, id, version)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w; \"assay scorecard list\" shows the active ones", err)
	}
	return []byte(published.Source), err
}
