package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
	"assay/pipeline/review"
)

const evalCard = `scorecard: asks
name: Asks a model
pass: 50
sections:
  - id: a
    name: A
    criteria:
      - {id: reason, name: Says why, weight: 1, judge: Did the agent give a reason?}
      - {id: polite, name: Says please, weight: 1, conditions: {please: {keywords: {any: [please]}}}, met_when: please}
`

// evalSessions are 40 sessions with labels: even ones have a reason.
func evalSessions(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, `{"id":"s%02d","channel":"chat","turns":[{"speaker":"customer","text":"session %02d, why?"},{"speaker":"agent","text":"because of the weather, please wait"}],"labels":{"checks":{"reason":%t,"polite":true}}}`+"\n", i, i, i%2 == 0)
	}
	return write(t, "labelled.jsonl", b.String())
}

// shaky is a model with known faults: sessions 0–3 it cannot tell, 4 and 5 it
// answers without sense, 6–11 it answers otherwise every second time, 12–15 it
// gets wrong, and 16 it answers without sense until it is told so.
func shaky() llmtest.Script {
	var mu sync.Mutex
	asked := map[int]int{}
	return func(r llmtest.Request) llmtest.Answer {
		i := 0
		for n := range 40 {
			if strings.Contains(r.User(), fmt.Sprintf("session %02d", n)) {
				i = n
			}
		}
		repair := len(r.Messages) > 2
		mu.Lock()
		if !repair && string(r.Fields["seed"]) == "1" {
			asked[i]++
		}
		run := asked[i]
		mu.Unlock()
		answer := map[bool]string{true: "yes", false: "no"}
		yes := i%2 == 0
		switch {
		case i < 4:
			answer = map[bool]string{true: "unsure", false: "unsure"}
		case i < 6, i == 16 && !repair:
			return llmtest.Answer{Text: "It was fine, I think.", Usage: &llmtest.Usage{Input: 100, Output: 10}}
		case i < 12 && run%2 == 0, i >= 12 && i < 16:
			yes = !yes
		}
		return llmtest.Answer{Usage: &llmtest.Usage{Input: 100, Output: 10}, Model: "shaky-1", Text: `{"answers":[` +
			`{"criterion":"code_word","applies":true,"reason":"never said","answer":"no","quotes":[]},` +
			`{"criterion":"reason","applies":true,"reason":"looked for one","answer":"` + answer[yes] + `","quotes":[{"turn":1,"text":"because of the weather"}]}]}`}
	}
}

// evaluated is what the JSON of a run says.
type evaluated struct {
	Criteria []criterionEval `json:"criteria"`
	Judge    *evalTotals     `json:"judge"`
}

func evaluate(t *testing.T, args ...string) (evaluated, result) {
	t.Helper()
	card := write(t, "asks.yaml", evalCard)
	got := assay(t, append([]string{"eval", "criteria", "--json", "-s", card, evalSessions(t)}, args...)...)
	var out evaluated
	if got.stdout != "" {
		if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
			t.Fatalf("%v\n%s%s", err, got.stdout, got.stderr)
		}
	}
	return out, got
}

// judgedRow is the criterion that the model answers.
func (e evaluated) judgedRow(t *testing.T) criterionEval {
	t.Helper()
	for _, r := range e.Criteria {
		if r.ID == "reason" && r.Judge != nil {
			return r
		}
	}
	t.Fatalf("no figures of a judged criterion: %+v", e)
	return criterionEval{}
}

func TestFiguresOfAJudgeAreItsFaults(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, shaky())
	out, got := evaluate(t, "--model-url", server.URL, "--llm-model", "m", "--repeat", "2", "--yes", "--price-in", "1", "--price-out", "2", "--price-currency", "CNY")
	if got.status != 0 {
		t.Fatalf("exit status %d: %s", got.status, got.stderr)
	}
	r := out.judgedRow(t)
	if diff := cmp.Diff(review.Table{TP: 15, FP: 2, FN: 2, TN: 15}, r.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	const calls = 2 * (40 + 4*2 + 3) // first answers, votes where it cannot tell, repairs
	want := &judgedEval{
		Agreement: review.Wilson(30, 34), AC1: r.Counts.AC1(), Asked: 40, Abstained: review.Wilson(6, 40),
		Reasons: map[pipeline.Reason]int{"unsure": 4, "parse": 2}, Unreadable: review.Wilson(2, 40), NotAsked: map[pipeline.Reason]int{},
		Repaired: review.Wilson(2*3, 2*(40+4*2)), Flips: review.Wilson(6, 40), Compared: 40,
		Tokens: 110 * calls, Cost: new(120e-6 * calls),
	}
	near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
	if diff := cmp.Diff(want, r.Judge, near); diff != "" {
		t.Errorf("the model's figures (-want +got):\n%s", diff)
	}
	total := *out.Judge
	if total.Calls != calls || total.Input != 100*calls || total.Output != 10*calls || total.Answered != "shaky-1" || !total.Counted || server.Count() != calls {
		t.Errorf("in all %+v, %d requests, want %d", total, server.Count(), calls)
	}
	if !strings.Contains(got.stderr, "40 sessions, 2 runs: 80 to ") || !strings.Contains(got.stderr, "CNY") {
		t.Errorf("no estimate before it was asked:\n%s", got.stderr)
	}
}

