package knowledge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// Rebuilt is what a rebuild made.
type Rebuilt struct {
	Solutions int           `json:"solutions"`
	Bytes     int64         `json:"bytes"` // on disk
	Took      time.Duration `json:"took_ns"`
	Folder    string        `json:"folder,omitempty"` // "" is in memory
}

// Rebuild builds the index anew from the library, whatever state it is in, and
// puts it in the place of the old one, which answers until then. Without a
// library it does nothing.
func (x *Index) Rebuild(ctx context.Context) (Rebuilt, error) {
	if x.library == nil {
		return Rebuilt{}, nil
	}
	x.rebuilds.Lock()
	defer x.rebuilds.Unlock()
	x.setBuilding(true)
	defer x.setBuilding(false)
	start := time.Now()
	h, err := x.build(ctx)
	if err == nil {
		if err = x.install(ctx, h); err != nil {
			h.obsolete = true
			x.release(ctx, h)
		}
	}
	if err != nil {
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, errTooMany):
			x.leaveMemory(ctx, err)
		default:
			x.failed(ctx, "the index was not built", err)
		}
		return Rebuilt{}, fmt.Errorf("rebuild index: %w", err)
	}
	done := Rebuilt{Solutions: h.len(), Bytes: folderBytes(h.path), Took: time.Since(start), Folder: h.path}
	x.o.Log.InfoContext(ctx, "index built", "solutions", done.Solutions, "folder", done.Folder, "took", done.Took.String())
	return done, nil
}

func (x *Index) setBuilding(on bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.building = on
}

// place returns the path of a generation to be built and its slot, "" in memory. Where the
// folder was taken away it takes a slot again.
func (x *Index) place() (string, *slot, error) {
	x.mu.Lock()
	s := x.slot
	x.mu.Unlock()
	if s == nil {
		return "", nil, nil
	}
	if !s.intact() {
		if err := x.takeFolder(); err != nil {
			return "", nil, err
		}
		if err := s.release(); err != nil {
			return "", nil, err
		}
		x.mu.Lock()
		s = x.slot
		x.mu.Unlock()
	}
	keep := ""
	if h, err := x.acquire(); err == nil && h != nil {
		keep = h.path
		x.release(context.Background(), h)
	}
	path, err := s.next()
	if err != nil {
		return "", nil, err
	}
	return path, s, s.sweep(keep)
}

// build makes a generation of what is in the library at one moment.
func (x *Index) build(ctx context.Context) (*held, error) {
	path, s, err := x.place()
	if err != nil {
		return nil, err
	}
	var g *generation
	if err := guarded(func() (err error) { g, err = createGeneration(path, x.o); return err }); err != nil {
		return nil, errors.Join(err, removeAll(path))
	}
	h := hold(g, path, s)
	err = x.library.snapshot(ctx, func(at stand, all iter.Seq2[Solution, error]) error {
		if err := x.fitsMemory(s, at.published); err != nil {
			return err
		}
		return guarded(func() error { return g.build(ctx, all, at.seq) })
	})
	if err != nil {
		h.obsolete = true
		x.release(ctx, h)
		return nil, err
	}
	return h, nil
}

func removeAll(path string) error {
	if path == "" {
		return nil
	}
	return os.RemoveAll(path)
}

// install brings a new generation up to date and has it answer. Updates wait, so
// that it misses none.
func (x *Index) install(ctx context.Context, h *held) error {
	x.updating.Lock()
	defer x.updating.Unlock()
	if _, err := x.catchUp(ctx, h); err != nil {
		return err
	}
	if err := x.refreshSynonyms(ctx); err != nil {
		return err
	}
	x.mu.Lock()
	s, shut := x.slot, x.closed
	x.mu.Unlock()
	if shut {
		return ErrClosed
	}
	if s != nil {
		if err := s.adopt(h.path, x.database); err != nil {
			return err
		}
	}
	x.mu.Lock()
	x.wanted, x.problem, x.retryAt, x.builtAt = false, nil, time.Time{}, time.Now()
	if x.current != nil {
		x.current.obsolete = true
	}
	x.mu.Unlock()
	x.swap(ctx, h)
	return nil
}

// folderBytes is the size of the files in a folder, as far as it can be read.
func folderBytes(path string) int64 {
	if path == "" {
		return 0
	}
	var sum int64
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		return 0 // it changes: bleve merges
	}
	return sum
}
