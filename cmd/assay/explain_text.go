package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// explainedSession is a session with its verdict and how it came about.
type explainedSession struct {
	session *transcript.Session
	verdict *pipeline.Verdict
	card    *scorecard.Scorecard
	all     []classifiers.Explanation
	only    []string // criteria; empty: all
}

// explainedCriterion is a finding with its explanation, as JSON has it.
type explainedCriterion struct {
	pipeline.Finding
	Effect string `json:"effect"` // what the score makes of it, in words
	classifiers.Explanation
	Why []pipeline.Step `json:"why,omitempty"` // the conditions say more
}

// json writes one line.
func (e *explainedSession) json(w io.Writer) error {
	line := struct {
		SessionID transcript.SessionID  `json:"session_id"`
		Scorecard pipeline.ScorecardRef `json:"scorecard"`
		Fits      bool                  `json:"fits"` // the scorecard is for such sessions
		Result    pipeline.Result       `json:"result"`
		Score     *float64              `json:"score"`
		Unfailed  *float64              `json:"unfailed_score"`
		Criteria  []explainedCriterion  `json:"criteria"`
	}{e.session.ID, e.verdict.Scorecard, e.card.Fits(e.session), e.verdict.Result, e.verdict.Score, e.verdict.Unfailed, []explainedCriterion{}}
	for i, f := range e.verdict.Criteria {
		if e.wanted(f.ID) {
			line.Criteria = append(line.Criteria, explainedCriterion{Finding: f, Effect: e.effect(i), Explanation: e.all[i]})
		}
	}
	b, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode explanation of session %q: %w", e.session.ID, err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

func (e *explainedSession) wanted(id string) bool {
	return len(e.only) == 0 || slices.Contains(e.only, id)
}

// text writes the explanation for people.
func (e *explainedSession) text(lang string) string {
	var b strings.Builder
	v := e.verdict
	fmt.Fprintf(&b, "%s  %s  %s  %s %s\n", printable(string(v.SessionID)), v.Result, points(v.Score), v.Scorecard.ID, v.Scorecard.Version)
	if !e.card.Fits(e.session) {
		b.WriteString("  ! the scorecard is not for such sessions: this one would not be inspected by it\n")
	}
	if v.Score == nil {
		fmt.Fprintf(&b, "  ! there is no score: more than %g %% of the weight is undetermined, or all of it does not apply\n", 100*e.card.UndeterminedLimit)
	}
	e.failures(&b)
	for i, f := range v.Criteria {
		if e.wanted(f.ID) {
			b.WriteByte('\n')
			e.criterion(&b, i, lang)
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// failures names the critical criteria that were not met.
func (e *explainedSession) failures(b *strings.Builder) {
	without := ""
	if e.verdict.Unfailed != nil {
		without = "; without critical failures: " + points(e.verdict.Unfailed)
	}
	for i, f := range e.verdict.Criteria {
		what := ""
		switch e.all[i].Criterion.Critical {
		case scorecard.CriticalSheet:
			what = "the whole sheet"
		case scorecard.CriticalSection:
			what = "section " + f.Section
		}
		if what != "" && f.Outcome == pipeline.NotMet {
			fmt.Fprintf(b, "  ! %s fails %s%s\n", f.ID, what, without)
		}
	}
}

func (e *explainedSession) criterion(b *strings.Builder, i int, lang string) {
	f, x := e.verdict.Criteria[i], e.all[i]
	outcome := strings.ReplaceAll(string(f.Outcome), "_", " ")
	fmt.Fprintf(b, "%s %s: %s%s  %s\n", reportMarks[f.Outcome], f.ID, outcome, because(f.Reason), printable(x.Criterion.Name.In(lang)))
	fmt.Fprintf(b, "    score: %s\n", e.effect(i))
	if len(x.Clauses) == 0 || x.Criterion.MetWhen == nil && x.Criterion.NotMetWhen == nil {
		fmt.Fprintf(b, "    answered by: %s\n", f.By)
	}
	for _, o := range x.Occasions {
		fmt.Fprintf(b, "    %s: %s is %s%s\n", o.Key, printable(o.Asks), truth(o.State), found(o.Is))
	}
	for _, c := range x.Clauses {
		fmt.Fprintf(b, "    %s: %s is %s%s\n", c.Key, c.Expr, truth(c.State), decidedBy(c))
	}
	for _, c := range x.Conditions {
		e.condition(b, c, x.Conditions)
	}
}

// truth is the value of an expression.
func truth(s scorecard.State) string {
	switch s {
	case scorecard.Hit:
		return "true"
	case scorecard.NotHit:
		return "false"
	}
	return "unknown"
}

// found is what a session has instead of, or as, what is asked for.
func found(is string) string {
	if is == "" {
		return ": the session does not say"
	}
	return ": it is " + printable(is)
}

func decidedBy(c classifiers.Clause) string {
	if len(c.Deciding) == 0 {
		return ""
	}
	return ", by hits of " + strings.Join(c.Deciding, ", ")
}

// condition writes a condition: its state, where it looked, what it found.
func (e *explainedSession) condition(b *strings.Builder, c classifiers.ExplainedCondition, all []classifiers.ExplainedCondition) {
	fmt.Fprintf(b, "    %s\n", c.Name)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(b, "        %-8s  %s\n", name, fmt.Sprintf(format, args...))
	}
	row("is", "%s%s  (%s, line %d)", strings.ReplaceAll(c.State.String(), "_", " "), because(c.Reason), c.Kind, c.Line)
	row("looks at", "%s%s", c.Where, lookedAt(c, all))
	if len(c.Needs) > 0 {
		row("needs", "%s", strings.Join(c.Needs, ", "))
	}
	const most = 5
	for i, h := range c.Hits[:min(most, len(c.Hits))] {
		name := ""
		if i == 0 {
			name = "hit"
		}
		row(name, "%s “%s”", e.turn(h.Turn), clip(h.Quote))
	}
	if more := c.Total - min(most, len(c.Hits)); c.Total > 0 && more > 0 {
		row("", "and %d more", more)
	}
	if c.Near != nil {
		where := ""
		if c.Near.Turn >= 0 {
			where = fmt.Sprintf(", %s “%s”", e.turn(c.Near.Turn), clip(e.session.Turns[c.Near.Turn].Text))
		}
		row("nearest", "%s%s", printable(c.Near.Text), where)
	}
}

// lookedAt says how many turns were in range, or what it was that left none.
func lookedAt(c classifiers.ExplainedCondition, all []classifiers.ExplainedCondition) string {
	switch {
	case c.Searched == 1:
		return fmt.Sprintf(": 1 turn, #%d", c.From+1)
	case c.Searched > 1:
		return fmt.Sprintf(": %d turns, #%d to #%d", c.Searched, c.From+1, c.To+1)
	case c.Reason != pipeline.OutOfScope:
		return ""
	}
	var missing []string
	for _, other := range all {
		if slices.Contains(c.Needs, other.Name) && other.State != scorecard.Hit {
			missing = append(missing, other.Name)
		}
	}
	if len(missing) == 0 {
		return ": none in range"
	}
	return ": none in range, because " + strings.Join(missing, ", ") + " did not hit"
}

// turn names a turn as the pages do, by its number from 1, with speaker and time.
func (e *explainedSession) turn(i int) string {
	s := fmt.Sprintf("#%d %s", i+1, e.session.Turns[i].Speaker)
	if at, ok := e.session.Start(i); ok {
		at = at.Round(time.Second)
		s += fmt.Sprintf(" %d:%02d", int(at.Minutes()), int(at.Seconds())%60)
	}
	return s
}

// clip shortens a quote for a line of a terminal.
func clip(s string) string {
	const most = 60
	s = strings.Join(strings.Fields(printable(strings.ReplaceAll(s, "\n", " "))), " ")
	if all := []rune(s); len(all) > most {
		return string(all[:most]) + "…"
	}
	return s
}

// effect says what the score makes of a criterion's outcome.
func (e *explainedSession) effect(i int) string {
	f, c := e.verdict.Criteria[i], e.all[i].Criterion
	switch f.Outcome {
	case pipeline.NotApplicable:
		return "leaves it: the criterion does not apply"
	case pipeline.Undetermined:
		return "leaves it: the outcome is not known"
	}
	s := "no points"
	switch {
	case e.card.Mode == scorecard.Weighted && c.Points == 0:
		s = fmt.Sprintf("%g of weight %g, of %g that count", f.Points*f.Weight, f.Weight, e.counted())
	case f.Points != 0 && c.PerHit:
		s = fmt.Sprintf("%+g points for %s of %+g each%s", f.Points, times(e.all[i].Answer.Hits), c.Points, atMost(c))
	case f.Points != 0:
		s = fmt.Sprintf("%+g points", f.Points)
	}
	return s + e.failed(i)
}

func times(n int) string {
	if n == 1 {
		return "1 hit"
	}
	return fmt.Sprintf("%d hits", n)
}

func atMost(c *scorecard.Criterion) string {
	if c.AtMost == 0 {
		return ""
	}
	return fmt.Sprintf(", at most %g", c.AtMost)
}

// counted is the weight of all criteria that count.
func (e *explainedSession) counted() float64 {
	sum := 0.0
	for _, f := range e.verdict.Criteria {
		if f.Outcome == pipeline.Met || f.Outcome == pipeline.NotMet {
			sum += f.Weight
		}
	}
	return sum
}

// failed says what a critical criterion that is not met does to the score, and
// what is lost by another one in its section.
func (e *explainedSession) failed(i int) string {
	f := e.verdict.Criteria[i]
	critical := e.all[i].Criterion.Critical
	switch {
	case f.Outcome == pipeline.NotMet && critical == scorecard.CriticalSheet:
		return "; critical, the whole sheet fails"
	case f.Outcome == pipeline.NotMet && critical == scorecard.CriticalSection:
		return fmt.Sprintf("; critical, section %s fails", f.Section)
	case f.Points <= 0:
		return ""
	}
	for j, other := range e.verdict.Criteria {
		if other.Outcome == pipeline.NotMet && other.Section == f.Section && e.all[j].Criterion.Critical == scorecard.CriticalSection {
			return fmt.Sprintf("; lost, because %s fails section %s", other.ID, f.Section)
		}
	}
	return ""
}
