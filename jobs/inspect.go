package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// InspectArgs asks for the inspection of some transcripts.
type InspectArgs struct {
	Transcripts []store.TranscriptKey `json:"transcripts"`
}

// Kind is the job's name.
func (InspectArgs) Kind() string { return "inspect" }

// InsertOpts puts the job into its queue. The attempts cover lost workers and
// a database that is away for some minutes.
func (InspectArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: inspectQueue, MaxAttempts: 8}
}

// A job holds at most batchSessions transcripts and, but for a single larger
// one, batchBytes of them: enough to share a transaction's cost, few enough to
// spread over workers and to repeat when one dies.
const (
	batchSessions = 50
	batchBytes    = 4 << 20
)

// sessionTimeout bounds one session's inspection. Rules and tone take
// milliseconds even for the longest allowed session.
const sessionTimeout = time.Minute

// Enqueuer returns the function that enqueues the inspection of stored
// transcripts, in batches, within the transaction that stores them.
func Enqueuer(c *river.Client[pgx.Tx]) store.Enqueue {
	return func(ctx context.Context, tx pgx.Tx, stored []store.Stored) error {
		_, err := c.InsertManyFastTx(ctx, tx, batches(stored))
		return err
	}
}

func batches(stored []store.Stored) []river.InsertManyParams {
	var jobs []river.InsertManyParams
	var keys []store.TranscriptKey
	bytes := 0
	flush := func() {
		if len(keys) > 0 {
			jobs = append(jobs, river.InsertManyParams{Args: InspectArgs{keys}})
		}
		keys, bytes = nil, 0
	}
	for _, s := range stored {
		if len(keys) == batchSessions || bytes+s.Bytes > batchBytes {
			flush()
		}
		keys, bytes = append(keys, s.Key), bytes+s.Bytes
	}
	flush()
	return jobs
}

// Reinspect enqueues transcripts again, each in a job of its own.
func Reinspect(ctx context.Context, c *river.Client[pgx.Tx], keys []store.TranscriptKey) error {
	if len(keys) == 0 {
		return nil
	}
	if _, err := c.InsertManyFast(ctx, singles(keys)); err != nil {
		return fmt.Errorf("enqueue %d transcripts again: %w", len(keys), err)
	}
	return nil
}

func singles(keys []store.TranscriptKey) []river.InsertManyParams {
	jobs := make([]river.InsertManyParams, len(keys))
	for i, k := range keys {
		jobs[i] = river.InsertManyParams{
			Args:       InspectArgs{[]store.TranscriptKey{k}},
			InsertOpts: &river.InsertOpts{MaxAttempts: 3},
		}
	}
	return jobs
}

type inspectWorker struct {
	river.WorkerDefaults[InspectArgs]
	store     *store.Store
	inspector *pipeline.Inspector
	cards     *cards
	metrics   *Metrics
	log       *slog.Logger
}

// Work inspects the job's transcripts and completes the job in the transaction
// that saves them. A session that panics or takes too long becomes a failure
// and leaves the others alone. When a batch failed as a whole, or its worker was
// lost with it, one of its sessions may be to blame: each is tried alone.
func (w *inspectWorker) Work(ctx context.Context, job *river.Job[InspectArgs]) error {
	if len(job.Errors) > 0 && len(job.Args.Transcripts) > 1 {
		return w.split(ctx, job)
	}
	transcripts, err := w.store.Transcripts(ctx, job.Args.Transcripts)
	if err != nil {
		return err
	}
	active, err := w.cards.active(ctx)
	if err != nil {
		return err
	}
	var done []store.Inspected
	var failed []store.Failure
	for _, t := range transcripts {
		d, failure := w.inspect(ctx, t, active)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if failure != nil {
			failed = append(failed, *failure)
			continue
		}
		done = append(done, d)
	}
	if err := w.store.SaveInspections(ctx, done, failed, func(tx pgx.Tx) error { return complete(ctx, tx, job) }); err != nil {
		return err
	}
	w.metrics.inspected(done, failed)
	return nil
}

func (w *inspectWorker) split(ctx context.Context, job *river.Job[InspectArgs]) error {
	c := river.ClientFromContext[pgx.Tx](ctx)
	return pgx.BeginFunc(ctx, w.store.Pool(), func(tx pgx.Tx) error {
		if _, err := c.InsertManyFastTx(ctx, tx, singles(job.Args.Transcripts)); err != nil {
			return fmt.Errorf("split job %d: %w", job.ID, err)
		}
		return complete(ctx, tx, job)
	})
}

func complete[A river.JobArgs](ctx context.Context, tx pgx.Tx, job *river.Job[A]) error {
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil {
		return fmt.Errorf("complete job %d: %w", job.ID, err)
	}
	return nil
}

// inspect judges one transcript by the first scorecard that fits it, within a
// time limit. A panic ends this session only.
func (w *inspectWorker) inspect(ctx context.Context, t store.Transcript, active []activeCard) (done store.Inspected, failure *store.Failure) {
	fail := func(reason store.FailureReason, format string, args ...any) *store.Failure {
		w.log.WarnContext(ctx, "session not inspected", "transcript", t.Key, "reason", reason)
		return &store.Failure{Transcript: t.Key, Reason: reason, Detail: fmt.Sprintf(format, args...)}
	}
	defer func() {
		if p := recover(); p != nil {
			failure = fail(store.Panicked, "%v\n%s", p, stack())
		}
	}()
	s, err := transcript.Decode([]byte(t.Content))
	if err != nil {
		return done, fail(store.Unreadable, "%v", err)
	}
	i := slices.IndexFunc(active, func(c activeCard) bool { return c.Fits(s) })
	if i < 0 {
		return done, fail(store.NoScorecard, "no active scorecard is for channel %q and language %q", s.Channel, s.Language)
	}
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	v, err := w.inspector.Inspect(ctx, s, active[i].Card)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return done, fail(store.TimedOut, "not done after %s", sessionTimeout)
	case err != nil:
		return done, fail(store.Failed, "%v", err)
	}
	return store.Inspected{Transcript: t, Scorecard: active[i].key, Verdict: v}, nil
}

// stack is the place of a panic, short enough to read.
func stack() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	return strings.Join(lines[:min(len(lines), 30)], "\n")
}
