package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// liveMetrics are the counters of sessions that still run.
type liveMetrics struct {
	additions *prometheus.CounterVec
	turns     *prometheus.CounterVec
	told      *prometheus.CounterVec
	ended     *prometheus.CounterVec
	took      prometheus.Histogram
	readers   prometheus.Gauge
	listening prometheus.Gauge
	cut       prometheus.Counter
	unsought  *prometheus.CounterVec
}

func newLiveMetrics() *liveMetrics {
	return &liveMetrics{
		additions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_live_additions_total", Help: "Additions to running sessions, by what became of them.",
		}, []string{"outcome"}),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_live_turns_total", Help: "Turns of running sessions that were added or replaced.",
		}, []string{"outcome"}),
		told: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_live_events_total", Help: "What was told of running sessions, by kind.",
		}, []string{"kind"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_live_ended_total", Help: "Running sessions that this process ended, by reason.",
		}, []string{"reason"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "assay_live_addition_seconds", Help: "Time that an addition takes until it is stored.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .5, 1, 5},
		}),
		readers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "assay_live_readers", Help: "Who follows running sessions from this process.",
		}),
		listening: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "assay_live_listening", Help: "1 while PostgreSQL tells this process of changes, 0 while it asks for them.",
		}),
		cut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "assay_live_cut_total", Help: "Readers cut off because they did not take what they were told.",
		}),
		unsought: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_live_unsuggested_total", Help: "Additions to running sessions that got no suggestions, because searching failed or took too long.",
		}, []string{"reason"}),
	}
}

func (m *liveMetrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.additions, m.turns, m.told, m.ended, m.took, m.readers, m.listening, m.cut, m.unsought}
}

func (m *Metrics) liveAppended(r LiveReceipt, err error, took time.Duration) {
	if m == nil {
		return
	}
	_, conflict := errors.AsType[*LiveConflict](err)
	_, problems := errors.AsType[transcript.Problems](err)
	outcome := "same"
	switch {
	case conflict, problems, errors.Is(err, ErrLiveEnded), errors.Is(err, store.ErrLiveStored):
		outcome = "refused"
	case err != nil:
		outcome = "failed"
	case r.Added+r.Replaced > 0:
		outcome = "taken"
		m.live.turns.WithLabelValues("added").Add(float64(r.Added))
		m.live.turns.WithLabelValues("replaced").Add(float64(r.Replaced))
	}
	m.live.additions.WithLabelValues(outcome).Inc()
	m.live.took.Observe(took.Seconds())
}

func (m *Metrics) liveTold(events []store.LiveEvent) {
	if m == nil {
		return
	}
	for _, e := range events {
		m.live.told.WithLabelValues(e.Kind).Inc()
	}
}

// liveUnsuggested counts a search that failed.
func (m *Metrics) liveUnsuggested(err error) {
	if m == nil {
		return
	}
	reason := "failed"
	if errors.Is(err, context.DeadlineExceeded) {
		reason = "late"
	}
	m.live.unsought.WithLabelValues(reason).Inc()
}

func (m *Metrics) liveEnded(why LiveEnd) {
	if m != nil {
		m.live.ended.WithLabelValues(string(why)).Inc()
	}
}

func (m *Metrics) liveReaders(n float64) {
	if m != nil {
		m.live.readers.Add(n)
	}
}

func (m *Metrics) liveListening(is bool) {
	switch {
	case m == nil:
	case is:
		m.live.listening.Set(1)
	default:
		m.live.listening.Set(0)
	}
}

// Cut notes that a reader was cut off because it did not take what it was told.
func (l *Live) Cut() {
	if l.o.Metrics != nil {
		l.o.Metrics.live.cut.Inc()
	}
}
