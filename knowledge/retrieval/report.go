package retrieval

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"assay/pipeline/review"
)

// Figures is how good rankings are. Shares and means are over the questions with
// an answer where nothing else is said; they are null where there is no case.
type Figures struct {
	Solutions         int `json:"solutions"`
	Questions         int `json:"questions"`          // with an answer
	WithoutJudgements int `json:"without_judgements"` // not asked
	Unanswerable      int `json:"unanswerable"`       // judged, and no solution is right

	NDCG     *float64 `json:"ndcg_at_10"`
	MRR      *float64 `json:"mrr_at_10"`
	Recall1  *float64 `json:"recall_at_1"`
	Recall5  *float64 `json:"recall_at_5"`
	Recall10 *float64 `json:"recall_at_10"`
	Hit      *float64 `json:"hit_at_1"`

	Answered       *float64 `json:"answered"`        // share with a suggestion above the threshold
	AnsweredRight  *float64 `json:"answered_right"`  // share whose first suggestion is right
	FirstPrecision *float64 `json:"first_precision"` // share right of the first suggestions shown, for any question
	ShownPrecision *float64 `json:"shown_precision"` // share right of all suggestions shown, for any question
	FalseAnswers   *float64 `json:"false_answers"`   // share of the unanswerable questions with a suggestion

	P50 float64 `json:"p50_ms"` // of Suggest, passages included
	P99 float64 `json:"p99_ms"`

	Calibration Calibration `json:"calibration"`
	// Intervals are the 95 % intervals by the keys above: Wilson's of shares, by
	// 1,000 bootstrap samples of means.
	Intervals map[string][2]float64 `json:"intervals"`
}

// Calibration compares the scores of the first solutions, threshold or not,
// with the shares of them that are right.
type Calibration struct {
	Error *float64 `json:"expected_error"` // mean distance of score and share, weighted by the bins' sizes
	Brier *float64 `json:"brier"`          // mean square of score minus truth
	Bins  []Bin    `json:"bins"`
}

// Bin is the first solutions whose scores lie from From on and below To.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	N     int     `json:"n"`
	Score float64 `json:"mean_score"`
	Right float64 `json:"share_right"`
}

// figures sums up.
func (e *evaluation) figures(solutions int) *Figures {
	f := &Figures{
		Solutions: solutions, Questions: len(e.answerable), WithoutJudgements: e.unjudged, Unanswerable: e.unanswerable,
		Intervals: map[string][2]float64{}, Calibration: calibrate(e.scores),
		P50: percentile(e.times, 0.50), P99: percentile(e.times, 0.99),
	}
	mean := func(key string, of func(asked) float64) *float64 {
		values := make([]float64, len(e.answerable))
		for i, a := range e.answerable {
			values[i] = of(a)
		}
		return f.mean(key, values)
	}
	f.NDCG = mean("ndcg_at_10", func(a asked) float64 { return a.ndcg })
	f.MRR = mean("mrr_at_10", func(a asked) float64 { return a.rr })
	f.Recall1 = mean("recall_at_1", func(a asked) float64 { return a.recall1 })
	f.Recall5 = mean("recall_at_5", func(a asked) float64 { return a.recall5 })
	f.Recall10 = mean("recall_at_10", func(a asked) float64 { return a.recall10 })
	count := func(is func(asked) bool) int {
		n := 0
		for _, a := range e.answerable {
			if is(a) {
				n++
			}
		}
		return n
	}
	answered, right := count(func(a asked) bool { return a.answered }), count(func(a asked) bool { return a.answeredRight })
	f.Hit = f.share("hit_at_1", count(func(a asked) bool { return a.hit }), len(e.answerable))
	f.Answered = f.share("answered", answered, len(e.answerable))
	f.AnsweredRight = f.share("answered_right", right, len(e.answerable))
	f.FirstPrecision = f.share("first_precision", right, answered+e.falsely)
	f.ShownPrecision = f.share("shown_precision", e.shownRight, e.shown)
	f.FalseAnswers = f.share("false_answers", e.falsely, e.unanswerable)
	return f
}

