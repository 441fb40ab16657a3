package jobs

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the counters of this package. A nil Metrics counts nothing.
type Metrics struct {
	verdicts *prometheus.CounterVec
	failures *prometheus.CounterVec
	leftOut  *prometheus.CounterVec
	records  *prometheus.CounterVec
	lost     prometheus.Counter
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
	}
	for _, c := range []prometheus.Collector{m.verdicts, m.failures, m.leftOut, m.records, m.lost} {
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
