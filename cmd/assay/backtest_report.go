package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"assay/pipeline/backtest"
	"assay/pipeline/review"
	"assay/pipeline/store"
)

// backtestReport is a back-test as --json prints it.
type backtestReport struct {
	Key     store.BacktestKey `json:"backtest"`
	New     cardName          `json:"new"`
	Old     cardName          `json:"old"` // empty: what each session was inspected by
	Since   string            `json:"since,omitempty"`
	Seconds float64           `json:"seconds"`
	Seed    uint64            `json:"seed"`
	backtest.Summary
	Samples   []samplePrecision `json:"samples"`
	TokenRule string            `json:"token_rule"`
	JudgeCost *float64          `json:"judge_cost"` // of the new scorecard; null without a price
}

type cardName struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

func (n cardName) String() string {
	if n.ID == "" {
		return "what each session was inspected by"
	}
	return n.ID + " " + n.Version
}

// samplePrecision is how many changes of a bucket are right, as far as people
// have looked.
type samplePrecision struct {
	Criterion string          `json:"criterion"`
	Bucket    backtest.Bucket `json:"bucket"`
	Samples   int             `json:"samples"`
	Right     int             `json:"right"`
	Wrong     int             `json:"wrong"`
	Skipped   int             `json:"skipped"`
	Precision review.Estimate `json:"precision"`
}

func newBacktestReport(bt *store.Backtest, counts []store.SampleCount, limit int, price float64) *backtestReport {
	r := &backtestReport{
		Key: bt.Key, New: cardName{bt.New.ID, bt.New.Version}, Old: cardName{bt.Old.ID, bt.Old.Version}, Seconds: bt.Seconds,
		Seed: bt.Seed, TokenRule: backtest.TokenRule, Samples: []samplePrecision{},
	}
	if bt.Tally != nil {
		r.Summary = bt.Tally.Summary(limit)
	}
	if bt.Since != nil {
		r.Since = bt.Since.Format(time.DateOnly)
	}
	for _, n := range counts {
		r.Samples = append(r.Samples, samplePrecision{
			n.Criterion, n.Bucket, n.Samples, n.Right, n.Wrong, n.Skipped, review.Wilson(n.Right, n.Right+n.Wrong),
		})
	}
	if price > 0 {
		r.JudgeCost = new(float64(r.JudgeNew.Tokens) / 1e6 * price)
	}
	return r
}

// write prints the report for people.
func (r *backtestReport) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "back-test %d: %s against %s\n%d sessions, %d of them for both scorecards", r.Key, r.New, r.Old, r.Sessions, r.Both)
	for _, n := range []struct {
		sessions int
		what     string
	}{{r.OnlyOld, "for the old one only"}, {r.OnlyNew, "for the new one only"}, {r.Neither, "for neither"}, {r.Unreadable, "unreadable"}} {
		if n.sessions > 0 {
			fmt.Fprintf(&b, ", %d %s", n.sessions, n.what)
		}
	}
	fmt.Fprintf(&b, "; %d come out differently\n", r.Changed)
	r.writeCriteria(&b)
	r.writeScores(&b)
	r.writeGroups(&b, "day", r.Days, r.MoreDays, "older days")
	r.writeGroups(&b, "team", r.Teams, r.MoreTeams, "smaller teams")
	r.writeSamples(&b)
	r.writeJudge(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// table writes rows of tab-separated cells in columns.
func table(b *strings.Builder, rows []string) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(rows, "\n"))
	_ = t.Flush() // a strings.Builder takes everything
}