func TestFiguresOfAJudgeAsText(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, shaky())
	card := write(t, "asks.yaml", evalCard)
	args := []string{"eval", "criteria", "-s", card, evalSessions(t), "--model-url", server.URL, "--llm-model", "m", "--repeat", "2", "--yes"}
	got := assay(t, args...)
	for _, want := range []string{"criterion  n ", "polite     40  40", "judged criterion", "reason            34  17         0.882 [", "shaky-1: 40 sessions, 2 runs", "parse 2, unsure 4", "0.150 [0.071, 0.291]", "cost unknown"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("does not say %q:\n%s%s", want, got.stdout, got.stderr)
		}
	}
	if strings.Contains(got.stdout, "too few") {
		t.Errorf("34 answers are called too few:\n%s", got.stdout)
	}
	few := assay(t, append(args, "--limit", "19")...)
	if !strings.Contains(few.stdout, "fewer than 20 answers, too few to tell:\nreason") {
		t.Errorf("13 answers are ranked:\n%s%s", few.stdout, few.stderr)
	}
}

func TestLabelsAreWordsOrTruthValues(t *testing.T) {
	t.Parallel()
	card := write(t, "asks.yaml", evalCard)
	var b strings.Builder
	for i, polite := range []string{`true`, `"met"`, `false`, `"not_met"`, `null`, `"not_applicable"`, `"yes"`, `{"a":[1]}`} {
		fmt.Fprintf(&b, `{"id":"s%d","channel":"chat","turns":[{"speaker":"agent","text":"please wait"}],"labels":{"checks":{"polite":%s}}}`+"\n", i, polite)
	}
	path := write(t, "labelled.jsonl", b.String())
	got := assay(t, "eval", "criteria", "--json", "-s", card, path)
	var out evaluated
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		t.Fatalf("%v\n%s%s", err, got.stdout, got.stderr)
	}
	var counts review.Table
	for _, r := range out.Criteria {
		if r.ID == "polite" {
			counts = r.Counts
		}
	}
	if diff := cmp.Diff(review.Table{TP: 2, FP: 2}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	want := `criterion "polite": 2 labels cannot be used, first at ` + path + `:7: session "s6": "yes"; allowed: true or met, false or not_met, null or not_applicable` + "\n"
	if got.status != exitProblems || got.stderr != want {
		t.Errorf("status %d, %s, want\n%s", got.status, got.stderr, want)
	}
	if got := assay(t, "eval", "criteria", "--help"); !strings.Contains(strings.Join(strings.Fields(got.stdout), " "), `"labels": {"checks": {"ID OF CRITERION": true}}`) {
		t.Errorf("the help does not say what labels look like:\n%s", got.stdout)
	}
}

func TestNothingIsAskedWithoutLeave(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, shaky())
	model := []string{"--model-url", server.URL, "--llm-model", "m"}
	if _, got := evaluate(t, model...); got.status != exitUsage || !strings.Contains(got.stderr, "--yes") || server.Count() > 0 {
		t.Errorf("exit status %d, %d requests: %s", got.status, server.Count(), got.stderr)
	}
	out, got := evaluate(t, append(model, "--no-judge")...)
	r := out.judgedRow(t)
	if got.status != 0 || server.Count() > 0 || out.Judge != nil || r.N != 0 || r.Judge.NotAsked["no_model"] != 40 || r.Judge.Agreement.Value != nil {
		t.Errorf("exit status %d, %d requests: %+v", got.status, server.Count(), r)
	}
	if _, got := evaluate(t, append(model, "--yes", "--judge-day-money", "1")...); got.status != exitUsage || !strings.Contains(got.stderr, "--price-in") {
		t.Errorf("a limit of money without prices: exit status %d: %s", got.status, got.stderr)
	}
}

func TestWhatABudgetForbidsIsNoAbstention(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, shaky())
	out, got := evaluate(t, "--model-url", server.URL, "--llm-model", "m", "--yes", "--judge-day-tokens", "10000")
	r := out.judgedRow(t)
	if got.status != 0 || r.Judge.NotAsked["budget"] == 0 || r.Judge.Asked+r.Judge.NotAsked["budget"] != 40 || r.Judge.Reasons["budget"] > 0 {
		t.Errorf("exit status %d: %+v\n%s", got.status, r.Judge, got.stderr)
	}
}

func TestAModelThatFailsEndsTheEvaluation(t *testing.T) {
	t.Parallel()
	work := shaky()
	server := llmtest.New(t, func(r llmtest.Request) llmtest.Answer {
		if r.Number > 30 {
			return llmtest.Answer{Status: 401, Error: &llmtest.Error{Message: "wrong key"}}
		}
		return work(r)
	})
	out, got := evaluate(t, "--model-url", server.URL, "--llm-model", "m", "--yes")
	r := out.judgedRow(t)
	if got.status != exitProblems || !strings.Contains(got.stderr, "stopped before the end") || r.N == 0 || r.N >= 30 || out.Judge.Stopped == "" {
		t.Errorf("exit status %d, %d answers: %s", got.status, r.N, got.stderr)
	}
}

func TestABusyModelIsWaitedFor(t *testing.T) {
	t.Parallel()
	work := shaky()
	server := llmtest.New(t, func(r llmtest.Request) llmtest.Answer {
		if r.Number == 10 {
			return llmtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "1"}, Error: &llmtest.Error{Message: "slow down"}}
		}
		return work(r)
	})
	out, got := evaluate(t, "--model-url", server.URL, "--llm-model", "m", "--yes")
	if r := out.judgedRow(t); got.status != 0 || r.N != 34 || r.Judge.Asked != 40 {
		t.Errorf("exit status %d, %d answers: %s", got.status, r.N, got.stderr)
	}
}
