package store_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/store"
)

func call(tokens int64) store.ModelCall {
	return store.ModelCall{Purpose: "judge", Endpoint: "host", Model: "m", SourceID: "a", Criteria: []string{"x"}, Tokens: tokens, Cost: tokens, Timeout: time.Minute}
}

func openCall(t *testing.T, s *store.Store, c store.ModelCall, l store.CallLimits) (int64, *store.CallRefusal) {
	t.Helper()
	ticket, refused, err := s.OpenCall(t.Context(), c, l)
	if err != nil {
		t.Fatal(err)
	}
	return ticket, refused
}

func closeCall(t *testing.T, s *store.Store, ticket int64, r store.CallResult) bool {
	t.Helper()
	settled, err := s.CloseCall(t.Context(), ticket, r)
	if err != nil {
		t.Fatal(err)
	}
	return settled
}

func TestALimitIsNeverExceededByManyAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	limits := store.CallLimits{Day: pipeline.Cap{Tokens: 1000}}
	var mu sync.Mutex
	var tickets []int64
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			c := call(100)
			c.Model = fmt.Sprint(i) // the limit is that of all models
			ticket, refused, err := s.OpenCall(t.Context(), c, limits)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case refused == nil:
				tickets = append(tickets, ticket)
			case refused.Kind != store.LimitReached || refused.Scope != "all" || refused.Wait <= 0 || refused.Wait > 24*time.Hour:
				t.Errorf("refused by %+v, want the day's limit until tomorrow", refused)
			}
		})
	}
	group.Wait()
	if len(tickets) != 10 {
		t.Fatalf("%d calls of 100 tokens were let through a limit of 1000", len(tickets))
	}
	for _, ticket := range tickets {
		if !closeCall(t, s, ticket, store.CallResult{Status: "ok", Input: 40, Output: 20}) {
			t.Error("an open call was not settled")
		}
	}
	for i := range 5 { // 600 are spent: 4 more fit
		if _, refused := openCall(t, s, call(100), limits); (refused == nil) != (i < 4) {
			t.Errorf("call %d after settling: %+v", i, refused)
		}
	}
}

func TestEveryScopeHasItsLimit(t *testing.T) {
	t.Parallel()
	few, many := pipeline.Cap{Money: 50}, pipeline.Cap{Tokens: 1000, Money: 1000}
	tests := map[string]struct {
		caps  pipeline.Caps
		all   pipeline.Cap
		scope string
		waits bool // until tomorrow
	}{
		"none":        {},
		"enough":      {pipeline.Caps{Session: many, Plan: many, Rule: many, Run: many}, many, "", false},
		"the session": {pipeline.Caps{Session: few, Plan: many}, many, "session", false},
		"the plan":    {pipeline.Caps{Plan: few}, many, "plan", true},
		"the rule":    {pipeline.Caps{Plan: many, Rule: few}, many, "rule", true},
		"the run":     {pipeline.Caps{Run: few}, many, "run", false},
		"the day":     {pipeline.Caps{}, few, "all", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			c := call(30)
			c.Ref = pipeline.Ref{Plan: "p", Rule: "r", Run: "1", Caps: tt.caps}
			if _, refused := openCall(t, s, c, store.CallLimits{Day: tt.all}); refused != nil {
				t.Fatalf("the first call is refused: %+v", refused)
			}
			_, refused := openCall(t, s, c, store.CallLimits{Day: tt.all})
			switch {
			case tt.scope == "" && refused != nil:
				t.Errorf("refused: %+v", refused)
			case tt.scope != "" && (refused == nil || refused.Scope != tt.scope || refused.Wait > 0 != tt.waits):
				t.Errorf("%+v, want the limit of %s", refused, tt.scope)
			}
			c.SourceID, c.Ref = "b", pipeline.Ref{Plan: "q", Rule: "r", Run: "2", Caps: tt.caps}
			if _, refused = openCall(t, s, c, store.CallLimits{Day: tt.all}); (refused != nil) != (tt.scope == "all") {
				t.Errorf("another session by another plan: %+v", refused)
			}
		})
	}
}

func TestMoneyThatCannotBeCountedIsNotSpent(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, refused := openCall(t, s, call(1), store.CallLimits{Day: pipeline.Cap{Money: 1 << 40}, CostUnknown: true})
	if refused == nil || refused.Kind != store.LimitReached || refused.Wait != 0 {
		t.Errorf("%+v, want it refused for good", refused)
	}
}

