package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
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
}

// Estimate is what judging some sessions is likely to take. Answers that are kept
// are not asked again and not counted.
type Estimate struct {
	Sessions int `json:"sessions"` // to be judged
	Sampled  int `json:"sampled"`  // of them, rehearsed
	Calls    int `json:"calls"`
	// The likely range: from short answers and texts that the model's tokenizer takes
	// well, to the longest answers and every third question asked again.
	Low  Size `json:"low"`
	High Size `json:"high"`
}

// Size is an amount of tokens.
type Size struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
}

// The bounds of an estimate, as parts of what is reckoned: EstimateTokens errs to
// too many; answers take some tens of tokens of the hundreds that they may; repairs
// and votes ask again.
const (
	lowInput, lowOutput = 0.6, 0.1
	again               = 1.33
)

// rehearsedSessions is how many sessions are rehearsed at most.
const rehearsedSessions = 200

// Estimate rehearses a sample of the sessions that a filter selects.
func (r *Rehearsal) Estimate(ctx context.Context, f store.JudgeFilter) (Estimate, error) {
	var e Estimate
	var err error
	if e.Sessions, err = r.Store.CountToJudge(ctx, f); err != nil {
		return e, err
	}
	keys, err := r.Store.SampleToJudge(ctx, f, rehearsedSessions)
	if err != nil || len(keys) == 0 {
		return e, err
	}
	var calls int
	var in, out int64
	err = r.Rehearse(ctx, keys, func(_ store.VerdictKey, requests []llm.Request) error {
		for _, q := range requests {
			calls, in, out = calls+1, in+int64(q.Call.Input), out+int64(q.Call.Output)
		}
		return nil
	})
	e.Sampled = len(keys)
	all := float64(e.Sessions) / float64(e.Sampled)
	scaled := func(n int64, part float64) int64 { return int64(math.Ceil(float64(n) * all * part)) }
	e.Calls = int(scaled(int64(calls), 1))
	e.Low, e.High = Size{scaled(in, lowInput), scaled(out, lowOutput)}, Size{scaled(in, again), scaled(out, again)}
	return e, err
}

// Rehearse passes on the first questions that would be asked about sessions.
func (r *Rehearsal) Rehearse(ctx context.Context, keys []store.VerdictKey, use func(store.VerdictKey, []llm.Request) error) error {
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
	w := &judgeWorker{store: r.Store, inspector: r.Inspector, judging: Judging{Judge: firstly{judge}}, cards: newCards(r.Store)}
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
