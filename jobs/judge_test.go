package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/classifiers"
	"assay/classifiers/llm"
	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

// judgedCard asks a model one question and rules another.
const judgedCard = `
scorecard: judged
name: J
sections:
- id: all
  name: All
  criteria:
  - id: greeting
    name: Greeting
    weight: 9
    conditions: {greets: {speaker: agent, keywords: {any: [hello]}}}
    met_when: greets
  - {id: solved, name: Solved, weight: 1, judge: Was the customer's problem solved?}
`

// model is a judge that asks an endpoint over a ledger: one call for a session,
// "met" for every criterion that is asked.
type model struct {
	url    string
	ledger llm.Ledger
}

func (m *model) Version() string { return "m@host 1" }

func (m *model) Judge(ctx context.Context, q pipeline.Judging) (map[string]pipeline.Judgement, error) {
	key := "judge " + string(q.Session.ID)
	value, ok, err := m.ledger.Known(ctx, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		if value, err = m.ask(ctx, q); err != nil {
			return nil, err
		}
		if err := m.ledger.Keep(ctx, key, value); err != nil {
			return nil, err
		}
	}
	if os.Getenv(hangEnv) != "" {
		select {} // the answer is there, and is never saved
	}
	out := map[string]pipeline.Judgement{}
	for _, c := range q.Criteria {
		out[c.ID] = pipeline.Judgement{Outcome: pipeline.Met, JudgeRecord: pipeline.JudgeRecord{Model: string(value), Asked: "m@host"}}
	}
	return out, nil
}

func (m *model) ask(ctx context.Context, q pipeline.Judging) ([]byte, error) {
	c := llm.Call{Purpose: llm.ForJudgement, Endpoint: "host", Model: "m", Session: q.Session.ID, Ref: q.Ref, Criteria: []string{q.Criteria[0].ID}, Input: 60, Output: 40, Template: "t", InputHash: "i", Attempt: 1}
	ticket, err := m.ledger.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	r, unavailable := m.post(ctx)
	if err := m.ledger.Close(ctx, ticket, c, r); err != nil {
		return nil, err
	}
	if unavailable != nil {
		return nil, unavailable
	}
	return []byte(r.Model), nil
}

func (m *model) post(ctx context.Context) (llm.Receipt, error) {
	away := func(s llm.Status) *pipeline.Unavailable {
		u := &pipeline.Unavailable{Reason: pipeline.ModelUnavailable, Err: errors.New(string(s))}
		if s != llm.Unauthorised {
			u.Until = time.Now().Add(100 * time.Millisecond)
		}
		return u
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url+"/chat/completions", bytes.NewBufferString(`{"model":"m","messages":[]}`))
	if err != nil {
		return llm.Receipt{Status: llm.Unreachable}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return llm.Receipt{Status: llm.Unreachable}, away(llm.Unreachable)
	}
	defer res.Body.Close()
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	wait := time.Duration(seconds) * time.Second
	switch res.StatusCode {
	case http.StatusTooManyRequests:
		u := away(llm.Limited)
		u.Until = time.Now().Add(wait)
		return llm.Receipt{Status: llm.Limited, RetryAfter: wait}, u
	case http.StatusUnauthorized:
		return llm.Receipt{Status: llm.Unauthorised}, away(llm.Unauthorised)
	case http.StatusOK:
	default:
		return llm.Receipt{Status: llm.ServerFailed}, away(llm.ServerFailed)
	}
	var body struct{ Model string }
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return llm.Receipt{Status: llm.Garbled}, away(llm.Garbled)
	}
	return llm.Receipt{Status: llm.Answered, Model: "m-1", Usage: llm.Usage{Input: 60, Output: 20}}, nil
}

// The environment of a worker process that judges, see beWorker.
const (
	modelEnv = "ASSAY_TEST_MODEL" // the endpoint's URL
	hangEnv  = "ASSAY_TEST_HANG"  // the process hangs once it has an answer
)

// judgingBy is judging of all sessions by an endpoint.
func judgingBy(s *store.Store, url string, o LedgerOptions) (Judging, error) {
	l, err := NewLedger(s, o)
	return Judging{Judge: &model{url, l}, Policy: plan.Judge{Share: 1}}, err
}

