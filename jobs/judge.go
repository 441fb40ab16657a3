package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// Judging says who judges what rules cannot, and which sessions.
type Judging struct {
	Judge   pipeline.Judge // nil: no model is configured
	Policy  plan.Judge     // of sessions whose plan does not say
	Workers int            // sessions judged at once by this process; default 4
	// Terms are the limits, prices and rates of the ledger, in words: all processes
	// are meant to have the same.
	Terms string

	elsewhere bool // other processes judge, by Policy
}

// JudgeArgs asks a model about a session. All it needs is found by the verdict.
type JudgeArgs struct {
	Verdict store.VerdictKey `json:"verdict"`
	Run     string           `json:"run,omitempty"` // of judging old sessions
	RunCap  pipeline.Cap     `json:"run_cap,omitzero"`
}

// Kind is the job's name.
func (JudgeArgs) Kind() string { return "judge" }

// InsertOpts puts the job into its queue. The attempts are for failures of this
// program and its database: a model that is away takes none.
func (JudgeArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: judgeQueue, MaxAttempts: judgeAttempts}
}

// judgeAttempts is how often judging may fail, or die with its worker.
const judgeAttempts = 12

// renewedWait is how long a job sleeps while a newer transcript is inspected.
const renewedWait = 15 * time.Second

// enqueueJudging enqueues verdicts that wait for a model.
func enqueueJudging(ctx context.Context, c *client, tx pgx.Tx, pending []store.VerdictKey, like JudgeArgs, o *river.InsertOpts) error {
	if len(pending) == 0 {
		return nil
	}
	jobs := make([]river.InsertManyParams, len(pending))
	for i, v := range pending {
		args := like
		args.Verdict = v
		jobs[i] = river.InsertManyParams{Args: args, InsertOpts: o}
	}
	if _, err := c.InsertManyFastTx(ctx, tx, jobs); err != nil {
		return fmt.Errorf("enqueue judging of %d verdicts: %w", len(pending), err)
	}
	return nil
}

type judgeWorker struct {
	river.WorkerDefaults[JudgeArgs]
	store     *store.Store
	inspector *pipeline.Inspector
	judging   Judging
	cards     *cards
	metrics   *Metrics
	log       *slog.Logger
}

// Timeout bounds a job: several calls, each with its own timeout.
func (*judgeWorker) Timeout(*river.Job[JudgeArgs]) time.Duration { return 15 * time.Minute }

// Work judges one session and completes the job in the transaction that saves the
// verdict. A model that cannot be asked costs no attempt: the job sleeps until
// asking may help, and meanwhile the verdict says so. What was answered before a
// worker died is known to the ledger and not asked again.
func (w *judgeWorker) Work(ctx context.Context, job *river.Job[JudgeArgs]) error {
	j, err := w.store.Judging(ctx, job.Args.Verdict)
	if errors.Is(err, store.ErrNotFound) || err == nil && j.Over {
		w.metrics.judged(judgedOver)
		return nil
	}
	if err != nil {
		return err
	}
	if j.Renewed {
		return river.JobSnooze(renewedWait)
	}
	if job.Attempt > judgeAttempts {
		return w.giveUp(ctx, job, j, errors.New(store.WorkerLost))
	}
	policy, ref, err := w.account(ctx, j, job.Args)
	if err != nil {
		return err
	}
	v, err := w.judge(ctx, j, ref)
	if err == nil {
		err = w.store.SaveJudged(ctx, j, v, true, func(tx pgx.Tx) error { return complete(ctx, tx, job) })
		if err == nil {
			w.metrics.judged(judgedDone)
		}
		return err
	}
	if u, ok := errors.AsType[*pipeline.Unavailable](err); ok && v != nil {
		return w.later(ctx, job, j, v, u, policy.GiveUp)
	}
	if job.Attempt >= job.MaxAttempts && ctx.Err() == nil {
		return w.giveUp(ctx, job, j, err)
	}
	return err
}

