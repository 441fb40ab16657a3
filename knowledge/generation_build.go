package knowledge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/mapping"
)

const (
	// builderBatch is how many solutions become one segment in a full build.
	builderBatch = 2_000
	// builderMerge is how many segments are merged at once; with 25 a million
	// solutions are written three times.
	builderMerge = 25
)

// build puts all solutions into an empty index, and notes that everything up to
// seq is in it. An id must not come twice. After an error or a crash the index is
// empty or cannot be opened. It uses some 300 MB, however many solutions there are.
func (g *generation) build(ctx context.Context, solutions iter.Seq2[Solution, error], seq int64) error {
	g.writing.Lock()
	defer g.writing.Unlock()
	if g.state.Entries > 0 {
		return fmt.Errorf("build index %q: it is not empty", g.folder)
	}
	var err error
	if g.folder == "" {
		err = g.buildInMemory(ctx, solutions, seq)
	} else {
		err = g.buildInFolder(ctx, solutions, seq)
	}
	if err != nil {
		return fmt.Errorf("build index %q: %w", g.folder, err)
	}
	return nil
}

func (g *generation) buildInMemory(ctx context.Context, solutions iter.Seq2[Solution, error], seq int64) error {
	all, err := inParts(ctx, solutions, func(part []Solution) error { return g.putLocked(part, 0) })
	if err != nil {
		return err
	}
	return g.putLocked(all, seq)
}

// inParts hands over the solutions in parts, but for the last part, which it returns.
func inParts(ctx context.Context, solutions iter.Seq2[Solution, error], take func([]Solution) error) ([]Solution, error) {
	var part []Solution
	for s, err := range solutions {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		if part = append(part, s); len(part) < builderBatch {
			continue
		}
		if err := take(part); err != nil {
			return nil, err
		}
		part = nil
	}
	return part, nil
}

// buildInFolder takes away the empty index, lets bleve build another offline,
// which makes one segment of all, and opens that.
func (g *generation) buildInFolder(ctx context.Context, solutions iter.Seq2[Solution, error], seq int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.bleve.Close(); err != nil {
		return err
	}
	if err := emptyFolder(g.folder); err != nil {
		return err
	}
	next, err := g.buildOffline(ctx, solutions)
	if err == nil {
		err = ctx.Err()
	}
	opened, openErr := openBleve(g.folder, next.Entries == 0 || err != nil)
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	if g.bleve = opened; err != nil {
		return err
	}
	next.Layout, next.Seq = layoutVersion(), seq
	if err := g.save(g.bleve.NewBatch(), next); err != nil {
		return err
	}
	return g.load()
}

// openBleve opens what was built, or puts an empty index in its place.
func openBleve(folder string, empty bool) (bleve.Index, error) {
	if !empty {
		return bleve.OpenUsing(folder, map[string]any{"bolt_timeout": lockTimeout})
	}
	if err := emptyFolder(folder); err != nil {
		return nil, err
	}
	return newBleve(folder)
}

func emptyFolder(folder string) error {
	inside, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range inside {
		if err := os.RemoveAll(filepath.Join(folder, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// buildOffline writes all solutions with bleve's builder. While one part is
// written the next is prepared.
func (g *generation) buildOffline(ctx context.Context, solutions iter.Seq2[Solution, error]) (state, error) {
	builder, err := bleve.NewBuilder(g.folder, readyMapping{newMapping()}, map[string]any{
		"batchSize": builderBatch, "mergeMax": builderMerge, "buildPathPrefix": g.folder,
	})
	if err != nil {
		return state{}, err
	}
	w := &offlineWriter{builder: builder, seen: map[uint64]bool{}, parts: make(chan []change), done: make(chan error, 1)}
	go w.write()
	last, err := inParts(ctx, solutions, func(part []Solution) error { return g.hand(w, part) })
	if err == nil {
		err = g.hand(w, last)
	}
	close(w.parts)
	if err = errors.Join(err, <-w.done); err != nil || w.state.Entries == 0 {
		return state{}, err
	}
	return w.state, closeBuilder(ctx, builder)
}

// hand prepares a part and gives it to the writer once that has written the one before.
func (g *generation) hand(w *offlineWriter, part []Solution) error {
	changes, err := g.changes(part)
	if err != nil {
		return err
	}
	select {
	case w.parts <- changes:
		return nil
	case err := <-w.done:
		w.done <- nil
		return err
	}
}

// closeBuilder merges what was written. Bleve cannot be told to stop that; when
// ctx ends it goes on, to no avail, in files that its caller removes.
func closeBuilder(ctx context.Context, builder bleve.Builder) error {
	done := make(chan error, 1)
	go func() { done <- builder.Close() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// offlineWriter hands documents to bleve's builder, one after the other.
type offlineWriter struct {
	builder bleve.Builder
	parts   chan []change
	done    chan error
	state   state
	seen    map[uint64]bool // hashes of ids: the builder would take both
}

func (w *offlineWriter) write() {
	for part := range w.parts {
		for _, c := range part {
			if err := w.take(c); err != nil {
				w.done <- err
				return
			}
		}
	}
	w.done <- nil
}

func (w *offlineWriter) take(c change) error {
	if c.new == nil {
		return nil
	}
	if w.seen[textID(c.id)] {
		return fmt.Errorf("solution %q comes twice", c.id)
	}
	w.seen[textID(c.id)] = true
	w.state.apply(c)
	if err := w.builder.Index(c.id, c.doc); err != nil {
		return fmt.Errorf("index solution %q: %w", c.id, err)
	}
	return nil
}

// readyMapping takes documents that are analyzed already.
type readyMapping struct{ *mapping.IndexMappingImpl }

// MapDocument takes over the fields.
func (readyMapping) MapDocument(to *document.Document, data any) error {
	from, ok := data.(*document.Document)
	if !ok {
		return fmt.Errorf("not a document: %T", data)
	}
	for _, f := range from.Fields {
		to.AddField(f)
	}
	return nil
}
