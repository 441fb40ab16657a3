package knowledge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
)

const (
	// batchSize is how many solutions are indexed at once. Every batch becomes
	// a segment of an index in memory for good, because that is not merged.
	batchSize = 2_000
	// maxSegments is how many segments an index in memory has before it is built anew.
	maxSegments = 64
)

// put adds or replaces solutions, those that are not published it takes away,
// and notes that everything up to seq is in the index. Solutions and number are
// written together: after a crash both are there or neither; of more than 2,000
// solutions the first may be there without the number.
func (g *generation) put(solutions []Solution, seq int64) error {
	g.writing.Lock()
	defer g.writing.Unlock()
	return g.putLocked(solutions, seq)
}

func (g *generation) putLocked(solutions []Solution, seq int64) error {
	parts := slices.Collect(slices.Chunk(lastOfEach(solutions), batchSize))
	if len(parts) == 0 {
		parts = append(parts, nil)
	}
	for i, part := range parts {
		to := g.state.Seq
		if i == len(parts)-1 {
			to = seq
		}
		if err := g.putPart(part, to); err != nil {
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

// change is what becomes of one solution in the index.
type change struct {
	id       string
	old, new *entry // nil: it was not there, it is not to be there
	words    []string
	doc      *document.Document // of new
}

func (g *generation) putPart(solutions []Solution, seq int64) error {
	if g.folder == "" && g.segments >= maxSegments {
		if err := g.compact(); err != nil {
			return err
		}
	}
	changes, err := g.changes(solutions)
	if err != nil {
		return err
	}
	batch, next := g.bleve.NewBatch(), g.state
	next.Seq = seq
	for _, c := range changes {
		next.apply(c)
		if c.new == nil {
			batch.Delete(c.id)
			continue
		}
		if err := batch.IndexAdvanced(c.doc); err != nil {
			return fmt.Errorf("index solution %q: %w", c.id, err)
		}
	}
	if err := g.save(batch, next); err != nil {
		return fmt.Errorf("index %d solutions: %w", len(solutions), err)
	}
	g.segments++
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range changes {
		g.vocabulary.apply(c)
		if c.old != nil {
			g.products.add(c.old.product, -1, g.cutName)
		}
		if c.new != nil {
			g.products.add(c.new.product, 1, g.cutName)
		}
	}
	g.state = next
	return nil
}

// save writes the batch together with the state.
func (g *generation) save(batch *bleve.Batch, s state) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	batch.SetInternal([]byte(stateKey), raw)
	return g.bleve.Batch(batch)
}

func (s *state) apply(c change) {
	if c.old != nil {
		s.Entries--
		s.Length -= c.old.length
		s.Content.toggle(c.old.fingerprint())
		s.Texts.toggle(c.old.hash)
	}
	if c.new != nil {
		s.Entries++
		s.Length += c.new.length
		s.Content.toggle(c.new.fingerprint())
		s.Texts.toggle(c.new.hash)
	}
}

// toggle adds h to a hash of many, or takes it away again.
func (sum *Hash) toggle(h Hash) {
	for i := range sum {
		sum[i] ^= h[i]
	}
}

func (v *vocabulary) apply(c change) {
	if c.old != nil {
		v.count(c.old, -1)
	}
	if c.new != nil {
		v.learn(c.words)
		v.count(c.new, 1)
	}
}

// changes prepares solutions on all processors and looks up what was there.
func (g *generation) changes(solutions []Solution) (out []change, err error) {
	out = make([]change, len(solutions))
	fails := make([]error, runtime.GOMAXPROCS(0))
	var working sync.WaitGroup
	for w := range fails {
		working.Go(func() {
			for i := w; i < len(solutions) && fails[w] == nil; i += len(fails) {
				out[i], fails[w] = g.prepare(&solutions[i])
			}
		})
	}
	working.Wait()
	if err := errors.Join(fails...); err != nil || g.state.Entries == 0 {
		return out, err
	}
	defer broken(&err)
	r, err := g.reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for i := range out {
		if out[i].old, err = stored(context.Background(), r, out[i].id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (g *generation) prepare(s *Solution) (change, error) {
	c := change{id: s.ID}
	if !s.IsPublished() {
		return c, nil
	}
	t := newTally()
	k, err := newSketch(s, t.cut(g.analyzers, s))
	if err != nil {
		return c, err
	}
	whole, err := json.Marshal(s)
	if err != nil {
		return c, fmt.Errorf("index solution %q: %w", s.ID, err)
	}
	c.new = newEntry(k, nil)
	c.words = t.words.list()
	c.doc = newDocument(&k, t, whole)
	return c, nil
}

// compact puts all solutions of an index in memory into a new one with one segment.
func (g *generation) compact() error {
	all, err := g.all()
	if err != nil {
		return err
	}
	b, err := newBleve("")
	if err != nil {
		return err
	}
	old := g.bleve
	next := &generation{o: g.o, analyzers: g.analyzers, cache: newCache(0), vocabulary: newVocabulary(), products: newProductNames(), bleve: b}
	for part := range slices.Chunk(all, max(batchSize, len(all)*2/maxSegments)) {
		if err := next.putPart(part, g.state.Seq); err != nil {
			return errors.Join(err, b.Close())
		}
	}
	g.mu.Lock()
	g.bleve, g.segments = b, next.segments
	g.cache.clear()
	g.mu.Unlock()
	if err := old.Close(); err != nil {
		return fmt.Errorf("close old index: %w", err)
	}
	return nil
}

// all returns all solutions of the index in the order of their ids.
func (g *generation) all() (out []Solution, err error) {
	r, err := g.reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for _, segment := range r.Segments() {
		for live := segment.DocNumbersLive().Iterator(); live.HasNext(); {
			e, err := storedEntry(segment, uint64(live.Next()))
			if err != nil {
				return nil, err
			}
			s, err := e.solution()
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Solution) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}
