package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/classifiers"
	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
)

type scorecardBacktestCmd struct {
	New     string  `arg:"" optional:"" help:"Scorecard to try: a file, a published one as ID or ID@VERSION, or a shipped one's name."`
	Against string  `name:"against" placeholder:"OLD" help:"Scorecard to compare with, named likewise. Default: the active version of the same id, if it is another, else what each session was inspected by."`
	Since   string  `name:"since" placeholder:"30d" help:"Only sessions since then: days (30d), weeks (2w) or a date (2026-01-31)."`
	Resume  int64   `name:"resume" placeholder:"N" help:"Go on with back-test number N, or show it when it is done."`
	Queue   bool    `name:"queue" help:"Leave the work to assay serve and assay work; its page shows how far it is."`
	Seed    uint64  `name:"seed" default:"1" help:"Seed of the random samples: the same seed and sessions give the same samples."`
	Price   float64 `name:"judge-price" env:"ASSAY_JUDGE_PRICE" default:"0" help:"Price of a million tokens that a judge reads, for an estimate in money; 0 is unknown."`
	Limit   int     `name:"limit" default:"31" help:"Days and teams that are listed, at most; 0 is all."`
	Workers int     `name:"workers" env:"ASSAY_WORKERS" default:"0" help:"Sessions judged at once; 0 is the number of CPUs."`
	JSON    bool    `name:"json" help:"Print the result as JSON."`
	By      string  `name:"by" env:"ASSAY_BY" placeholder:"NAME" help:"Who does it; default: the user of the system."`
	config.Database
	config.Index
	Threshold float64 `name:"threshold" env:"ASSAY_THRESHOLD" default:"0.5" help:"Least score of a suggestion, where a scorecard asks for the solution library."`
	config.Model
}

