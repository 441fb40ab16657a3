package jobs

import (
	"github.com/prometheus/client_golang/prometheus"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/store"
)

// Metrics are the counters of this package. A nil Metrics counts nothing.
type Metrics struct {
	verdicts *prometheus.CounterVec
	failures *prometheus.CounterVec
	leftOut  *prometheus.CounterVec
	records  *prometheus.CounterVec
	lost     prometheus.Counter

	judgings *prometheus.CounterVec
	calls    *prometheus.CounterVec
	refusals *prometheus.CounterVec
	tokens   *prometheus.CounterVec
	cost     prometheus.Counter

	live *liveMetrics
}

// NewMetrics makes the counters and registers them.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_verdicts_total", Help: "Verdicts made by this process, by result.",
		}, []string{"result"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_inspection_failures_total", Help: "Transcripts that inspection gave up on, by reason.",
		}, []string{"reason"}),
		leftOut: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_left_out_total", Help: "Transcripts that the plan left out, by reason.",
		}, []string{"reason"}),
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_imported_records_total", Help: "Records read from watched folders, by what became of them.",
		}, []string{"outcome"}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "assay_rescued_jobs_total", Help: "Jobs taken back from lost workers.",
		}),
		judgings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_judgings_total", Help: "Sessions that a model was to judge, by what came of it.",
		}, []string{"outcome"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_model_calls_total", Help: "Requests to models, by purpose and how they ended.",
		}, []string{"purpose", "status"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_model_refusals_total", Help: "Requests to models that were not sent, by what forbade it.",
		}, []string{"reason"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_model_tokens_total", Help: "Tokens of models; cached are part of input, reasoning of output.",
		}, []string{"kind"}),
		cost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "assay_model_cost_total", Help: "What models cost, in the currency of --price-currency.",
		}),
	}
	m.live = newLiveMetrics()
	for _, c := range append(m.live.all(),
		m.verdicts, m.failures, m.leftOut, m.records, m.lost, m.judgings, m.calls, m.refusals, m.tokens, m.cost,
	) {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) inspected(all became) {
	if m == nil {
		return
	}
	for _, d := range all.done {
		m.verdicts.WithLabelValues(string(d.Verdict.Result)).Inc()
	}
	for _, f := range all.failed {
		m.failures.WithLabelValues(string(f.Reason)).Inc()
	}
	for _, l := range all.left {
		m.leftOut.WithLabelValues(string(l.Reason)).Inc()
	}
}

func (m *Metrics) imported(n ImportCounts) {
	if m == nil {
		return
	}
	for outcome, count := range map[string]int{"new": n.New, "changed": n.Changed, "same": n.Same, "rejected": n.Rejected} {
		m.records.WithLabelValues(outcome).Add(float64(count))
	}
}

func (m *Metrics) rescued(n int) {
	if m != nil {
		m.lost.Add(float64(n))
	}
}

// judgedAs is what came of judging a session, from a closed list.
type judgedAs string

const (
	judgedDone        judgedAs = "judged"
	judgedOver        judgedAs = "outdated" // another verdict stands
	judgedFailed      judgedAs = "failed"
	judgedPaced       judgedAs = "paced"
	judgedUnavailable judgedAs = "unavailable"
	judgedBudget      judgedAs = "budget"
)

func outcomeOf(r pipeline.Reason) judgedAs {
	switch r {
	case pipeline.OverBudget:
		return judgedBudget
	case pipeline.Pending:
		return judgedPaced
	}
	return judgedUnavailable
}

func (m *Metrics) judged(as judgedAs) {
	if m != nil {
		m.judgings.WithLabelValues(string(as)).Inc()
	}
}

func (m *Metrics) refused(kind store.RefusalKind) {
	if m != nil {
		m.refusals.WithLabelValues(string(kind)).Inc()
	}
}

func (m *Metrics) called(c llm.Call, r store.CallResult) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(string(c.Purpose), r.Status).Inc()
	for kind, n := range map[string]int64{"input": r.Input, "cached": r.Cached, "output": r.Output, "reasoning": r.Reasoning} {
		m.tokens.WithLabelValues(kind).Add(float64(max(n, 0)))
	}
	if r.Cost != nil {
		m.cost.Add(float64(*r.Cost) / 1e6)
	}
}
