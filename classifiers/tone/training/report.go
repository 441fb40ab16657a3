package training

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"assay/pipeline/review"
)

// Write prints the figures as tables.
func (f *Figures) Write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(f.Rows) > 0 {
		fmt.Fprintln(w, "source\tpart\tlanguage\tlabel\tn\tpositives\tprecision\trecall\tF1\tfirm precision\tfirm recall")
	}
	for _, r := range f.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", r.Source, r.Part, r.Language, r.Label,
			r.Given.N(), r.Given.TP+r.Given.FN, interval(r.Given.Precision()), interval(r.Given.Recall()),
			interval(r.Given.F1()), interval(r.Firm.Precision()), interval(r.Firm.Recall()))
	}
	for _, part := range slices.Sorted(maps.Keys(f.MacroF1)) {
		fmt.Fprintf(w, "\noffence\t%s\tmacro-F1 %s\n", part, interval(f.MacroF1[part]))
	}
	if len(f.Alarms) > 0 {
		fmt.Fprintln(w, "\nfalse alarms\tpart\tlanguage\tlabel\tturns\tgiven\tshare\tfirm")
	}
	for _, a := range f.Alarms {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%d\n", a.Source, a.Part, a.Language, a.Label,
			a.Turns, a.Given, percent(review.Wilson(a.Given, a.Turns)), a.Firm)
	}
	if len(f.Rankings) > 0 {
		fmt.Fprintln(w, "\nsurvey\tsessions\tyes\tAUC\tprecision\trecall\tF1")
	}
	for _, r := range f.Rankings {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.Question, r.Sessions, r.Yes, interval(r.AUC),
			interval(r.Table.Precision()), interval(r.Table.Recall()), interval(r.Table.F1()))
	}
	return w.Flush()
}

// interval prints a value with its 95 % interval.
func interval(e review.Estimate) string {
	if e.Value == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", *e.Value, *e.Low, *e.High)
}

func percent(e review.Estimate) string {
	if e.Value == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f %% [%.2f, %.2f]", 100**e.Value, 100**e.Low, 100**e.High)
}
