package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"assay/pipeline"
	"assay/pipeline/review"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// criterionEval is how a criterion compares with labels. A criterion that is
// met is a prediction; every other outcome is none. What a model was to answer and
// is undetermined is not compared.
type criterionEval struct {
	ID           string       `json:"id"`
	N            int          `json:"n"`
	Positives    int          `json:"positives"`
	Undetermined int          `json:"undetermined"`
	Precision    *float64     `json:"precision"`
	Recall       *float64     `json:"recall"`
	F1           *float64     `json:"f1"`
	Kappa        *float64     `json:"kappa"`
	PrecisionCI  [2]*float64  `json:"precision_ci95"`
	RecallCI     [2]*float64  `json:"recall_ci95"`
	F1CI         [2]*float64  `json:"f1_ci95"`
	KappaCI      [2]*float64  `json:"kappa_ci95"`
	Counts       review.Table `json:"counts"`
	Judge        *judgedEval  `json:"judge,omitempty"`
	wrong        []wrongSession
}

// judgedEval is what is measured besides of a criterion that a model answers.
// Figures are of the first run but for flips, tokens and cost.
type judgedEval struct {
	Agreement review.Estimate `json:"agreement"`
	AC1       review.Estimate `json:"ac1"`
	// TooFew says that there are fewer than 20 answers to compare: nothing is to be
	// concluded from them.
	TooFew bool `json:"too_few"`
	Asked  int  `json:"asked"` // sessions about which the model was asked
	// Of those: without an answer that counts, by reason, and with one that could not
	// be read even after a complaint.
	Abstained  review.Estimate         `json:"abstained"`
	Reasons    map[pipeline.Reason]int `json:"reasons"`
	Unreadable review.Estimate         `json:"unreadable"`
	// NotAsked are sessions that wait for a model, by reason.
	NotAsked map[pipeline.Reason]int `json:"not_asked"`
	Repaired review.Estimate         `json:"repaired"` // of all questions: asked once more with a complaint
	Flips    review.Estimate         `json:"flips"`    // of sessions asked in all runs: not the same outcome in all
	Compared int                     `json:"compared"` // sessions that flips are a share of
	Tokens   int                     `json:"tokens"`
	Cost     *float64                `json:"cost"` // in the prices' currency; null without prices
}

// fewest is the least number of answers that figures are ranked from: of 19 alike
// even the best leave one wrong in six possible.
const fewest = 20

type wrongSession struct {
	id        transcript.SessionID
	predicted bool
}

// results are the criteria that have labels: by id, and of a model's those that
// agree most first, as far as there are enough answers.
func (e *evaluation) results() (ruled, judged []*criterionEval) {
	for _, c := range e.card.Criteria() {
		r := e.result(c)
		switch {
		case r.N+r.Undetermined == 0:
		case r.Judge != nil:
			judged = append(judged, r)
		default:
			ruled = append(ruled, r)
		}
	}
	byID := func(a, b *criterionEval) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(ruled, byID)
	slices.SortFunc(judged, func(a, b *criterionEval) int {
		switch {
		case a.Judge.TooFew != b.Judge.TooFew:
			return map[bool]int{true: 1, false: -1}[a.Judge.TooFew]
		case !a.Judge.TooFew && *a.Judge.AC1.Low != *b.Judge.AC1.Low:
			return int(math.Copysign(1, *b.Judge.AC1.Low-*a.Judge.AC1.Low))
		}
		return byID(a, b)
	})
	return ruled, judged
}

