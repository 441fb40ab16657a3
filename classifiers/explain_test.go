package classifiers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers"
	"assay/pipeline"
)

// explain explains a talk by a scorecard.
func explain(t *testing.T, src string, in *pipeline.Input) []classifiers.Explanation {
	t.Helper()
	set, err := classifiers.New(load(t, src).Scorecard)
	if err != nil {
		t.Fatal(err)
	}
	return set.Explain(t.Context(), in)
}

func TestExplainSaysWhereAConditionLooks(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]string{
		"keywords: {any: [a]}":                                                                                 "all turns",
		"speaker: agent, first: 3, keywords: {any: [a]}":                                                       "the agent's turns, the first 3 turns",
		"speaker: bot, last: 1, keywords: {any: [a]}":                                                          "the bot's turns, the last 1 turn",
		"first: 90s, keywords: {any: [a]}":                                                                     "all turns, the first 90 s",
		"first: 20%, keywords: {any: [a]}":                                                                     "all turns, the first 20 % of them",
		"last: 20% time, keywords: {any: [a]}":                                                                 "all turns, the last 20 % of the time",
		"leg: last, range: {from: 2}, keywords: {any: [a]}":                                                    "all turns, the last agent's part, numbers 2 to -1",
		"leg: 2, turns: all, keywords: {any: [a]}":                                                             "all turns, the part of agent 2, every one of them",
		"after: x, keywords: {any: [a]}":                                                                       "all turns, after any hit of x",
		"before: {condition: x, hit: 2, within: 3m}, keywords: {any: [a]}":                                     "all turns, before hit 2 of x within 3 min",
		"around: {condition: x, hit: every, within: 1}, keywords: {any: [a]}":                                  "all turns, around every hit of x within 1 turn",
		"after: {condition: x, hit: first}, before: {condition: x, hit: last}, response_gap: {more_than: 60s}": "the agent's turns, before the last hit of x, after the first hit of x",
		"at: x, range: {from: 1, to: 3, of: session}, keywords: {any: [a]}":                                    "all turns, numbers 1 to 3 of all turns, at any hit of x",
		"time: {from: 10s}, after: {condition: x, from: 2, within: 3}, keywords: {any: [a]}":                   "all turns, from 10 s to the end, after any hit of x from turn 2 on within 3 turns",
		"interruption: {of: customer}":                                                                         "the customer's turns",
		"duration: {max: 1m}":                                                                                  "the session as a whole",
	} {
		src := one("met_when: k", "x: {keywords: {any: [b]}}, k: {"+where+"}")
		got := explain(t, src, pipeline.NewInput(session(t, "agent 0s: a")))[0].Conditions[0]
		if diff := cmp.Diff(want, got.Where); diff != "" {
			t.Errorf("%s (-want +got)\n%s", where, diff)
		}
	}
}

func TestExplainNamesWhatAConditionNeeds(t *testing.T) {
	t.Parallel()
	const conditions = "a: {keywords: {any: [a]}}, b: {after: a, keywords: {any: [b]}}, c: {before: b, sequence: {steps: [a, b, a]}}, d: {same_turn: {when: c && !a}}"
	x := explain(t, one("applies_when: a, met_when: d || a", conditions), pipeline.NewInput(session(t, "agent: a b")))[0]
	var got []string
	for _, c := range x.Conditions {
		got = append(got, fmt.Sprintf("%s needs %s", c.Name, strings.Join(c.Needs, " ")))
	}
	if diff := cmp.Diff([]string{"a needs ", "d needs c a", "c needs b a", "b needs a"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestExplainSaysWhyACriterionIsNotAsked(t *testing.T) {
	t.Parallel()
	const src = `scorecard: s
name: S
conditions: {a: {keywords: {any: [a]}}}
sections:
- id: s
  name: S
  criteria:
  - {id: first, name: First, met_when: a, effective: {from: 2026-01-01}, business: [loan, card]}
  - {id: second, name: Second, met_when: a, requires: {criterion: first, outcome: not_met}}
`
	for _, tt := range []struct {
		name, business string
		began          time.Time
		want           []string
	}{
		{"all is there", "card", time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC), []string{
			"met ", "effective 2026-01-01 to …: 2026-01-01 hit", "business loan, card: card hit",
			"not_applicable prerequisite", "requires first not_met: met not_hit"}},
		{"before the first day", "card", time.Date(2025, 12, 31, 9, 0, 0, 0, time.UTC), []string{
			"not_applicable not_effective", "effective 2026-01-01 to …: 2025-12-31 not_hit", "business loan, card: card hit",
			"not_applicable prerequisite", "requires first not_met: not_applicable not_hit"}},
		{"nothing is known", "", time.Time{}, []string{
			"undetermined no_metadata", "business loan, card:  not_evaluable",
			"undetermined prerequisite", "requires first not_met: undetermined not_evaluable"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := pipeline.NewInput(session(t, "agent: a"))
			in.Session.BusinessType, in.Session.StartedAt = tt.business, tt.began
			var got []string
			for _, x := range explain(t, src, in) {
				got = append(got, fmt.Sprintf("%s %s", x.Answer.Outcome, x.Answer.Reason))
				for _, o := range x.Occasions {
					got = append(got, fmt.Sprintf("%s %s: %s %s", o.Key, o.Asks, o.Is, o.State))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestExplainAnswersAsClassifyDoes(t *testing.T) {
	t.Parallel()
	const conditions = "a: {keywords: {any: [a]}}, b: {silence: {more_than: 1s}}, c: {criterion: {id: c2}}"
	src := "scorecard: s\nname: S\nconditions: {" + conditions + "}\nsections: [{id: s, name: S, criteria: [{id: c1, name: C, met_when: a && !b}, {id: c2, name: C, not_met_when: b}, {id: c3, name: C, met_when: c}, {id: c4, name: C, manual: true}]}]\n"
	in := pipeline.NewInput(session(t, "agent 0s-1s: a\ncustomer 5s: b"))
	answers := load(t, src).Classifier.Classify(t.Context(), in)
	for i, x := range explain(t, src, in) {
		if diff := cmp.Diff(answers[i], x.Answer); diff != "" {
			t.Errorf("%s (-classify +explain)\n%s", x.Criterion.ID, diff)
		}
	}
}
