package jobs

import (
	"context"
	"time"

	"assay/knowledge"
	"assay/pipeline/store"
)

// Keep says how long what is written down of models, and of questions to the
// solution library, is kept, in days; 0 is for ever.
type Keep struct {
	Calls   int // of the ledger; at least 2, since budgets count by it
	Answers int // that nobody needed again
	Asks    int // and what was done with what was suggested; feedback stays
}

// forgetEvery is how often old things are looked for.
const forgetEvery = 10 * time.Minute

// forget removes what is old, soon after the start and from time to time.
func (r *Runner) forget(ctx context.Context) {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if err := Forget(ctx, r.o.Store, r.o.Keep); err != nil && ctx.Err() == nil {
			r.o.Log.WarnContext(ctx, "old accounts not removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Forget removes what is old, in short steps.
func Forget(ctx context.Context, s *store.Store, k Keep) error {
	for more := k.Answers > 0; more; {
		var err error
		if more, err = s.ForgetKept(ctx, time.Duration(k.Answers)*24*time.Hour); err != nil {
			return err
		}
	}
	for more := k.Calls > 0; more; {
		var err error
		if more, err = s.ForgetCalls(ctx, k.Calls); err != nil {
			return err
		}
	}
	for more := k.Asks > 0; more; {
		var err error
		if more, err = knowledge.NewLibrary(s.Pool()).ForgetAsks(ctx, k.Asks); err != nil {
			return err
		}
	}
	return nil
}
