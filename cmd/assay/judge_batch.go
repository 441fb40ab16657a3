package main

import (
	"errors"
	"fmt"

	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/pipeline/store"
)

type judgeBatchCmd struct {
	Submit judgeBatchSubmitCmd `cmd:"" help:"Hand in the questions about stored sessions; asks before it costs anything. When it was interrupted, the next one goes on."`
	Status judgeBatchStatusCmd `cmd:"" help:"List batches and how far they are."`
	Fetch  judgeBatchFetchCmd  `cmd:"" help:"Take the answers of batches that have ended, and have the sessions judged by them."`
	Cancel judgeBatchCancelCmd `cmd:"" help:"End a batch: one that was not handed in is forgotten; of one that was, fetch takes what is answered."`
}

// batcher is what handing in and fetching work with.
func (c *judgeFlags) batcher(p *program, db *database, who string) (*jobs.Batcher, func() error, error) {
	ledger, err := newLedger(db.Store, c.Model, c.Judging, nil)
	if err != nil {
		return nil, nil, err
	}
	r, done, err := c.rehearsal(p, db)
	if err != nil {
		return nil, nil, err
	}
	client, err := p.newClient(c.Model, ledger, 0)
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	inserter, err := jobs.NewInserter(db.Store)
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return &jobs.Batcher{Rehearsal: *r, Client: client, Ledger: ledger, Insert: inserter, Who: who}, done, nil
}

// withBatches works with batches that were handed in.
func (c *judgeFlags) withBatches(p *program, use func(*database, *jobs.Batcher) error) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	b, done, err := c.batcher(p, db, "assay")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	return use(db, b)
}

type judgeBatchSubmitCmd struct {
	Yes  bool   `name:"yes" help:"Do not ask."`
	By   string `name:"by" default:"assay" help:"Who hands this in."`
	JSON bool   `name:"json" help:"Print as JSON."`
	storedFlags
}

// Run hands in what is agreed to.
func (c *judgeBatchSubmitCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	e, filter, err := c.estimate(p, db)
	if err != nil {
		return err
	}
	if !c.JSON {
		c.print(p, e)
		if e.Calls > 0 {
			fmt.Fprintf(p.stdout, "a batch takes the first %d questions, at half the price; what they want confirmed is asked one by one\n", e.First)
		}
	}
	if !c.Yes && e.Calls > 0 { // what an interruption left was agreed to
		if err := p.confirm("hand them in?"); err != nil {
			return err
		}
	}
	b, done, err := c.batcher(p, db, c.By)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	bar := newProgress(p.stderr, "sessions")
	b.Progress = func(sessions int) { bar.show(sessions, e.Sessions) }
	n, err := b.Submit(p.ctx, filter)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, n)
		return nil
	}
	fmt.Fprintf(p.stdout, "handed in: %d requests about %d sessions in %d batches", n.Requests, n.Sessions, n.Batches)
	if n.OverBudget > 0 {
		fmt.Fprintf(p.stdout, "; %d sessions are left out by limits", n.OverBudget)
	}
	fmt.Fprintln(p.stdout, "\nassay judge batch fetch takes the answers when they are there")
	return nil
}

type judgeBatchCancelCmd struct {
	ID   int64 `arg:"" help:"Batch, as assay judge batch status lists it."`
	JSON bool  `name:"json" help:"Print as JSON."`
	judgeFlags
}

// Run cancels a batch.
func (c *judgeBatchCancelCmd) Run(p *program) error {
	return c.withBatches(p, func(_ *database, b *jobs.Batcher) error { return c.cancel(p, b) })
}

func (c *judgeBatchCancelCmd) cancel(p *program, b *jobs.Batcher) error {
	later, err := b.Cancel(p.ctx, store.BatchKey(c.ID))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return usageError{fmt.Errorf("%w; \"assay judge batch status\" lists batches", err)}
	case err != nil:
		return err
	case c.JSON:
		printJSON(p, map[string]any{"batch": c.ID, "cancelled": true, "ended": !later})
	case later:
		fmt.Fprintf(p.stdout, "batch %d is being cancelled: assay judge batch fetch takes what was answered\n", c.ID)
	default:
		fmt.Fprintf(p.stdout, "batch %d is cancelled, and nothing of it waits\n", c.ID)
	}
	return nil
}

type judgeBatchFetchCmd struct {
	JSON bool `name:"json" help:"Print as JSON."`
	judgeFlags
}

// Run fetches what there is.
func (c *judgeBatchFetchCmd) Run(p *program) error {
	return c.withBatches(p, func(db *database, b *jobs.Batcher) error { return c.fetch(p, db, b) })
}

func (c *judgeBatchFetchCmd) fetch(p *program, db *database, b *jobs.Batcher) error {
	n, err := b.Fetch(p.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string]int{"fetched": n})
		return nil
	}
	open, err := db.ModelBatches(p.ctx, true, 1000)
	if err != nil {
		return err
	}
	switch {
	case n == 0 && len(open) == 0:
		fmt.Fprintln(p.stdout, "no batches are under way")
	case len(open) == 0:
		fmt.Fprintf(p.stdout, "fetched %d batches; none is left\n", n)
	default:
		fmt.Fprintf(p.stdout, "fetched %d batches; %d have not ended, see assay judge batch status\n", n, len(open))
	}
	return nil
}

type judgeBatchStatusCmd struct {
	JSON bool `name:"json" help:"Print as JSONL."`
	config.Database
}

// Run lists batches as they were when they were looked at last.
func (c *judgeBatchStatusCmd) Run(p *program) (err error) {
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	list, err := db.ModelBatches(p.ctx, false, 100)
	if err != nil {
		return err
	}
	if len(list) == 0 && !c.JSON {
		fmt.Fprintln(p.stdout, "no batches")
	}
	for _, b := range list {
		if c.JSON {
			printJSON(p, map[string]any{
				"batch": b.Key, "model": b.Model, "endpoint": b.Endpoint, "remote": b.Remote, "state": b.State, "remote_state": b.RemoteState,
				"requests": b.Requests, "answered": b.Answered, "failed": b.Failed, "error": b.Error, "by": b.Who, "created_at": b.CreatedAt,
			})
			continue
		}
		fmt.Fprintf(p.stdout, "%d  %s  %s  %d requests, %d answered, %d without an answer  %s@%s  handed in %s by %s", b.Key, b.State,
			printable(b.RemoteState), b.Requests, b.Answered, b.Failed, b.Model, b.Endpoint, db.clock(b.CreatedAt), printable(b.Who))
		if b.Error != "" {
			fmt.Fprintf(p.stdout, ": %s", printable(b.Error))
		}
		fmt.Fprintln(p.stdout)
	}
	return nil
}