func (e *evaluation) result(c *scorecard.Criterion) *criterionEval {
	r := &criterionEval{ID: c.ID}
	at := slices.IndexFunc(e.card.Criteria(), func(x *scorecard.Criterion) bool { return x.ID == c.ID })
	for _, s := range e.sessions {
		label, ok := s.labels[c.ID]
		if !ok || s.runs[0] == nil {
			continue
		}
		f := &s.runs[0][at]
		if f.Outcome == pipeline.Undetermined {
			r.Undetermined++
			if isJudged(c) {
				continue
			}
		}
		predicted := f.Outcome == pipeline.Met
		r.Counts.Add(predicted, label)
		if predicted != label {
			r.wrong = append(r.wrong, wrongSession{s.ID, predicted})
		}
	}
	r.N, r.Positives = r.Counts.N(), r.Counts.TP+r.Counts.FN
	r.Precision, r.PrecisionCI = spread(r.Counts.Precision())
	r.Recall, r.RecallCI = spread(r.Counts.Recall())
	r.F1, r.F1CI = spread(r.Counts.F1())
	r.Kappa, r.KappaCI = spread(r.Counts.Kappa())
	if isJudged(c) {
		r.Judge = e.judgedResult(c.ID, at, r.Counts)
	}
	return r
}

func spread(e review.Estimate) (*float64, [2]*float64) { return e.Value, [2]*float64{e.Low, e.High} }

// judgedResult measures what a model did with a criterion, the at-th.
func (e *evaluation) judgedResult(id string, at int, counts review.Table) *judgedEval {
	j := &judgedEval{
		Agreement: counts.Agreement(), AC1: counts.AC1(), TooFew: counts.N() < fewest,
		Reasons: map[pipeline.Reason]int{}, NotAsked: map[pipeline.Reason]int{},
	}
	abstained, flips := 0, 0
	for _, s := range e.sessions {
		if _, ok := s.labels[id]; !ok || s.runs[0] == nil {
			continue
		}
		switch f := &s.runs[0][at]; {
		case f.Judge == nil && f.Outcome == pipeline.Undetermined:
			j.NotAsked[f.Reason]++
		case f.Judge == nil: // rules decided
		default:
			j.Asked++
			if f.Outcome == pipeline.Undetermined {
				abstained++
				j.Reasons[f.Reason]++
			}
		}
		if compared, flipped := flip(s.runs, at); compared {
			j.Compared++
			if flipped {
				flips++
			}
		}
	}
	j.Abstained, j.Unreadable = review.Wilson(abstained, j.Asked), review.Wilson(j.Reasons[pipeline.Unreadable], j.Asked)
	j.Flips = review.Wilson(flips, j.Compared)
	if e.accounts != nil {
		e.accounts.fill(id, j)
	}
	return j
}

// flip reports whether a model was asked in all of several runs, and whether not
// all came out the same.
func flip(runs [][]pipeline.Finding, at int) (compared, flipped bool) {
	for _, findings := range runs {
		if findings == nil || findings[at].Judge == nil || len(runs) < 2 {
			return false, false
		}
		flipped = flipped || findings[at].Outcome != runs[0][at].Outcome
	}
	return true, flipped
}

// fill adds what a criterion took.
func (a *evalAccounts) fill(id string, j *judgedEval) {
	part := a.criteria[id]
	if part == nil {
		return
	}
	j.Repaired, j.Tokens = review.Wilson(part.repaired, part.asked), int(math.Round(part.tokens))
	if a.prices.Known() {
		j.Cost = new(part.cost / 1e6)
	}
}

// evalTotals is what all runs took.
type evalTotals struct {
	Asked    string   `json:"asked"` // model@host, and the prompt's hash
	Answered string   `json:"answered"`
	Runs     int      `json:"runs"`
	Sessions int      `json:"sessions"`
	Calls    int      `json:"calls"`
	Input    int      `json:"input_tokens"`
	Cached   int      `json:"cached_tokens"`
	Output   int      `json:"output_tokens"`
	Counted  bool     `json:"counted"` // by the endpoint, all of them
	Cost     *float64 `json:"cost"`
	Currency string   `json:"currency,omitempty"`
	Stopped  string   `json:"stopped,omitempty"`
}

func (e *evaluation) totals() *evalTotals {
	a := e.accounts
	if a == nil {
		return nil
	}
	t := &evalTotals{
		Asked: e.runs[0].Version(), Answered: a.model, Runs: len(e.runs), Sessions: len(e.sessions), Calls: a.calls,
		Input: a.usage.Input, Cached: a.usage.Cached, Output: a.usage.Output, Counted: !a.usage.Estimated, Currency: a.prices.Currency,
	}
	if a.prices.Known() {
		t.Cost = new(float64(a.prices.Cost(a.usage)) / 1e6)
	}
	if e.stopped != nil {
		t.Stopped = e.stopped.Error()
	}
	return t
}

