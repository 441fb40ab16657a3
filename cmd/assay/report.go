package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"assay/cmd/assay/internal/web/text"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// reportMarks stand before criteria.
var reportMarks = map[pipeline.Outcome]string{
	pipeline.Met: "+", pipeline.NotMet: "-", pipeline.NotApplicable: " ", pipeline.Undetermined: "?",
}

// report writes verdicts for people.
type report struct {
	texts text.Texts
	lang  string
	card  pipeline.Card
}

// write writes one verdict.
func (r report) write(w io.Writer, s *transcript.Session, v *pipeline.Verdict) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s  %s %s\n", printable(string(v.SessionID)), v.Result, points(v.Score), v.Scorecard.ID, v.Scorecard.Version)
	for _, f := range v.Flags {
		fmt.Fprintf(&b, "  ! %s (%s)%s\n", f.Reason, f.Severity, at(f))
	}
	criteria := r.card.Criteria()
	for i, f := range v.Criteria {
		if f.Outcome == pipeline.NotApplicable {
			continue
		}
		fmt.Fprintf(&b, "  %s %-28s %s%s\n", reportMarks[f.Outcome], f.ID, criteria[i].Name.In(r.lang), r.because(f.Reason))
		judged(&b, f)
		if f.Outcome == pipeline.NotMet || f.Judge != nil {
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

// because is what stands behind a criterion that a reason is given for.
func (r report) because(reason pipeline.Reason) string {
	if reason == "" {
		return ""
	}
	return ": " + inWords(r.texts, r.lang, reason)
}

// inWords is a reason as the pages say it, with its code.
func inWords(texts text.Texts, lang string, reason pipeline.Reason) string {
	return fmt.Sprintf("%s (%s)", texts.Say(lang, "reason."+string(reason)), reason)
}

// reasonCounts says how many criteria are undetermined for which reason. The zero
// value counts none.
type reasonCounts map[pipeline.Reason]int

func (n *reasonCounts) add(v *pipeline.Verdict) {
	if *n == nil {
		*n = reasonCounts{}
	}
	for _, f := range v.Criteria {
		if f.Outcome == pipeline.Undetermined {
			(*n)[f.Reason]++
		}
	}
}

// write lists the reasons, the most frequent first.
func (n reasonCounts) write(w io.Writer, texts text.Texts, lang string) error {
	if len(n) == 0 {
		return nil
	}
	list := slices.SortedFunc(maps.Keys(n), func(a, b pipeline.Reason) int {
		return cmp.Or(n[b]-n[a], cmp.Compare(a, b))
	})
	var b strings.Builder
	b.WriteString(texts.Say(lang, "outcome.undetermined") + "\n")
	for _, reason := range list {
		fmt.Fprintf(&b, "  %6d  %s\n", n[reason], inWords(texts, lang, reason))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func because(r pipeline.Reason) string {
	if r == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", r)
}

// judged writes what a model said about a criterion, and how it was asked.
func judged(b *strings.Builder, f pipeline.Finding) {
	if f.Judge == nil {
		return
	}
	if f.Rationale != "" {
		fmt.Fprintf(b, "      %s: %s\n", printable(cmp.Or(f.Judge.Model, f.Judge.Asked)), printable(f.Rationale))
	}
	var notes []string
	if len(f.Judge.Votes) > 0 {
		votes := make([]string, len(f.Judge.Votes))
		for i, v := range f.Judge.Votes {
			votes[i] = string(v)
		}
		notes = append(notes, "votes: "+strings.Join(votes, ", "))
	}
	if len(f.Judge.LeftOut) > 0 {
		notes = append(notes, "not shown: "+turnRanges(f.Judge.LeftOut))
	}
	if n := len(f.Judge.Cut); n > 0 {
		notes = append(notes, fmt.Sprintf("%d long turns cut", n))
	}
	if len(f.Judge.Withheld) > 0 {
		notes = append(notes, fmt.Sprintf("compared with an answer without turns %v", f.Judge.Withheld))
	}
	if len(notes) > 0 {
		fmt.Fprintf(b, "      (%s)\n", strings.Join(notes, "; "))
	}
}

// turnRanges writes pairs of first and last turns: turns 4–9, 12.
func turnRanges(pairs [][2]int) string {
	list := make([]string, len(pairs))
	for i, p := range pairs {
		if list[i] = strconv.Itoa(p[0]); p[1] > p[0] {
			list[i] += "–" + strconv.Itoa(p[1])
		}
	}
	return "turns " + strings.Join(list, ", ")
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