func startJudging(t *testing.T, s *store.Store, url string, o LedgerOptions, policy plan.Judge) *Runner {
	t.Helper()
	j, err := judgingBy(s, url, o)
	if err != nil {
		t.Fatal(err)
	}
	j.Policy = policy
	return start(t, Options{Store: s, Judging: j})
}

// judgedStore is a store with a scorecard that asks a model, and n sessions.
func judgedStore(t *testing.T, n int) *store.Store {
	t.Helper()
	s := store.New(storetest.New(t), store.Options{})
	card, err := classifiers.Load("judged.yaml", []byte(judgedCard))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), card.ID, card.Version, judgedCard); err != nil {
		t.Fatal(err)
	}
	importJudged(t, s, n, "hello")
	return s
}

func importJudged(t *testing.T, s *store.Store, n int, text string) {
	t.Helper()
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	one := &transcript.Session{Channel: transcript.Chat, Turns: []transcript.Turn{{Speaker: transcript.Agent, Text: text}}}
	if _, err := (&Importer{Store: s, Client: client}).Import(t.Context(), records([]*transcript.Session{one}, n)); err != nil {
		t.Fatal(err)
	}
}

// solved counts current verdicts by what became of the model's criterion.
func solved(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	const query = `
		SELECT f.outcome || ' ' || f.reason, count(*)
		FROM findings f
		JOIN verdicts v ON v.id = f.verdict_id AND v.current
		WHERE f.criterion = 'solved'
		GROUP BY 1`
	rows, err := s.Pool().Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	var what string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&what, &n}, func() error { out[what] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func awaitSolved(t *testing.T, s *store.Store, want map[string]int) {
	t.Helper()
	await(t, fmt.Sprintf("verdicts are %v", want), func() bool { return cmp.Equal(want, solved(t, s)) })
}

func number(t *testing.T, s *store.Store, query string) int {
	t.Helper()
	var n int
	if err := s.Pool().QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// wake lets sleeping jobs and closed endpoints go on at once, as time would.
func wake(t *testing.T, s *store.Store) {
	t.Helper()
	for _, sql := range []string{
		`UPDATE model_endpoints SET closed_until = NULL`,
		`UPDATE river_job SET scheduled_at = now() WHERE kind = 'judge' AND state = 'scheduled'`,
	} {
		if _, err := s.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSessionsAreJudgedAfterTheyAreInspected(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 40)
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	startJudging(t, s, server.URL, LedgerOptions{Prices: llm.Prices{Currency: "CNY", Input: 1_000_000, Output: 2_000_000}}, plan.Judge{Share: 1})
	awaitSolved(t, s, map[string]int{"met ": 40})
	if n := server.Count(); n != 40 {
		t.Errorf("%d requests for 40 sessions", n)
	}
	const rounds = `SELECT count(*) FROM verdicts WHERE round = 0 AND NOT judged AND NOT current AND score IS NULL`
	if n := number(t, s, rounds); n != 40 {
		t.Errorf("%d verdicts without the model are kept, want 40", n)
	}
	if n := number(t, s, `SELECT count(*) FROM verdicts WHERE round = 1 AND judged AND score = 100`); n != 40 {
		t.Errorf("%d verdicts are judged, want 40", n)
	}
	if n := number(t, s, `SELECT sum(m.cost)::integer FROM model_call_criteria m WHERE m.criterion = 'solved'`); n != 40*100 {
		t.Errorf("they cost %d millionths, want 4000", n)
	}
	importJudged(t, s, 40, "hello") // the same again
	awaitDone(t, s)
	if n := server.Count(); n != 40 {
		t.Errorf("%d requests after an import of the same", n)
	}
}

func TestAModelThatIsAwayLosesNoSession(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 30)
	var up atomic.Bool
	server := llmtest.New(t, func(llmtest.Request) llmtest.Answer {
		if !up.Load() {
			return llmtest.Answer{Status: 503}
		}
		return llmtest.Answer{}
	})
	startJudging(t, s, server.URL, LedgerOptions{}, plan.Judge{Share: 1})
	awaitSolved(t, s, map[string]int{"undetermined model_unavailable": 30})
	if n := server.Count(); n > 10 {
		t.Errorf("%d requests to an endpoint that fails: it is not left alone", n)
	}
	if n := number(t, s, `SELECT count(*) FROM river_job WHERE kind = 'judge' AND cardinality(errors) > 0`); n > 0 {
		t.Errorf("%d jobs have burnt an attempt", n)
	}
	if n := number(t, s, `SELECT count(*) FROM verdicts WHERE current AND score = 100 AND round = 1 AND NOT judged`); n != 30 {
		t.Errorf("%d sessions have the score of the rules meanwhile, want 30", n)
	}
	importJudged(t, s, 40, "hello") // ten more: rules go on
	await(t, "the new sessions are inspected", func() bool { return progress(t, s).Verdicts == 40 })
	up.Store(true)
	await(t, "all sessions are judged", func() bool {
		wake(t, s)
		return cmp.Equal(map[string]int{"met ": 40}, solved(t, s))
	})
	if n := number(t, s, `SELECT count(*) FROM verdicts WHERE judged`); n != 40 {
		t.Errorf("%d verdicts are judged, want one for each session", n)
	}
}

func TestAWrongKeyWaitsForSomebody(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 5)
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{Status: 401}))
	startJudging(t, s, server.URL, LedgerOptions{}, plan.Judge{Share: 1})
	awaitSolved(t, s, map[string]int{"undetermined model_unavailable": 5})
	await(t, "the jobs sleep for long", func() bool {
		return number(t, s, `SELECT count(*) FROM river_job WHERE kind = 'judge' AND scheduled_at > now() + interval '5 minutes'`) == 5
	})
	list, err := s.Endpoints(t.Context())
	if err != nil || len(list) != 1 || !list[0].NeedsSomebody || list[0].Status != "unauthorised" {
		t.Errorf("endpoints %+v, %v", list, err)
	}
}

