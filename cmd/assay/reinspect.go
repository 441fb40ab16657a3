package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/pipeline/store"
)

type scorecardReinspectCmd struct {
	ID      string `arg:"" optional:"" help:"Scorecard to inspect by: the sessions that it is for. Without it each session is inspected by what fits it, as when it is imported."`
	Version string `name:"version" placeholder:"V" help:"Published version of the scorecard; default: the active one, else the newest."`
	Since   string `name:"since" placeholder:"30d" help:"Only sessions since then: days (30d), weeks (2w) or a date (2026-01-31)."`
	Status  bool   `name:"status" help:"List re-inspections and how far they are."`
	Cancel  int64  `name:"cancel" placeholder:"N" help:"End re-inspection number N; what was inspected stays."`
	Wait    bool   `name:"wait" help:"Show progress until all is inspected. The work is done by assay serve and assay work."`
	JSON    bool   `name:"json" help:"Print as JSONL."`
	actFlags
	config.Database
}

// Run starts, lists or cancels re-inspections. Old verdicts are kept; the newest
// one becomes the current one, and the flags of older ones are closed.
func (c *scorecardReinspectCmd) Run(p *program) (err error) {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	switch {
	case c.Status:
		return c.list(p, db)
	case c.Cancel != 0:
		return c.cancel(p, db)
	}
	key, err := c.start(p, db)
	if err != nil {
		return err
	}
	if err := warnIdle(p, db); err != nil || !c.Wait {
		return err
	}
	return c.follow(p, db, key)
}

// warnIdle says so when no process works what was enqueued.
func warnIdle(p *program, db *database) error {
	const seen = 15 * time.Second // workers beat every 3 s
	n, err := db.LiveWorkers(p.ctx, seen)
	if err == nil && n == 0 {
		fmt.Fprintln(p.stderr, "assay: no process works jobs now: start assay serve or assay work")
	}
	return err
}

func (c *scorecardReinspectCmd) check() error {
	switch {
	case c.Version != "" && c.ID == "":
		return errors.New("--version: of which scorecard? name its id")
	case (c.Status || c.Cancel != 0) && (c.ID != "" || c.Since != "" || c.Wait), c.Status && c.Cancel != 0:
		return errors.New("--status and --cancel start nothing: say one of them alone")
	}
	return nil
}

func (c *scorecardReinspectCmd) start(p *program, db *database) (store.ReinspectionKey, error) {
	since, err := sinceDay(c.Since, time.Now().In(db.zone))
	if err != nil {
		return 0, usageError{err}
	}
	n := store.NewReinspection{Since: since, Act: c.act()}
	by := "what fits each session"
	if c.ID != "" {
		card, err := publishedCard(p.ctx, db.Store, c.ID, c.Version)
		if err != nil {
			return 0, err
		}
		n.Scorecard, by = &card.Key, card.Slug+" version "+card.Version
	}
	client, err := jobs.NewInserter(db.Store)
	if err != nil {
		return 0, err
	}
	key, err := jobs.StartReinspection(p.ctx, db.Store, client, n)
	if err != nil {
		return 0, err
	}
	if c.JSON {
		printJSON(p, map[string]any{"reinspection": key})
	} else {
		fmt.Fprintf(p.stdout, "re-inspection %d is enqueued, by %s; assay serve and assay work do the work\n", key, by)
	}
	return key, nil
}

// publishedCard finds a published version; without one the active or newest.
func publishedCard(ctx context.Context, s *store.Store, id, version string) (store.Published, error) {
	find := func() (store.Published, error) { return s.Scorecard(ctx, id, version) }
	if version == "" {
		find = func() (store.Published, error) { return s.NewestScorecard(ctx, id) }
	}
	card, err := find()
	if errors.Is(err, store.ErrNotFound) {
		err = usageError{fmt.Errorf("%w; \"assay scorecard log\" lists what is published", err)}
	}
	return card, err
}

func (c *scorecardReinspectCmd) cancel(p *program, db *database) error {
	err := db.CancelReinspection(p.ctx, store.ReinspectionKey(c.Cancel))
	if errors.Is(err, store.ErrNotFound) {
		return usageError{fmt.Errorf("%w: it is not there or has nothing left to do; see --status", err)}
	}
	switch {
	case err != nil:
	case c.JSON:
		printJSON(p, map[string]any{"reinspection": c.Cancel, "state": store.ReinspectionCancelled})
	default:
		fmt.Fprintf(p.stdout, "re-inspection %d is cancelled\n", c.Cancel)
	}
	return err
}

// reinspectionLine is a re-inspection as --json prints it.
type reinspectionLine struct {
	Key       store.ReinspectionKey   `json:"reinspection"`
	State     store.ReinspectionState `json:"state"`
	Scorecard string                  `json:"scorecard,omitempty"`
	Version   string                  `json:"version,omitempty"`
	Since     string                  `json:"since,omitempty"`
	Total     int                     `json:"sessions"`
	Enqueued  int                     `json:"enqueued"`
	Waiting   int                     `json:"waiting"`
	By        string                  `json:"by"`
	Why       string                  `json:"why,omitempty"`
	StartedAt time.Time               `json:"started_at"`
}

func (c *scorecardReinspectCmd) list(p *program, db *database) error {
	list, err := db.Reinspections(p.ctx, 100)
	if err != nil {
		return err
	}
	if len(list) == 0 && !c.JSON {
		fmt.Fprintln(p.stdout, "no re-inspections")
	}
	for _, r := range list {
		since := ""
		if r.Since != nil {
			since = r.Since.Format(time.DateOnly)
		}
		if c.JSON {
			printJSON(p, reinspectionLine{r.Key, r.Stage(), r.Slug, r.Version, since, r.Total, r.Enqueued, r.Waiting, r.Who, r.Why, r.CreatedAt})
			continue
		}
		fmt.Fprintf(p.stdout, "%d  %-9s  %d of %d inspected  by %s  since %s  started %s by %s", r.Key, r.Stage(), r.Inspected(), r.Total,
			strings.TrimSpace(cmp.Or(r.Slug, "what fits")+" "+r.Version), cmp.Or(since, "ever"), db.clock(r.CreatedAt), r.Who)
		if r.Why != "" {
			fmt.Fprintf(p.stdout, ": %s", printable(r.Why))
		}
		fmt.Fprintln(p.stdout)
	}
	return nil
}

// follow shows progress until the re-inspection is through. Interrupting it
// leaves the re-inspection alone.
func (c *scorecardReinspectCmd) follow(p *program, db *database, key store.ReinspectionKey) error {
	bar := newProgress(p.stderr, "re-inspected")
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := db.Reinspection(p.ctx, key)
		if err != nil {
			return err
		}
		if r.Finished() {
			bar.finish(r.Inspected(), r.Total)
			return nil
		}
		bar.show(r.Inspected(), r.Total)
		select {
		case <-p.ctx.Done():
			return p.ctx.Err()
		case <-tick.C:
		}
	}
}

// sinceDay reads how far back to go: "" is the zero time, all sessions.
func sinceDay(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	days := map[byte]int{'d': 1, 'w': 7}[text[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	if days == 0 || err != nil || n < 0 || n > 36_500 {
		return time.Time{}, fmt.Errorf("--since: %q is no time; allowed: days such as 30d, weeks such as 2w, a date such as 2026-01-31", text)
	}
	return now.AddDate(0, 0, -n*days), nil
}
