package pipeline

import (
	"slices"

	"assay/pipeline/injection"
	"assay/pipeline/scorecard"
)

// Assessment is what the answers to a scorecard come to, without evidence.
type Assessment struct {
	Score  Score
	Result Result
	Flags  []Flag // without those that tone and injections raise, which no scorecard changes
}

// Assessor assesses many sessions by one scorecard with the same memory. It is
// for one goroutine at a time.
type Assessor struct {
	card     *scorecard.Scorecard
	findings []Finding
	last     Assessment // of the findings as they are
	assessed bool
	injected bool // so was the session
}

// NewAssessor makes an Assessor.
func NewAssessor(card *scorecard.Scorecard) *Assessor {
	unanswered := make([]Answer, len(card.Criteria()))
	return &Assessor{card: card, findings: grade(card, unanswered)}
}

// Assess scores answers to all criteria exactly as Inspect does; injections are the
// session's. places says for
// each criterion, in the scorecard's order, where among the answers its own stands.
// What it returns must not be changed.
func (a *Assessor) Assess(answers []Answer, places []int, injections []injection.Place) Assessment {
	flag := injected(injections)
	same := a.assessed && a.injected == (flag != nil)
	for i, c := range a.card.Criteria() {
		// What was answered in the same way in the session before is worth the same.
		answer := &answers[places[i]]
		if f := &a.findings[i]; f.Outcome != answer.Outcome || c.PerHit {
			p := points(a.card.Mode, c, answer)
			same = same && f.Outcome == answer.Outcome && f.Points == p
			f.Outcome, f.Points = answer.Outcome, p
		}
	}
	if same {
		return a.last
	}
	score := sum(a.card, a.findings)
	flags := raise(a.card, score, a.findings, Tone{}, nil)
	a.injected = flag != nil
	a.last, a.assessed = Assessment{Score: score, Result: result(score, slices.Concat(flag, flags)), Flags: flags}, true
	return a.last
}
