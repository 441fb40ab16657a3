package classifiers

import (
	"assay/classifiers/rule"
	"assay/pipeline/scorecard"
)

// Lint finds what is questionable in a scorecard that has no problems, in the
// order of its file, but for what the file's comments allow.
func Lint(card *scorecard.Scorecard) []scorecard.Warning {
	return card.Unallowed(append(scorecard.Lint(card), rule.Lint(card)...))
}
