package store_test

import (
	"testing"

	"assay/pipeline"
	"assay/pipeline/store"
)

func TestOldCallsAreForgotten(t *testing.T) {
	t.Parallel()
	s := open(t)
	card := publish(t, s)
	_, stored := imported(t, s, session("a", "x"))
	verdict := savePending(t, s, card, stored[0], waiting("a"), 0)
	c := call(10)
	c.Ref = pipeline.Ref{Run: "r"}
	for range 3 { // old and settled, old and open, of today
		ticket, _ := openCall(t, s, c, store.CallLimits{})
		requests := []store.BatchRequest{{Verdict: verdict, Call: ticket, Body: "{}", Kept: "k"}}
		if _, err := s.PrepareBatch(t.Context(), "host", "m", "li", requests); err != nil {
			t.Fatal(err)
		}
		if ticket != 2 {
			closeCall(t, s, ticket, store.CallResult{Status: "ok", Input: 10})
		}
	}
	for _, query := range []string{
		`UPDATE model_calls SET day = day - 30 WHERE id < 3`,
		`UPDATE model_spending SET day = day - 30 WHERE scope = 'session'`,
		`UPDATE model_batches SET ended_at = now() - interval '30 days' WHERE id = 1`,
	} {
		if _, err := s.Pool().Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	forgetCalls(t, s, 31)
	if n := count(t, s, `SELECT count(*) FROM model_calls`); n != 3 {
		t.Errorf("%d calls are left that are not old enough, want 3", n)
	}
	forgetCalls(t, s, 29)
	for query, want := range map[string]int{
		`SELECT count(*) FROM model_calls`:                            2,
		`SELECT count(*) FROM model_call_criteria WHERE call_id = 1`:  0,
		`SELECT count(*) FROM model_batches`:                          2,
		`SELECT count(*) FROM model_batch_requests`:                   2,
		`SELECT count(*) FROM model_spending WHERE scope = 'session'`: 0,
		`SELECT tokens FROM model_spending WHERE scope = 'run'`:       20,
		`SELECT count(*) FROM model_calls WHERE status = 'open'`:      1,
		`SELECT count(*) FROM model_spending WHERE scope = 'all'`:     1,
		`SELECT count(*) FROM verdicts`:                               1,
	} {
		if n := count(t, s, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

func forgetCalls(t *testing.T, s *store.Store, days int) {
	t.Helper()
	if more, err := s.ForgetCalls(t.Context(), days); more || err != nil {
		t.Fatal(more, err)
	}
}
