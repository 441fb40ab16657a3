package jobs

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/pipeline/store"
)

// ReinspectArgs asks for the next step of a re-inspection.
type ReinspectArgs struct {
	Reinspection store.ReinspectionKey `json:"reinspection"`
}

// Kind is the job's name.
func (ReinspectArgs) Kind() string { return "reinspect" }

// InsertOpts puts the job into its queue. The attempts are those of one step.
func (ReinspectArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: historyQueue, MaxAttempts: 8}
}

// stepSessions is how many sessions a step enqueues: some tens of jobs, so that
// progress shows and little is done again when a worker dies.
const stepSessions = 5000

// behind is the priority of inspecting old sessions: after new ones, which have 1.
const behind = 3

// StartReinspection enqueues old sessions for inspection, newest transcripts
// only, step by step: see store.NewReinspection. Workers do the rest.
func StartReinspection(ctx context.Context, s *store.Store, c *river.Client[pgx.Tx], n store.NewReinspection) (store.ReinspectionKey, error) {
	return s.StartReinspection(ctx, n, func(tx pgx.Tx, key store.ReinspectionKey) error {
		if _, err := c.InsertTx(ctx, tx, ReinspectArgs{key}, nil); err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
		return nil
	})
}

type reinspectWorker struct {
	river.WorkerDefaults[ReinspectArgs]
	store *store.Store
}

// Work enqueues the inspection of the next sessions and the step after this one,
// in the transaction that moves the cursor and completes the job: a worker that
// dies anywhere loses nothing and does nothing twice.
func (w *reinspectWorker) Work(ctx context.Context, job *river.Job[ReinspectArgs]) error {
	c := river.ClientFromContext[pgx.Tx](ctx)
	key := job.Args.Reinspection
	return w.store.StepReinspection(ctx, key, stepSessions, func(tx pgx.Tx, step store.ReinspectionStep) error {
		if len(step.Stored) == 0 {
			return complete(ctx, tx, job)
		}
		like := InspectArgs{Reinspection: key}
		if step.Scorecard != nil {
			like.Scorecard = *step.Scorecard
		}
		again := batches(step.Stored, like, &river.InsertOpts{Priority: behind})
		if _, err := c.InsertManyFastTx(ctx, tx, again); err != nil {
			return fmt.Errorf("enqueue %d sessions: %w", len(step.Stored), err)
		}
		if _, err := c.InsertTx(ctx, tx, ReinspectArgs{key}, nil); err != nil {
			return fmt.Errorf("enqueue the next step: %w", err)
		}
		return complete(ctx, tx, job)
	})
}
