package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline/store/storetest"
)

// sayNo answers every question of a request with "no", and quotes nothing.
func sayNo(r llmtest.Request) llmtest.Answer {
	var schema struct {
		Properties struct {
			Answers struct {
				Items struct {
					Properties struct{ Criterion struct{ Enum []string } }
				}
			}
		}
	}
	if err := json.Unmarshal(r.Schema, &schema); err != nil {
		return llmtest.Answer{Status: 500}
	}
	type answer struct {
		Criterion string   `json:"criterion"`
		Applies   bool     `json:"applies"`
		Reason    string   `json:"reason"`
		Answer    string   `json:"answer"`
		Quotes    []string `json:"quotes"`
	}
	out := map[string][]answer{}
	for _, id := range schema.Properties.Answers.Items.Properties.Criterion.Enum {
		out["answers"] = append(out["answers"], answer{id, true, "nothing of the kind was said", "no", []string{}})
	}
	text, err := json.Marshal(out)
	if err != nil {
		return llmtest.Answer{Status: 500}
	}
	return llmtest.Answer{Text: string(text)}
}

// work runs "assay work" with further flags until the condition holds.
func work(t *testing.T, pool *pgxpool.Pool, holds func() bool, flags ...string) {
	t.Helper()
	cmd := command(t, append([]string{"work", "--database-url", pool.Config().ConnString()}, flags...)...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed is what it is meant to be
	}()
	limit := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-limit:
			t.Fatalf("assay work did not come to it:\n%s", said.String())
		case <-tick.C:
		}
	}
}

