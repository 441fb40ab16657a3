package main

import (
	"encoding/json"
	"strings"
	"testing"

	"assay/classifiers/llm/llmtest"
)

// TestExamplesOfJudgedCriteria: the model is asked about each, without being told
// its outcome, and with the checks that sessions have.
func TestExamplesOfJudgedCriteria(t *testing.T) {
	t.Parallel()
	card := write(t, "card.yaml", `scorecard: mine
name: M
sections:
- id: s
  name: S
  criteria:
  - id: thanks
    name: T
    weight: 1
    judge: Did the agent thank the customer?
    examples:
    - {outcome: met, turns: ["agent: Thank you for calling us"]}
    - {outcome: met, turns: ["agent: We are so grateful"]}
    - {outcome: not_met, turns: ["agent: Bye"]}
  - id: asks
    name: A
    weight: 1
    conditions: {said: {keywords: {any: [name]}}}
    met_when: said
    examples:
    - {outcome: met, turns: ["agent: Your name?"]}
`)
	server := llmtest.New(t, func(r llmtest.Request) llmtest.Answer {
		type quote struct {
			Turn int    `json:"turn"`
			Text string `json:"text"`
		}
		var list []map[string]any
		for line := range strings.Lines(r.User()) {
			rest, ok := strings.CutPrefix(line, "Question ")
			id, _, _ := strings.Cut(rest, ":")
			if !ok {
				continue
			}
			a := map[string]any{"criterion": id, "applies": true, "reason": "The words say so.", "answer": "no", "quotes": []quote{}}
			if session, _, _ := strings.Cut(r.User(), "has ended"); id == "thanks" && strings.Contains(session, "Thank") {
				a["answer"], a["quotes"] = "yes", []quote{{0, "Thank you for calling"}}
			}
			list = append(list, a)
		}
		text, err := json.Marshal(map[string]any{"answers": list})
		if err != nil {
			t.Error(err)
		}
		return llmtest.Answer{Text: string(text)}
	})
	got := assay(t, "scorecard", "test", "--judge", "--model-url", server.URL, "--llm-model", "m", card)
	for _, want := range []string{
		"mine: 1 of 1 examples hold\n", "mine: 2 of 3 examples agree with the model m@" + server.Addr(),
		`criterion "thanks": example is met, got not_met: the model says "The words say so."`,
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in\n%s%s", want, got.stdout, got.stderr)
		}
	}
	if got.status != exitProblems || server.Count() != 3 {
		t.Errorf("exit status %d after %d questions", got.status, server.Count())
	}
	for _, r := range server.Requests() {
		if strings.Count(r.User(), "Thank you for calling us") > 1 || strings.Count(r.User(), "Bye") > 1 {
			t.Errorf("an example is shown with its outcome:\n%s", r.User())
		}
	}
	if got := assay(t, "scorecard", "test", "--judge", "--model-key=", card); got.status != exitUsage || !strings.Contains(got.stderr, "--llm-model") {
		t.Errorf("without a model: %d %s", got.status, got.stderr)
	}
	if got := assay(t, "scorecard", "test", card); got.status != 0 || strings.Contains(got.stdout, "agree") {
		t.Errorf("without --judge: %d %s", got.status, got.stdout)
	}
}
