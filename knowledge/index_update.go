package knowledge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// putTimeout bounds writing 2,000 solutions: bleve waits for ever where one of
// its own workers has given up.
const putTimeout = 2 * time.Minute

// errWrite means that solutions could not be written to the index, which is as
// it was before.
var errWrite = errors.New("write to the index")

// Refresh takes over what changed in the library and returns how many solutions
// that were. Without a library it does nothing; while PostgreSQL answers, which
// searches the changes themselves, it looks at the rest.
func (x *Index) Refresh(ctx context.Context) (int, error) {
	if x.library == nil {
		return 0, nil
	}
	x.updating.Lock()
	defer x.updating.Unlock()
	h, err := x.acquire()
	if err != nil {
		return 0, fmt.Errorf("refresh index: %w", err)
	}
	if h == nil {
		if err := x.lookAtLibrary(ctx); err != nil {
			return 0, fmt.Errorf("refresh index: %w", err)
		}
		return 0, nil
	}
	n, err := x.catchUp(ctx, h)
	if err == nil {
		err = x.refreshSynonyms(ctx)
	}
	x.release(ctx, h)
	switch {
	case err == nil:
		x.caughtUp(ctx)
		return n, nil
	case ctx.Err() != nil:
	case errors.Is(err, errTooMany):
		x.leaveMemory(ctx, err)
	case errors.Is(err, errBroken):
		x.broke(ctx, h, err)
	case errors.Is(err, errWrite):
		x.reopen(ctx, h)
		x.failed(ctx, "changed solutions are not in the index, which answers as it was", err)
	}
	return n, fmt.Errorf("refresh index: %w", err)
}

// refreshSynonyms takes over the library's synonyms when they changed, unless
// others were given. It is not to run twice at a time.
func (x *Index) refreshSynonyms(ctx context.Context) error {
	if x.o.Synonyms != nil {
		return nil
	}
	last, err := x.library.lastSynonym(ctx)
	if err != nil || last == x.synonymsRead {
		return err
	}
	s, last, err := x.library.synonyms(ctx)
	if err != nil {
		return err
	}
	x.o.synonyms.Store(s)
	x.synonymsRead = last
	return nil
}

// lookAtLibrary keeps what is told of the library while PostgreSQL answers. Its
// solutions are counted only when some changed.
func (x *Index) lookAtLibrary(ctx context.Context) error {
	if err := x.refreshSynonyms(ctx); err != nil {
		return err
	}
	seq, err := x.library.lastSeq(ctx)
	if err != nil {
		return err
	}
	if err := x.fallback.refreshStatistics(ctx, seq); err != nil {
		return err
	}
	x.mu.Lock()
	known := x.stand
	x.mu.Unlock()
	if seq == known.seq {
		return nil
	}
	s, err := x.library.stand(ctx)
	if err != nil {
		return err
	}
	x.mu.Lock()
	x.stand = s
	x.mu.Unlock()
	return nil
}

// caughtUp notes that updates work, again where they did not.
func (x *Index) caughtUp(ctx context.Context) {
	x.mu.Lock()
	again := x.problem != nil && !x.wanted
	if again {
		x.problem, x.retryAt = nil, time.Time{}
		x.retry.succeeded()
	}
	x.mu.Unlock()
	if again {
		x.o.Log.InfoContext(ctx, "the index takes over changes again")
	}
}

// catchUp puts what changed since the generation's last change into it.
func (x *Index) catchUp(ctx context.Context, h *held) (int, error) {
	n := 0
	for {
		changed, seq, err := x.library.Since(ctx, h.seq())
		if err != nil {
			return n, err
		}
		if len(changed) == 0 {
			return n, nil
		}
		if err := x.put(h, changed, seq); err != nil {
			return n, err
		}
		n += len(changed)
		if err := x.fitsMemory(h.slot, h.len()); err != nil {
			return n, err
		}
	}
}

// put writes to a generation that is held. The error is errBroken when that can
// never work, and else errWrite.
func (x *Index) put(h *held, changed []Solution, seq int64) error {
	done := make(chan error, 1)
	go func() { done <- guarded(func() error { return h.put(changed, seq) }) }()
	timer := time.NewTimer(putTimeout)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil && !errors.Is(err, errBroken) {
			err = fmt.Errorf("%w: %w", errWrite, err)
		}
		return err
	case <-timer.C:
		x.mu.Lock()
		h.users++ // for ever: closing it would wait as well
		x.mu.Unlock()
		return fmt.Errorf("%w: writing %d solutions takes more than %v", errBroken, len(changed), putTimeout)
	}
}

// reopen opens a generation on disk anew that could not be written, since bleve
// would try again without a pause. PostgreSQL answers in between.
func (x *Index) reopen(ctx context.Context, h *held) {
	if h.path == "" {
		return
	}
	x.mu.Lock()
	if x.current != h {
		x.mu.Unlock()
		return
	}
	x.current = nil
	x.mu.Unlock()
	x.release(ctx, h)
	<-h.done
	var g *generation
	err := guarded(func() (err error) { g, err = openGeneration(h.path, x.o); return err })
	if err != nil {
		x.o.Log.WarnContext(ctx, "the index was not opened again; PostgreSQL answers", "folder", h.path, "error", err)
		x.want(err)
		return
	}
	x.swap(ctx, hold(g, h.path, h.slot))
}