func TestABudgetHoldsForAllWorkers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy plan.Judge
		judged bool // those without an answer are done with
	}{
		"the rest waits for tomorrow": {plan.Judge{Share: 1}, false},
		"the rest is given up":        {plan.Judge{Share: 1, GiveUp: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := judgedStore(t, 40)
			server := llmtest.New(t, llmtest.Always(llmtest.Answer{Delay: 5 * time.Millisecond}))
			// A call reserves 100 tokens and takes 80.
			o := LedgerOptions{Budget: llm.Budget{DayTokens: 1000}}
			for range 2 {
				startJudging(t, s, server.URL, o, tt.policy)
			}
			await(t, "all were asked about", func() bool {
				got := solved(t, s)
				return got["met "]+got["undetermined budget"] == 40 && number(t, s, `SELECT count(*) FROM model_calls WHERE status = 'open'`) == 0
			})
			if n := number(t, s, `SELECT tokens FROM model_spending WHERE scope = 'all'`); n > 1000 || n != 80*server.Count() {
				t.Errorf("%d tokens are spent in %d calls, of 1000", n, server.Count())
			}
			if got := solved(t, s)["met "]; got < 5 || got > 12 {
				t.Errorf("%d sessions are judged", got)
			}
			left := number(t, s, `SELECT count(*) FROM verdicts v JOIN findings f ON f.verdict_id = v.id WHERE v.current AND v.judged AND f.reason = 'budget'`)
			if (left > 0) != tt.judged {
				t.Errorf("%d verdicts without an answer are done with", left)
			}
			const tomorrow = `SELECT count(*) FROM river_job WHERE kind = 'judge' AND state = 'scheduled' AND scheduled_at >= date_trunc('day', now() AT TIME ZONE 'UTC' + interval '1 day') AT TIME ZONE 'UTC'`
			await(t, "jobs sleep until tomorrow where they should", func() bool { return (number(t, s, tomorrow) > 0) != tt.judged })
		})
	}
}

