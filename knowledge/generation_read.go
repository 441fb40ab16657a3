package knowledge

import (
	lru "container/list"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// place is where a solution stands in an index: segments never change, so that
// what is read at a place stays true.
type place struct {
	segment uint64
	number  uint64
}

// places finds the place of a document by its number in a snapshot.
type places struct {
	segments []*scorch.SegmentSnapshot
	starts   []uint64
	size     uint64 // documents, those that were replaced included
}

func newPlaces(r *scorch.IndexSnapshot) places {
	p := places{segments: r.Segments()}
	for _, s := range p.segments {
		p.starts = append(p.starts, p.size)
		p.size += uint64(s.FullSize())
	}
	return p
}

// of returns the segment of a document and the document's number in it.
func (p places) of(doc uint64) (*scorch.SegmentSnapshot, uint64) {
	i := sort.Search(len(p.starts), func(i int) bool { return p.starts[i] > doc }) - 1
	return p.segments[i], doc - p.starts[i]
}

// sketched reads the sketch of a hit, from the cache if it is there. What it reads
// from the index is in the scratch.
func (g *generation) sketched(p places, h hit, in *scratch) (sketched, error) {
	segment, number := p.of(h.doc)
	if e := g.cache.get(place{segment.Id(), number}); e != nil {
		return sketched{hit: h, sketch: &e.sketch, known: e}, nil
	}
	raw, whole, err := in.read(segment, number)
	if err != nil {
		return sketched{}, err
	}
	k, err := decodeSketch(raw)
	return sketched{hit: h, sketch: &k, whole: whole}, err
}

// entry returns the entry of what was read, and keeps it.
func (g *generation) entry(p places, s sketched) *entry {
	if s.known != nil {
		return s.known
	}
	k := *s.sketch
	k.texts = slices.Clone(k.texts)
	e := newEntry(k, slices.Clone(s.whole))
	segment, number := p.of(s.doc)
	g.cache.add(place{segment.Id(), number}, e)
	return e
}

// stored returns the entry of a solution, nil when there is none.
func stored(ctx context.Context, r *scorch.IndexSnapshot, id string) (e *entry, err error) {
	f, err := r.TermFieldReader(ctx, []byte(id), "_id", false, false, false)
	if err != nil {
		return nil, fmt.Errorf("find solution %q: %w", id, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	found, err := f.Next(nil)
	if err != nil || found == nil {
		return nil, err
	}
	return storedEntry(newPlaces(r).of(found.ID.Value()))
}

func storedEntry(segment *scorch.SegmentSnapshot, number uint64) (*entry, error) {
	raw, whole, err := new(scratch).read(segment, number)
	if err != nil {
		return nil, err
	}
	k, err := decodeSketch(raw)
	if err != nil {
		return nil, err
	}
	return newEntry(k, whole), nil
}

// scratch is memory that one search after the other uses.
type scratch struct {
	board scoreboard
	bytes []byte
}

// read returns the stored fields of a document. They are in the scratch.
func (in *scratch) read(segment *scorch.SegmentSnapshot, number uint64) (raw, whole []byte, err error) {
	keep := func(value []byte) []byte {
		start := len(in.bytes)
		in.bytes = append(in.bytes, value...)
		return slices.Clip(in.bytes[start:])
	}
	err = segment.VisitDocument(number, func(field string, _ byte, value []byte, _ []uint64) bool {
		switch field {
		case sketchField:
			raw = keep(value)
		case wholeField:
			whole = keep(value)
		}
		return true
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read solution: %w: %w", errBroken, err)
	}
	return raw, whole, nil
}

// broken turns a panic in reading an index into errBroken: bleve trusts its
// files. A file that became shorter would end the process without SetPanicOnFault.
func broken(err *error) {
	if r := recover(); r != nil {
		if _, ok := r.(runtime.Error); !ok {
			panic(r)
		}
		*err = fmt.Errorf("read index: %w: %v", errBroken, r)
	}
}

// faults lets this goroutine survive files that became shorter until what it
// returns is called.
func faults() func() {
	before := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(before) }
}

// cache keeps the entries that were used last, up to a number of bytes.
type cache struct {
	mu    sync.Mutex
	most  int
	bytes int
	used  *lru.List // of cached, the last used first
	at    map[place]*lru.Element
}

type cached struct {
	at    place
	entry *entry
	bytes int
}

func newCache(most int) *cache {
	return &cache{most: most, used: lru.New(), at: map[place]*lru.Element{}}
}

func (c *cache) get(at place) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.at[at]
	if found == nil {
		return nil
	}
	c.used.MoveToFront(found)
	return found.Value.(cached).entry
}

func (c *cache) add(at place, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at[at] != nil {
		return
	}
	n := e.size()
	c.at[at] = c.used.PushFront(cached{at, e, n})
	for c.bytes += n; c.bytes > c.most; {
		last := c.used.Remove(c.used.Back()).(cached)
		delete(c.at, last.at)
		c.bytes -= last.bytes
	}
}

// clear forgets all entries.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes, c.used, c.at = 0, lru.New(), map[place]*lru.Element{}
}

// size is the memory that the entry takes, roughly.
func (e *entry) size() int {
	n := 600 + len(e.whole) + 8*len(e.wordings) + len(e.texts)
	for _, v := range e.variants {
		n += 50 + 8*len(v.grams)
	}
	return n
}
