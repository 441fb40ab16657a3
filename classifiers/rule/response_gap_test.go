package rule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/rule"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// TestNearestWaits asks conditions that do not hit how near they came.
func TestNearestWaits(t *testing.T) {
	t.Parallel()
	const card = `
scorecard: s
name: S
sla:
  calendar: {zone: UTC, week: {mon-fri: 09:00-18:00}}
  rows: [{customer_type: individual, first_response: 30m, response: 1h, first_solution: 4h}]
conditions:
  solved: {speaker: agent, keywords: {any: [solved]}}
  never: {speaker: agent, keywords: {any: [unicorn]}}
sections: [{id: s, name: S, criteria: [{id: c, name: C, manual: true}]}]
`
	tests := map[string]struct {
		condition string
		want      rule.Near // Turn −2: none
	}{
		"a fixed time":             {"response_gap: {more_than: 24h}", rule.Near{Turn: 1, Text: "gap 15h20m0s ≤ 24h0m0s"}},
		"working time":             {"response_gap: {sla: first_response}", rule.Near{Turn: 1, Text: "gap 20m0s ≤ 30m0s"}},
		"the longest of all waits": {"response_gap: {sla: response}", rule.Near{Turn: 3, Text: "gap 50m0s ≤ 1h0m0s"}},
		"an excused wait":          {"response_gap: {sla: response, except: [hello]}", rule.Near{Turn: 1, Text: "gap 20m0s ≤ 1h0m0s"}},
		"until another hits":       {"response_gap: {sla: first_solution, until: solved}", rule.Near{Turn: 3, Text: "solved after 1h20m0s ≤ 4h0m0s"}},
		"until it never hits":      {"response_gap: {more_than: 100h, until: never}", rule.Near{Turn: 4, Text: "the session ends after 16h30m0s ≤ 100h0m0s"}},
		"what hits has none":       {"response_gap: {more_than: 10m}", rule.Near{Turn: -2}},
		"nothing in range":         {"last: 1, speaker: agent, before: never, response_gap: {more_than: 24h}", rule.Near{Turn: -2}},
	}
	minutes := []int64{0, 15*60 + 20, 15*60 + 30, 16*60 + 20, 16*60 + 30}
	s := &transcript.Session{
		ID: "s", Channel: transcript.Chat, StartedAt: time.Date(2026, 11, 2, 17, 50, 0, 0, time.UTC),
		Customer: &transcript.CustomerRef{Type: "individual"},
	}
	for i, text := range strings.Split("customer help|agent hello|customer and?|agent solved|customer thanks", "|") {
		who, said, _ := strings.Cut(text, " ")
		s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Speaker(who), Text: said, StartMS: new(minutes[i] * 60_000)})
	}
	for name, tt := range tests {
		src := strings.Replace(card, "conditions:\n", fmt.Sprintf("conditions:\n  c: {%s}\n", tt.condition), 1)
		parsed, _ := scorecard.Parse("card.yaml", []byte(src))
		set := rule.Compile(parsed)
		if problems := parsed.Problems(); len(problems) > 0 {
			t.Fatal(name, problems)
		}
		got, ok := set.Evaluate(t.Context(), pipeline.NewInput(s)).Nearest(parsed.Criteria()[0], "c")
		if !ok {
			got.Turn = -2
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
