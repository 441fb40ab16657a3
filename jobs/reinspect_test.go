package jobs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline/plan"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
)

// strict is a scorecard that every session fits and none satisfies.
const strict = `
scorecard: strict
name: strict
sections:
  - id: opening
    name: opening
    criteria:
      - id: greeting
        name: greeting
        conditions: {greets: {keywords: {any: [never said by anyone]}}}
        met_when: greets
`

func publishStrict(t *testing.T, s *store.Store) store.ScorecardKey {
	t.Helper()
	card, problems := scorecard.Parse("strict", []byte(strict))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	key, err := s.Publish(t.Context(), card.ID, card.Version, strict)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func reinspect(t *testing.T, s *store.Store, n store.NewReinspection) store.ReinspectionKey {
	t.Helper()
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	n.By = "tester"
	key, err := StartReinspection(t.Context(), s, client, n)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func reinspection(t *testing.T, s *store.Store, key store.ReinspectionKey) store.Reinspection {
	t.Helper()
	r, err := s.Reinspection(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func awaitReinspected(t *testing.T, s *store.Store, key store.ReinspectionKey) {
	t.Helper()
	await(t, "the re-inspection is through", func() bool {
		r := reinspection(t, s, key)
		return r.Finished()
	})
}

// verdictCounts are all verdicts, the current ones, the current ones by
// "strict", and the open flags of verdicts that are not current.
func verdictCounts(t *testing.T, s *store.Store) []int {
	t.Helper()
	const query = `
		SELECT count(*), count(*) FILTER (WHERE v.current), count(*) FILTER (WHERE v.current AND c.slug = 'strict'),
			(SELECT count(*) FROM flags f JOIN verdicts o ON o.id = f.verdict_id WHERE f.open AND NOT o.current)
		FROM verdicts v
		JOIN scorecards c ON c.id = v.scorecard_id`
	got := make([]int, 4)
	if err := s.Pool().QueryRow(t.Context(), query).Scan(&got[0], &got[1], &got[2], &got[3]); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReinspectionKeepsOldVerdicts(t *testing.T) {
	t.Parallel()
	const n = 120
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), n)); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	awaitDone(t, s)
	key := publishStrict(t, s)
	if diff := cmp.Diff([]int{n, n, 0, 0}, verdictCounts(t, s)); diff != "" {
		t.Fatalf("publishing changed verdicts:\n%s", diff)
	}

	awaitReinspected(t, s, reinspect(t, s, store.NewReinspection{Scorecard: &key}))
	if diff := cmp.Diff([]int{2 * n, n, n, 0}, verdictCounts(t, s)); diff != "" {
		t.Errorf("by a named scorecard: all, current, current by it, stale flags (-want +got):\n%s", diff)
	}
	// Again, by what fits: the one published last is "strict" still, and comes to the same.
	awaitReinspected(t, s, reinspect(t, s, store.NewReinspection{}))
	if diff := cmp.Diff([]int{2 * n, n, n, 0}, verdictCounts(t, s)); diff != "" {
		t.Errorf("again with nothing new (-want +got):\n%s", diff)
	}
	// By the usual rule without it, sessions come back to what they had: a third verdict each.
	if err := s.Retire(t.Context(), store.Act{By: "tester"}, "strict"); err != nil {
		t.Fatal(err)
	}
	awaitReinspected(t, s, reinspect(t, s, store.NewReinspection{}))
	if diff := cmp.Diff([]int{3 * n, n, 0, 0}, verdictCounts(t, s)); diff != "" {
		t.Errorf("back to what fits (-want +got):\n%s", diff)
	}
}

func TestReinspectionSinceADayLeavesOlderSessions(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 97)); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	awaitDone(t, s)
	var day time.Time
	var younger int
	const query = `
		SELECT day, (SELECT count(*) FROM sessions WHERE day >= m.day)
		FROM (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY day) AS day FROM sessions) m`
	if err := s.Pool().QueryRow(t.Context(), query).Scan(&day, &younger); err != nil {
		t.Fatal(err)
	}
	key := publishStrict(t, s)
	run := reinspect(t, s, store.NewReinspection{Scorecard: &key, Since: day})
	awaitReinspected(t, s, run)
	if r := reinspection(t, s, run); r.Total != younger || r.Enqueued != younger || younger == 97 {
		t.Errorf("%d of %d enqueued, want all %d since %s", r.Enqueued, r.Total, younger, day)
	}
	if got := verdictCounts(t, s); got[2] != younger {
		t.Errorf("%d sessions inspected again, want %d", got[2], younger)
	}
}