func TestTwoProcessesShareRetryAfter(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 30)
	server := llmtest.New(t, func(r llmtest.Request) llmtest.Answer {
		if r.Number > 10 {
			return llmtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "3600"}}
		}
		return llmtest.Answer{}
	})
	url := s.Pool().Config().ConnString()
	for range 2 {
		spawn(t, url, modelEnv+"="+server.URL)
	}
	awaitSolved(t, s, map[string]int{"met ": 10, "undetermined model_unavailable": 20})
	if n := server.Count(); n > 18 { // those that were on their way in two processes of four workers
		t.Errorf("%d requests: one process does not heed what the other was told", n)
	}
}

func TestTwoProcessesShareARate(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 12)
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	for range 2 {
		startJudging(t, s, server.URL, LedgerOptions{RequestsPerMinute: 4}, plan.Judge{Share: 1})
	}
	await(t, "the rate is used up", func() bool {
		return number(t, s, `SELECT count(*) FROM river_job WHERE kind = 'judge' AND state = 'scheduled' AND scheduled_at > now() + interval '5 seconds'`) >= 6
	})
	if n := server.Count(); n > 4 {
		t.Errorf("%d requests within the first minute, of 4", n)
	}
	if got := solved(t, s); got["undetermined pending"] < 8 {
		t.Errorf("%v: who waits for his turn is pending", got)
	}
}

func TestAKilledWorkersAnswerIsNotPaidTwice(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 3)
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	url := s.Pool().Config().ConnString()
	first := spawn(t, url, modelEnv+"="+server.URL, hangEnv+"=1")
	await(t, "the answers are there", func() bool { return number(t, s, `SELECT count(*) FROM model_kept`) == 3 })
	if err := first.Process.Kill(); err != nil { // kill -9
		t.Fatal(err)
	}
	if got := solved(t, s); got["undetermined pending"] != 3 {
		t.Fatalf("%v: verdicts were saved before the kill, nothing is tested", got)
	}
	spawn(t, url, modelEnv+"="+server.URL)
	awaitSolved(t, s, map[string]int{"met ": 3})
	if n := server.Count(); n != 3 {
		t.Errorf("%d requests for 3 sessions", n)
	}
	if n := number(t, s, `SELECT count(*) FROM verdicts WHERE judged`); n != 3 {
		t.Errorf("%d judged verdicts, want 3", n)
	}
}

func TestWhichSessionsAreJudged(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy plan.Judge
		model  bool
		text   string
		want   string
	}{
		"all":                           {plan.Judge{Share: 1}, true, "hello", "met "},
		"none":                          {plan.Judge{Sessions: plan.NoSessions, Share: 1}, true, "hello", "undetermined not_selected"},
		"flagged, and it is":            {plan.Judge{Sessions: plan.FlaggedSessions, Share: 1}, true, "bye", "met "},
		"flagged, and it is not":        {plan.Judge{Sessions: plan.FlaggedSessions, Share: 1}, true, "hello", "undetermined not_selected"},
		"flagged, it is, but no share":  {plan.Judge{Sessions: plan.FlaggedSessions}, true, "bye", "undetermined not_selected"},
		"all, but there is no model":    {plan.Judge{Share: 1}, false, "hello", "undetermined no_model"},
		"none, and there is no model":   {plan.Judge{Sessions: plan.NoSessions}, false, "hello", "undetermined no_model"},
		"a share of none, with a model": {plan.Judge{}, true, "hello", "undetermined not_selected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := judgedStore(t, 0)
			importJudged(t, s, 2, tt.text)
			server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
			j, err := judgingBy(s, server.URL, LedgerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if j.Policy = tt.policy; !tt.model {
				j.Judge = nil
			}
			start(t, Options{Store: s, Judging: j})
			awaitSolved(t, s, map[string]int{tt.want: 2})
			if n := number(t, s, `SELECT count(*) FROM river_job WHERE kind = 'judge'`); (n > 0) != (tt.want == "met ") {
				t.Errorf("%d jobs", n)
			}
		})
	}
}

