package jobs

import (
	"errors"
	"testing"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"assay/knowledge"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
)

func TestMergingGapsWaitsForAnotherProcess(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	w := &gapsWorker{gaps: knowledge.NewGaps(pool, func(s string) string { return s })}
	work := func(merge bool) error {
		return w.Work(t.Context(), &river.Job[GapsArgs]{JobRow: &rivertype.JobRow{ID: 1}, Args: GapsArgs{Merge: merge}})
	}
	other, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const gapLock = 0x617373_67617073 // as in knowledge
	if _, err := other.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, int64(gapLock)); err != nil {
		t.Fatal(err)
	}
	if err := work(false); err != nil {
		t.Errorf("clustering is left to the other process: %v", err)
	}
	if snooze, ok := errors.AsType[*rivertype.JobSnoozeError](work(true)); !ok || snooze.Duration != gapsEvery {
		t.Errorf("merging does not wait: %v", snooze)
	}
	if err := store.Unlock(t.Context(), other.Conn(), gapLock); err != nil {
		t.Fatal(err)
	}
	other.Release()
	if err := work(true); err != nil {
		t.Errorf("merging afterwards: %v", err)
	}
}
