package training

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"assay/classifiers/tone/linear"
	"assay/pipeline/review"
)

// Learned is how one label does by cross-validation in the training, by source
// and language. It is the learner's answer alone, without the lexicons' veto.
type Learned struct {
	Bank     string          `json:"bank"`
	Label    string          `json:"label"`
	Source   Source          `json:"source"`
	Language string          `json:"language"`
	From     float64         `json:"from"` // the confidence from which on it counts as given
	Table    review.Table    `json:"table"`
	AUC      review.Estimate `json:"auc"`
}

// learnedOf counts the scores of a head.
func learnedOf(bank string, head *linear.Head, known []*sample, scored []linear.Scored) []Learned {
	type part struct {
		source   Source
		language string
	}
	tables, scores := map[part]*review.Table{}, map[part][]linear.Scored{}
	var parts []part
	for i, s := range scored {
		p := part{known[i].item.Source, known[i].item.Language}
		if tables[p] == nil {
			tables[p] = &review.Table{}
			parts = append(parts, p)
		}
		tables[p].Add(head.Curve.At(s.Score) >= head.From, s.Is)
		scores[p] = append(scores[p], s)
	}
	var out []Learned
	for _, p := range parts {
		out = append(out, Learned{bank, head.Label, p.source, p.language, head.From, *tables[p], areaUnderCurve(scores[p])})
	}
	return out
}

// WriteLearned prints what a training learned as a table in Markdown.
func WriteLearned(out io.Writer, all []Learned) error {
	var b strings.Builder
	b.WriteString("| label | source | language | turns | with it | given from | precision | recall | F1 | AUC |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range all {
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %.2f | %s | %s | %s | %s |\n", l.Label, l.Source, l.Language,
			l.Table.N(), l.Table.TP+l.Table.FN, l.From, interval(l.Table.Precision()), interval(l.Table.Recall()),
			interval(l.Table.F1()), interval(l.AUC))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Write prints the figures as tables of at most 120 columns; JSON has all digits.
func (f *Figures) Write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	f.rows(w)
	for _, part := range slices.Sorted(maps.Keys(f.MacroF1)) {
		fmt.Fprintf(w, "\noffence\t%s\tmacro-F1 %s\n", part, short(f.MacroF1[part]))
	}
	if len(f.Alarms) > 0 {
		fmt.Fprintln(w, "\nfalse alarms\tpart\tlanguage\tlabel\tturns\tgiven\tshare\tfirm")
	}
	for _, a := range f.Alarms {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%d\n", a.Source, a.Part, a.Language, a.Label,
			a.Turns, a.Given, percent(review.Wilson(a.Given, a.Turns)), a.Firm)
	}
	if len(f.Rankings) > 0 {
		fmt.Fprintln(w, "\nsurvey\tn\tyes\tAUC\tprecision\trecall\tF1")
	}
	for _, r := range f.Rankings {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.Question, r.Sessions, r.Yes, short(r.AUC),
			short(r.Table.Precision()), short(r.Table.Recall()), short(r.Table.F1()))
	}
	return w.Flush()
}

// rows prints the labels of each source, part and language below one head.
func (f *Figures) rows(w io.Writer) {
	for i, r := range f.Rows {
		if i == 0 || f.Rows[i-1].Source != r.Source || f.Rows[i-1].Part != r.Part || f.Rows[i-1].Language != r.Language {
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "%s, %s, %s\n", r.Source, r.Part, r.Language)
			fmt.Fprintln(w, "label\twith it\tprecision\trecall\tF1\tfirm precision\tfirm recall")
		}
		fmt.Fprintf(w, "%s\t%d/%d\t%s\t%s\t%s\t%s\t%s\n", r.Label, r.Given.TP+r.Given.FN, r.Given.N(),
			short(r.Given.Precision()), short(r.Given.Recall()), short(r.Given.F1()), short(r.Firm.Precision()), short(r.Firm.Recall()))
	}
}

// interval prints a value with its 95 % interval.
func interval(e review.Estimate) string {
	if e.Value == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", *e.Value, *e.Low, *e.High)
}

// short is interval with two digits.
func short(e review.Estimate) string {
	if e.Value == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", *e.Value, *e.Low, *e.High)
}

func percent(e review.Estimate) string {
	if e.Value == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f %% [%.2f, %.2f]", 100**e.Value, 100**e.Low, 100**e.High)
}
