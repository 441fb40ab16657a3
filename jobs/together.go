package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"assay/pipeline/plan"
	"assay/pipeline/store"
)

// Judges says how a process judges. All processes are meant to do so in the same
// way.
type Judges struct {
	Judge  string     `json:"judge"`  // the version of the judge: model, endpoint, prompt and what else its answers depend on
	Policy plan.Judge `json:"policy"` // of sessions whose plan does not say
	Terms  string     `json:"terms"`  // limits, prices and rates, in words
}

// declared is how this process judges, for the others; "" when it has no model.
func (j Judging) declared() (string, error) {
	if j.Judge == nil {
		return "", nil
	}
	text, err := json.Marshal(Judges{j.Judge.Version(), j.Policy, j.Terms})
	return string(text), err
}

// judgingRemembered is how long after its last sign of life a process that judges
// is expected back.
const judgingRemembered = 10 * time.Minute

// Together lists how processes judge that live, or lived lately: one way is as it
// should be.
func Together(ctx context.Context, s *store.Store, seen time.Duration) ([]Judges, error) {
	list, err := s.JudgingSeen(ctx, seen)
	if err != nil {
		return nil, err
	}
	out := make([]Judges, len(list))
	for i, text := range list {
		if err := json.Unmarshal([]byte(text), &out[i]); err != nil {
			return nil, fmt.Errorf("how a process judges: %w", err)
		}
	}
	return out, nil
}

// others knows how other processes judge. A process without a model leaves to them
// what they would judge, instead of writing that there is no model.
type others struct {
	store *store.Store

	mu    sync.Mutex
	asked time.Time
	known *plan.Judge // nil: nobody judges
}

// judging is the given one, or, where that has no model, what other processes do.
func (o *others) judging(ctx context.Context, j Judging) (Judging, error) {
	if j.Judge != nil {
		return j, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(o.asked) > beatEvery {
		list, err := Together(ctx, o.store, judgingRemembered)
		if err != nil {
			return j, err
		}
		o.asked, o.known = time.Now(), nil
		if len(list) > 0 {
			o.known = &list[0].Policy
		}
	}
	if o.known != nil {
		j.Policy, j.elsewhere = *o.known, true
	}
	return j, nil
}

// compared warns where processes judge in different ways: the sessions' verdicts
// then depend on who came first.
func compared(ctx context.Context, s *store.Store, log *slog.Logger) error {
	list, err := Together(ctx, s, lostAfter)
	if err == nil && len(list) > 1 {
		log.WarnContext(ctx, "processes judge in different ways", "one", fmt.Sprintf("%+v", list[0]), "another", fmt.Sprintf("%+v", list[1]))
	}
	return err
}
