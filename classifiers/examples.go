package classifiers

import (
	"context"
	"fmt"
	"slices"

	"assay/pipeline"
	"assay/pipeline/scorecard"
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
	Rationale string           `json:"rationale,omitempty"` // of the model, where one answered
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
	if r.Rationale != "" {
		s += fmt.Sprintf(": the model says %q", r.Rationale)
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
			a := card.Classifier.Classify(ctx, heard(ctx, x, tone))[i]
			if a.By != pipeline.ByJudge && a.By != pipeline.ByReviewer {
				out = append(out, resultOf(c, x, &a))
			}
		}
	}
	return out
}

// JudgeExamples asks a model about the examples that CheckExamples leaves to one.
// None of them is shown to it with its outcome. Errors are those of the judge, and
// come with the results before.
func JudgeExamples(ctx context.Context, card pipeline.Card, tone pipeline.ToneClassifier, judge pipeline.Judge) ([]ExampleResult, error) {
	var out []ExampleResult
	for i, c := range card.Criteria() {
		for n, x := range c.Examples {
			in := heard(ctx, x, tone)
			a := card.Classifier.Classify(ctx, in)[i]
			if a.By != pipeline.ByJudge || a.Reason != pipeline.NoModel {
				continue
			}
			apart := *c
			apart.Examples = slices.Delete(slices.Clone(c.Examples), n, n+1)
			judged, err := judge.Judge(ctx, pipeline.Judging{Session: x.Session, Card: card.Scorecard, Criteria: []*scorecard.Criterion{&apart}})
			if err != nil {
				return out, fmt.Errorf("criterion %q: %w", c.ID, err)
			}
			in.Judged = judged
			a = card.Classifier.Classify(ctx, in)[i]
			r := resultOf(c, x, &a)
			r.Rationale = judged[c.ID].Rationale
			out = append(out, r)
		}
	}
	return out, nil
}

// heard is an example's session with its tone.
func heard(ctx context.Context, x scorecard.Example, tone pipeline.ToneClassifier) *pipeline.Input {
	in := pipeline.NewInput(x.Session)
	in.Tone = tone.Classify(ctx, in)
	return in
}

func resultOf(c *scorecard.Criterion, x scorecard.Example, a *pipeline.Answer) ExampleResult {
	file, line := x.Node.At()
	return ExampleResult{
		File: file, Line: line, Criterion: c.ID, Want: pipeline.Outcome(x.Outcome), Got: a.Outcome, Reason: a.Reason, Why: a.Why,
	}
}
