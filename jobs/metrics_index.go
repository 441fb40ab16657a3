package jobs

import (
	"github.com/prometheus/client_golang/prometheus"

	"assay/knowledge"
)

// indexCollector tells how the index of the solution library fares.
type indexCollector struct {
	index *knowledge.Index

	state     *prometheus.Desc
	solutions *prometheus.Desc
	seq       *prometheus.Desc
	building  *prometheus.Desc
	failures  *prometheus.Desc
	embedded  *prometheus.Desc
	resting   *prometheus.Desc
}

// RegisterIndex registers the gauges of the index: which search answers, how far
// it has followed the library, and whether building or following fails.
func RegisterIndex(r prometheus.Registerer, index *knowledge.Index) error {
	return r.Register(&indexCollector{
		index:     index,
		state:     prometheus.NewDesc("assay_index_state", "1 for the state of the solution index: in fallback PostgreSQL searches.", []string{"state"}, nil),
		solutions: prometheus.NewDesc("assay_index_solutions", "Solutions that are searched.", nil, nil),
		seq:       prometheus.NewDesc("assay_index_change_number", "Change number of the library that the search has reached.", nil, nil),
		building:  prometheus.NewDesc("assay_index_building", "Whether a new index is being built.", nil, nil),
		failures:  prometheus.NewDesc("assay_index_failures", "Failures in a row of building the index or taking over changes.", nil, nil),
		embedded:  prometheus.NewDesc("assay_index_embedded_solutions", "Solutions with vectors in memory; only with a model for embedding.", nil, nil),
		resting:   prometheus.NewDesc("assay_index_embedding_resting", "Whether questions are not embedded for a while, after failures; only with a model for embedding.", nil, nil),
	})
}

// Describe implements prometheus.Collector.
func (c *indexCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.state, c.solutions, c.seq, c.building, c.failures, c.embedded, c.resting} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *indexCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.index.Status()
	for _, state := range knowledge.IndexStates {
		gauge(c.state, flag(s.State == state), string(state))
	}
	gauge(c.solutions, float64(s.Solutions))
	gauge(c.seq, float64(s.Seq))
	gauge(c.building, flag(s.Building))
	gauge(c.failures, float64(s.Failures))
	if v := s.Vectors; v != nil {
		gauge(c.embedded, float64(v.Solutions))
		gauge(c.resting, flag(v.Resting))
	}
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
