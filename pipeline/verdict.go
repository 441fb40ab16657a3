package pipeline

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"assay/pipeline/injection"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Result is what a verdict comes to.
type Result string

// The results of verdicts.
const (
	Pass        Result = "pass"
	Fail        Result = "fail"
	NeedsReview Result = "needs_review" // a person must look before the score counts
	Withheld    Result = "withheld"     // too little could be determined for a score
)

// Results lists all results.
var Results = []Result{Pass, Fail, NeedsReview, Withheld}

// Verdict is the judgement of one session by one scorecard version.
type Verdict struct {
	SessionID transcript.SessionID `json:"session_id"`
	Scorecard ScorecardRef         `json:"scorecard"`
	Result    Result               `json:"result"`
	Score     *float64             `json:"score"`          // null when withheld
	Unfailed  *float64             `json:"unfailed_score"` // the score as it were without critical failures
	Criteria  []Finding            `json:"criteria"`
	Flags     []Flag               `json:"flags"`
	Tone      Tone                 `json:"tone"`
	Questions []Question           `json:"questions"`
	// Injections are places that speak to a judging model, suspected ones and odd
	// ones, in order; see package injection. At most MaxInjections of each level.
	Injections []Injection `json:"injections,omitempty"`
	Versions   Versions    `json:"versions"`
}

// MaxInjections is how many places of one level a verdict lists: a transcript
// that is full of them is as clear with fewer.
const MaxInjections = 50

// Injection is a place that speaks to a judging model, with its words.
type Injection struct {
	Evidence
	Kind  injection.Kind  `json:"kind"`
	Level injection.Level `json:"level"`
}

// quoted gives places their words, the first MaxInjections of each level.
func quoted(s *transcript.Session, places []injection.Place) []Injection {
	var out []Injection
	listed := map[injection.Level]int{}
	for _, p := range places {
		if listed[p.Level]++; listed[p.Level] <= MaxInjections {
			out = append(out, Injection{Evidence{Span: p.Span, Quote: s.Quote(p.Span)}, p.Kind, p.Level})
		}
	}
	return out
}

// ScorecardRef names a version of a scorecard.
type ScorecardRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// Versions are what a verdict was made by; with them it can be made again.
type Versions struct {
	Engine    string `json:"engine"`
	Scorecard string `json:"scorecard"`
	Tone      string `json:"tone"`
	Library   string `json:"library,omitempty"`
	Embedding string `json:"embedding,omitempty"` // the model that similarities of meaning are asked of
	Judge     string `json:"judge,omitempty"`     // the model that criteria were asked of, and its prompt
	// Plan chose the scorecard, unless that was named, and says who judges; nil when no
	// plan was in force.
	Plan *PlanRef `json:"plan,omitempty"`
}

// PlanRef names a version of a plan and the rule of it that took the session.
type PlanRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Rule    string `json:"rule"`
}

// Finding is the answer to one criterion with what it is worth.
type Finding struct {
	ID       string     `json:"id"`
	Section  string     `json:"section"`
	Outcome  Outcome    `json:"outcome"`
	Reason   Reason     `json:"reason"` // "" when there is none
	By       By         `json:"by"`
	Points   float64    `json:"points"` // weighted: 1 or 0 of the weight, or a bonus out of 100; deduction: points added or taken
	Weight   float64    `json:"weight"`
	Critical bool       `json:"critical"`
	Evidence []Evidence `json:"evidence"`
	Why      []Step     `json:"why,omitempty"`
	// Rationale is the model's reason, in the reviewer's language, and Judge says how
	// it came about; only where a model answered.
	Rationale string       `json:"rationale,omitempty"`
	Judge     *JudgeRecord `json:"judge,omitempty"`
}

// JSON returns the verdict as one line of JSON without its newline.
func (v *Verdict) JSON() ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode verdict of session %q: %w", v.SessionID, err)
	}
	return b, nil
}

// Pending reports whether a model is still to be asked.
func (v *Verdict) Pending() bool { return pending(v.Criteria) }

// grade turns answers into findings with points.
func grade(card *scorecard.Scorecard, answers []Answer) []Finding {
	criteria := card.Criteria()
	findings := make([]Finding, len(criteria))
	for i, c := range criteria {
		a := &answers[i]
		f := &findings[i]
		*f = Finding{
			ID: c.ID, Section: c.Section, Outcome: a.Outcome, Reason: a.Reason, By: a.By,
			Points: points(card.Mode, c, a), Weight: c.Weight, Critical: c.Critical != scorecard.NotCritical,
			Evidence: append([]Evidence{}, a.Evidence...), Why: a.Why,
		}
		if j := a.Judgement; j != nil {
			f.Rationale, f.Judge = j.Rationale, &j.JudgeRecord
		}
	}
	return findings
}

