// Package jobs runs Assay's work as River jobs on PostgreSQL: one file for each
// kind of job. Here the classifiers and the solution library meet the pipeline.
//
// A job's arguments are identifiers. Its worker loads, computes, and saves in
// the transaction that completes the job and enqueues what follows, so that a
// worker may die at any point: what it had not committed is done again, and
// what it had committed is not. Workers say every few seconds that they are
// alive; jobs of those that no longer do go back to their queue (see rescue.go).
package jobs

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// Options are the settings of a Runner.
type Options struct {
	Store     *store.Store
	Inspector *pipeline.Inspector
	Index     *knowledge.Index // of the library, whose edits are checked on recent questions; nil: there is none
	Log       *slog.Logger
	Metrics   *Metrics
	Judging   Judging

	Workers    int                // inspection jobs worked at once by this process; default the number of CPUs
	Watch      []string           // folders whose new transcripts are imported
	WatchEvery time.Duration      // how often folders are looked at; default 10 s
	Settle     time.Duration      // a file is read when it was not changed for this long; default 2 s
	Read       transcript.Options // how watched files are read
	Keep       Keep               // what is kept, of models and of questions
	Idle       LiveIdle           // how long sessions run without a turn
	// Clean takes personal data out of a customer's question before a gap is called by
	// it; nil is the default policy's for exports.
	Clean func(string) string
}

// client is River's client on pgx.
type client = river.Client[pgx.Tx]

// Runner works jobs in this process until it is stopped.
type Runner struct {
	o      Options
	client *client
	alive  *alive
	stop   context.CancelFunc
	loops  sync.WaitGroup
}

// The queues. Each has its own limit, so that none starves another.
const (
	inspectQueue = "inspect"
	judgeQueue   = "judge"
	pullQueue    = "pull"
	historyQueue = "history" // long work over stored sessions
	gapsQueue    = "gaps"    // what the library lacks, and what its changes moved
	liveQueue    = "live"    // sessions that still run
)

// NewInserter makes a client that enqueues jobs and works none.
func NewInserter(s *store.Store) (*river.Client[pgx.Tx], error) {
	c, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("river client: %w", err)
	}
	return c, nil
}

// New makes a Runner. Call Start to work, and Stop to end.
func New(o Options) (*Runner, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.NumCPU()
	}
	if o.Judging.Workers <= 0 {
		o.Judging.Workers = 4
	}
	if o.WatchEvery <= 0 {
		o.WatchEvery = 10 * time.Second
	}
	if o.Settle <= 0 {
		o.Settle = 2 * time.Second
	}
	o.Idle.complete()
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	if o.Clean == nil {
		rules := new(redact.DefaultPolicy()).For(redact.Export)
		o.Clean = func(s string) string { return rules.Text(s).Text }
	}
	r := &Runner{o: o, alive: newAlive(host)}
	if r.alive.worker.Judging, err = o.Judging.declared(); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	config, err := r.config()
	if err != nil {
		return nil, err
	}
	if r.client, err = river.NewClient(riverpgxv5.New(o.Store.Pool()), config); err != nil {
		return nil, fmt.Errorf("river client: %w", err)
	}
	return r, nil
}

