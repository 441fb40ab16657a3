package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// reportMarks stand before criteria.
var reportMarks = map[pipeline.Outcome]string{
	pipeline.Met: "+", pipeline.NotMet: "-", pipeline.NotApplicable: " ", pipeline.Undetermined: "?",
}

// report writes a verdict for people.
func report(w io.Writer, s *transcript.Session, v *pipeline.Verdict, card pipeline.Card, lang string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s  %s %s\n", printable(string(v.SessionID)), v.Result, points(v.Score), v.Scorecard.ID, v.Scorecard.Version)
	for _, f := range v.Flags {
		fmt.Fprintf(&b, "  ! %s (%s)%s\n", f.Reason, f.Severity, at(f))
	}
	criteria := card.Criteria()
	for i, f := range v.Criteria {
		if f.Outcome == pipeline.NotApplicable {
			continue
		}
		fmt.Fprintf(&b, "  %s %-28s %s%s\n", reportMarks[f.Outcome], f.ID, criteria[i].Name.In(lang), because(f.Reason))
		if f.Outcome == pipeline.NotMet {
			quotes(&b, s, f.Evidence)
		}
	}
	for _, q := range v.Questions {
		if len(q.Suggestions) > 0 {
			best := q.Suggestions[0]
			fmt.Fprintf(&b, "  > turn %d asks; %s %q (%.0f %%)\n", q.Turn, best.SolutionID, best.Title, 100*best.Score)
		}
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

func points(score *float64) string {
	if score == nil {
		return "no score"
	}
	return fmt.Sprintf("%g points", *score)
}

func at(f pipeline.Flag) string {
	s := ""
	if f.Criterion != "" {
		s = " " + f.Criterion
	}
	if f.Turn != nil {
		s += fmt.Sprintf(", turn %d", *f.Turn)
	}
	return s
}

func because(r pipeline.Reason) string {
	if r == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", r)
}

func quotes(b *strings.Builder, s *transcript.Session, evidence []pipeline.Evidence) {
	const most = 3
	for i, e := range evidence {
		if i == most {
			fmt.Fprintf(b, "      and %d more\n", len(evidence)-most)
			return
		}
		fmt.Fprintf(b, "      turn %d, %s: %q\n", e.Turn, s.Turns[e.Turn].Speaker, printable(e.Quote))
	}
}

// printable removes what could move a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}
