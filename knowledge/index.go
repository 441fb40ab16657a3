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

	"assay/pipeline"
)

const (
	// DefaultThreshold is the score below which nothing is suggested.
	DefaultThreshold = 0.5
	// MaxInMemory is how many solutions of a library are indexed in memory. Of a
	// larger one PostgreSQL's own search answers where there is no folder.
	MaxInMemory = 200_000
	// buildAtOnce is how many solutions are indexed before Open returns; more are
	// indexed in the background, while PostgreSQL's search answers.
	buildAtOnce = 5_000
)

// errTooMany means that a library is too large for an index in memory.
var errTooMany = errors.New("too many solutions for an index in memory")

// ErrClosed means that the index was closed.
var ErrClosed = errors.New("the index is closed")

// Options say how to search. The zero value is usable.
type Options struct {
	Threshold float64          // score below which nothing is suggested, above 0 up to 1; 0 is DefaultThreshold
	Now       func() time.Time // decides what is valid; nil is time.Now
	Log       *slog.Logger     // of what happens to the index; nil is slog.Default()
	// Folder is where indexes of libraries are kept: every database has its own
	// folder in it, and in that every process its own. "" is in memory.
	Folder string
	// Wait has Open return only when the index itself answers, however long that
	// takes. Without it PostgreSQL's search answers until Follow has built the
	// index of a large library.
	Wait bool
	// Postpone has Open build nothing, for who calls Rebuild next.
	Postpone bool
	Synonyms *Synonyms // nil is none, or those of the library

	// Embedder compares what questions and solutions mean; nil has words alone
	// decide. Follow embeds the solutions of a library, Embed those of a list.
	Embedder pipeline.Embedder
	// EmbedWait bounds how long a search waits for the vector of its question;
	// without it in time words alone decide. 0 is DefaultEmbedWait.
	EmbedWait time.Duration

	vectors  *vectors                  // nil without Embedder; shared by all generations
	synonyms *atomic.Pointer[Synonyms] // in force, shared by all generations
}

// Index searches solutions. It is safe to share; close it when it is no longer needed.
//
// What answers is a generation of the index. Another one takes its place when it
// is damaged, of an older program, or has too many parts: each search uses the
// one that it began with, and the old one is closed after its last search. While
// there is none, PostgreSQL's own search answers.
type Index struct {
	o        Options
	library  *Library // nil for an index of a fixed list
	inMemory int      // how many solutions of it are indexed in memory at most
	database string   // the identity of the library's
	fallback *fallback
	wake     chan struct{} // something may have changed

	updating sync.Mutex // lets one update run at a time
	// synonymsRead is the number of the last rule that was read, guarded by updating.
	synonymsRead int64
	rebuilds     sync.Mutex // lets one build run at a time; updates go on meanwhile

	mu       sync.Mutex // guards what follows, never for long
	current  *held      // nil: PostgreSQL answers
	slot     *slot      // nil: in memory
	wanted   bool       // whether a new generation is to be built
	building bool
	problem  error // why it is not as it should be
	retry    backoff
	retryAt  time.Time
	builtAt  time.Time
	stand    stand // of the library, as it was seen last
	closed   bool
}

// held is a generation with those who use it.
type held struct {
	*generation
	path     string        // "" in memory
	slot     *slot         // that the path is in
	users    int           // searches and updates, and one for being the current one
	obsolete bool          // its folder is removed when it is closed
	done     chan struct{} // closed when it is
}

func hold(g *generation, path string, s *slot) *held {
	return &held{generation: g, path: path, slot: s, users: 1, done: make(chan struct{})}
}

// NewIndex returns an index of the solutions, in memory. Of solutions with one id the last counts.
func NewIndex(solutions []Solution, o Options) (*Index, error) {
	x, err := newIndex(o)
	if err != nil {
		return nil, err
	}
	g, err := createGeneration("", x.o)
	if err != nil {
		return nil, err
	}
	if err := g.put(lastOfEach(solutions), 0); err != nil {
		return nil, errors.Join(err, g.close())
	}
	x.current = hold(g, "", nil)
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
	o.EmbedWait = cmp.Or(o.EmbedWait, DefaultEmbedWait)
	if o.Embedder != nil {
		o.vectors = newVectors(o.Embedder, o.Log)
	}
	o.synonyms = &atomic.Pointer[Synonyms]{}
	o.synonyms.Store(o.Synonyms)
	return &Index{
		o: o, wake: make(chan struct{}, 1), inMemory: MaxInMemory,
		retry: backoff{first: time.Second, most: 5 * time.Minute},
	}, nil
}