func TestACallOfADeadProcessCountsAsTheMost(t *testing.T) {
	t.Parallel()
	s := open(t)
	limits := store.CallLimits{Day: pipeline.Cap{Tokens: 160}}
	dead := call(100)
	dead.Timeout = -time.Hour // its time is up
	lost, _ := openCall(t, s, dead, limits)
	if _, refused := openCall(t, s, call(61), limits); refused == nil {
		t.Fatal("a lost call, which may have been answered, counts as nothing")
	}
	if _, refused := openCall(t, s, call(60), limits); refused != nil {
		t.Fatalf("a lost call counts twice: %+v", refused)
	}
	if n := count(t, s, `SELECT tokens FROM model_spending WHERE scope = 'all'`); n != 100 {
		t.Errorf("%d tokens are spent, want 100", n)
	}
	if n := count(t, s, `SELECT count(*) FROM model_calls WHERE status = 'lost'`); n != 1 {
		t.Errorf("%d calls are lost, want one", n)
	}
	if _, refused := openCall(t, s, call(60), limits); refused == nil {
		t.Error("an open call does not reserve")
	}
	// It was only slow: what it took counts after all.
	if !closeCall(t, s, lost, store.CallResult{Status: "ok", Input: 90}) || closeCall(t, s, lost, store.CallResult{Status: "ok", Input: 90}) {
		t.Error("a late end is settled once")
	}
	if n := count(t, s, `SELECT tokens FROM model_spending WHERE scope = 'all'`); n != 90 {
		t.Errorf("%d tokens are spent, want 90", n)
	}
}

func TestACallThatNobodyCountedTakesWhatWasReserved(t *testing.T) {
	t.Parallel()
	s := open(t)
	c := call(100)
	c.Cost = 7
	ticket, _ := openCall(t, s, c, store.CallLimits{})
	closeCall(t, s, ticket, store.CallResult{Status: "ok", Uncounted: true, Cost: new(int64(0))})
	if n := count(t, s, `SELECT count(*) FROM model_calls WHERE input_tokens = 100 AND cost = 7 AND estimated`); n != 1 {
		t.Error("the ledger does not say so")
	}
	if n := count(t, s, `SELECT count(*) FROM model_spending WHERE scope = 'all' AND tokens = 100 AND cost = 7`); n != 1 {
		t.Error("it is not spent")
	}
}

func TestRatesAndClosedEndpointsHoldForAll(t *testing.T) {
	t.Parallel()
	s := open(t)
	other := store.New(s.Pool(), store.Options{}) // as another process would
	limits := store.CallLimits{RequestsPerMinute: 1}
	ticket, _ := openCall(t, s, call(1), limits)
	_, refused := openCall(t, other, call(1), limits)
	if refused == nil || refused.Kind != store.Paced || refused.Wait < 50*time.Second || refused.Wait > time.Minute {
		t.Errorf("a second call in the minute: %+v", refused)
	}
	elsewhere := call(1)
	elsewhere.Model = "n"
	if _, refused := openCall(t, other, elsewhere, limits); refused != nil {
		t.Errorf("another model is paced by the first: %+v", refused)
	}
	closeCall(t, s, ticket, store.CallResult{Status: "limited", RetryAfter: time.Hour})
	_, refused = openCall(t, other, call(1), store.CallLimits{})
	if refused == nil || refused.Kind != store.EndpointClosed || refused.Scope != "limited" || refused.Wait < 59*time.Minute {
		t.Errorf("after Retry-After: %+v", refused)
	}
}