// Run compares. Nothing that inspection made is touched. Interrupted, it can go
// on where it was.
func (c *scorecardBacktestCmd) Run(p *program) (err error) {
	switch {
	case (c.New == "") == (c.Resume == 0):
		return usageError{errors.New("name a scorecard to try, or --resume a back-test")}
	case c.Resume != 0 && (c.Against != "" || c.Since != "" || c.Queue):
		return usageError{errors.New("--resume goes on with what was asked before: --against, --since and --queue do nothing")}
	case config.Threshold(c.Threshold) != nil:
		return usageError{config.Threshold(c.Threshold)}
	case c.Price < 0 || c.Limit < 0:
		return usageError{errors.New("--judge-price and --limit: allowed: 0 or more")}
	}
	db, err := p.openDatabase(c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	key := store.BacktestKey(c.Resume)
	if key == 0 {
		if key, err = c.start(p, db); err != nil || c.Queue {
			return err
		}
	}
	if err := c.work(p, db, key); err != nil {
		return err
	}
	return c.print(p, db, key)
}

func (c *scorecardBacktestCmd) start(p *program, db *database) (store.BacktestKey, error) {
	since, err := sinceDay(c.Since, time.Now().In(db.zone))
	if err != nil {
		return 0, usageError{err}
	}
	n := store.NewBacktest{Since: since, Seed: c.Seed, By: actFlags{By: c.By}.act().By}
	if n.New, err = findCard(p, db.Store, c.New); err != nil {
		return 0, err
	}
	if n.Old, err = c.against(p, db.Store, n.New); err != nil {
		return 0, err
	}
	if !c.Queue {
		return db.StartBacktest(p.ctx, n, nil)
	}
	client, err := jobs.NewInserter(db.Store)
	if err != nil {
		return 0, err
	}
	key, err := jobs.EnqueueBacktest(p.ctx, db.Store, client, n)
	switch {
	case err != nil:
	case c.JSON:
		printJSON(p, map[string]any{"backtest": key})
	default:
		fmt.Fprintf(p.stdout, "back-test %d is enqueued; its page is /backtests/%d\n", key, key)
	}
	return key, err
}

// against is the old scorecard; none when sessions were inspected by others.
func (c *scorecardBacktestCmd) against(p *program, s *store.Store, new store.CardSource) (store.CardSource, error) {
	if c.Against != "" {
		return findCard(p, s, c.Against)
	}
	active, err := s.ActiveScorecards(p.ctx)
	for _, a := range active {
		if a.Slug == new.ID && a.Version != new.Version {
			return store.CardSource{ID: a.Slug, Version: a.Version, Source: a.Source}, nil
		}
	}
	return store.CardSource{}, err
}

// findCard finds a scorecard by a file's path, the id of a published one,
// perhaps with its version, or the name of a shipped one, in this order.
func findCard(p *program, s *store.Store, name string) (store.CardSource, error) {
	if _, err := os.Stat(name); err == nil {
		cards, err := loadCards([]string{name}, nil)
		if err != nil {
			return store.CardSource{}, err
		}
		return sourceOf(cards[0]), nil
	}
	id, version, _ := strings.Cut(name, "@")
	published, err := publishedCard(p.ctx, s, id, version)
	if err == nil {
		return store.CardSource{ID: published.Slug, Version: published.Version, Source: published.Source}, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return store.CardSource{}, err
	}
	for _, pack := range scorecard.Packs() {
		if pack.Name == name {
			card, err := classifiers.Load(pack.Name+".yaml", pack.Source)
			return sourceOf(card), err
		}
	}
	return store.CardSource{}, usageError{fmt.Errorf("no scorecard %q: it is no file, no published id (\"assay scorecard log\" lists them) and no shipped one", name)}
}

func sourceOf(card pipeline.Card) store.CardSource {
	if card.Scorecard == nil {
		return store.CardSource{}
	}
	return store.CardSource{ID: card.ID, Version: card.Version, Source: string(card.Source)}
}

// work runs the back-test to its end, and says how to go on when it is cut short.
func (c *scorecardBacktestCmd) work(p *program, db *database, key store.BacktestKey) (err error) {
	t, err := tone.New()
	if err != nil {
		return err
	}
	inspector := &pipeline.Inspector{Tone: t}
	ledger, err := newLedger(db.Store, c.Model, config.Judging{}, nil)
	if err != nil {
		return err
	}
	if err := p.addEmbedder(inspector, c.Model, ledger); err != nil {
		return err
	}
	bar := newProgress(p.stderr, "sessions")
	b := jobs.NewBacktester(db.Store, inspector, c.Workers)
	b.Progress = bar.show
	var index *knowledge.Index
	b.Suggest = func(ctx context.Context) (pipeline.Suggester, error) {
		var err error
		index, err = p.openIndex(ctx, db, c.Index, knowledge.Options{Threshold: c.Threshold, Wait: true})
		return index, err
	}
	defer func() {
		if index != nil {
			err = errors.Join(err, index.Close())
		}
	}()
	err = b.Run(p.ctx, key, func(pgx.Tx) error { return nil })
	switch {
	case errors.Is(err, store.ErrNotFound):
		return usageError{err}
	case p.ctx.Err() != nil:
		fmt.Fprintf(p.stderr, "\nback-test %d is kept: go on with \"assay scorecard backtest --resume %d\"\n", key, key)
	}
	return err
}

func (c *scorecardBacktestCmd) print(p *program, db *database, key store.BacktestKey) error {
	bt, err := db.Backtest(p.ctx, key)
	if err != nil {
		return err
	}
	if bt.State == store.BacktestFailed {
		return fmt.Errorf("back-test %d failed: %s", key, bt.Error)
	}
	counts, err := db.SampleCounts(p.ctx, key)
	if err != nil {
		return err
	}
	r := newBacktestReport(&bt, counts, c.Limit, c.Price)
	if c.JSON {
		printJSON(p, r)
		return nil
	}
	return r.write(p.stdout)
}
