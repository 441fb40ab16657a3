package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/pipeline/plan"
	"assay/pipeline/store"
)

// actFlags say who does something that is kept, and why.
type actFlags struct {
	By  string `name:"by" env:"ASSAY_BY" placeholder:"NAME" help:"Who does it; default: the user of the system."`
	Why string `name:"why" placeholder:"TEXT" help:"Why; kept beside it."`
}

func (f actFlags) act() store.Act {
	by := f.By
	if by == "" {
		by = systemUser()
	}
	return store.Act{By: by, Why: f.Why}
}

// systemUser is who runs the program, as far as the system knows.
func systemUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return cmp.Or(os.Getenv("USER"), fmt.Sprintf("uid %d", os.Getuid()))
}

type scorecardPublishCmd struct {
	JSON  bool     `name:"json" help:"Print what was published as JSONL."`
	Force bool     `name:"force" help:"Publish although examples do not hold."`
	Paths []string `arg:"" name:"file" type:"existingfile" help:"Scorecard files."`
	actFlags
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
	by := c.act()
	now, err := inForce(p, db)
	if err != nil {
		return err
	}
	for _, card := range cards {
		takes := "tried first from now on, before all other scorecards"
		switch {
		case now.ID == "":
		case slices.Contains(now.Scorecards(), card.ID):
			takes = fmt.Sprintf("takes the sessions that plan %s gives it", now.ID)
		default:
			takes = fmt.Sprintf("takes no session, as plan %s is in force and does not name it", now.ID)
		}
		if _, err := db.PublishBy(p.ctx, by, card.ID, card.Version, string(card.Source)); err != nil {
			return err
		}
		if c.JSON {
			printJSON(p, map[string]string{"id": card.ID, "version": card.Version, "by": by.By, "why": by.Why})
		} else {
			fmt.Fprintf(p.stdout, "published %s version %s: %s\n", card.ID, card.Version, takes)
		}
	}
	return nil
}

// inForce returns the plan in force; without one, a plan without id and rules.
func inForce(p *program, db *database) (*plan.Plan, error) {
	in, err := db.PlanInForce(p.ctx)
	if errors.Is(err, store.ErrNotFound) {
		return &plan.Plan{}, nil
	}
	if err != nil {
		return nil, err
	}
	read, problems := plan.Parse(in.Slug+".yaml", []byte(in.Source))
	return read, problems.Err()
}

type scorecardRetireCmd struct {
	ID   string `arg:"" help:"Id of an active scorecard."`
	JSON bool   `name:"json" help:"Print what was retired as JSON."`
	actFlags
	config.Database
}

// Run retires the scorecard; its verdicts stay.
func (c *scorecardRetireCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now, err := inForce(p, db)
	if err != nil {
		return err
	}
	if slices.Contains(now.Scorecards(), c.ID) {
		return usageError{fmt.Errorf("scorecard %q is named by plan %s, which is in force: publish another plan first, or retire it", c.ID, now.ID)}
	}
	by := c.act()
	err = db.Retire(p.ctx, by, c.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return usageError{fmt.Errorf("%w; \"assay scorecard list\" shows the active ones", err)}
	case err != nil:
		return err
	case c.JSON:
		printJSON(p, map[string]string{"id": c.ID, "by": by.By, "why": by.Why})
	default:
		fmt.Fprintf(p.stdout, "retired %s\n", c.ID)
	}
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
			fmt.Fprintf(p.stdout, "%s  %s  published %s\n", s.Slug, s.Version, db.clock(s.PublishedAt))
		}
	}
	return nil
}

type scorecardLogCmd struct {
	ID    string `arg:"" optional:"" help:"Id of a scorecard; default: all."`
	Limit int    `name:"limit" default:"100" help:"Entries at most, up to 10000; the newest are shown."`
	JSON  bool   `name:"json" help:"Print as JSONL."`
	config.Database
}

// Run lists what was done, the newest first.
func (c *scorecardLogCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	list, err := db.ScorecardLog(p.ctx, c.ID, c.Limit)
	if err != nil {
		return err
	}
	if len(list) == 0 && c.ID != "" {
		return usageError{fmt.Errorf("no scorecard %q was ever published; \"assay scorecard log\" lists all", c.ID)}
	}
	for _, e := range list {
		if c.JSON {
			printJSON(p, map[string]any{"id": e.Slug, "version": e.Version, "action": e.Action, "by": e.Who, "why": e.Why, "at": e.At, "active": e.Active})
			continue
		}
		fmt.Fprintf(p.stdout, "%s  %-9s  %s  %s  by %s", db.clock(e.At), e.Action, e.Slug, e.Version, cmp.Or(e.Who, "(unknown)"))
		if e.Why != "" {
			fmt.Fprintf(p.stdout, ": %s", printable(e.Why))
		}
		fmt.Fprintln(p.stdout)
	}
	return nil
}

// clock is a time for people, in the deployment's zone.
func (db *database) clock(t time.Time) string { return t.In(db.zone).Format("2006-01-02 15:04 -07:00") }
