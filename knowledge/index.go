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
	"slices"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
)

const (
	// batchSize is how many solutions are indexed at once. Every batch becomes
	// a segment of the index for good, because an index in memory is not merged.
	batchSize = 2_000
	// maxSegments is how many segments the index has before it is built anew.
	maxSegments = 64
	// DefaultThreshold is the score below which nothing is suggested.
	DefaultThreshold = 0.5
)

// Options say how to search. The zero value is usable.
type Options struct {
	Threshold float64          // score below which nothing is suggested, above 0 up to 1; 0 is DefaultThreshold
	Now       func() time.Time // decides what is valid; nil is time.Now
	Log       *slog.Logger     // of Follow; nil is slog.Default()
}

// Index searches solutions. It lives in memory, so that processes do not share
// files. It is safe to share; close it when it is no longer needed.
type Index struct {
	o         Options
	mapping   *mapping.IndexMappingImpl
	analyzers analyzers
	library   *Library // nil for an index of a fixed list

	// updating lets one update run at a time; updates hold mu only to apply
	// what they prepared.
	updating sync.Mutex
	seq      int64 // of the library, guarded by updating
	segments int   // guarded by updating

	mu         sync.RWMutex // searches read, updates write what follows
	bleve      bleve.Index
	vocabulary *vocabulary
	entries    map[string]*entry
	content    Hash // of all entries, in any order
}

// NewIndex returns an index of the solutions. Of solutions with one id the last counts.
func NewIndex(solutions []Solution, o Options) (*Index, error) {
	x, err := newIndex(o)
	if err != nil {
		return nil, err
	}
	if err := x.put(solutions); err != nil {
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
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	b, err := newBleve(m)
	if err != nil {
		return nil, err
	}
	return &Index{
		o: o, mapping: m, analyzers: newAnalyzers(m),
		bleve: b, vocabulary: newVocabulary(), entries: map[string]*entry{},
	}, nil
}

// newBleve makes an index in memory. NewMemOnly would make one of an older kind
// that ignores the scoring model.
func newBleve(m mapping.IndexMapping) (bleve.Index, error) {
	b, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("make index: %w", err)
	}
	return b, nil
}

// Close frees the index. It must not be used afterwards.
func (x *Index) Close() error {
	x.updating.Lock()
	defer x.updating.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.bleve.Close(); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}

// closed closes c after err and returns both errors.
func closed(c io.Closer, err error) error { return errors.Join(err, c.Close()) }

// Len is the number of solutions, expired ones included.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.entries)
}

// Version is a hash of all solutions and of all that decides the ranking and
// finds questions. It does not tell when solutions become valid or expire.
func (x *Index) Version() string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	h := sha256.New()
	fmt.Fprint(h, len(x.entries), x.content, x.o.Threshold, rankingVersion())
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
	n := 0
	for {
		changed, seq, err := x.library.Since(ctx, x.seq)
		if err != nil {
			return n, fmt.Errorf("refresh index: %w", err)
		}
		if len(changed) == 0 {
			return n, nil
		}
		if err := x.putLocked(changed); err != nil {
			return n, fmt.Errorf("refresh index: %w", err)
		}
		n, x.seq = n+len(changed), seq
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

func (x *Index) put(solutions []Solution) error {
	x.updating.Lock()
	defer x.updating.Unlock()
	return x.putLocked(solutions)
}

// putLocked adds or replaces solutions. Searches go on meanwhile: between the
// two indexes a solution is at most missing or ranked by its earlier text.
func (x *Index) putLocked(solutions []Solution) error {
	for part := range slices.Chunk(lastOfEach(solutions), batchSize) {
		if x.segments >= maxSegments {
			if err := x.rebuild(); err != nil {
				return err
			}
		}
		if err := fill(x.bleve, part); err != nil {
			return err
		}
		x.segments++
		if err := x.apply(part); err != nil {
			return err
		}
	}
	return nil
}

// lastOfEach keeps the last solution of every id.
func lastOfEach(solutions []Solution) []Solution {
	last := make(map[string]int, len(solutions))
	for i := range solutions {
		last[solutions[i].ID] = i
	}
	if len(last) == len(solutions) {
		return solutions
	}
	out := make([]Solution, 0, len(last))
	for i := range solutions {
		if last[solutions[i].ID] == i {
			out = append(out, solutions[i])
		}
	}
	return out
}

func fill(b bleve.Index, solutions []Solution) error {
	batch := b.NewBatch()
	for i := range solutions {
		if err := batch.Index(solutions[i].ID, document(&solutions[i])); err != nil {
			return fmt.Errorf("index solution %q: %w", solutions[i].ID, err)
		}
	}
	if err := b.Batch(batch); err != nil {
		return fmt.Errorf("index %d solutions: %w", len(solutions), err)
	}
	return nil
}

func (x *Index) apply(solutions []Solution) error {
	all := make([]cuts, len(solutions))
	for i := range solutions {
		all[i] = x.analyzers.cut(&solutions[i])
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, s := range solutions {
		e, err := newEntry(s, all[i], x.vocabulary)
		if err != nil {
			return err
		}
		if old := x.entries[s.ID]; old != nil {
			x.vocabulary.count(old, -1)
			x.content.toggle(old.hash)
		}
		x.vocabulary.count(e, 1)
		x.content.toggle(e.hash)
		x.entries[s.ID] = e
	}
	return nil
}

// toggle adds h to a hash of many, or takes it away again.
func (sum *Hash) toggle(h Hash) {
	for i := range sum {
		sum[i] ^= h[i]
	}
}

// rebuild puts all solutions into a new index with few segments.
func (x *Index) rebuild() error {
	all := make([]Solution, 0, len(x.entries))
	for _, e := range x.entries {
		all = append(all, e.solution)
	}
	slices.SortFunc(all, func(a, b Solution) int { return cmp.Compare(a.ID, b.ID) })
	b, err := newBleve(x.mapping)
	if err != nil {
		return err
	}
	segments := 0
	for part := range slices.Chunk(all, max(batchSize, len(all)*2/maxSegments)) {
		if err := fill(b, part); err != nil {
			return closed(b, err)
		}
		segments++
	}
	x.mu.Lock()
	old := x.bleve
	x.bleve, x.segments = b, segments
	x.mu.Unlock()
	if err := old.Close(); err != nil {
		return fmt.Errorf("close old index: %w", err)
	}
	return nil
}