func (c *evalCriteriaCmd) print(p *program, e *evaluation) error {
	ruled, judged := e.results()
	for _, r := range slices.Concat(ruled, judged) {
		for _, w := range r.wrong[:min(len(r.wrong), c.Errors)] {
			fmt.Fprintf(p.stderr, "%s: %s: predicted %t, labelled %t\n", r.ID, w.id, w.predicted, !w.predicted)
		}
	}
	if c.JSON {
		out := struct {
			Criteria []*criterionEval `json:"criteria"`
			Judge    *evalTotals      `json:"judge,omitempty"`
		}{slices.Concat(ruled, judged), e.totals()}
		printJSON(p, out)
		return nil
	}
	if len(ruled) > 0 {
		w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "criterion\tn\tpositives\tprecision\trecall\tF1\tkappa")
		for _, r := range ruled {
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", r.ID, r.N, r.Positives,
				interval(r.Precision, r.PrecisionCI), interval(r.Recall, r.RecallCI), interval(r.F1, r.F1CI), interval(r.Kappa, r.KappaCI))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if len(judged) == 0 {
		return nil
	}
	return e.printJudged(p.stdout, judged)
}

// printJudged prints what a model's criteria are worth, and how it answered.
func (e *evaluation) printJudged(out io.Writer, rows []*criterionEval) error {
	if t := e.totals(); t == nil {
		fmt.Fprintln(out, "\nno model was asked")
	} else {
		fmt.Fprintf(out, "\n%s answers as %s: %d sessions, %s, %d calls, %s, %s\n", t.Asked, t.Answered, t.Sessions, runs(t.Runs), t.Calls, t.tokens(), t.cost())
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "judged criterion\tn\tpositives\tagreement\tprecision\trecall\tkappa\tAC1")
	for i, r := range rows {
		if r.Judge.TooFew && (i == 0 || !rows[i-1].Judge.TooFew) {
			fmt.Fprintf(w, "fewer than %d answers, too few to tell:\n", fewest)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.N, r.Positives, estimated(r.Judge.Agreement),
			interval(r.Precision, r.PrecisionCI), interval(r.Recall, r.RecallCI), interval(r.Kappa, r.KappaCI), estimated(r.Judge.AC1))
	}
	fmt.Fprintln(w, "\njudged criterion\tasked\tabstained\tunreadable\trepaired\tflips\ttokens\tcost\twhy undetermined")
	for _, r := range rows {
		j := r.Judge
		cost := "–"
		if j.Cost != nil {
			cost = fmt.Sprintf("%.4f", *j.Cost)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.ID, j.Asked, estimated(j.Abstained), estimated(j.Unreadable),
			estimated(j.Repaired), estimated(j.Flips), j.Tokens, cost, whyUndetermined(j))
	}
	return w.Flush()
}

func (t *evalTotals) tokens() string {
	counted := ""
	if !t.Counted {
		counted = " (in part estimated)"
	}
	return fmt.Sprintf("%d tokens sent, %d answered%s", t.Input, t.Output, counted)
}

func (t *evalTotals) cost() string {
	if t.Cost == nil {
		return "cost unknown"
	}
	return "cost " + money(int64(math.Round(*t.Cost*1e6)), t.Currency)
}

// whyUndetermined lists reasons with their numbers.
func whyUndetermined(j *judgedEval) string {
	var out []string
	for _, reasons := range []map[pipeline.Reason]int{j.Reasons, j.NotAsked} {
		for _, r := range slices.Sorted(maps.Keys(reasons)) {
			out = append(out, fmt.Sprintf("%s %d", r, reasons[r]))
		}
	}
	return strings.Join(out, ", ")
}

func estimated(e review.Estimate) string { return interval(e.Value, [2]*float64{e.Low, e.High}) }

// interval prints a value with its 95 % interval.
func interval(v *float64, ci [2]*float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", *v, *ci[0], *ci[1])
}
