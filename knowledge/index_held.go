package knowledge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

// steadyAfter is how long a generation must have answered before the next
// failure counts as the first one again.
const steadyAfter = 10 * time.Minute

// acquire returns the current generation for a while, nil when PostgreSQL answers.
// Each one is to be released.
func (x *Index) acquire() (*held, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, ErrClosed
	}
	if x.current != nil {
		x.current.users++
	}
	return x.current, nil
}

// release gives a generation back. The last one to do so closes it.
func (x *Index) release(ctx context.Context, h *held) {
	x.mu.Lock()
	h.users--
	last := h.users == 0
	x.mu.Unlock()
	if !last {
		return
	}
	defer close(h.done)
	err := guarded(h.close)
	if h.obsolete && h.slot != nil && h.slot.intact() {
		err = errors.Join(err, os.RemoveAll(h.path))
	}
	if err != nil {
		x.o.Log.WarnContext(ctx, "an index was not closed cleanly", "folder", h.path, "error", err)
	}
}

// swap makes h the current generation and returns the one before, which is
// closed when nobody uses it any more; either may be nil.
func (x *Index) swap(ctx context.Context, h *held) *held {
	x.mu.Lock()
	old := x.current
	x.current = h
	x.mu.Unlock()
	if old != nil {
		x.release(ctx, old)
	}
	return old
}

// guarded runs what reads or writes index files. Bytes that are not what bleve
// wrote make it index beyond a slice's end, or fault where a mapped file is
// shorter than it was: that is an error of the file and not of the program.
func guarded(use func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: panic: %v", errBroken, r)
		}
	}()
	return use()
}

// broke has PostgreSQL answer instead of h, which failed, until there is a new one.
func (x *Index) broke(ctx context.Context, h *held, err error) {
	x.mu.Lock()
	if x.current != h || x.closed {
		x.mu.Unlock()
		return
	}
	x.current, h.obsolete = nil, true
	x.mu.Unlock()
	x.o.Log.ErrorContext(ctx, "the index is broken and will be built anew; PostgreSQL answers meanwhile", "folder", h.path, "error", err)
	if h.slot != nil {
		if err := h.slot.disown(h.path); err != nil {
			x.o.Log.WarnContext(ctx, "the marker of a broken index was not removed", "folder", h.path, "error", err)
		}
	}
	x.release(ctx, h)
	x.want(err)
}

// want asks for a new generation because of err, at once unless the last one
// did not last long either; nil is because somebody wants it.
func (x *Index) want(err error) {
	x.mu.Lock()
	now := time.Now()
	if now.Sub(x.builtAt) > steadyAfter {
		x.retry.succeeded()
	}
	x.wanted, x.problem = true, err
	if err != nil && !x.builtAt.IsZero() && now.Sub(x.builtAt) <= steadyAfter {
		x.retryAt = now.Add(x.retry.next())
	}
	x.mu.Unlock()
	x.poke()
}

// failed notes that building or updating failed, and when to try again. Only
// the first of several failures in a row is logged as one.
func (x *Index) failed(ctx context.Context, what string, err error) {
	x.mu.Lock()
	first := x.retry.failures == 0
	wait := x.retry.next()
	x.problem, x.retryAt = err, time.Now().Add(wait)
	x.mu.Unlock()
	log := x.o.Log.DebugContext
	if first {
		log = x.o.Log.ErrorContext
	}
	log(ctx, what, "error", err, "retry_in", wait.String())
}

// poke wakes Follow.
func (x *Index) poke() {
	select {
	case x.wake <- struct{}{}:
	default: // it is to wake up already
	}
}