func (r *backtestReport) writeCriteria(b *strings.Builder) {
	rows := []string{"\nnot met by\tonly new\tonly old\tboth\tneither\tother changes"}
	same := 0
	var dropped []string
	for _, c := range r.Criteria {
		name := c.Criterion
		switch {
		case !c.InNew:
			dropped = append(dropped, c.Criterion)
			continue
		case c.OnlyNew+c.OnlyOld+c.Other == 0:
			same++
			continue
		case !c.InOld:
			name += " (new)"
		}
		rows = append(rows, fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%s", name, c.OnlyNew, c.OnlyOld, c.Both, c.Neither, moves(c.Moves)))
	}
	table(b, rows)
	fmt.Fprintf(b, "%d criteria come out the same on every session that both ask\n", same)
	if len(dropped) > 0 {
		fmt.Fprintf(b, "%d criteria are no longer asked: %s\n", len(dropped), strings.Join(dropped, ", "))
	}
}

// moves names changes of outcome that none of the other columns tells.
func moves(list []backtest.OutcomeMove) string {
	var out []string
	for _, m := range list {
		if m.Old != m.New && m.Old != "not_met" && m.New != "not_met" && m.Old != "" && m.New != "" {
			out = append(out, fmt.Sprintf("%s→%s %d", m.Old, m.New, m.Sessions))
		}
	}
	return strings.Join(out, ", ")
}

func (r *backtestReport) writeScores(b *strings.Builder) {
	s := r.Score
	if s.Sessions > 0 {
		fmt.Fprintf(b, "\nscore      %.2f → %.2f (mean difference %+.2f, standard deviation %.2f, %d sessions with both)\n", *s.Old, *s.New, *s.Mean, *s.Deviation, s.Sessions)
		for _, bin := range s.Spread {
			if bin.Sessions > 0 {
				fmt.Fprintf(b, "  %-16s %d\n", binText(bin), bin.Sessions)
			}
		}
	}
	fmt.Fprintf(b, "pass line  %d come to pass, %d no longer pass, %d lose their score, %d get one\n", s.Up, s.Down, s.Withheld, s.Regained)
	rows := []string{"\nresult\tsessions"}
	for _, m := range r.Results {
		if m.Old != m.New {
			rows = append(rows, fmt.Sprintf("%s → %s\t%d", m.Old, m.New, m.Sessions))
		}
	}
	if len(rows) > 1 {
		table(b, rows)
	}
	rows = []string{"\nflag\told\tnew"}
	for _, f := range r.Flags {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%d", f.Reason, f.Old, f.New))
	}
	table(b, append(rows, fmt.Sprintf("any\t%d\t%d", r.Flagged.Old, r.Flagged.New)))
}

func binText(bin backtest.Bin) string {
	switch {
	case bin.From == nil:
		return fmt.Sprintf("below %g", *bin.To)
	case bin.To == nil:
		return fmt.Sprintf("%+g or more", *bin.From)
	case *bin.From == *bin.To:
		return "no difference"
	}
	return fmt.Sprintf("%+g to %+g", *bin.From, *bin.To)
}

func (r *backtestReport) writeGroups(b *strings.Builder, what string, groups []backtest.GroupChange, more int, rest string) {
	if len(groups) < 2 && more == 0 {
		return
	}
	rows := []string{"\n" + what + "\tsessions\tchanged\tscore\tpassed\tflagged"}
	for _, g := range groups {
		name := printable(g.Name)
		if name == "" {
			name = "–"
		}
		rows = append(rows, fmt.Sprintf("%s\t%d\t%d\t%s → %s\t%d → %d\t%d → %d", name, g.Sessions, g.Changed,
			score(g.OldScore), score(g.NewScore), g.Passed.Old, g.Passed.New, g.Flagged.Old, g.Flagged.New))
	}
	table(b, rows)
	if more > 0 {
		fmt.Fprintf(b, "and %d %s (--limit)\n", more, rest)
	}
}

func score(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f", *v)
}

func (r *backtestReport) writeSamples(b *strings.Builder) {
	if len(r.Samples) == 0 {
		return
	}
	rows := []string{"\nto label\tbucket\tsessions\tright\twrong\tprecision (95 %)"}
	for _, s := range r.Samples {
		precision := "–"
		if e := s.Precision; e.Value != nil {
			precision = fmt.Sprintf("%.0f %% (%.0f–%.0f)", 100**e.Value, 100**e.Low, 100**e.High)
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%s", s.Criterion, s.Bucket, s.Samples, s.Right, s.Wrong, precision))
	}
	table(b, rows)
	fmt.Fprintf(b, "label them at /backtests/%d\n", r.Key)
}

func (r *backtestReport) writeJudge(b *strings.Builder) {
	if r.JudgeNew.Questions == 0 && r.JudgeOld.Questions == 0 {
		return
	}
	fmt.Fprintf(b, "\njudge      %d questions on %d sessions, about %d tokens to read (the old one: %d)\n           %s; a session is sent once for each question\n",
		r.JudgeNew.Questions, r.JudgeNew.Sessions, r.JudgeNew.Tokens, r.JudgeOld.Tokens, r.TokenRule)
	if r.JudgeCost != nil {
		fmt.Fprintf(b, "           about %.2f at the given price of a million tokens\n", *r.JudgeCost)
	}
}
