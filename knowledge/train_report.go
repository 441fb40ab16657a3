package knowledge

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"assay/pipeline/review"
)

// TrainingReport is how good the weights are on the questions that they were not
// fitted to.
type TrainingReport struct {
	Sets []TrainingFigures `json:"sets"`
}

// TrainingFigures are those of one set. Half of its questions count, each with
// its right solutions and without them.
type TrainingFigures struct {
	Name             string          `json:"name"`
	Hit              review.Estimate `json:"hit_at_1"`          // of the questions with an answer among the candidates
	Answered         review.Estimate `json:"answered"`          // of these, share with a suggestion
	Precision        review.Estimate `json:"precision"`         // of the first suggestions for them
	FalseAnswers     review.Estimate `json:"false_answers"`     // of the questions without an answer
	CalibrationError float64         `json:"calibration_error"` // of the first scores, in ten bins
	Brier            float64         `json:"brier"`
}

// foremost is the best candidate of a question.
type foremost struct {
	score float64
	right bool
}

func (w *weighing) measure(name string, all []trained) TrainingFigures {
	var hit, answerable, answered, answeredRight, unanswerable, falsely int
	var firsts []foremost
	for _, t := range all {
		if !t.held {
			continue
		}
		f := foremost{}
		for i, score := range w.scores(t.features) {
			if score > f.score {
				f = foremost{score, t.right[i]}
			}
		}
		firsts = append(firsts, f)
		shown := f.score >= DefaultThreshold
		switch {
		case !slices.Contains(t.right, true):
			unanswerable++
			falsely += oneIf(shown)
			continue
		case f.right:
			hit++
		}
		answerable++
		answered += oneIf(shown)
		answeredRight += oneIf(shown && f.right)
	}
	out := TrainingFigures{
		Name: name, Hit: review.Wilson(hit, answerable), Answered: review.Wilson(answered, answerable),
		Precision: review.Wilson(answeredRight, answered), FalseAnswers: review.Wilson(falsely, unanswerable),
	}
	out.CalibrationError, out.Brier = calibration(firsts)
	return out
}

func oneIf(is bool) int {
	if is {
		return 1
	}
	return 0
}

// calibration returns the mean distance of scores and shares of right ones in
// ten bins, and the mean square of score minus truth.
func calibration(all []foremost) (miss, brier float64) {
	var scores, rights [10]float64
	for _, f := range all {
		b := min(int(f.score*10), 9)
		truth := float64(oneIf(f.right))
		scores[b] += f.score
		rights[b] += truth
		brier += (f.score - truth) * (f.score - truth)
	}
	for b := range scores {
		miss += math.Abs(scores[b] - rights[b])
	}
	n := max(float64(len(all)), 1)
	return miss / n, brier / n
}

// Write prints weights and figures as Markdown.
func (r *TrainingReport) Write(out io.Writer, w Weights) error {
	t := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	estimate := func(e review.Estimate) string {
		if e.Value == nil {
			return "–"
		}
		return fmt.Sprintf("%.3f [%.3f, %.3f]", *e.Value, *e.Low, *e.High)
	}
	fmt.Fprintln(t, "| set\t| hit@1\t| answered\t| precision\t| false answers\t| calibration error\t| Brier\t|")
	fmt.Fprintln(t, "| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t|")
	for _, s := range r.Sets {
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %s\t| %s\t| %.3f\t| %.3f\t|\n", s.Name, estimate(s.Hit), estimate(s.Answered),
			estimate(s.Precision), estimate(s.FalseAnswers), s.CalibrationError, s.Brier)
	}
	fmt.Fprintln(t, "\n| feature\t| rank\t| probability\t|")
	fmt.Fprintln(t, "| ---\t| ---\t| ---\t|")
	for _, name := range probableNames {
		rank := "–"
		if x, ok := w.Rank[name]; ok {
			rank = fmt.Sprintf("%.4g", x)
		}
		fmt.Fprintf(t, "| %s\t| %s\t| %.4g\t|\n", name, rank, cmp.Or(w.Probability[name], 0))
	}
	return t.Flush()
}
