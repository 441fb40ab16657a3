package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/pipeline"
	"assay/pipeline/backtest"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// Backtester compares two scorecards over all stored sessions, the newest
// transcript of each. It writes back-tests and nothing else: no verdict, no flag.
type Backtester struct {
	Store *store.Store
	Tone  pipeline.ToneClassifier
	Embed pipeline.Embedder // nil: what needs one is not evaluable
	// Suggest opens the solution library where a scorecard asks for it; nil: there is none.
	Suggest  func(context.Context) (pipeline.Suggester, error)
	Workers  int                   // sessions judged at once; default the number of CPUs
	Progress func(done, total int) // called now and then; may be nil
}

// NewBacktester makes a Backtester that judges as an inspector does.
func NewBacktester(s *store.Store, i *pipeline.Inspector, workers int) *Backtester {
	b := &Backtester{Store: s, Tone: i.Tone, Embed: i.Embed, Workers: workers}
	if i.Suggest != nil {
		b.Suggest = func(context.Context) (pipeline.Suggester, error) { return i.Suggest, nil }
	}
	return b
}

// saveEvery is how often a back-test's state is kept: what an interruption costs
// at most, and how live its page is.
const saveEvery = 2 * time.Second

// Run works a back-test from where it stands to its end. When ctx ends, what was
// saved last stands, and Run goes on from there. finish joins the transaction
// that ends it. The error is store.ErrBusy when another process works on it.
func (b *Backtester) Run(ctx context.Context, key store.BacktestKey, finish func(pgx.Tx) error) error {
	bt, err := b.Store.Backtest(ctx, key)
	if err != nil {
		return err
	}
	if bt.State != store.BacktestRunning {
		return pgx.BeginFunc(ctx, b.Store.Pool(), finish)
	}
	c, err := b.newContest(ctx, &bt)
	if errors.Is(err, errScorecard) {
		return errors.Join(err, b.Store.FailBacktest(ctx, key, err))
	}
	if err != nil {
		return fmt.Errorf("back-test %d: %w", key, err)
	}
	r := &backtestRun{Backtester: b, contest: c, bt: &bt, cursor: bt.Cursor, total: backtest.New(bt.Seed, c.rows), since: time.Now()}
	if bt.Tally != nil {
		r.total = backtest.Resume(bt.Tally, c.rows)
	}
	if err := r.stream(ctx); err != nil {
		return err
	}
	return b.Store.FinishBacktest(ctx, key, r.step(), finish)
}

// backtestRun is a back-test at work.
type backtestRun struct {
	*Backtester
	contest *contest
	bt      *store.Backtest
	total   *backtest.Tally // of all sessions up to cursor, but for what judges hold
	cursor  store.SessionKey
	judges  []*judge
	todo    chan []store.Streamed
	open    sync.WaitGroup // batches that are not judged yet
	since   time.Time      // the last save
}

// stream judges all sessions. When it is cut short, the last save stands. The
// first error of a judge ends it.
func (r *backtestRun) stream(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workers := r.Workers
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	r.todo = make(chan []store.Streamed, 1)
	var pool sync.WaitGroup
	for range workers {
		j := newJudge(r.contest, r.Backtester, r.bt.Seed)
		r.judges = append(r.judges, j)
		pool.Go(func() { r.work(ctx, j, stop) })
	}
	pool.Go(func() { r.beat(ctx, stop) })
	f := store.StreamFilter{After: r.cursor, Last: r.bt.Last, Since: r.bt.Since, Scorecards: r.contest.each}
	err := r.Store.StreamBacktest(ctx, r.bt.Key, f, func(rows []store.Streamed) error { return r.take(ctx, rows) })
	close(r.todo)
	r.open.Wait()
	cut := ctx.Err() != nil
	stop(nil) // the beat
	pool.Wait()
	if cut { // batches may be half judged: the last save stands
		return context.Cause(ctx)
	}
	r.gather()
	return err
}

// beatBacktest is how often a back-test is said to be worked on: one save may
// take long, where a model compares meanings.
const beatBacktest = 5 * time.Second

