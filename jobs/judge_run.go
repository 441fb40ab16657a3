package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/store"
)

// JudgeRun is what judging of stored sessions is to take at most.
type JudgeRun struct {
	Filter   store.JudgeFilter
	Cap      pipeline.Cap
	Progress func(sessions int) // called with how many are enqueued; nil: not at all
}

// runBatch is how many sessions are enqueued in one transaction.
const runBatch = 1000

// StartJudging enqueues stored sessions to be judged, behind new ones. It returns
// the run's name and how many there are. When it is interrupted, what was enqueued
// stays; the same run again skips what is judged meanwhile.
func StartJudging(ctx context.Context, s *store.Store, c *river.Client[pgx.Tx], r JudgeRun) (run string, sessions int, err error) {
	run = time.Now().UTC().Format("20060102-150405-") + rand.Text()[:6]
	like := JudgeArgs{Run: run, RunCap: r.Cap}
	for after := store.VerdictKey(0); ; {
		keys, err := s.ToJudge(ctx, r.Filter, after, runBatch)
		if err != nil || len(keys) == 0 {
			return run, sessions, err
		}
		err = pgx.BeginFunc(ctx, s.Pool(), func(tx pgx.Tx) error {
			return enqueueJudging(ctx, c, tx, keys, like, &river.InsertOpts{Priority: behind})
		})
		if err != nil {
			return run, sessions, err
		}
		sessions, after = sessions+len(keys), keys[len(keys)-1]
		if r.Progress != nil {
			r.Progress(sessions)
		}
	}
}

// Rehearsal counts what a model would be asked, without asking it.
type Rehearsal struct {
	Store     *store.Store
	Inspector *pipeline.Inspector
	// Judge makes a judge over a ledger whose client passes requests on instead of
	// sending them: see llm.Client.Rehearse.
	Judge func(l llm.Ledger, use func(llm.Request)) (pipeline.Judge, error)
	// Day is the limit of all sessions on a day, and Prices what it goes by in money.
	Day    pipeline.Cap
	Prices llm.Prices
}

// Rehearse passes on the first questions that would be asked about sessions.
func (r *Rehearsal) Rehearse(ctx context.Context, keys []store.VerdictKey, use func(store.VerdictKey, []llm.Request) error) error {
	return r.rehearse(ctx, keys, func(j pipeline.Judge) pipeline.Judge { return firstly{j} }, use)
}

// rehearse passes on what would be asked about sessions by a judge that answers in
// some way.
func (r *Rehearsal) rehearse(ctx context.Context, keys []store.VerdictKey, as func(pipeline.Judge) pipeline.Judge, use func(store.VerdictKey, []llm.Request) error) error {
	var mu sync.Mutex
	var asked []llm.Request
	judge, err := r.Judge(rehearsalLedger{store: r.Store}, func(q llm.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, q)
	})
	if err != nil {
		return err
	}
	w := &judgeWorker{store: r.Store, inspector: r.Inspector, judging: Judging{Judge: as(judge)}, cards: newCards(r.Store)}
	for _, key := range keys {
		j, err := r.Store.Judging(ctx, key)
		if err != nil {
			return err
		}
		_, ref, err := w.account(ctx, j, JudgeArgs{Verdict: key})
		if err != nil {
			return err
		}
		asked = nil
		if _, err := w.judge(ctx, j, ref); err != nil {
			return fmt.Errorf("rehearse verdict %d: %w", key, err)
		}
		if err := use(key, asked); err != nil {
			return err
		}
	}
	return nil
}

// firstly is a judge that is asked each question once.
type firstly struct{ judge pipeline.Judge }

func (f firstly) Version() string { return f.judge.Version() }

func (f firstly) Judge(ctx context.Context, q pipeline.Judging) (map[string]pipeline.Judgement, error) {
	if q.Vote == 0 && len(q.Withhold) == 0 {
		return f.judge.Judge(ctx, q)
	}
	out := map[string]pipeline.Judgement{}
	for _, c := range q.Criteria {
		out[c.ID] = pipeline.Judgement{Outcome: pipeline.Undetermined, Reason: pipeline.Unsure}
	}
	return out, nil
}

// rehearsalLedger knows what is kept, and keeps nothing.
type rehearsalLedger struct{ store *store.Store }

func (rehearsalLedger) Open(context.Context, llm.Call) (int64, error) { return 0, nil }

func (rehearsalLedger) Close(context.Context, int64, llm.Call, llm.Receipt) error { return nil }

func (l rehearsalLedger) Known(ctx context.Context, key string) ([]byte, bool, error) {
	return l.store.Kept(ctx, key)
}

func (rehearsalLedger) Keep(context.Context, string, []byte) error { return nil }