func (f *Figures) share(key string, k, n int) *float64 {
	e := review.Wilson(k, n)
	if e.Value != nil {
		f.Intervals[key] = [2]float64{*e.Low, *e.High}
	}
	return e.Value
}

// mean sets the interval of a mean and returns it. The same values always give
// the same interval.
func (f *Figures) mean(key string, values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	const samples = 1000
	random := rand.New(rand.NewPCG(1, uint64(len(values))))
	means := make([]float64, samples)
	for i := range means {
		for range values {
			means[i] += values[random.IntN(len(values))]
		}
		means[i] /= float64(len(values))
	}
	slices.Sort(means)
	f.Intervals[key] = [2]float64{means[samples*25/1000], means[samples*975/1000-1]}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return new(sum / float64(len(values)))
}

// percentile is in milliseconds; 0 of nothing.
func percentile(times []time.Duration, share float64) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return float64(sorted[int(math.Ceil(share*float64(len(sorted))))-1].Microseconds()) / 1000
}

// bins is the number of parts of [0, 1] in which scores are compared.
const bins = 10

func calibrate(all []scored) Calibration {
	c := Calibration{Bins: make([]Bin, bins)}
	for i := range c.Bins {
		c.Bins[i].From, c.Bins[i].To = float64(i)/bins, float64(i+1)/bins
	}
	if len(all) == 0 {
		return c
	}
	brier := 0.0
	for _, s := range all {
		b := &c.Bins[min(int(s.score*bins), bins-1)]
		b.N++
		b.Score += s.score
		truth := 0.0
		if s.right {
			truth = 1
		}
		b.Right += truth
		brier += (s.score - truth) * (s.score - truth)
	}
	miss := 0.0
	for i := range c.Bins {
		if b := &c.Bins[i]; b.N > 0 {
			miss += math.Abs(b.Score - b.Right)
			b.Score, b.Right = b.Score/float64(b.N), b.Right/float64(b.N)
		}
	}
	c.Error, c.Brier = new(miss/float64(len(all))), new(brier/float64(len(all)))
	return c
}

// Write prints the figures for people.
func (f *Figures) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "solutions\t%d\n", f.Solutions)
	fmt.Fprintf(t, "questions with an answer\t%d\n", f.Questions)
	fmt.Fprintf(t, "questions without one\t%d\n", f.Unanswerable)
	fmt.Fprintf(t, "questions without judgements, not asked\t%d\n", f.WithoutJudgements)
	row := func(name, key string, v *float64) {
		if v == nil {
			fmt.Fprintf(t, "%s\t–\n", name)
			return
		}
		i, ok := f.Intervals[key]
		if !ok {
			fmt.Fprintf(t, "%s\t%.3f\n", name, *v)
			return
		}
		fmt.Fprintf(t, "%s\t%.3f [%.3f, %.3f]\n", name, *v, i[0], i[1])
	}
	row("nDCG@10", "ndcg_at_10", f.NDCG)
	row("MRR@10", "mrr_at_10", f.MRR)
	row("recall@1", "recall_at_1", f.Recall1)
	row("recall@5", "recall_at_5", f.Recall5)
	row("recall@10", "recall_at_10", f.Recall10)
	row("hit@1", "hit_at_1", f.Hit)
	row("answered", "answered", f.Answered)
	row("answered right", "answered_right", f.AnsweredRight)
	row("precision of the first shown", "first_precision", f.FirstPrecision)
	row("precision of all shown", "shown_precision", f.ShownPrecision)
	row("false answers", "false_answers", f.FalseAnswers)
	row("calibration error", "", f.Calibration.Error)
	row("Brier score", "", f.Calibration.Brier)
	fmt.Fprintf(t, "p50, p99\t%.1f ms, %.1f ms\n", f.P50, f.P99)
	if err := t.Flush(); err != nil {
		return err
	}
	return f.Calibration.write(w)
}

func (c *Calibration) write(w io.Writer) error {
	var out strings.Builder
	t := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nfirst scores\tn\tmean\tright\t")
	for _, b := range c.Bins {
		if b.N > 0 {
			fmt.Fprintf(t, "%.1f–%.1f\t%d\t%.3f\t%.3f\t\n", b.From, b.To, b.N, b.Score, b.Right)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, out.String())
	return err
}
