package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"
	bolt "go.etcd.io/bbolt/errors"
)

const (
	// lockTimeout is how long opening waits for another process that has the
	// index open; without it bleve waits for ever.
	lockTimeout = "5s"
	// maxCacheBytes is the memory for entries that were read lately.
	maxCacheBytes = 64 << 20
	// stateKey is where bleve keeps the state.
	stateKey = "assay"
)

// errVersion means that an index was written by a program that lays it out, or
// cuts texts, in another way: it is to be built anew.
var errVersion = errors.New("index has another layout")

// state is what an index says of itself. It is written together with the
// solutions that it speaks of.
type state struct {
	Layout  string  `json:"layout"`
	Seq     int64   `json:"seq"`
	Content Hash    `json:"content"` // of all solutions with what people think of them, in any order
	Texts   Hash    `json:"texts"`   // of all solutions, in any order
	Entries int     `json:"entries"`
	Length  float64 `json:"length"` // of all entries
}

// generation is one index in a folder, or in memory, with what the ranking needs
// of it. It is safe to share.
type generation struct {
	o         Options
	folder    string // "" in memory
	analyzers analyzers
	weights   *weighing
	cache     *cache
	limits    limits
	searching chan struct{} // holds one for each search that runs
	scratches chan *scratch // that no search uses
	// retrieve finds what is to be ranked: candidates, or PostgreSQL's where there is no index.
	retrieve func(context.Context, *question) ([]*entry, error)

	writing  sync.Mutex // held by what changes the index
	segments int        // of an index in memory, guarded by writing

	mu         sync.RWMutex // searches read, changes write what follows
	bleve      bleve.Index
	vocabulary *vocabulary
	products   *productNames
	state      state
}

// layoutVersion changes with everything that decides what is written; its number is
// for code that does, as for how spoken numbers are read.
func layoutVersion() string {
	h := fnv.New64a()
	fmt.Fprint(h, sketchFormat, wordsField, pairsField, questionWeight, tagWeight, answerWeight,
		stopWords, weakHan, englishForms, samePhrases, weekdays(), traditionalSimplified, code)
	return fmt.Sprintf("3-%x", h.Sum64())
}

// createGeneration makes an empty index in a folder that does not exist, or in
// memory when folder is "".
func createGeneration(folder string, o Options) (*generation, error) {
	g, err := newGeneration(folder, o)
	if err != nil {
		return nil, err
	}
	if g.bleve, err = newBleve(folder); err != nil {
		return nil, err
	}
	g.state.Layout = layoutVersion()
	if err := g.save(g.bleve.NewBatch(), g.state); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func newGeneration(folder string, o Options) (*generation, error) {
	a, err := newAnalyzers()
	if err != nil {
		return nil, err
	}
	w, err := shippedWeights()
	if err != nil {
		return nil, err
	}
	g := &generation{
		o: o, folder: folder, analyzers: a, weights: w, cache: newCache(maxCacheBytes), vocabulary: newVocabulary(), products: newProductNames(),
		limits: usualLimits, searching: make(chan struct{}, runtime.GOMAXPROCS(0)), scratches: make(chan *scratch, runtime.GOMAXPROCS(0)),
	}
	g.retrieve = g.candidates
	return g, nil
}

// newMapping describes documents that come as fields.
func newMapping() *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	m.DefaultMapping = bleve.NewDocumentDisabledMapping()
	m.ScoringModel = index.BM25Scoring
	return m
}

// newBleve makes an index. NewMemOnly would make one of an older kind.
func newBleve(folder string) (bleve.Index, error) {
	b, err := bleve.NewUsing(folder, newMapping(), scorch.Name, scorch.Name, map[string]any{"bolt_timeout": lockTimeout})
	if err != nil {
		return nil, fmt.Errorf("make index %q: %w", folder, err)
	}
	return b, nil
}

// openGeneration opens an index. It returns errVersion for one of another
// layout and errBroken for what is no index or cannot be read.
func openGeneration(folder string, o Options) (*generation, error) {
	g, err := newGeneration(folder, o)
	if err != nil {
		return nil, err
	}
	if g.bleve, err = bleve.OpenUsing(folder, map[string]any{"bolt_timeout": lockTimeout}); err != nil {
		if errors.Is(err, bolt.ErrTimeout) {
			return nil, fmt.Errorf("open index %q: another process has it open: %w", folder, err)
		}
		return nil, fmt.Errorf("open index %q: %w: %w", folder, errBroken, err)
	}
	if err := g.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open index %q: %w", folder, err), g.close())
	}
	return g, nil
}

// load reads the state and counts the terms.
func (g *generation) load() error {
	raw, err := g.bleve.GetInternal([]byte(stateKey))
	if err != nil {
		return fmt.Errorf("read state: %w: %w", errBroken, err)
	}
	if raw == nil {
		return errVersion
	}
	if err := json.Unmarshal(raw, &g.state); err != nil {
		return fmt.Errorf("read state: %w: %w", errBroken, err)
	}
	if g.state.Layout != layoutVersion() {
		return errVersion
	}
	return g.countTerms()
}

// countTerms fills the vocabulary and the names of products from the dictionaries
// of the segments. That of the whole index counts wrong when a term is in several
// segments.
func (g *generation) countTerms() (err error) {
	defer faults()()
	defer broken(&err)
	g.vocabulary, g.products = newVocabulary(), newProductNames()
	g.vocabulary.entries, g.vocabulary.length = g.state.Entries, g.state.Length
	r, err := g.reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for _, segment := range r.Segments() {
		if err := errors.Join(g.vocabulary.read(segment), g.readNames(segment)); err != nil {
			return fmt.Errorf("read terms: %w: %w", errBroken, err)
		}
	}
	return nil
}

// readNames counts the products of one segment.
func (g *generation) readNames(s *scorch.SegmentSnapshot) error {
	return eachTerm(s, productField, func(term string, n int) {
		if name, ok := strings.CutPrefix(term, forOnly); ok {
			g.products.add(name, n, g.cutName)
		}
	})
}

// cutName cuts the name of a product as questions are cut.
func (g *generation) cutName(name string) []string { return g.analyzers.singles(canonical(name)) }

// reader returns the index as it is now. It is to be closed.
func (g *generation) reader() (*scorch.IndexSnapshot, error) {
	advanced, err := g.bleve.Advanced()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	r, err := advanced.Reader()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	snapshot, ok := r.(*scorch.IndexSnapshot)
	if !ok || snapshot == nil {
		return nil, fmt.Errorf("read index: no snapshot: %w", errBroken)
	}
	return snapshot, nil
}

// seq is the change number up to which the index has seen everything.
func (g *generation) seq() int64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.state.Seq
}

// content is a hash of all solutions in the index, in any order.
func (g *generation) content() Hash {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.state.Content
}

// len is the number of solutions, expired ones included.
func (g *generation) len() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.state.Entries
}

// solution returns one solution as it was put, or ErrNotFound.
func (g *generation) solution(ctx context.Context, id string) (s Solution, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	defer broken(&err)
	r, err := g.reader()
	if err != nil {
		return Solution{}, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	e, err := stored(ctx, r, id)
	if err != nil {
		return Solution{}, err
	}
	if e == nil {
		return Solution{}, fmt.Errorf("solution %q: %w", id, ErrNotFound)
	}
	return e.solution()
}

// close frees the index. It must not be used afterwards.
func (g *generation) close() error {
	g.writing.Lock()
	defer g.writing.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.bleve.Close(); err != nil {
		return fmt.Errorf("close index %q: %w", g.folder, err)
	}
	return nil
}
