package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"assay/pipeline/store"
)

// A worker beats every beatEvery; after lostAfter without a beat its jobs go to
// others. River's own rescue needs an hour, because it only knows timeouts.
const (
	beatEvery   = 3 * time.Second
	lostAfter   = 12 * time.Second
	forgetAfter = 24 * time.Hour
)

// alive knows who this worker is and which jobs it works on now.
type alive struct {
	river.MiddlewareDefaults
	worker store.Worker

	mu      sync.Mutex
	working map[int64]time.Time // when the job ended; zero while it runs
}

func newAlive(host string) *alive {
	id := fmt.Sprintf("%s-%d-%08x", host, os.Getpid(), rand.Uint32())
	return &alive{worker: store.Worker{ID: id, Host: host, PID: os.Getpid()}, working: map[int64]time.Time{}}
}

// Work notes that a job runs, and when it ended.
func (a *alive) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	a.note(job.ID, time.Time{})
	defer func() { a.note(job.ID, time.Now()) }()
	return work(ctx)
}

func (a *alive) note(id int64, ended time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.working[id] = ended
}

// jobs lists the jobs that run, or ended so lately that River may not have
// written it yet.
func (a *alive) jobs() []int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	var ids []int64
	for id, ended := range a.working {
		if !ended.IsZero() && time.Since(ended) > lostAfter {
			delete(a.working, id)
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

// beat says that this worker is alive and takes back the jobs of those that are
// not, until ctx ends.
func (r *Runner) beat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.beatOnce(ctx); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "beat failed", "error", err)
		}
	}
}

func (r *Runner) beatOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lostAfter)
	defer cancel()
	if err := r.o.Store.Beat(ctx, r.alive.worker); err != nil {
		return err
	}
	if err := r.o.Store.ForgetWorkers(ctx, forgetAfter); err != nil {
		return err
	}
	taken, err := r.o.Store.Rescue(ctx, r.alive.worker.ID, kinds, r.alive.jobs(), lostAfter)
	if err != nil {
		return err
	}
	if taken > 0 {
		r.o.Metrics.rescued(taken)
		r.o.Log.InfoContext(ctx, "jobs of lost workers taken back", "jobs", taken)
	}
	given, err := r.o.Store.RecordDiscarded(ctx, InspectArgs{}.Kind())
	if given > 0 {
		r.o.Log.WarnContext(ctx, "sessions given up", "sessions", given)
	}
	return err
}

// kinds are the jobs of this package; others in the same database are not ours.
var kinds = []string{
	InspectArgs{}.Kind(), JudgeArgs{}.Kind(), PullArgs{}.Kind(), ReinspectArgs{}.Kind(), BacktestArgs{}.Kind(), LiveIdleArgs{}.Kind(),
	GapsArgs{}.Kind(), CheckLibraryArgs{}.Kind(),
}
