package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"assay/knowledge"
)

const (
	// gapsEvery is how often questions without a solution are put into gaps.
	gapsEvery = 30 * time.Second
	// mergeEvery is how often gaps that have grown alike are made one.
	mergeEvery = time.Hour
	// checkEvery is how often it is asked whether the library has changed.
	checkEvery = time.Minute
	// gapsTimeout bounds one run; the next one goes on where it ended.
	gapsTimeout = 4 * time.Minute
)

// GapsArgs asks for putting the questions that have no solution into gaps.
type GapsArgs struct {
	Merge bool `json:"merge,omitempty"` // make one of gaps that have grown alike, too
}

// Kind is the job's name.
func (GapsArgs) Kind() string { return "gaps" }

// InsertOpts lets one job of a kind wait or run at a time.
func (GapsArgs) InsertOpts() river.InsertOpts { return onlyOne }

// CheckLibraryArgs asks what the last change of the library moved.
type CheckLibraryArgs struct{}

// Kind is the job's name.
func (CheckLibraryArgs) Kind() string { return "check_library" }

// InsertOpts lets one job of the kind wait or run at a time.
func (CheckLibraryArgs) InsertOpts() river.InsertOpts { return onlyOne }

// onlyOne are the options of jobs of which one does for all processes. A job that
// failed is not tried again, since the next one comes soon.
var onlyOne = river.InsertOpts{
	Queue: gapsQueue, MaxAttempts: 1, Priority: behind,
	UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}},
}

// periodic are the jobs that the elected process enqueues from time to time.
func (r *Runner) periodic() []*river.PeriodicJob {
	every := func(d time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d),
			func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
	}
	list := []*river.PeriodicJob{every(gapsEvery, GapsArgs{}), every(mergeEvery, GapsArgs{Merge: true})}
	if r.o.Index != nil {
		list = append(list, every(checkEvery, CheckLibraryArgs{}))
	}
	return list
}

type gapsWorker struct {
	river.WorkerDefaults[GapsArgs]
	gaps *knowledge.Gaps
}

// Timeout bounds one run.
func (*gapsWorker) Timeout(*river.Job[GapsArgs]) time.Duration { return gapsTimeout }

// Work puts questions into gaps, in steps that commit each for itself. While another
// process does, merging waits, and the rest is left to it.
func (w *gapsWorker) Work(ctx context.Context, job *river.Job[GapsArgs]) error {
	_, err := w.gaps.Cluster(ctx)
	if err == nil && job.Args.Merge {
		_, err = w.gaps.Merge(ctx)
	}
	switch {
	case errors.Is(err, knowledge.ErrGapsBusy) && job.Args.Merge:
		return river.JobSnooze(gapsEvery)
	case errors.Is(err, knowledge.ErrGapsBusy):
		return nil
	case err != nil:
		return fmt.Errorf("job %d: %w", job.ID, err)
	}
	return nil
}

type checkLibraryWorker struct {
	river.WorkerDefaults[CheckLibraryArgs]
	gaps  *knowledge.Gaps
	index *knowledge.Index // nil: there is no library
}

// Work asks recent questions again when the library has changed.
func (w *checkLibraryWorker) Work(ctx context.Context, job *river.Job[CheckLibraryArgs]) error {
	if w.index == nil {
		return nil
	}
	if _, err := w.gaps.CheckLibrary(ctx, w.index); err != nil {
		return fmt.Errorf("job %d: %w", job.ID, err)
	}
	return nil
}