// points are what an answer is worth. A deduction counts when the criterion is
// not met, and a bonus when it is.
func points(mode scorecard.Mode, c *scorecard.Criterion, a *Answer) float64 {
	if mode == scorecard.Weighted && c.Points == 0 {
		if a.Outcome == Met && c.Weight > 0 {
			return 1
		}
		return 0
	}
	due := c.Points < 0 && a.Outcome == NotMet || c.Points > 0 && a.Outcome == Met
	if !due {
		return 0
	}
	p := c.Points
	if c.PerHit {
		p *= float64(max(1, a.Hits))
	}
	return bounded(c, p)
}

// bounded limits points to what the criterion takes or gives at most.
func bounded(c *scorecard.Criterion, p float64) float64 {
	if c.AtMost > 0 && math.Abs(p) > c.AtMost {
		return math.Copysign(c.AtMost, p)
	}
	return p
}

// Score is the sum of a session's findings.
type Score struct {
	Final    *float64 // nil when withheld
	Unfailed *float64 // without critical failures; nil when withheld
	Failed   bool     // a critical criterion failed the sheet
	Passed   bool
}

// sum computes the score. Not-applicable and undetermined criteria leave both
// sides; when more than the limit of the applicable weight is undetermined,
// nothing could be determined at all, or a model is still to be asked, there is no score.
func sum(card *scorecard.Scorecard, findings []Finding) Score {
	var s Score
	failed := failures(card, findings)
	s.Failed = failed[""]
	if pending(findings) || withheld(card, findings) {
		return s
	}
	add := weighted
	if card.Mode == scorecard.Deduction {
		add = deducted
	}
	s.Unfailed = new(round(add(card, findings, nil)))
	s.Final = new(*s.Unfailed)
	if len(failed) > 0 {
		s.Final = new(round(add(card, findings, failed)))
	}
	if s.Failed {
		s.Final = new(card.Floor)
	}
	s.Passed = !s.Failed && *s.Final >= card.Pass
	return s
}

// failures are the sections that critical criteria fail; "" is the whole sheet.
func failures(card *scorecard.Scorecard, findings []Finding) map[string]bool {
	var failed map[string]bool
	for i, c := range card.Criteria() {
		if findings[i].Outcome != NotMet || c.Critical == scorecard.NotCritical {
			continue
		}
		if failed == nil {
			failed = map[string]bool{}
		}
		switch c.Critical {
		case scorecard.CriticalSheet:
			failed[""] = true
		case scorecard.CriticalSection:
			failed[c.Section] = true
		}
	}
	return failed
}

// rounding is what sums of decimal fractions may be off: 0.1 and 0.2 are not more
// than three tenths.
const rounding = 1e-9

// pending reports whether a model is still to be asked.
func pending(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Reason == Pending })
}

func withheld(card *scorecard.Scorecard, findings []Finding) bool {
	var known, unknown float64
	for i := range findings {
		switch f := &findings[i]; f.Outcome {
		case Met, NotMet:
			known += f.Weight
		case Undetermined:
			unknown += f.Weight
		}
	}
	return known == 0 || unknown/(known+unknown) > card.UndeterminedLimit+rounding
}

// weighted is 100·Σ points·weight / Σ weight with the bonuses on top, at most
// 100. In a failed section points are 0 and bonuses are lost.
func weighted(card *scorecard.Scorecard, findings []Finding, failed map[string]bool) float64 {
	var got, possible, bonus float64
	for i, c := range card.Criteria() {
		f := &findings[i]
		if f.Outcome != Met && f.Outcome != NotMet {
			continue
		}
		possible += f.Weight // a bonus has none
		switch {
		case failed[f.Section]:
		case c.Points > 0:
			bonus += f.Points
		default:
			got += f.Points * f.Weight
		}
	}
	return min(100, 100*got/possible+bonus)
}

// deducted is the start value with all points added, within floor and cap. In a
// failed section bonuses are lost and every deduction is taken once.
func deducted(card *scorecard.Scorecard, findings []Finding, failed map[string]bool) float64 {
	total := card.Start
	for i, c := range card.Criteria() {
		f := &findings[i]
		switch {
		case !failed[f.Section]:
			total += f.Points
		case c.Points < 0 && (f.Outcome == Met || f.Outcome == NotMet):
			total += min(f.Points, bounded(c, c.Points))
		}
	}
	return min(max(total, card.Floor), card.Cap)
}

// round keeps two decimals, so that sums of shares print as people expect. Half a
// hundredth goes up, in whatever order it was summed.
func round(v float64) float64 { return math.Floor(v*100+0.5+rounding) / 100 }

// reviewed are the flags without whose review no score counts, unless they are low.
var reviewed = []FlagReason{CriticalUndetermined, InjectionSuspected, JudgeSplit, JudgeFailed}

// result is what the verdict comes to: a critical failure stands whatever else
// is unknown; a flag that wants a person comes before a pass.
func result(s Score, flags []Flag) Result {
	switch {
	case s.Failed:
		return Fail
	case s.Final == nil:
		return Withheld
	}
	for _, f := range flags {
		if slices.Contains(reviewed, f.Reason) && f.Severity != Low {
			return NeedsReview
		}
	}
	if s.Passed {
		return Pass
	}
	return Fail
}
