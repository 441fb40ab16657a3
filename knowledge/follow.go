package knowledge

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// verifyEvery is how often the files of an index on disk are looked at.
const verifyEvery = 10 * time.Second

// Follow keeps the index up to date until ctx ends, and returns its error. It
// takes over changes when PostgreSQL tells of them, and asks for them every so
// often as well, so that none is missed; it has a broken index built anew, and
// tries again what failed.
func (x *Index) Follow(ctx context.Context, every time.Duration) error {
	group, following := errgroup.WithContext(ctx)
	if x.library != nil {
		group.Go(func() error { return x.library.listen(following, x.o.Log, x.heard) })
		group.Go(func() error { return x.library.fillTerms(following, every, x.o.Log) })
		if x.o.vectors != nil {
			group.Go(func() error { return x.o.vectors.follow(following, x.library, every) })
		}
	}
	group.Go(func() error { return x.tend(following, every) })
	group.Go(func() error { return x.verify(following) })
	return group.Wait()
}

// heard wakes up for a notification.
func (x *Index) heard(said string) {
	if said == rebuildCall {
		x.want(nil)
		return
	}
	x.poke()
}

// tend looks after the index each time that something may have changed.
func (x *Index) tend(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var builds sync.WaitGroup
	defer builds.Wait()
	complained := false
	for ctx.Err() == nil {
		x.checkFolder(ctx)
		if x.startBuild() {
			builds.Go(func() { x.rebuildLogged(ctx) })
		}
		if x.mayRefresh() {
			_, err := x.Refresh(ctx)
			if err != nil && ctx.Err() == nil && !complained {
				x.o.Log.WarnContext(ctx, "solutions not refreshed", "error", err)
			}
			complained = err != nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-x.wake:
		}
	}
	return ctx.Err()
}

// rebuildLogged rebuilds; failures are logged where they happen.
func (x *Index) rebuildLogged(ctx context.Context) {
	if _, err := x.Rebuild(ctx); err != nil {
		x.o.Log.DebugContext(ctx, "rebuild ended", "error", err)
	}
}

// startBuild reports whether a build is to begin now, and notes that it does.
func (x *Index) startBuild() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.wanted || x.building || time.Now().Before(x.retryAt) {
		return false
	}
	x.building = true
	return true
}

// mayRefresh reports whether an update may be tried now: after one that could
// not be written there is a pause.
func (x *Index) mayRefresh() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case errors.Is(x.problem, errSlotLost):
		return false // bleve would try for ever to write files into it
	case x.current == nil || x.problem == nil || x.wanted:
		return true
	}
	return !time.Now().Before(x.retryAt)
}

// checkFolder asks for a new index when the folder was taken away. The old one
// answers on, from files that have no name any more.
func (x *Index) checkFolder(ctx context.Context) {
	x.mu.Lock()
	s, wanted := x.slot, x.wanted
	path := ""
	if x.current != nil {
		path = x.current.path
	}
	x.mu.Unlock()
	if s == nil || wanted || path == "" {
		return
	}
	if s.intact() && exists(path) {
		return
	}
	x.o.Log.ErrorContext(ctx, "the folder of the index is gone; it will be built anew", "folder", path)
	x.want(errSlotLost)
}

// verify looks for damaged files until ctx ends.
func (x *Index) verify(ctx context.Context) error {
	tick := time.NewTicker(verifyEvery)
	defer tick.Stop()
	var v verifier
	for {
		if err := x.verifyOnce(ctx, &v); err != nil && ctx.Err() == nil {
			x.o.Log.WarnContext(ctx, "the files of the index were not verified", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// verifyOnce has a damaged index built anew.
func (x *Index) verifyOnce(ctx context.Context, v *verifier) error {
	h, err := x.acquire()
	if h == nil || err != nil {
		return err
	}
	defer x.release(ctx, h)
	if h.path == "" {
		return nil
	}
	err = v.look(ctx, h.path)
	if errors.Is(err, errBroken) {
		x.broke(ctx, h, err)
		return nil
	}
	return err
}
