package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
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
// and leaves the others alone. When a worker was lost with a batch, one of its
// sessions may be to blame: the batch is split, and each tried alone.
func (w *inspectWorker) Work(ctx context.Context, job *river.Job[InspectArgs]) error {
	if lostWorker(job) && len(job.Args.Transcripts) > 1 {
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

func lostWorker(job *river.Job[InspectArgs]) bool {
	for _, e := range job.Errors {
		if e.Error == store.WorkerLost {
			return true
		}
	}
	return false
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

// inspect judges one transcript by the first scorecard that fits it.
func (w *inspectWorker) inspect(ctx context.Context, t store.Transcript, active []activeCard) (store.Inspected, *store.Failure) {
	s, err := transcript.Decode([]byte(t.Content))
	if err != nil {
		return store.Inspected{}, &store.Failure{Transcript: t.Key, Reason: store.Unreadable, Detail: err.Error()}
	}
	for _, card := range active {
		if !card.Fits(s) {
			continue
		}
		v, failure := w.judge(ctx, s, card.Card)
		if failure != nil {
			failure.Transcript = t.Key
			w.log.WarnContext(ctx, "session not inspected", "transcript", t.Key, "reason", failure.Reason)
			return store.Inspected{}, failure
		}
		return store.Inspected{Transcript: t, Scorecard: card.key, Verdict: v}, nil
	}
	return store.Inspected{}, &store.Failure{
		Transcript: t.Key, Reason: store.NoScorecard,
		Detail: fmt.Sprintf("no active scorecard is for channel %q and language %q", s.Channel, s.Language),
	}
}

// judge inspects within a time limit; a panic ends this session only.
func (w *inspectWorker) judge(ctx context.Context, s *transcript.Session, card pipeline.Card) (v *pipeline.Verdict, failure *store.Failure) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			failure = &store.Failure{Reason: store.Panicked, Detail: fmt.Sprintf("%v\n%s", p, stack())}
		}
	}()
	v, err := w.inspector.Inspect(ctx, s, card)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, &store.Failure{Reason: store.TimedOut, Detail: fmt.Sprintf("not done after %s", sessionTimeout)}
	case err != nil:
		return nil, &store.Failure{Reason: store.Failed, Detail: err.Error()}
	}
	return v, nil
}

// stack is the place of a panic, short enough to read.
func stack() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	return strings.Join(lines[:min(len(lines), 30)], "\n")
}

// failuresOf are the failures of a job's transcripts.
func failuresOf(kind string, args []byte, reason store.FailureReason, detail string) []store.Failure {
	var a InspectArgs
	if kind != a.Kind() || json.Unmarshal(args, &a) != nil {
		return nil
	}
	failures := make([]store.Failure, len(a.Transcripts))
	for i, k := range a.Transcripts {
		failures[i] = store.Failure{Transcript: k, Reason: reason, Detail: detail}
	}
	return failures
}
