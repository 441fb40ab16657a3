package jobs

import (
	"context"
	"time"

	"assay/knowledge"
)

// countEvery is how often feedback is counted that came while counts stood still.
const countEvery = time.Minute

// countFeedback brings what agents think of solutions to their indexes, from time
// to time.
func (r *Runner) countFeedback(ctx context.Context) {
	library := knowledge.NewLibrary(r.o.Store.Pool())
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		if _, err := library.CountFeedback(ctx); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "feedback not counted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
