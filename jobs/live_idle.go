package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// LiveIdle says how long sessions run without a turn, and what stays of those
// that have ended.
type LiveIdle struct {
	After time.Duration // a session that no turn came in of for so long is ended; default 30 min
	Keep  time.Duration // for so long readers may still be told what they missed of a session that has ended; default 24 h
}

func (i *LiveIdle) complete() {
	if i.After <= 0 {
		i.After = 30 * time.Minute
	}
	if i.Keep <= 0 {
		i.Keep = 24 * time.Hour
	}
}

// liveIdleEvery is how often it is looked for sessions that run without a turn.
const liveIdleEvery = time.Minute

// LiveIdleArgs asks for the end of the sessions that run without a turn.
type LiveIdleArgs struct{}

// Kind is the job's name.
func (LiveIdleArgs) Kind() string { return "live_idle" }

// InsertOpts lets one such job wait or run at a time.
func (LiveIdleArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: liveQueue, MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// endIdle enqueues the job now and then, until ctx ends.
func (r *Runner) endIdle(ctx context.Context) {
	every := min(liveIdleEvery, max(r.o.Idle.After/2, time.Second))
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := r.client.Insert(ctx, LiveIdleArgs{}, nil); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "end of idle live sessions not enqueued", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

type liveIdleWorker struct {
	river.WorkerDefaults[LiveIdleArgs]
	live *Live
	idle LiveIdle
	log  *slog.Logger
}

func newLiveIdleWorker(o Options) (*liveIdleWorker, error) {
	client, err := NewInserter(o.Store)
	if err != nil {
		return nil, err
	}
	live, err := NewLive(LiveOptions{Store: o.Store, Client: client, Log: o.Log, Metrics: o.Metrics})
	return &liveIdleWorker{live: live, idle: o.Idle, log: o.Log}, err
}

// mostIdle bounds the sessions that are looked for at once.
const mostIdle = 100

// Work ends idle sessions, each in a transaction of its own, and removes what is
// left of those that ended long ago. One that cannot be ended is logged, and does not
// keep the others from it.
func (w *liveIdleWorker) Work(ctx context.Context, _ *river.Job[LiveIdleArgs]) error {
	since := time.Now().Add(-w.idle.After)
	for failed := 0; ; {
		ids, err := w.live.o.Store.IdleLive(ctx, since, mostIdle+failed)
		if err != nil {
			return err
		}
		if len(ids) <= failed {
			break
		}
		failed = 0
		for _, id := range ids {
			if err := w.end(ctx, id, since); err != nil {
				failed++
				w.log.WarnContext(ctx, "idle live session not ended", "error", err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	for more := true; more; {
		var err error
		if more, err = w.live.o.Store.ForgetLive(ctx, time.Now().Add(-w.idle.Keep)); err != nil {
			return err
		}
	}
	return nil
}

// end ends a session unless a turn has come in meanwhile.
func (w *liveIdleWorker) end(ctx context.Context, id transcript.SessionID, since time.Time) error {
	_, err := w.live.end(ctx, id, &transcript.Addition{}, LiveEndIdle, since)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, errHeard) {
		return nil // ended, or goes on
	}
	return err
}
