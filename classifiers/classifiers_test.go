package classifiers_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers"
	"assay/pipeline"
)

func load(t *testing.T, src string) pipeline.Card {
	t.Helper()
	card, err := classifiers.Load("card.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// TestClassifyConcurrently runs every case many times at once on one
// classifier: all answers are those of the case.
func TestClassifyConcurrently(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for file, c := range cases(t) {
		for range 20 {
			wg.Go(func() {
				if diff := cmp.Diff(c.Want, c.Answers(t.Context(), silent{})); diff != "" {
					t.Errorf("%s (-want +got)\n%s", file, diff)
				}
			})
		}
	}
	wg.Wait()
}

const examples = `scorecard: s
name: S
sections:
- id: s
  name: S
  criteria:
  - {id: people, name: People, manual: true, examples: [{outcome: met, turns: ["agent: x"]}]}
  - id: greets
    name: Greets
    conditions: {greets: {speaker: agent, keywords: {any: [您好, hello]}}}
    met_when: greets
    examples:
    - {outcome: met, turns: ["agent: Hello!"]}
    - {outcome: not_met, turns: ["agent: 您好", "customer: hi"]}
    - outcome: met
      turns: ["customer: hello"]
  - id: slow
    name: Slow
    conditions: {slow: {response_gap: {more_than: 5s}}}
    not_met_when: slow
    examples:
    - {outcome: met, turns: ["customer: hello", "agent: hi"]}
    - {outcome: not_met, turns: ["customer 1s: hello", "agent 9s: hi"]}
`

// silent hears no tone.
type silent struct{}

func (silent) Classify(context.Context, *pipeline.Input) pipeline.Tone { return pipeline.Tone{} }
func (silent) Version() string                                         { return "silent" }

func TestCheckExamples(t *testing.T) {
	t.Parallel()
	results := classifiers.CheckExamples(t.Context(), load(t, examples), silent{})
	var wrong []string
	for _, r := range results {
		if !r.OK() {
			wrong = append(wrong, r.String())
		}
	}
	want := []string{
		`card.yaml:14: criterion "greets": example is not_met, got met: greets hit in 1 turns`,
		`card.yaml:15: criterion "greets": example is met, got not_met: greets not_hit in 0 turns`,
		`card.yaml:22: criterion "slow": example is met, got undetermined (no_timestamps): slow not_evaluable in 1 turns`,
	}
	if diff := cmp.Diff(want, wrong); diff != "" || len(results) != 5 {
		t.Errorf("%d results (-want +got)\n%s", len(results), diff)
	}
}

// TestExamplesSayWhatConditionsAsk holds that an example can be of any session.
func TestExamplesSayWhatConditionsAsk(t *testing.T) {
	t.Parallel()
	card := load(t, `scorecard: s
name: S
sections:
- id: s
  name: S
  criteria:
  - id: greets
    name: Greets
    conditions: {c: {leg: 2, speaker: agent, first: 1, keywords: {any: [您好]}}}
    met_when: c
    examples:
    - {outcome: met, turns: ["agent@a: hi", "agent@b: 您好"]}
    - {outcome: not_met, turns: ["agent@a: hi", "agent@b: 请讲", "agent@b: 您好"]}
    - {outcome: not_met, turns: ["agent@a: 您好", "agent@a: 您好"]}
  - id: field
    name: Fields
    business: [loan]
    effective: {from: 2026-03-01}
    conditions:
      urgent: {metadata: {field: urgency, op: ==, value: urgent}}
      vip: {metadata: {field: queue, op: ==, value: vip}}
      team: {metadata: {field: agent.team, op: ==, value: 一组}}
      firm: {metadata: {field: customer.type, op: ==, value: enterprise}}
      glad: {metadata: {field: csat, op: ">=", value: 4}}
    met_when: urgent && vip && team && firm && glad
    examples:
    - {outcome: met, business_type: loan, urgency: urgent, queue: vip, team: 一组, customer_type: enterprise, csat: 4, turns: ["agent: hi"]}
    - {outcome: not_met, business_type: loan, urgency: normal, queue: vip, team: 一组, customer_type: enterprise, csat: 4, turns: ["agent: hi"]}
    - {outcome: undetermined, business_type: loan, urgency: urgent, queue: vip, team: 一组, customer_type: enterprise, turns: ["agent: hi"]}
    - {outcome: not_applicable, business_type: card, turns: ["agent: hi"]}
    - {outcome: not_applicable, business_type: loan, started_at: 2026-02-28T23:59:59+08:00, turns: ["agent: hi"]}
  - id: kind
    name: A model is asked only about loans
    judge: Was the agent kind?
    business: [loan]
    examples:
    - {outcome: met, business_type: loan, turns: ["agent: hi"]}
    - {outcome: not_applicable, business_type: card, turns: ["agent: hi"]}
`)
	results := classifiers.CheckExamples(t.Context(), card, silent{})
	for _, r := range results {
		if !r.OK() {
			t.Error(r)
		}
	}
	if len(results) != 9 {
		t.Errorf("%d results", len(results))
	}
}

func TestEvidenceIsBoundedAndHitsAreNot(t *testing.T) {
	t.Parallel()
	card := load(t, "scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, not_met_when: c, conditions: {c: {keywords: {any: [x]}}}}]}]\n")
	in := pipeline.NewInput(session(t, "agent: "+strings.Repeat("x ", 50)))
	a := card.Classifier.Classify(t.Context(), in)[0]
	if len(a.Evidence) != 20 || a.Hits != 50 {
		t.Errorf("%d places of evidence, %d hits", len(a.Evidence), a.Hits)
	}
}
