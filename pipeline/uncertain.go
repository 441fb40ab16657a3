package pipeline

import (
	"math"
	"slices"

	"assay/pipeline/scorecard"
)

// Uncertain reports whether rules and tone alone flag a session, or cannot tell
// whether it passes: there a model's answers are worth most. The verdict is one
// without a model. What only a model answers leaves both sides, as if the scorecard
// did not ask it: else one critical criterion for the model would make every session
// uncertain. Where nothing else is asked, flags alone decide.
func Uncertain(card *scorecard.Scorecard, v *Verdict) bool {
	findings := slices.Clone(v.Criteria)
	ruled := false
	for i := range findings {
		f := &findings[i]
		if f.By == ByJudge && f.Outcome == Undetermined {
			f.Outcome, f.Reason, f.Points = NotApplicable, "", 0
		}
		ruled = ruled || f.Outcome != NotApplicable
	}
	score := sum(card, findings)
	flags := raise(card, score, findings, v.Tone, nil)
	if !ruled { // a score of nothing is withheld
		flags = slices.DeleteFunc(flags, func(f Flag) bool { return f.Reason == ScoreWithheld })
	}
	return len(flags) > 0 || len(v.Injections) > 0 || score.Final != nil && math.Abs(*score.Final-card.Pass) <= nearPass+rounding
}
