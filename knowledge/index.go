package knowledge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// DefaultThreshold is the score below which nothing is suggested.
	DefaultThreshold = 0.5
)

// Options say how to search. The zero value is usable.
type Options struct {
	Threshold float64          // score below which nothing is suggested, above 0 up to 1; 0 is DefaultThreshold
	Now       func() time.Time // decides what is valid; nil is time.Now
	Log       *slog.Logger     // of Follow; nil is slog.Default()
	Synonyms  *Synonyms        // nil is none, or those of the library

	synonyms *atomic.Pointer[Synonyms] // in force, shared by all generations
}

// Index searches solutions. It lives in memory, so that processes do not share
// files. It is safe to share; close it when it is no longer needed.
type Index struct {
	o       Options
	library *Library // nil for an index of a fixed list

	updating   sync.Mutex   // lets one update run at a time
	mu         sync.RWMutex // searches read
	generation *generation
}

// NewIndex returns an index of the solutions. Of solutions with one id the last counts.
func NewIndex(solutions []Solution, o Options) (*Index, error) {
	x, err := newIndex(o)
	if err != nil {
		return nil, err
	}
	if err := x.generation.put(solutions, 0); err != nil {
		return nil, closed(x, err)
	}
	return x, nil
}

// Open returns an index of all solutions of the library. Refresh and Follow keep it up to date.
func Open(ctx context.Context, l *Library, o Options) (*Index, error) {
	x, err := newIndex(o)
	if err != nil {
		return nil, err
	}
	x.library = l
	if _, err := x.Refresh(ctx); err != nil {
		return nil, closed(x, err)
	}
	return x, nil
}

func newIndex(o Options) (*Index, error) {
	o.Threshold = cmp.Or(o.Threshold, DefaultThreshold)
	if o.Threshold < 0 || o.Threshold > 1 {
		return nil, fmt.Errorf("new index: threshold %v is out of range; allowed: above 0 up to 1", o.Threshold)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Log = cmp.Or(o.Log, slog.Default())
	o.synonyms = &atomic.Pointer[Synonyms]{}
	o.synonyms.Store(o.Synonyms)
	g, err := createGeneration("", o)
	if err != nil {
		return nil, err
	}
	return &Index{o: o, generation: g}, nil
}

// Close frees the index. It must not be used afterwards.
func (x *Index) Close() error {
	x.updating.Lock()
	defer x.updating.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.generation.close()
}

// closed closes c after err and returns both errors.
func closed(c io.Closer, err error) error { return errors.Join(err, c.Close()) }

// Len is the number of solutions, expired ones included.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.generation.len()
}

// Version is a hash of all solutions and of all that decides the ranking and
// finds questions. It does not tell when solutions become valid or expire.
func (x *Index) Version() string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	h := sha256.New()
	fmt.Fprint(h, x.generation.len(), x.generation.content(), x.o.Threshold, rankingVersion(), x.o.synonyms.Load().hash())
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Refresh takes over what changed in the library and returns how many solutions
// that were. Without a library it does nothing.
func (x *Index) Refresh(ctx context.Context) (int, error) {
	if x.library == nil {
		return 0, nil
	}
	x.updating.Lock()
	defer x.updating.Unlock()
	if x.o.Synonyms == nil {
		s, err := x.library.Synonyms(ctx)
		if err != nil {
			return 0, fmt.Errorf("refresh index: %w", err)
		}
		x.o.synonyms.Store(s)
	}
	n := 0
	for {
		changed, seq, err := x.library.Since(ctx, x.generation.seq())
		if err != nil {
			return n, fmt.Errorf("refresh index: %w", err)
		}
		if len(changed) == 0 {
			return n, nil
		}
		if err := x.generation.put(changed, seq); err != nil {
			return n, fmt.Errorf("refresh index: %w", err)
		}
		n += len(changed)
	}
}

// Follow refreshes the index until ctx ends and returns its error. What fails
// is logged and tried again the next time.
func (x *Index) Follow(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if _, err := x.Refresh(ctx); err != nil && ctx.Err() == nil {
			x.o.Log.WarnContext(ctx, "solutions not refreshed", "error", err)
		}
	}
}