func (r *Runner) config() (*river.Config, error) {
	workers := river.NewWorkers()
	cards := newCards(r.o.Store)
	river.AddWorker(workers, &inspectWorker{
		store: r.o.Store, inspector: r.o.Inspector, judging: r.o.Judging, others: &others{store: r.o.Store}, cards: cards,
		metrics: r.o.Metrics, log: r.o.Log,
	})
	river.AddWorker(workers, &judgeWorker{
		store: r.o.Store, inspector: r.o.Inspector, judging: r.o.Judging, cards: cards, metrics: r.o.Metrics, log: r.o.Log,
	})
	river.AddWorker(workers, &pullWorker{store: r.o.Store, read: r.o.Read, settle: r.o.Settle, metrics: r.o.Metrics, log: r.o.Log})
	river.AddWorker(workers, &reinspectWorker{store: r.o.Store})
	river.AddWorker(workers, &backtestWorker{backtester: NewBacktester(r.o.Store, r.o.Inspector, 1)})
	idle, err := newLiveIdleWorker(r.o)
	if err != nil {
		return nil, err
	}
	river.AddWorker(workers, idle)
	gaps := knowledge.NewGaps(r.o.Store.Pool(), r.o.Clean)
	river.AddWorker(workers, &gapsWorker{gaps: gaps})
	river.AddWorker(workers, &checkLibraryWorker{gaps: gaps, index: r.o.Index})
	queues := map[string]river.QueueConfig{
		historyQueue: {MaxWorkers: 2},
		gapsQueue:    {MaxWorkers: 1},
		liveQueue:    {MaxWorkers: 1},
		inspectQueue: {MaxWorkers: r.o.Workers, FetchCooldown: 10 * time.Millisecond, FetchPollInterval: 200 * time.Millisecond},
	}
	if r.o.Judging.Judge != nil { // without a model the jobs are left to those that have one
		queues[judgeQueue] = river.QueueConfig{MaxWorkers: r.o.Judging.Workers, FetchCooldown: 10 * time.Millisecond, FetchPollInterval: time.Second}
	}
	for _, folder := range r.o.Watch {
		queues[r.pullQueue(folder)] = river.QueueConfig{MaxWorkers: 1}
	}
	return &river.Config{
		ID: r.alive.worker.ID, Queues: queues, Workers: workers, Logger: r.o.Log,
		JobTimeout: 5 * time.Minute, RescueStuckJobsAfter: 2 * time.Hour, SoftStopTimeout: 10 * time.Second,
		RetryPolicy: retryPolicy{}, Middleware: []rivertype.Middleware{r.alive}, PeriodicJobs: r.periodic(),
	}, nil
}

// pullQueue is the queue of one folder: only processes on this machine that
// read it in the same way take its jobs.
func (r *Runner) pullQueue(folder string) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %+v", r.alive.worker.Host, folder, r.o.Read.Limits)
	fmt.Fprintf(h, "%q %q %q", r.o.Read.Format, r.o.Read.Channel, r.o.Read.Zone)
	if m := r.o.Read.Mapping; m != nil {
		fmt.Fprintf(h, "%+v", *m)
	}
	return fmt.Sprintf("%s-%016x", pullQueue, h.Sum64())
}

// Start works jobs until Stop is called. Cancelling ctx does not stop it.
func (r *Runner) Start(ctx context.Context) error {
	if err := r.o.Store.Beat(ctx, r.alive.worker); err != nil {
		return err
	}
	if err := compared(ctx, r.o.Store, r.o.Log); err != nil {
		return err
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := r.client.Start(ctx); err != nil {
		r.stop()
		return fmt.Errorf("start river: %w", err)
	}
	r.loops.Go(func() { r.beat(ctx) })
	r.loops.Go(func() { r.forget(ctx) })
	r.loops.Go(func() { r.countFeedback(ctx) })
	r.loops.Go(func() { r.endIdle(ctx) })
	for _, folder := range r.o.Watch {
		r.loops.Go(func() { r.watch(ctx, folder) })
	}
	return nil
}

// Stop ends gracefully: no new jobs, 10 s for those that run, the rest goes
// back to its queue.
func (r *Runner) Stop(ctx context.Context) error {
	r.stop()
	r.loops.Wait()
	select {
	case <-r.client.Stopped():
	case <-ctx.Done():
		return fmt.Errorf("stop workers: %w", ctx.Err())
	}
	return r.o.Store.Leave(ctx, r.alive.worker.ID)
}

// retryPolicy tries again soon: what fails here is mostly a database that is
// away for a moment. The wait doubles from 1 s to at most 2 minutes.
type retryPolicy struct{}

func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	wait := time.Second << min(len(job.Errors), 7)
	return time.Now().Add(min(wait, 2*time.Minute))
}
