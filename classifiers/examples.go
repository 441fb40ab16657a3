package classifiers

import (
	"context"
	"fmt"

	"assay/pipeline"
)

// ExampleResult is what became of one of a criterion's examples.
type ExampleResult struct {
	File      string           `json:"file"`
	Line      int              `json:"line"`
	Criterion string           `json:"criterion"`
	Want      pipeline.Outcome `json:"want"`
	Got       pipeline.Outcome `json:"got"`
	Reason    pipeline.Reason  `json:"reason,omitempty"`
	Why       []pipeline.Step  `json:"why,omitempty"`
}

// OK reports whether the example had the outcome that the scorecard says.
func (r ExampleResult) OK() bool { return r.Want == r.Got }

func (r ExampleResult) String() string {
	s := fmt.Sprintf("%s:%d: criterion %q: example is %s, got %s", r.File, r.Line, r.Criterion, r.Want, r.Got)
	if r.Reason != "" {
		s += fmt.Sprintf(" (%s)", r.Reason)
	}
	for i, step := range r.Why {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		s += fmt.Sprintf("%s%s %s in %d turns", sep, step.Condition, step.State, step.Searched)
	}
	return s
}

// CheckExamples runs every criterion's examples. Those that a model or people
// must answer are left out: nothing here can. Whether such a criterion is asked at
// all is checked.
func CheckExamples(ctx context.Context, card pipeline.Card, tone pipeline.ToneClassifier) []ExampleResult {
	var out []ExampleResult
	for i, c := range card.Criteria() {
		for _, x := range c.Examples {
			in := pipeline.NewInput(x.Session)
			in.Tone = tone.Classify(ctx, in)
			a := card.Classifier.Classify(ctx, in)[i]
			if a.By == pipeline.ByJudge || a.By == pipeline.ByReviewer {
				continue
			}
			file, line := x.Node.At()
			out = append(out, ExampleResult{
				File: file, Line: line, Criterion: c.ID, Want: pipeline.Outcome(x.Outcome),
				Got: a.Outcome, Reason: a.Reason, Why: a.Why,
			})
		}
	}
	return out
}
