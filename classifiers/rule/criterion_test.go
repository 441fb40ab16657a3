package rule

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// TestCriterionSaysWhatTheOtherIs holds what is told of another criterion's
// outcome, and that without answers nothing is.
func TestCriterionSaysWhatTheOtherIs(t *testing.T) {
	t.Parallel()
	card, _ := scorecard.Parse("x", []byte("scorecard: s\nname: S\nsections:\n- id: s\n  name: S\n  criteria:\n"+
		"  - {id: identity, name: I, manual: true}\n  - {id: c, name: C, met_when: k, conditions: {k: {criterion: {id: identity, is: not_met}}}}\n"))
	set := Compile(card)
	if err := card.Problems().Err(); err != nil {
		t.Fatal(err)
	}
	c := card.Criteria()[1]
	in := pipeline.NewInput(&transcript.Session{ID: "x"})
	for outcome, want := range map[pipeline.Outcome]Result{
		pipeline.NotMet:        {State: scorecard.Hit},
		pipeline.Met:           {State: scorecard.NotHit},
		pipeline.NotApplicable: {State: scorecard.NotHit},
		pipeline.Undetermined:  {State: scorecard.NotEvaluable, Reason: pipeline.Prerequisite},
		"":                     {State: scorecard.NotEvaluable, Reason: pipeline.Prerequisite},
	} {
		e := set.Evaluate(t.Context(), in)
		if outcome != "" {
			e.AnswerWith(func(int) pipeline.Outcome { return outcome })
		}
		if diff := cmp.Diff(want, *e.Result(c, "k")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", outcome, diff)
		}
		near, ok := e.Nearest(c, "k")
		if ok != (want.State == scorecard.NotHit) || ok && near.Text != `criterion "identity" is `+string(outcome)+`, not not_met` {
			t.Errorf("%s: nearest %+v", outcome, near)
		}
	}
}
