package pipeline_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
)

// withheldFrom answers by what is shown.
func withheldFrom(all, alone string) func(string, pipeline.Judging) string {
	return func(_ string, q pipeline.Judging) string {
		if len(q.Withhold) > 0 {
			return alone
		}
		return all
	}
}

// TestProofsAlone: what moves a score far has to be proved by its quotes alone.
func TestProofsAlone(t *testing.T) {
	t.Parallel()
	turns := []string{"agent: hello", "customer: hello", "agent: so it was", "customer: fine", "agent: bye"}
	heavy, light := fmt.Sprintf(plain, "heavy", 30), fmt.Sprintf(plain, "light", 10)
	rest := "  - {id: said, name: N, weight: 60, met_when: said, conditions: {said: {keywords: {any: [bye]}}}}\n"
	absent := "  - {id: heavy, name: N, weight: 30, judge: {question: Was it avoided?, prove: not_met}}\n"
	crit := "  - {id: heavy, name: N, weight: 1, critical: sheet, judge: Was it so?}\n"
	tests := []struct {
		name, pass, criteria string
		says                 func(string, pipeline.Judging) string
		asked, want          []string
	}{
		{"a proof that holds alone", "50", heavy + light + rest, withheldFrom("met", "met"),
			[]string{"vote 0 heavy light", "without [0 3 4] heavy"}, []string{"pass", "heavy met", "light met", "said met"}},
		{"one that does not", "50", heavy + light + rest, withheldFrom("met", "not_met"),
			[]string{"vote 0 heavy light", "without [0 3 4] heavy"}, []string{"needs_review", "heavy undetermined split", "light met", "said met", "! judge_split heavy"}},
		{"one that a model cannot tell", "50", heavy + light + rest, withheldFrom("met", "undetermined unsure"),
			[]string{"vote 0 heavy light", "without [0 3 4] heavy"}, []string{"needs_review", "heavy undetermined split", "light met", "said met", "! judge_split heavy"}},
		{"what moves little but decides the result", "94", light + rest, withheldFrom("met", "not_met"),
			[]string{"vote 0 light", "without [0 3 4] light"}, []string{"needs_review", "light undetermined split", "said met", "! judge_split light"}},
		{"what is not met is not asked about", "50", heavy + rest, withheldFrom("not_met", "met"),
			[]string{"vote 0 heavy"}, []string{"pass", "heavy not_met", "said met"}},
		{"what needs no quote is asked of the agent's words", "50", absent + rest, withheldFrom("met", "not_met"),
			[]string{"vote 0 heavy", "without [1 3] heavy"}, []string{"needs_review", "heavy undetermined split", "said met", "! judge_split heavy"}},
		{"the last vote about a critical one is about its proof", "50", crit + rest, withheldFrom("met", "met"),
			[]string{"vote 0 heavy", "vote 1 heavy", "without [0 3 4] heavy"}, []string{"pass", "heavy met [met met met]", "said met"}},
		{"and all of them must agree", "50", crit + rest, withheldFrom("met", "not_applicable"),
			[]string{"vote 0 heavy", "vote 1 heavy", "without [0 3 4] heavy"}, []string{"needs_review", "heavy undetermined split [met met not_applicable]", "said met", "! critical_undetermined heavy", "! judge_split heavy"}},
		{"the proof outweighs two votes near the pass line", "97", light + rest, withheldFrom("met", "not_met"),
			[]string{"vote 0 light", "vote 1 light", "without [0 3 4] light"}, []string{"needs_review", "light undetermined split [met met not_met]", "said met", "! judge_split light"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := &model{says: tt.says, quotes: map[string]int{"heavy": 2, "light": 2}}
			v, err := judgedBy(t, m, "pass: "+tt.pass+"\n", tt.criteria, turns...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, written(v)); diff != "" {
				t.Errorf("verdict (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.asked, m.asked); diff != "" {
				t.Errorf("asked (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAProofThatCannotBeAskedAbout(t *testing.T) {
	t.Parallel()
	m := &model{says: withheldFrom("met", "met"), quotes: map[string]int{"heavy": 2}, fails: func(call int) error {
		if call < 2 {
			return nil
		}
		return &pipeline.Unavailable{Reason: pipeline.OverBudget, Err: errors.New("no more today")}
	}}
	v, err := judgedBy(t, m, "pass: 50\n", fmt.Sprintf(plain, "heavy", 30)+fmt.Sprintf(plain, "light", 70), "agent: hello", "customer: hello", "agent: so it was", "customer: fine")
	if _, ok := errors.AsType[*pipeline.Unavailable](err); !ok {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pass", "heavy undetermined budget", "light met"}, written(v)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
