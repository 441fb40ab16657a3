package knowledge

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// checkedRows is how many of the last changes are compared with a generation
// that is opened.
const checkedRows = 100

// Open returns an index of all published solutions of the library. Refresh and
// Follow keep it up to date. With a folder it opens the index that an earlier
// process left there and catches up; what it cannot use it builds anew: at once
// when that is quick or o.Wait asks for it, and else in Follow. A folder that
// cannot be used leaves the index in memory, with a warning.
func Open(ctx context.Context, l *Library, o Options) (*Index, error) {
	x, err := newIndex(o)
	if err != nil {
		return nil, err
	}
	x.library = l
	if x.o.vectors != nil {
		x.o.vectors.library = l
	}
	if x.fallback, err = newFallback(l, x.o); err != nil {
		return nil, err
	}
	if err := x.open(ctx); err != nil {
		return nil, fmt.Errorf("open index: %w", closed(x, err))
	}
	return x, nil
}

func (x *Index) open(ctx context.Context) error {
	var err error
	if x.stand, err = x.library.stand(ctx); err != nil {
		return err
	}
	if err := x.refreshSynonyms(ctx); err != nil {
		return err
	}
	if x.o.Folder != "" {
		if x.database, err = x.library.identity(ctx); err != nil {
			return err
		}
		if err := x.takeFolder(); err != nil {
			x.o.Log.WarnContext(ctx, "solutions are indexed in memory: the index folder cannot be used", "folder", x.o.Folder, "error", err)
		}
	}
	why := x.openCurrent(ctx)
	if why == nil || ctx.Err() != nil {
		return errors.Join(why, ctx.Err())
	}
	if err := x.fitsMemory(x.slot, x.stand.published); err != nil {
		x.leaveMemory(ctx, err)
		return nil
	}
	x.wanted, x.problem = true, why
	if x.o.Postpone {
		return nil
	}
	if x.o.Wait || x.stand.published <= buildAtOnce || x.slot == nil {
		_, err := x.Rebuild(ctx)
		if err != nil && (ctx.Err() != nil || x.o.Wait) {
			return err
		}
	}
	return nil
}

// fitsMemory returns errTooMany when so many solutions are too many without a slot.
func (x *Index) fitsMemory(s *slot, solutions int) error {
	if s != nil || solutions <= x.inMemory {
		return nil
	}
	return fmt.Errorf("%w: %d, and it takes up to %d: give it a folder", errTooMany, solutions, x.inMemory)
}

// leaveMemory has PostgreSQL answer for good because of err.
func (x *Index) leaveMemory(ctx context.Context, err error) {
	x.mu.Lock()
	x.wanted, x.problem, x.retryAt = false, err, time.Time{}
	x.mu.Unlock()
	x.swap(ctx, nil)
	x.o.Log.WarnContext(ctx, "PostgreSQL searches the solutions", "error", err)
}

// takeFolder takes a slot in the folder of the library's database.
func (x *Index) takeFolder() error {
	root := filepath.Join(x.o.Folder, x.database)
	s, err := takeSlot(root)
	if err != nil {
		return err
	}
	x.mu.Lock()
	x.slot = s
	x.mu.Unlock()
	return sweepAbandoned(root, time.Now())
}

// openCurrent opens the generation that is in the folder and catches up. The
// error says why there is none to be used.
func (x *Index) openCurrent(ctx context.Context) error {
	if x.slot == nil {
		return errNoCurrent
	}
	path, err := x.slot.current(x.database)
	if err != nil {
		return x.notUsed(ctx, "", err)
	}
	var g *generation
	if err := guarded(func() (err error) { g, err = openGeneration(path, x.o); return err }); err != nil {
		return x.notUsed(ctx, path, err)
	}
	h := hold(g, path, x.slot)
	err = x.trust(ctx, h)
	if err == nil {
		x.swap(ctx, h)
		if _, err = x.Refresh(ctx); err == nil {
			err = x.complete(ctx, h)
		}
		return errors.Join(err, x.slot.sweep(path), x.slot.touch(time.Now()))
	}
	x.release(ctx, h)
	return x.notUsed(ctx, path, err)
}

// notUsed logs why a generation is not used, unless there is none.
func (x *Index) notUsed(ctx context.Context, path string, err error) error {
	if !errors.Is(err, errNoCurrent) && ctx.Err() == nil {
		x.o.Log.WarnContext(ctx, "the index in the folder is not used and will be built anew", "folder", path, "error", err)
	}
	return err
}

// trust returns errBroken for a generation that cannot be of the library as it
// is: after a backup was restored, the last changes are others.
func (x *Index) trust(ctx context.Context, h *held) error {
	if h.seq() > x.stand.seq {
		return fmt.Errorf("%w: it has change %d, the library is at %d: an earlier state of the database was restored", errBroken, h.seq(), x.stand.seq)
	}
	last, err := x.library.lastUntil(ctx, h.seq(), checkedRows)
	if err != nil {
		return err
	}
	for _, want := range last {
		var got Solution
		err := guarded(func() (err error) { got, err = h.solution(ctx, want.ID); return err })
		if !want.IsPublished() && errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		a, errA := want.Hash()
		b, errB := got.Hash()
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if a != b {
			return fmt.Errorf("%w: solution %q is another one", errBroken, want.ID)
		}
	}
	return nil
}

// complete returns errBroken when the generation has not as many solutions as
// the library at the same change.
func (x *Index) complete(ctx context.Context, h *held) error {
	s, err := x.library.stand(ctx)
	if err != nil {
		return err
	}
	if s.seq == h.seq() && s.published != h.len() {
		err := fmt.Errorf("%w: it has %d solutions, the library %d", errBroken, h.len(), s.published)
		x.broke(ctx, h, err)
		return err
	}
	return nil
}
