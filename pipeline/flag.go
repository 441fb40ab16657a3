package pipeline

import (
	"cmp"
	"slices"

	"assay/pipeline/injection"
	"assay/pipeline/scorecard"
)

// FlagReason says why a person should look, from a closed list.
type FlagReason string

// The reasons of flags.
const (
	CriticalFailed       FlagReason = "critical_failed"       // a critical criterion is not met
	CriticalUndetermined FlagReason = "critical_undetermined" // a critical criterion could not be answered
	ScoreBelowPass       FlagReason = "score_below_pass"
	ScoreWithheld        FlagReason = "score_withheld"
	AgentAttitude        FlagReason = "agent_attitude" // the agent's tone: rude, shirking, impatient, interrogating, perfunctory
	CustomerAbuse        FlagReason = "customer_abuse"
	CustomerAngry        FlagReason = "customer_angry"
	CustomerComplaint    FlagReason = "customer_complaint"
	CustomerEscalation   FlagReason = "customer_escalation" // asks for a superior
	CustomerPublicity    FlagReason = "customer_publicity"  // threatens publicity, authorities or the law
	CustomerChurn        FlagReason = "customer_churn"
	ToneFell             FlagReason = "tone_fell"           // the customer left in a worse mood than he came in
	InjectionSuspected   FlagReason = "injection_suspected" // the transcript gives orders to a model that judges it
	JudgeSplit           FlagReason = "judge_split"         // a model's answers differ among themselves or from the rules
	JudgeFailed          FlagReason = "judge_failed"        // a model gave no answer that counts
)

// FlagReasons lists all reasons of flags.
var FlagReasons = []FlagReason{
	CriticalFailed, CriticalUndetermined, ScoreBelowPass, ScoreWithheld, AgentAttitude, CustomerAbuse,
	CustomerAngry, CustomerComplaint, CustomerEscalation, CustomerPublicity, CustomerChurn, ToneFell,
	InjectionSuspected, JudgeSplit, JudgeFailed,
}

// FlagSeverity orders the queue of flagged sessions.
type FlagSeverity string

// The severities of flags.
const (
	High   FlagSeverity = "high"
	Medium FlagSeverity = "medium"
	Low    FlagSeverity = "low"
)

// FlagSeverities lists the severities, gravest first.
var FlagSeverities = []FlagSeverity{High, Medium, Low}

// Flag is a request for a person to look.
type Flag struct {
	Reason    FlagReason   `json:"reason"`
	Severity  FlagSeverity `json:"severity"`
	Criterion string       `json:"criterion,omitempty"`
	Turn      *int         `json:"turn,omitempty"` // where to look first
}

// toneFlags says which tones flag a session, from which confidence on.
var toneFlags = []struct {
	label    Label
	least    float64
	reason   FlagReason
	severity FlagSeverity
}{
	{Rude, 0.6, AgentAttitude, High},
	{Shirking, 0.6, AgentAttitude, Medium},
	{Impatient, 0.6, AgentAttitude, Medium},
	{Interrogating, 0.7, AgentAttitude, Low},
	{Perfunctory, 0.7, AgentAttitude, Low},
	{Abuse, 0.6, CustomerAbuse, Medium},
	{Escalation, 0.6, CustomerEscalation, High},
	{Publicity, 0.6, CustomerPublicity, High},
	{Complaint, 0.6, CustomerComplaint, Medium},
	{Churn, 0.6, CustomerChurn, Medium},
	{Angry, 0.6, CustomerAngry, Low},
}

// Alarm is the flag that a tone raises, and how grave it is; false for a tone, or
// a confidence in it, that raises none.
func Alarm(label Label, confidence float64) (FlagReason, FlagSeverity, bool) {
	for _, rule := range toneFlags {
		if rule.label == label && confidence >= rule.least {
			return rule.reason, rule.severity, true
		}
	}
	return "", "", false
}

// fell is how far the customer's mood must fall, and how low it must end, on
// its scale of −1 to 1, to be worth a look: an angry message among two others.
// A complaint without anger (−0.3) does not come so far, and who began with
// praise and ended soberly did not leave in anger.
const fell = -0.32