func TestOneCallTriesAClosedEndpoint(t *testing.T) {
	t.Parallel()
	s := open(t)
	for range 3 {
		ticket, _ := openCall(t, s, call(1), store.CallLimits{})
		closeCall(t, s, ticket, store.CallResult{Status: "timeout"})
	}
	if _, refused := openCall(t, s, call(1), store.CallLimits{}); refused == nil || refused.Scope != "timeout" {
		t.Fatalf("after three failures: %+v", refused)
	}
	if _, err := s.Pool().Exec(t.Context(), `UPDATE model_endpoints SET closed_until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	probe, refused := openCall(t, s, call(1), store.CallLimits{})
	if refused != nil {
		t.Fatalf("the time is up: %+v", refused)
	}
	if _, refused := openCall(t, s, call(1), store.CallLimits{}); refused == nil || refused.Scope != "probing" {
		t.Errorf("a second call while one tries: %+v", refused)
	}
	closeCall(t, s, probe, store.CallResult{Status: "ok"})
	if _, refused := openCall(t, s, call(1), store.CallLimits{}); refused != nil {
		t.Errorf("it answered: %+v", refused)
	}
}

func TestALedgersRowSaysEverything(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, stored := imported(t, s, session("a", "x"))
	card := publish(t, s)
	c := store.ModelCall{
		Purpose: "vote", Endpoint: "host", Model: "m", SourceID: "a", Criteria: []string{"z", "x", "y"}, Template: "t", InputHash: "i",
		Redacted: true, Attempt: 2, Tokens: 500, Cost: 900, Timeout: time.Minute,
		Ref: pipeline.Ref{Transcript: int64(stored[0].Key), Scorecard: int64(card), Plan: "p", Rule: "r", Run: "7"},
	}
	ticket, _ := openCall(t, s, c, store.CallLimits{Currency: "CNY"})
	closeCall(t, s, ticket, store.CallResult{
		Model: "m-2026", Parameters: `{"seed":1}`, Input: 100, Cached: 30, Output: 20, Reasoning: 10, Estimated: true, Cost: new(int64(500)),
		Latency: 1500 * time.Millisecond, Status: "ok", Taken: map[string]string{"x": "met", "y": "quote"},
	})
	const query = `
		SELECT to_jsonb(c) - '{id, opened_at, closed_at, expires_at, day, session_id, transcript_id, scorecard_id}'::text[]
			|| jsonb_build_object('stored', c.session_id IS NOT NULL AND c.transcript_id IS NOT NULL AND c.scorecard_id IS NOT NULL
				AND c.closed_at >= c.opened_at AND c.expires_at > c.opened_at,
				'criteria', (SELECT jsonb_agg(to_jsonb(p) - 'call_id' ORDER BY p.criterion) FROM model_call_criteria p WHERE p.call_id = c.id),
				'spent', (SELECT jsonb_agg(p.scope || ' ' || p.key || ' ' || p.tokens || ' ' || p.cost ORDER BY p.scope) FROM model_spending p))
		FROM model_calls c`
	var got string
	if err := s.Pool().QueryRow(t.Context(), query).Scan(&got); err != nil {
		t.Fatal(err)
	}
	want := `{
		"purpose": "vote", "endpoint": "host", "asked": "m", "answered": "m-2026", "parameters": "{\"seed\":1}", "template": "t",
		"input_hash": "i", "redacted": true, "attempt": 2, "source_id": "a", "plan": "p", "rule": "r", "run": "7", "status": "ok",
		"reserved_tokens": 500, "reserved_cost": 900, "input_tokens": 100, "cached_tokens": 30, "output_tokens": 20, "reasoning_tokens": 10,
		"estimated": true, "cost": 500, "currency": "CNY", "latency": "00:00:01.5", "stored": true,
		"criteria": [
			{"criterion": "x", "taken": "met", "tokens": 40, "cost": 167},
			{"criterion": "y", "taken": "quote", "tokens": 40, "cost": 167},
			{"criterion": "z", "taken": "", "tokens": 40, "cost": 166}],
		"spent": ["all  120 500", "plan p 120 500", "rule p/r 120 500", "run 7 120 500", "session a 120 500"]}`
	if diff := cmp.Diff(decoded(t, want), decoded(t, got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// The account outlives the session.
	if _, err := s.Pool().Exec(t.Context(), `DELETE FROM sessions`); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT count(*) FROM model_calls WHERE source_id = 'a' AND session_id IS NULL`); n != 1 {
		t.Errorf("%d calls are left of a deleted session", n)
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsKeptIsFound(t *testing.T) {
	t.Parallel()
	s := open(t)
	if _, ok, err := s.Kept(t.Context(), "k"); ok || err != nil {
		t.Errorf("before anything is kept: %v, %v", ok, err)
	}
	for _, value := range []string{"a", "b", ""} {
		if err := s.Keep(t.Context(), "k", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := s.Kept(t.Context(), "k"); string(got) != value || !ok || err != nil {
			t.Errorf("%q, %v, %v, want %q", got, ok, err, value)
		}
	}
	if more, err := s.ForgetKept(t.Context(), -time.Minute); more || err != nil {
		t.Fatal(more, err)
	}
	if _, ok, _ := s.Kept(t.Context(), "k"); ok {
		t.Error("it is kept after it was forgotten")
	}
}