// TestAProcessWithoutAModelLeavesJudgingToOthers inspects all sessions in a process
// that has no model, beside one that has: first while that lives, then soon after it
// stopped, then long after.
func TestAProcessWithoutAModelLeavesJudgingToOthers(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 0)
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	j, err := judgingBy(s, server.URL, LedgerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	j.Policy = plan.Judge{Sessions: plan.FlaggedSessions, Share: 1}
	declared, err := j.declared()
	if err != nil {
		t.Fatal(err)
	}
	other := store.Worker{ID: "other", Host: "h", PID: 1, Judging: declared}
	if err := s.Beat(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	list, err := Together(t.Context(), s, time.Minute)
	if err != nil || len(list) != 1 || list[0].Judge != "m@host 1" || list[0].Policy != j.Policy {
		t.Errorf("%+v, %v: it does not say how it judges", list, err)
	}
	r := start(t, Options{Store: s})
	importJudged(t, s, 2, "bye")
	awaitSolved(t, s, map[string]int{"undetermined pending": 2})
	importJudged(t, s, 4, "hello") // two change, two are new: the policy is the other's
	awaitSolved(t, s, map[string]int{"undetermined not_selected": 4})

	if err := s.Leave(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	importJudged(t, s, 5, "hello")
	awaitSolved(t, s, map[string]int{"undetermined not_selected": 5})
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pool().Exec(t.Context(), `UPDATE workers SET seen_at = now() - interval '11 minutes'`); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Store: s})
	importJudged(t, s, 6, "hello")
	awaitSolved(t, s, map[string]int{"undetermined not_selected": 5, "undetermined no_model": 1})
}

// TestJudgingThatKillsItsWorkersIsGivenUp has a job that has lost all its workers.
func TestJudgingThatKillsItsWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 1)
	first := start(t, Options{Store: s, Judging: Judging{Policy: plan.Judge{Share: 1}, elsewhere: true}})
	awaitSolved(t, s, map[string]int{"undetermined pending": 1})
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	const lose = `
		UPDATE river_job
		SET state = 'running', attempt = max_attempts, attempted_at = now() - interval '1 hour', attempted_by = '{dead}'
		WHERE kind = 'judge'`
	if _, err := s.Pool().Exec(t.Context(), lose); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Rescue(t.Context(), "me", kinds, nil, lostAfter); n != 1 || err != nil {
		t.Fatalf("%d jobs taken back, %v, want 1", n, err)
	}
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	startJudging(t, s, server.URL, LedgerOptions{}, plan.Judge{Share: 1})
	awaitSolved(t, s, map[string]int{"undetermined model_unavailable": 1})
	if n := number(t, s, `SELECT count(*) FROM verdicts WHERE judged AND current`); n != 1 || server.Count() > 0 {
		t.Errorf("%d verdicts are done with, want 1; %d requests, want none", n, server.Count())
	}
}

func TestAPlansLimitsHold(t *testing.T) {
	t.Parallel()
	s := judgedStore(t, 0)
	publishPlan(t, s, `
plan: p
name: P
judge: {sessions: none}
rules:
- {name: red, when: {teams: [red]}, scorecard: judged, judge: {tokens_per_day: 400, over_budget: give_up}}
- {name: grey, when: {teams: [grey]}, scorecard: judged, judge: {tokens_per_session: 90}}
- {name: blue, when: {teams: [blue]}, scorecard: judged, judge: {}}
default: {scorecard: judged}
`)
	client, err := NewInserter(s)
	if err != nil {
		t.Fatal(err)
	}
	teams(t, &Importer{Store: s, Client: client}, 6, "red", "grey", "blue", "white")
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	startJudging(t, s, server.URL, LedgerOptions{}, plan.Judge{Share: 1})
	const query = `
		SELECT string_agg(team || ' ' || what || ' ' || n, ', ' ORDER BY team, what)
		FROM (
			SELECT f.team, f.outcome || f.reason AS what, count(*) AS n
			FROM findings f
			JOIN verdicts v ON v.id = f.verdict_id AND v.current
			WHERE f.criterion = 'solved'
			GROUP BY 1, 2
		) x`
	// A call reserves 100 tokens and takes 80.
	const want = "blue met 6, grey undeterminedbudget 6, red met 4, red undeterminedbudget 2, white undeterminednot_selected 6"
	await(t, want, func() bool {
		var got *string
		if err := s.Pool().QueryRow(t.Context(), query).Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got != nil && *got == want
	})
	if server.Count() != 10 {
		t.Errorf("%d requests, want 10", server.Count())
	}
}