// beat says that the back-test is worked on until ctx ends. An error ends ctx.
func (r *backtestRun) beat(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(beatBacktest)
	defer tick.Stop()
	for {
		if err := r.Store.SeeBacktest(ctx, r.bt.Key); err != nil {
			stop(err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// work judges batches until there are no more; after ctx's end it only takes
// them. An error ends ctx.
func (r *backtestRun) work(ctx context.Context, j *judge, stop context.CancelCauseFunc) {
	for rows := range r.todo {
		for i := range rows {
			if ctx.Err() != nil {
				break
			}
			if err := j.count(ctx, &rows[i]); err != nil {
				stop(err)
			}
		}
		r.open.Done()
	}
}

// take hands a batch to the judges, and saves what is counted now and then.
func (r *backtestRun) take(ctx context.Context, rows []store.Streamed) error {
	r.open.Add(1)
	select {
	case r.todo <- rows:
	case <-ctx.Done():
		r.open.Done()
		return ctx.Err()
	}
	r.cursor = rows[len(rows)-1].Session
	if time.Since(r.since) < saveEvery {
		return nil
	}
	r.open.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.gather()
	return r.save(ctx)
}

// gather adds up what the judges, who rest, have counted.
func (r *backtestRun) gather() {
	for _, j := range r.judges {
		r.total.Merge(j.tally)
		j.tally = backtest.New(r.bt.Seed, r.contest.rows)
	}
	if r.Progress != nil {
		r.Progress(r.total.Sessions, r.bt.Total)
	}
}

func (r *backtestRun) save(ctx context.Context) error {
	return r.Store.SaveBacktest(ctx, r.bt.Key, r.step())
}

// step is what is to be kept now.
func (r *backtestRun) step() store.BacktestStep {
	now := time.Now()
	s := store.BacktestStep{Cursor: r.cursor, Tally: r.total, Seconds: now.Sub(r.since).Seconds()}
	r.since = now
	return s
}

// BacktestArgs asks for the work on a back-test.
type BacktestArgs struct {
	Backtest store.BacktestKey `json:"backtest"`
}

// Kind is the job's name.
func (BacktestArgs) Kind() string { return "backtest" }

// InsertOpts puts the job into its queue.
func (BacktestArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: historyQueue, MaxAttempts: backtestAttempts}
}

const backtestAttempts = 4

// EnqueueBacktest notes a back-test for workers to work on.
func EnqueueBacktest(ctx context.Context, s *store.Store, c *river.Client[pgx.Tx], n store.NewBacktest) (store.BacktestKey, error) {
	return s.StartBacktest(ctx, n, func(tx pgx.Tx, key store.BacktestKey) error {
		if _, err := c.InsertTx(ctx, tx, BacktestArgs{key}, nil); err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
		return nil
	})
}

type backtestWorker struct {
	river.WorkerDefaults[BacktestArgs]
	backtester *Backtester
}

// Timeout gives a back-test over millions of sessions the time that it needs.
func (*backtestWorker) Timeout(*river.Job[BacktestArgs]) time.Duration { return 24 * time.Hour }

// Work goes on with the back-test from its last save. It takes one of the CPUs
// only, so that inspection goes on beside it.
func (w *backtestWorker) Work(ctx context.Context, job *river.Job[BacktestArgs]) error {
	err := w.backtester.Run(ctx, job.Args.Backtest, func(tx pgx.Tx) error { return complete(ctx, tx, job) })
	switch {
	case errors.Is(err, store.ErrBusy):
		return river.JobSnooze(10 * time.Second)
	case errors.Is(err, store.ErrNotFound):
		return river.JobCancel(err)
	case err != nil && ctx.Err() == nil && job.Attempt >= job.MaxAttempts:
		return errors.Join(err, w.backtester.Store.FailBacktest(ctx, job.Args.Backtest, err))
	}
	return err
}

// Difference is a session under the two scorecards of a back-test, as far as one
// criterion goes.
type Difference struct {
	Session  *transcript.Session
	Old, New pipeline.Answer // without an outcome where it was not asked
}

// Difference judges a sampled transcript again, now with evidence.
func (b *Backtester) Difference(ctx context.Context, bt *store.Backtest, sample *store.Sample) (Difference, error) {
	var d Difference
	list, err := b.Store.Transcripts(ctx, []store.TranscriptKey{sample.Transcript})
	if err != nil {
		return d, err
	}
	if len(list) == 0 {
		return d, fmt.Errorf("transcript %d: %w", sample.Transcript, store.ErrNotFound)
	}
	if d.Session, err = transcript.Decode([]byte(list[0].Content)); err != nil {
		return d, fmt.Errorf("transcript %d: %w", sample.Transcript, err)
	}
	in := pipeline.NewInput(d.Session)
	in.Embedder = b.Embed
	in.Tone = b.Tone.Classify(ctx, in)
	if d.New, err = b.answerTo(ctx, bt.New, in, sample.Criterion); err != nil {
		return d, err
	}
	old := bt.Old
	if sample.Scorecard != 0 {
		p, err := b.Store.ScorecardByKey(ctx, sample.Scorecard)
		if err != nil {
			return d, err
		}
		old = store.CardSource{ID: p.Slug, Version: p.Version, Source: p.Source}
	}
	d.Old, err = b.answerTo(ctx, old, in, sample.Criterion)
	return d, errors.Join(err, ctx.Err())
}

// answerTo is a scorecard's answer to a criterion, without an outcome when it
// does not ask.
func (b *Backtester) answerTo(ctx context.Context, source store.CardSource, in *pipeline.Input, criterion string) (pipeline.Answer, error) {
	if source.ID == "" {
		return pipeline.Answer{}, nil
	}
	card, err := loadSource(source)
	if err != nil || !card.Fits(in.Session) {
		return pipeline.Answer{}, err
	}
	if b.Suggest != nil && in.Questions == nil && card.Mentions(libraryKey) {
		suggest, err := b.Suggest(ctx)
		if err != nil {
			return pipeline.Answer{}, err
		}
		if in.Questions, err = suggest.Questions(ctx, in.Session); err != nil {
			return pipeline.Answer{}, err
		}
	}
	for i, k := range card.Criteria() {
		if k.ID == criterion {
			return card.Classifier.Classify(ctx, in)[i], nil
		}
	}
	return pipeline.Answer{}, nil
}
