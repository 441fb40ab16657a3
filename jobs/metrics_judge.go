package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"assay/pipeline/store"
)

// judgeCollector reads what all processes share from the database, when it is asked.
type judgeCollector struct {
	store *store.Store
	log   *slog.Logger

	jobs   *prometheus.Desc
	oldest *prometheus.Desc
	state  *prometheus.Desc
}

// collectTimeout bounds a look at the database.
const collectTimeout = 2 * time.Second

// RegisterJudging registers the gauges of judging: how many sessions wait and for
// how long, and whether endpoints are asked.
func RegisterJudging(r prometheus.Registerer, s *store.Store, log *slog.Logger) error {
	return r.Register(&judgeCollector{
		store: s, log: log,
		jobs:   prometheus.NewDesc("assay_judge_jobs", "Sessions to be judged, by state.", []string{"state"}, nil),
		oldest: prometheus.NewDesc("assay_judge_queue_age_seconds", "How long the first of the sessions that wait has been waiting.", nil, nil),
		state:  prometheus.NewDesc("assay_model_endpoints", "Models at endpoints, by whether they are asked.", []string{"state"}, nil),
	})
}

// Describe implements prometheus.Collector.
func (c *judgeCollector) Describe(out chan<- *prometheus.Desc) {
	out <- c.jobs
	out <- c.oldest
	out <- c.state
}

// Collect implements prometheus.Collector. What cannot be read is left out.
func (c *judgeCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	q, err := c.store.JudgeQueue(ctx)
	if err != nil {
		c.log.WarnContext(ctx, "judging not measured", "error", err)
		return
	}
	gauge(c.jobs, float64(q.Waiting), "waiting")
	gauge(c.jobs, float64(q.Running), "running")
	gauge(c.jobs, float64(q.Asleep), "asleep")
	gauge(c.oldest, q.Oldest.Seconds())
	endpoints, err := c.store.Endpoints(ctx)
	if err != nil {
		c.log.WarnContext(ctx, "endpoints not measured", "error", err)
		return
	}
	states := map[string]int{"open": 0, "closed": 0, "needs_somebody": 0}
	for _, e := range endpoints {
		switch {
		case e.NeedsSomebody:
			states["needs_somebody"]++
		case e.ClosedUntil != nil:
			states["closed"]++
		default:
			states["open"]++
		}
	}
	for state, n := range states {
		gauge(c.state, float64(n), state)
	}
}