// account says what a session's judging goes by, and for whom: its plan's limits
// as they are in force now, if the plan still is.
func (w *judgeWorker) account(ctx context.Context, j store.Judging, args JudgeArgs) (plan.Judge, pipeline.Ref, error) {
	ref := pipeline.Ref{Transcript: int64(j.Transcript.Key), Scorecard: int64(j.Scorecard), Run: args.Run}
	ref.Caps.Run = args.RunCap
	policy := w.judging.Policy
	if j.Plan == nil {
		return policy, ref, nil
	}
	ref.Plan, ref.Rule = j.Plan.ID, j.Plan.Rule
	p, err := w.cards.inForce(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && p.ID != j.Plan.ID:
		return policy, ref, nil
	case err != nil:
		return policy, ref, err
	}
	policy = p.Judging(j.Plan.Rule, policy)
	ref.Caps.Session, ref.Caps.Rule = pipeline.Cap(policy.PerSession), pipeline.Cap(policy.PerDay)
	if p.Judge != nil {
		ref.Caps.Session, ref.Caps.Plan = stricter(ref.Caps.Session, pipeline.Cap(p.Judge.PerSession)), pipeline.Cap(p.Judge.PerDay)
	}
	return policy, ref, nil
}

// accounted is a judge that asks for somebody's account.
type accounted struct {
	judge pipeline.Judge
	ref   pipeline.Ref
}

func (a accounted) Version() string { return a.judge.Version() }

func (a accounted) Judge(ctx context.Context, q pipeline.Judging) (map[string]pipeline.Judgement, error) {
	q.Ref = a.ref
	return a.judge.Judge(ctx, q)
}

// judge inspects the session again, with the model. A panic is an error.
func (w *judgeWorker) judge(ctx context.Context, j store.Judging, ref pipeline.Ref) (v *pipeline.Verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("judge: panic: %v\n%s", p, stack())
		}
	}()
	s, err := transcript.Decode([]byte(j.Transcript.Content))
	if err != nil {
		return nil, err
	}
	by, err := w.cards.named(ctx, j.Scorecard)
	if err != nil {
		return nil, err
	}
	card := by.cards[0]
	card.Plan = j.Plan
	in := *w.inspector
	in.Judge = accounted{w.judging.Judge, ref}
	return in.Inspect(ctx, s, card)
}

// later says in the verdict why the model was not asked, and lets the job sleep,
// or ends it where a budget is spent for good. An answer that stands already is
// kept.
func (w *judgeWorker) later(ctx context.Context, job *river.Job[JudgeArgs], j store.Judging, v *pipeline.Verdict, u *pipeline.Unavailable, giveUp bool) error {
	final := u.Reason == pipeline.OverBudget && (giveUp || u.Until.IsZero())
	finish := func(tx pgx.Tx) error { return nil }
	if final {
		finish = func(tx pgx.Tx) error { return complete(ctx, tx, job) }
	}
	var err error
	switch {
	case !j.Judged && u.Reason != pipeline.Pending:
		err = w.store.SaveJudged(ctx, j, v, final, finish)
	case final:
		err = pgx.BeginFunc(ctx, w.store.Pool(), finish)
	}
	if err != nil {
		return err
	}
	w.metrics.judged(outcomeOf(u.Reason))
	if final {
		return nil
	}
	w.log.InfoContext(ctx, "judging waits", "transcript", j.Transcript.Key, "reason", u.Reason, "error", u.Err)
	return river.JobSnooze(sleep(time.Until(u.Until), u.Until.IsZero()))
}

// patience is how long a job sleeps when nobody knows how long it will take.
const patience = 10 * time.Minute

// sleep is how long a job waits: as long as it must and up to half as long
// again, at most a minute, so that not all come back at once.
func sleep(wait time.Duration, unknown bool) time.Duration {
	if unknown {
		wait = patience
	}
	wait = max(wait, time.Second)
	return wait + time.Duration(rand.Int64N(int64(min(wait/2, time.Minute))+1))
}

// giveUp ends judging that fails again and again, though the model is there.
func (w *judgeWorker) giveUp(ctx context.Context, job *river.Job[JudgeArgs], j store.Judging, cause error) error {
	w.log.ErrorContext(ctx, "judging given up", "transcript", j.Transcript.Key, "error", cause)
	in := *w
	in.judging.Judge = broken{cause}
	v, err := in.judge(ctx, j, pipeline.Ref{})
	if v == nil {
		return cmp.Or(err, cause)
	}
	w.metrics.judged(judgedFailed)
	return w.store.SaveJudged(ctx, j, v, true, func(tx pgx.Tx) error { return complete(ctx, tx, job) })
}

// broken is a judge that failed.
type broken struct{ cause error }

func (b broken) Judge(context.Context, pipeline.Judging) (map[string]pipeline.Judgement, error) {
	return nil, &pipeline.Unavailable{Reason: pipeline.ModelUnavailable, Err: b.cause}
}

func (broken) Version() string { return "" }