// TestStoredSessionsAreJudgedFromTheCommandLine inspects sessions without a
// model, reckons what judging them would cost, and judges them.
func TestStoredSessionsAreJudgedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	db := "--database-url=" + pool.Config().ConnString()
	server := llmtest.New(t, sayNo)
	model := []string{"--model-url=" + server.URL, "--llm-model=m", "--price-in=1", "--price-out=4", "--price-currency=CNY"}
	say := func(status int, want string, args ...string) string {
		t.Helper()
		got := assay(t, append(args, db)...)
		if got.status != status || !strings.Contains(got.stdout+got.stderr, want) {
			t.Fatalf("%v: exit status %d, want %d and %q:\n%s%s", args, got.status, status, want, got.stdout, got.stderr)
		}
		return got.stdout
	}
	number := func(query string) int {
		t.Helper()
		var n int
		if err := pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	with := func(args ...string) []string { return append(args, model...) }

	say(0, "published", "scorecard", "publish", write(t, "try.yaml", strings.Replace(tryCard, "for: {channels: [chat]}\n", "", 1)))
	say(0, "new", "import", demoSessions)
	work(t, pool, func() bool { return number(`SELECT count(*) FROM verdicts WHERE current`) >= 97 })
	say(0, "no model was asked yet", "judge", "status")
	say(2, "--llm-model", "judge", "estimate")
	say(2, "prices are not known", "judge", "run", "--budget", "5", "--model-url="+server.URL, "--llm-model=m")
	say(0, "cost:   about ", with("judge", "estimate")...)
	say(0, "do not fit the limit of a day (day)", with("judge", "estimate", "--judge-day-tokens=9000")...)
	say(2, "one session alone may take", with("judge", "run", "--yes", "--budget-tokens=10")...)
	var e estimateLine
	if err := json.Unmarshal([]byte(say(0, "", with("judge", "estimate", "--json")...)), &e); err != nil {
		t.Fatal(err)
	}
	if server.Count() > 0 {
		t.Fatalf("an estimate has asked the model %d times", server.Count())
	}
	if e.Sessions < 97 || e.Sampled != e.Sessions || e.Calls < e.Sessions || e.CostLow == nil || *e.CostLow <= 0 || *e.CostHigh <= *e.CostLow {
		t.Errorf("estimate %+v", e)
	}
	say(2, "nobody answers", with("judge", "run")...)
	run := say(0, "sessions are enqueued", with("judge", "run", "--yes")...)
	run = run[strings.Index(run, "run 2"):]
	say(0, fmt.Sprintf("%d sessions wait already to be judged, and are not enqueued again", e.Sessions), with("judge", "run", "--yes")...)
	if n := number(`SELECT count(*) FROM river_job WHERE kind = 'judge'`); n != e.Sessions {
		t.Errorf("%d jobs for %d sessions", n, e.Sessions)
	}
	for range 2 { // a second job of each, as older versions made
		if _, err := pool.Exec(t.Context(), `INSERT INTO river_job (args, kind, max_attempts, queue, state, scheduled_at)
			SELECT args, kind, max_attempts, queue, 'scheduled', now() + interval '1 day' FROM river_job WHERE kind = 'judge' AND state = 'available'`); err != nil {
			t.Fatal(err)
		}
	}
	say(0, fmt.Sprintf("%d sessions wait, 0 are asked about, 0 sleep", e.Sessions), "judge", "status")
	say(0, fmt.Sprintf("; %d sessions go on", e.Sessions), "judge", "resume")
	if _, err := pool.Exec(t.Context(), `DELETE FROM river_job WHERE id NOT IN (SELECT min(id) FROM river_job WHERE kind = 'judge' GROUP BY args ->> 'verdict') AND kind = 'judge'`); err != nil {
		t.Fatal(err)
	}
	judged := func() bool {
		return number(`SELECT count(*) FROM verdicts WHERE current AND judged`) >= e.Sessions && number(`SELECT count(*) FROM model_calls WHERE status = 'open'`) == 0
	}
	work(t, pool, judged, model...)
	if n := number(`SELECT count(*) FROM model_calls WHERE purpose = 'judge' AND status = 'ok'`); n < e.First || n > e.CallsHigh { // answers without quotes are confirmed by nothing
		t.Errorf("%d calls, reckoned %d, from %d to %d", n, e.Calls, e.CallsLow, e.CallsHigh)
	}
	in, out := number(`SELECT sum(input_tokens) FROM model_calls`), number(`SELECT sum(output_tokens) FROM model_calls`)
	if int64(in) < e.Low.Input || int64(in) > e.High.Input || int64(out) < e.Low.Output/3 || int64(out) > e.High.Output {
		t.Errorf("%d tokens sent and %d answered, reckoned %+v to %+v", in, out, e.Low, e.High)
	}
	say(0, fmt.Sprintf(": %d sessions done, 0 wait, 0 given up; took %d tokens", e.Sessions, in+out), "judge", "status", "--run", strings.Fields(run)[1][:len("20060102-150405-ABCDEF")])
	say(2, "none of the last day", "judge", "status", "--run", "x")
	if n := number(`SELECT count(*) FROM model_call_criteria WHERE taken = ''`); n > 0 {
		t.Errorf("of %d questions the ledger does not say how the answer was taken", n)
	}
	if n := number(`SELECT count(*) FROM model_calls WHERE NOT redacted OR template = '' OR input_hash = '' OR cost IS NULL OR session_id IS NULL OR currency <> 'CNY'`); n > 0 {
		t.Errorf("%d rows of the ledger are not complete", n)
	}
	say(0, "criterion try solved", "judge", "status")
	say(0, `"by":"scorecard","cached":0`, "judge", "status", "--json")
	say(0, "0 sessions to judge", with("judge", "run")...)

	before := server.Count() // again: what was answered is known
	say(0, "enqueued", with("judge", "run", "--again", "--yes", "--since", "9000d", "--scorecard", "try")...)
	work(t, pool, func() bool {
		return number(`SELECT count(*) FROM river_job WHERE kind = 'judge' AND state <> 'completed'`) == 0
	}, model...)
	if n := server.Count(); n != before {
		t.Errorf("%d requests for what is known", n-before)
	}
	say(0, "endpoints are asked again; 0 sessions", "judge", "resume")
}

