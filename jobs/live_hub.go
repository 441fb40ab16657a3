package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"assay/pipeline/store"
)

// liveHub wakes the readers of this process when a session changes. It keeps
// nothing of what they are told: each reads that from the database, from where it
// is, so that nobody's slowness costs memory, and nothing is lost or doubled
// however readers are woken. One connection listens for all.
type liveHub struct {
	store     *store.Store
	metrics   *Metrics
	listening atomic.Bool

	mu      sync.Mutex
	readers map[store.LiveKey]map[*liveReader]bool
	closed  chan struct{} // when this process stops
}

// liveReader is somebody who waits for what is told of a session.
type liveReader struct {
	woken chan struct{} // holds one waking
	upTo  atomic.Int64  // number of the last event that it has read
}

func newLiveHub(s *store.Store, m *Metrics) *liveHub {
	return &liveHub{store: s, metrics: m, readers: map[store.LiveKey]map[*liveReader]bool{}, closed: make(chan struct{})}
}

// add makes a reader of a session. Call the function when it reads no more.
func (h *liveHub) add(key store.LiveKey) (*liveReader, func()) {
	r := &liveReader{woken: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers[key] == nil {
		h.readers[key] = map[*liveReader]bool{}
	}
	h.readers[key][r] = true
	h.metrics.liveReaders(1)
	return r, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.readers[key], r)
		if len(h.readers[key]) == 0 {
			delete(h.readers, key)
		}
		h.metrics.liveReaders(-1)
	}
}

// told wakes the readers of a session that have not read so far.
func (h *liveHub) told(key store.LiveKey, events int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers[key] {
		if r.upTo.Load() >= events {
			continue
		}
		select {
		case r.woken <- struct{}{}:
		default: // it is about to look anyway
		}
	}
}

// How often the database is asked for changes: while nobody listens, and besides.
const (
	pollDeaf      = 250 * time.Millisecond
	pollListening = 5 * time.Second
)

// listen wakes readers as PostgreSQL tells, and by asking while it does not, until
// ctx ends.
func (h *liveHub) listen(ctx context.Context, log *slog.Logger) {
	const most = 5 * time.Second
	wait := 100 * time.Millisecond
	for ctx.Err() == nil {
		err := h.store.ListenLive(ctx, func() error {
			wait = 100 * time.Millisecond
			h.deaf(false)
			return h.ask(ctx) // for what was told while nobody listened
		}, h.told)
		h.deaf(true)
		if ctx.Err() != nil {
			return
		}
		log.WarnContext(ctx, "live sessions are not listened for; asking for them instead", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, most)
	}
}

func (h *liveHub) deaf(deaf bool) {
	h.listening.Store(!deaf)
	h.metrics.liveListening(!deaf)
}

// poll asks for changes of the sessions that have readers, until ctx ends.
func (h *liveHub) poll(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(pollDeaf)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if h.listening.Load() && time.Since(last) < pollListening {
			continue
		}
		last = time.Now()
		if err := h.ask(ctx); err != nil && ctx.Err() == nil {
			log.DebugContext(ctx, "live sessions not asked for", "error", err)
		}
	}
}

// ask wakes the readers of sessions that changed.
func (h *liveHub) ask(ctx context.Context) error {
	h.mu.Lock()
	keys := make([]store.LiveKey, 0, len(h.readers))
	for key := range h.readers {
		keys = append(keys, key)
	}
	h.mu.Unlock()
	if len(keys) == 0 {
		return nil
	}
	marks, err := h.store.LiveMarks(ctx, keys)
	if err != nil {
		return err
	}
	for key, events := range marks {
		h.told(key, events)
	}
	return nil
}

// Run wakes readers and moves clocks until ctx ends, which ends all readers.
func (l *Live) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	loops.Go(func() { l.hub.listen(ctx, l.o.Log) })
	loops.Go(func() { l.hub.poll(ctx, l.o.Log) })
	loops.Go(func() { l.clocks(ctx) })
	<-ctx.Done()
	close(l.hub.closed)
	loops.Wait()
	return nil
}
