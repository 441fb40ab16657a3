package jobs

import (
	"context"
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
	// Reinspection is the run that asks for old sessions again; 0 is none.
	Reinspection store.ReinspectionKey `json:"reinspection,omitempty"`
	// Scorecard is what the re-inspection goes by; sessions that it is not for keep
	// their verdict. 0 chooses for each session as ever.
	Scorecard store.ScorecardKey `json:"scorecard,omitempty"`
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
		_, err := c.InsertManyFastTx(ctx, tx, batches(stored, InspectArgs{}, nil))
		return err
	}
}

// batches makes jobs of transcripts; what they share is in like.
func batches(stored []store.Stored, like InspectArgs, o *river.InsertOpts) []river.InsertManyParams {
	var jobs []river.InsertManyParams
	var keys []store.TranscriptKey
	bytes := 0
	flush := func() {
		if len(keys) > 0 {
			like.Transcripts = keys
			jobs = append(jobs, river.InsertManyParams{Args: like, InsertOpts: o})
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

// Retry enqueues transcripts that failed again, each in a job of its own.
func Retry(ctx context.Context, c *river.Client[pgx.Tx], keys []store.TranscriptKey) error {
	if len(keys) == 0 {
		return nil
	}
	if _, err := c.InsertManyFast(ctx, singles(InspectArgs{Transcripts: keys}, 1)); err != nil {
		return fmt.Errorf("enqueue %d transcripts again: %w", len(keys), err)
	}
	return nil
}

// singles makes a job of each transcript of a batch.
func singles(batch InspectArgs, priority int) []river.InsertManyParams {
	jobs := make([]river.InsertManyParams, len(batch.Transcripts))
	for i, k := range batch.Transcripts {
		args := batch
		args.Transcripts = []store.TranscriptKey{k}
		jobs[i] = river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{MaxAttempts: 3, Priority: priority}}
	}
	return jobs
}

type inspectWorker struct {
	river.WorkerDefaults[InspectArgs]
	store     *store.Store
	inspector *pipeline.Inspector
	judging   Judging
	others    *others
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
	by, err := w.choice(ctx, job.Args)
	if err != nil {
		return err
	}
	judging, err := w.others.judging(ctx, w.judging)
	if err != nil {
		return err
	}
	all := became{reinspection: job.Args.Reinspection, judging: judging}
	for _, t := range transcripts {
		w.inspect(ctx, t, by, &all)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	finish := func(tx pgx.Tx, pending []store.VerdictKey) error {
		o := &river.InsertOpts{Priority: job.Priority}
		if err := enqueueJudging(ctx, river.ClientFromContext[pgx.Tx](ctx), tx, pending, JudgeArgs{}, o); err != nil {
			return err
		}
		return complete(ctx, tx, job)
	}
	if err := w.store.SaveInspections(ctx, all.done, all.failed, all.left, finish); err != nil {
		return err
	}
	w.metrics.inspected(all)
	return nil
}

// became is what became of a job's sessions; each is in one of the lists.
type became struct {
	done   []store.Inspected
	failed []store.Failure
	left   []store.LeftOut

	reinspection store.ReinspectionKey
	judging      Judging
}

// choice is what the job's sessions are inspected by.
func (w *inspectWorker) choice(ctx context.Context, args InspectArgs) (order, error) {
	if args.Scorecard != 0 {
		return w.cards.named(ctx, args.Scorecard)
	}
	return w.cards.order(ctx)
}

func (w *inspectWorker) split(ctx context.Context, job *river.Job[InspectArgs]) error {
	c := river.ClientFromContext[pgx.Tx](ctx)
	return pgx.BeginFunc(ctx, w.store.Pool(), func(tx pgx.Tx) error {
		if _, err := c.InsertManyFastTx(ctx, tx, singles(job.Args, job.Priority)); err != nil {
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

// inspect judges one transcript by the scorecard that is chosen for it, within a
// time limit. A panic ends this session only.
func (w *inspectWorker) inspect(ctx context.Context, t store.Transcript, by order, all *became) {
	fail := func(reason store.FailureReason, format string, args ...any) {
		w.log.WarnContext(ctx, "session not inspected", "transcript", t.Key, "reason", reason)
		all.failed = append(all.failed, store.Failure{Transcript: t.Key, Reason: reason, Detail: fmt.Sprintf(format, args...)})
	}
	defer func() {
		if p := recover(); p != nil {
			fail(store.Panicked, "%v\n%s", p, stack())
		}
	}()
	s, err := transcript.Decode([]byte(t.Content))
	if err != nil {
		fail(store.Unreadable, "%v", err)
		return
	}
	card, left, none := pipeline.Choose(by.plan, by.cards, s)
	switch {
	case none != nil && by.named:
		return
	case none != nil:
		fail(store.NoScorecard, "%v", none)
		return
	case left != nil:
		all.left = append(all.left, store.LeftOut{Transcript: t.Key, Plan: by.planKey, Rule: left.Rule, Reason: left.LeftOut})
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	v, err := unjudged(ctx, w.inspector, all.judging, by.plan, s, card)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		fail(store.TimedOut, "not done after %s", sessionTimeout)
	case err != nil:
		fail(store.Failed, "%v", err)
	default:
		all.done = append(all.done, store.Inspected{Transcript: t, Scorecard: by.keys[card.ID], Verdict: v, Reinspection: all.reinspection})
	}
}

// stack is the place of a panic, short enough to read.
func stack() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	return strings.Join(lines[:min(len(lines), 30)], "\n")
}