func TestLimitsThatCannotBeKeptAreRefused(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	db := "--database-url=" + pool.Config().ConnString()
	plan := write(t, "p.yaml", "plan: p\nname: P\ndefault: {scorecard: try, judge: {money_per_day: 3}}\n")
	for _, step := range []struct {
		status int
		says   string
		args   []string
	}{
		{2, "needs the model's prices", []string{"work", "--model-key=k", "--llm-model=m", "--judge-day-money=5"}},
		{2, `--judge: "some" is no choice`, []string{"work", "--model-key=k", "--llm-model=m", "--judge=some"}},
		{2, "--model-extra", []string{"work", "--model-key=k", "--llm-model=m", "--model-extra=5"}},
		{0, "published", []string{"scorecard", "publish", write(t, "try.yaml", tryCard)}},
		{2, `plan "p" limits what judging may cost`, []string{"plan", "publish", plan, "--by=li", "--why=x", "--llm-model=m"}},
		{0, "in force", []string{"plan", "publish", plan, "--by=li", "--why=x", "--llm-model=m", "--price-free"}},
		{0, "in force", []string{"plan", "publish", plan, "--by=li", "--why=y", "--llm-model=m", "--price-in=1"}},
	} {
		got := assay(t, append(step.args, db)...)
		if got.status != step.status || !strings.Contains(got.stdout+got.stderr, step.says) {
			t.Errorf("%v: exit status %d, want %d and %q:\n%s%s", step.args, got.status, step.status, step.says, got.stdout, got.stderr)
		}
	}
}

func TestAPlanInMoneyWithoutPricesStopsNothingElse(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	db := "--database-url=" + pool.Config().ConnString()
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{}))
	for _, args := range [][]string{
		{"scorecard", "publish", write(t, "try.yaml", tryCard)},
		{"plan", "publish", write(t, "p.yaml", "plan: p\nname: P\ndefault: {scorecard: try, judge: {money_per_day: 3}}\n"), "--by=li", "--why=x"},
		{"import", write(t, "s.jsonl", `{"id":"a","channel":"chat","turns":[{"speaker":"agent","text":"hello"}]}`+"\n")},
	} {
		if got := assay(t, append(args, db)...); got.status != 0 {
			t.Fatalf("%v: %s%s", args, got.stdout, got.stderr)
		}
	}
	work(t, pool, func() bool {
		var n int
		const asleep = `SELECT count(*) FROM river_job j, findings f WHERE j.kind = 'judge' AND j.state = 'scheduled' AND f.reason = 'budget'`
		if err := pool.QueryRow(t.Context(), asleep).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return false
		}
		return strings.Contains(assay(t, "doctor", db).stdout, "judging is off where the plan limits money (budget)")
	}, "--model-url="+server.URL, "--llm-model=m")
	if n := server.Count(); n != 0 {
		t.Errorf("%d requests under a limit that cannot be kept", n)
	}
}

// TestAnEstimateReckonsWhatIsAskedAgain has one critical question, which is asked
// three times whatever the answer is.
func TestAnEstimateReckonsWhatIsAskedAgain(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	db := "--database-url=" + pool.Config().ConnString()
	card := strings.Replace(tryCard, "name: Solved, judge:", "name: Solved, critical: sheet, judge:", 1)
	for _, args := range [][]string{
		{"scorecard", "publish", write(t, "try.yaml", card)},
		{"import", write(t, "s.jsonl", `{"id":"a","channel":"chat","turns":[{"speaker":"customer","text":"it broke"},{"speaker":"agent","text":"hello, mended"}]}`+"\n")},
	} {
		if got := assay(t, append(args, db)...); got.status != 0 {
			t.Fatalf("%v: %s%s", args, got.stdout, got.stderr)
		}
	}
	work(t, pool, func() bool {
		var n int
		return pool.QueryRow(t.Context(), `SELECT count(*) FROM verdicts`).Scan(&n) == nil && n == 1
	})
	got := assay(t, "judge", "estimate", "--json", "--model-key=k", "--llm-model=m", db)
	var e estimateLine
	if err := json.Unmarshal([]byte(got.stdout), &e); err != nil {
		t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
	}
	if e.Calls != 3 || e.CallsLow != 3 || e.CallsHigh != 3 || e.First != 1 {
		t.Errorf("%d calls from %d to %d, %d at first; want 3 and 1", e.Calls, e.CallsLow, e.CallsHigh, e.First)
	}
	if e.Low.Input >= e.Expected.Input || e.Expected.Input >= e.High.Input || e.High.Input > 2*e.Low.Input {
		t.Errorf("tokens %+v, from %+v to %+v", e.Expected, e.Low, e.High)
	}
}