// closed closes c after err and returns both errors.
func closed(c io.Closer, err error) error { return errors.Join(err, c.Close()) }

// Close frees the index after the searches that run. It must not be used afterwards.
func (x *Index) Close() error {
	x.rebuilds.Lock()
	defer x.rebuilds.Unlock()
	x.updating.Lock()
	defer x.updating.Unlock()
	x.mu.Lock()
	x.closed = true
	s := x.slot
	x.slot = nil
	x.mu.Unlock()
	if old := x.swap(context.Background(), nil); old != nil {
		<-old.done
	}
	if s == nil {
		return nil
	}
	if err := s.release(); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}

// Suggest returns the solutions that answer the question, best first, none below
// the threshold, none that is expired or not yet valid. Solutions in another
// language are suggested only when there is none in the question's. No
// suggestion is an empty list.
func (x *Index) Suggest(ctx context.Context, query Query) ([]pipeline.Suggestion, error) {
	return x.suggest(ctx, query, x.o.EmbedWait)
}

// Source says which search answered, from a closed list.
type Source string

// The sources. PostgreSQL's search corrects no misspellings and compares no
// meanings.
const (
	FromIndex      Source = "index"
	FromPostgreSQL Source = "postgresql"
)

// Sources lists all sources.
var Sources = []Source{FromIndex, FromPostgreSQL}

// SuggestFrom suggests as Suggest does, and says which search answered.
func (x *Index) SuggestFrom(ctx context.Context, query Query) ([]pipeline.Suggestion, Source, error) {
	return x.suggestFrom(ctx, query, x.o.EmbedWait)
}

// suggest waits that long for the question's vector.
func (x *Index) suggest(ctx context.Context, query Query, wait time.Duration) ([]pipeline.Suggestion, error) {
	out, _, err := x.suggestFrom(ctx, query, wait)
	return out, err
}

func (x *Index) suggestFrom(ctx context.Context, query Query, wait time.Duration) (out []pipeline.Suggestion, from Source, err error) {
	m := x.o.vectors.meaning(ctx, query.Text, wait)
	err = x.search(ctx,
		func(g *generation) (err error) { out, err = g.suggest(ctx, query, m); from = FromIndex; return err },
		func(f *fallback) (err error) { out, err = f.suggest(ctx, query); from = FromPostgreSQL; return err })
	return out, from, err
}

// search asks the index. When that fails it asks PostgreSQL, and has the index built anew.
func (x *Index) search(ctx context.Context, index func(*generation) error, database func(*fallback) error) error {
	h, err := x.acquire()
	if err != nil {
		return err
	}
	if h != nil {
		err := guarded(func() error { return index(h.generation) })
		x.release(ctx, h)
		if err == nil || ctx.Err() != nil || x.library == nil {
			return err
		}
		x.broke(ctx, h, err)
	}
	return database(x.fallback)
}

// Ranked is a solution at its place in the ranking for a question.
type Ranked struct {
	ID    string
	Score float64 // the probability that it answers the question, in [0, 1]
}

// Rank returns what Suggest would without a threshold, best first: at most
// limit solutions, and at most 50.
func (x *Index) Rank(ctx context.Context, query Query, limit int) (out []Ranked, err error) {
	m := x.o.vectors.meaning(ctx, query.Text, x.o.EmbedWait)
	err = x.search(ctx, func(g *generation) (err error) { out, err = g.ranking(ctx, query, limit, m); return err },
		func(f *fallback) (err error) { out, err = f.ranking(ctx, query, limit); return err })
	return out, err
}

// Len is the number of published solutions, expired ones included.
func (x *Index) Len() int { return x.Status().Solutions }

// Version is a hash of all solutions and of all that decides the ranking and
// finds questions, the model for embedding and what it has embedded included. It does not tell when solutions become valid or expire. While
// PostgreSQL's search answers it is another one with every change of the library.
func (x *Index) Version() string {
	x.mu.Lock()
	current, stand := x.current, x.stand
	x.mu.Unlock()
	h := sha256.New()
	if current == nil {
		fmt.Fprint(h, "postgresql", stand.seq, stand.published, x.o.Threshold, rankingVersion())
	} else {
		fmt.Fprint(h, current.len(), current.content(), x.o.Threshold, rankingVersion())
	}
	fmt.Fprint(h, x.o.synonymsInForce().hash())
	if x.o.vectors != nil && current != nil {
		fmt.Fprint(h, x.o.vectors.version())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