// raise makes the flags: at most one for each reason and criterion, gravest first.
func raise(card *scorecard.Scorecard, score Score, findings []Finding, tone Tone, injections []injection.Place) []Flag {
	flags := []Flag{}
	for i := range findings {
		f := &findings[i] // findings are large
		if f.Critical && f.Outcome == NotMet {
			flags = append(flags, Flag{CriticalFailed, High, f.ID, firstTurn(f.Evidence)})
		}
		if f.Critical && f.Outcome == Undetermined && f.Reason != Pending {
			flags = append(flags, Flag{CriticalUndetermined, Medium, f.ID, nil})
		}
	}
	flags = append(flags, judgeRaised(card, score, findings, injections)...)
	switch {
	case pending(findings): // the model's answers will make a score
	case score.Final == nil:
		flags = append(flags, Flag{Reason: ScoreWithheld, Severity: Medium})
	case *score.Final < card.Pass:
		flags = append(flags, Flag{Reason: ScoreBelowPass, Severity: Medium})
	}
	flags = append(flags, toneRaised(tone)...)
	slices.SortStableFunc(flags, func(a, b Flag) int {
		return slices.Index(FlagSeverities, a.Severity) - slices.Index(FlagSeverities, b.Severity)
	})
	return flags
}

// judgeRaised are the flags about a model's answers, and about who tries to give it
// orders: one flag for all that was tried, and none more about what failed by it.
func judgeRaised(card *scorecard.Scorecard, score Score, findings []Finding, injections []injection.Place) []Flag {
	flags := injected(injections)
	if flags == nil {
		flags = obeyed(injections, findings)
	}
	for i := range findings {
		if f := &findings[i]; f.Reason == Split {
			flags = append(flags, Flag{JudgeSplit, Medium, f.ID, firstTurn(f.Evidence)})
		}
	}
	if len(flags) == 0 && score.Final != nil {
		flags = append(flags, unanswered(card, findings)...)
	}
	return flags
}

// unanswered is a flag about the first criterion that a model was asked about
// without an answer that counts: who makes a model fail must gain nothing by it
// unseen. It is low where the session passes, or fails, whatever the answers.
func unanswered(card *scorecard.Scorecard, findings []Finding) []Flag {
	first := ""
	best, worst := findings, findings
	for i := range findings {
		if f := &findings[i]; f.Judge != nil && f.Outcome == Undetermined {
			first = cmp.Or(first, f.ID)
			best, worst = having(card, best, i, Met), having(card, worst, i, NotMet)
		}
	}
	switch {
	case first == "":
		return nil
	case sum(card, best).Passed == sum(card, worst).Passed:
		return []Flag{{JudgeFailed, Low, first, nil}}
	}
	return []Flag{{JudgeFailed, Medium, first, nil}}
}

// injected is a flag at the first place that is suspected to give orders to a
// judging model. It is raised also where no model was asked: who tries is to be
// known, and one may be asked later.
func injected(places []injection.Place) []Flag {
	i := slices.IndexFunc(places, func(p injection.Place) bool { return p.Level == injection.Suspected })
	if i < 0 {
		return nil
	}
	return []Flag{{Reason: InjectionSuspected, Severity: High, Turn: new(places[i].Turn)}}
}

// obeyed is a flag where a model did what the transcript wanted, at the first place
// that is odd, if there is one.
func obeyed(places []injection.Place, findings []Finding) []Flag {
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.Reason == Manipulated })
	if i < 0 {
		return nil
	}
	f := Flag{Reason: InjectionSuspected, Severity: High, Criterion: findings[i].ID}
	if len(places) > 0 {
		f.Turn = new(places[0].Turn)
	}
	return []Flag{f}
}

func toneRaised(tone Tone) []Flag {
	var flags []Flag
	for _, rule := range toneFlags {
		raised := slices.ContainsFunc(flags, func(f Flag) bool { return f.Reason == rule.reason })
		if turn := firstToned(tone, rule.label, rule.least); turn != nil && !raised {
			flags = append(flags, Flag{Reason: rule.reason, Severity: rule.severity, Turn: turn})
		}
	}
	if c := tone.Customer; c.Shift != nil && c.End != nil && max(*c.Shift, *c.End) <= fell {
		flags = append(flags, Flag{Reason: ToneFell, Severity: Low})
	}
	return flags
}

func firstTurn(evidence []Evidence) *int {
	if len(evidence) == 0 {
		return nil
	}
	return new(evidence[0].Turn)
}

func firstToned(tone Tone, label Label, least float64) *int {
	for _, t := range tone.Turns {
		if t.Labels[label] >= least {
			return new(t.Turn)
		}
	}
	return nil
}