func TestCancelledReinspectionEnqueuesNoMore(t *testing.T) {
	t.Parallel()
	s, im := newStore(t)
	if _, err := im.Import(t.Context(), records(samples(t), 60)); err != nil {
		t.Fatal(err)
	}
	key := publishStrict(t, s)
	run := reinspect(t, s, store.NewReinspection{Scorecard: &key})
	if err := s.CancelReinspection(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	awaitDone(t, s)
	await(t, "its job is gone", func() bool {
		var jobs int
		if err := s.Pool().QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'reinspect' AND state <> 'completed'`).Scan(&jobs); err != nil {
			t.Fatal(err)
		}
		return jobs == 0
	})
	if r := reinspection(t, s, run); r.Enqueued != 0 || !r.Finished() || r.State != store.ReinspectionCancelled {
		t.Errorf("%+v, want it cancelled with nothing enqueued", r)
	}
	if err := s.CancelReinspection(t.Context(), run); err == nil {
		t.Error("cancelled twice without an error")
	}
}

func TestKilledReinspectionLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	const n = 6000 // more than a step
	s, im := newStore(t)
	small := samples(t)[:1]
	if _, err := im.Import(t.Context(), records(small, n)); err != nil {
		t.Fatal(err)
	}
	// The sessions are as good as inspected: only the re-inspection is to work.
	if _, err := s.Pool().Exec(t.Context(), `DELETE FROM river_job`); err != nil {
		t.Fatal(err)
	}
	key := publishStrict(t, s)
	run := reinspect(t, s, store.NewReinspection{Scorecard: &key})
	url := s.Pool().Config().ConnString()
	for _, share := range []int{10, 3} {
		worker := spawn(t, url)
		await(t, "the worker is in the middle", func() bool { return progress(t, s).Verdicts >= n/share })
		if err := worker.Process.Kill(); err != nil { // kill -9
			t.Fatal(err)
		}
	}
	if progress(t, s).Done() {
		t.Fatal("the workers were done before they were killed: nothing was tested")
	}
	spawn(t, url)
	awaitReinspected(t, s, run)
	checkOnce(t, s, n)
	if r := reinspection(t, s, run); r.Enqueued != n || r.Total != n {
		t.Errorf("%d of %d enqueued, want each of %d once", r.Enqueued, r.Total, n)
	}
}

func TestReinspectionByANamedScorecardObeysThePlansJudging(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 8)
	publishPlan(t, s, "plan: p\nname: P\ndefault: {scorecard: judged}\njudge: {sessions: none}\n")
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	startJudging(t, s, server.URL, LedgerOptions{}, plan.Judge{Share: 1})
	awaitDone(t, s)
	key := number(t, s, `SELECT id::integer FROM scorecards WHERE slug = 'judged'`)
	awaitReinspected(t, s, reinspect(t, s, store.NewReinspection{Scorecard: new(store.ScorecardKey(key))}))
	awaitDone(t, s)
	if diff := cmp.Diff(map[string]int{"undetermined not_selected": 8}, solved(t, s)); diff != "" {
		t.Errorf("what the plan forbids is judged (-want +got):\n%s", diff)
	}

	publishPlan(t, s, "plan: p\nname: P\ndefault: {scorecard: judged, judge: {tokens_per_day: 250}}\n")
	awaitReinspected(t, s, reinspect(t, s, store.NewReinspection{Scorecard: new(store.ScorecardKey(key))}))
	awaitSolved(t, s, map[string]int{"met ": 2, "undetermined budget": 6})
	if n := number(t, s, `SELECT count(*) FROM model_calls WHERE plan = 'p' AND rule = 'default'`); n != 2 || server.Count() != 2 {
		t.Errorf("%d calls are booked on the plan, %d were made, want 2", n, server.Count())
	}
}
