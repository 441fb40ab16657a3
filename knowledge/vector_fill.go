package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"assay/pipeline/store"
)

const (
	// fillAtOnce is how many solutions get their vectors together, embedBatch how
	// many texts are sent at once, and embedTimeout how long that may take.
	fillAtOnce   = 100
	embedBatch   = 64
	embedTimeout = 2 * time.Minute
	// refillEvery is how often all solutions are gone through again, so that the
	// vectors in use are known and the others forgotten.
	refillEvery = 24 * time.Hour
	// refusedInRow is after how many single texts without a vector the model is
	// taken to be out of order, and not the texts.
	refusedInRow = 3
	// scaleAfter is the share of the solutions that must have changed before the
	// probabilities of cosines are measured anew.
	scaleAfter = 0.05
)

// VectorStatus is how embedding fares.
type VectorStatus struct {
	Model     string `json:"model"`             // with its endpoint
	Solutions int    `json:"solutions"`         // with vectors in memory
	Wordings  int    `json:"wordings"`          // vectors of theirs
	Large     bool   `json:"large"`             // too many wordings for memory: vectors only put in order what words find
	Measured  bool   `json:"measured"`          // whether the library tells probabilities from cosines
	Resting   bool   `json:"resting"`           // whether questions are not embedded for a while, after failures
	Problem   string `json:"problem,omitempty"` // why solutions have no vectors yet
}

// fillState is what the background work tells of itself.
type fillState struct {
	problem error
	seq     int64 // change number of the library up to which solutions have their vectors
}

func (v *vectors) status() *VectorStatus {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.space.mu.RLock()
	defer v.space.mu.RUnlock()
	s := &VectorStatus{
		Model: v.embedder.Version(), Solutions: len(v.space.all), Wordings: v.space.wordings, Large: v.space.large,
		Measured: v.space.scale.factor > 0, Resting: v.rest.failures >= restAfter,
	}
	if v.fills.problem != nil {
		s.Problem = v.fills.problem.Error()
	}
	return s
}

// filler gives the solutions of a library their vectors: from the table, or from
// the model where they are not kept yet.
type filler struct {
	v       *vectors
	library *Library
	seq     int64 // of the changes that are done
	begun   time.Time
	changed int               // solutions since the scale was measured
	refused map[textHash]bool // texts that the model takes not
}

// follow fills in vectors until ctx ends. Of several processes one at a time asks
// the model; the others take over what it keeps.
func (v *vectors) follow(ctx context.Context, l *Library, every time.Duration) error {
	f := &filler{v: v, library: l}
	retry := backoff{first: time.Second, most: 5 * time.Minute}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		err := f.pass(ctx, time.Now())
		if ctx.Err() != nil {
			break
		}
		v.mu.Lock()
		v.fills = fillState{problem: err, seq: f.seq}
		v.mu.Unlock()
		if err != nil {
			if retry.failures == 0 {
				v.log.WarnContext(ctx, "solutions are not embedded; words alone find them", "error", err)
			}
			if err := retry.fail(ctx); err != nil {
				return err
			}
			continue
		}
		retry.succeeded()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return ctx.Err()
}

// pass takes over what changed in the library since the last one.
func (f *filler) pass(ctx context.Context, now time.Time) error {
	again := now.Sub(f.begun) >= refillEvery
	if again {
		f.seq, f.begun, f.refused = 0, now, map[textHash]bool{}
	}
	for {
		changed, seq, err := f.library.Since(ctx, f.seq)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			break
		}
		for part := range slices.Chunk(changed, fillAtOnce) {
			if done, err := f.take(ctx, part); err != nil || !done {
				f.measure(false)
				return err
			}
		}
		f.seq = seq
	}
	f.measure(again)
	if again {
		return f.library.forgetVectors(ctx)
	}
	return nil
}

// measure has the space measured when enough has changed, or must is set.
func (f *filler) measure(must bool) {
	f.v.space.mu.RLock()
	n := len(f.v.space.all)
	f.v.space.mu.RUnlock()
	if f.changed > 0 && (must || float64(f.changed) >= scaleAfter*float64(n)) {
		f.v.space.measure()
		f.changed = 0
	}
}

// take puts some solutions into the space. It reports false while another process
// embeds them.
func (f *filler) take(ctx context.Context, part []Solution) (bool, error) {
	var all []textHash
	texts := map[textHash]string{}
	for i := range part {
		list := f.texts(&part[i])
		for j, h := range hashesOf(list) {
			if _, ok := texts[h]; !ok {
				texts[h] = list[j]
				all = append(all, h)
			}
		}
	}
	known, err := f.library.readVectors(ctx, f.v.embedder.Version(), all)
	if err != nil {
		return false, err
	}
	if withoutVector(all, known, f.refused) != nil {
		if ours, err := f.alone(ctx, func() error { return f.embed(ctx, all, texts) }); err != nil || !ours {
			return ours, err
		}
		if known, err = f.library.readVectors(ctx, f.v.embedder.Version(), all); err != nil {
			return false, err
		}
	}
	if err := f.library.touchVectors(ctx, f.v.embedder.Version(), all); err != nil {
		return false, err
	}
	for i := range part {
		if err := f.put(&part[i], known); err != nil {
			return false, err
		}
	}
	return true, nil
}

// texts are those of a solution that are to have vectors.
func (f *filler) texts(s *Solution) []string {
	if !s.IsPublished() {
		return nil
	}
	return embeddedTexts(s)
}

// put gives a solution its vectors, as far as the model gave any.
func (f *filler) put(s *Solution, known map[textHash][]float32) error {
	var list [][]float32
	for _, h := range hashesOf(f.texts(s)) {
		if v := known[h]; v != nil {
			list = append(list, v)
		}
	}
	if err := f.v.space.fits(list, len(list)); err != nil {
		return fmt.Errorf("vectors of solution %q: %w", s.ID, err)
	}
	f.changed++
	return f.v.space.put(s, list)
}

func withoutVector(all []textHash, known map[textHash][]float32, refused map[textHash]bool) []textHash {
	var out []textHash
	for _, h := range all {
		if known[h] == nil && !refused[h] {
			out = append(out, h)
		}
	}
	return out
}

// alone runs do while no other process does, and reports whether it did.
func (f *filler) alone(ctx context.Context, do func() error) (ours bool, err error) {
	conn, err := f.library.pool.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("embed solutions: %w", err)
	}
	defer conn.Release()
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(vectorLock)).Scan(&ours); err != nil || !ours {
		return false, err
	}
	defer func() {
		failed := store.Unlock(ctx, conn.Conn(), vectorLock)
		if errors.Is(failed, store.ErrLockLost) { // what is kept stays, and may have been asked for twice
			f.v.log.ErrorContext(ctx, "several processes may embed the same solutions", "error", failed)
			failed = nil
		}
		err = errors.Join(err, failed)
	}()
	return true, do()
}

// embed has the model embed what is still missing, batch by batch, and keeps each.
func (f *filler) embed(ctx context.Context, all []textHash, texts map[textHash]string) error {
	version := f.v.embedder.Version()
	known, err := f.library.readVectors(ctx, version, all)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(withoutVector(all, known, f.refused), embedBatch) {
		hashes, vectors, err := f.ask(ctx, batch, texts)
		if err != nil {
			return err
		}
		if err := f.library.writeVectors(ctx, version, hashes, vectors); err != nil {
			return err
		}
	}
	return nil
}

// ask embeds a batch. Where the model takes it not as a whole, each text goes
// alone, and those that it takes not even so do without until all are gone
// through again.
func (f *filler) ask(ctx context.Context, batch []textHash, texts map[textHash]string) ([]textHash, [][]float32, error) {
	list := make([]string, len(batch))
	for i, h := range batch {
		list[i] = texts[h]
	}
	vectors, err := f.v.embed(ctx, list)
	if err == nil || len(batch) == 1 || ctx.Err() != nil {
		return batch, vectors, err
	}
	var taken []textHash
	var refused []textHash
	vectors = nil
	for i, h := range batch {
		one, e := f.v.embed(ctx, list[i:i+1])
		if e == nil {
			taken, vectors = append(taken, h), append(vectors, one...)
			continue
		}
		refused = append(refused, h)
		if ctx.Err() != nil || len(refused)-len(taken) >= refusedInRow {
			return nil, nil, err
		}
	}
	if len(taken) == 0 {
		return nil, nil, err
	}
	for _, h := range refused {
		f.refused[h] = true
	}
	if len(refused) > 0 {
		f.v.log.WarnContext(ctx, "the model embeds some texts of solutions not", "texts", len(refused), "error", err)
	}
	return taken, vectors, nil
}

// embed asks the model for the vectors of texts.
func (v *vectors) embed(ctx context.Context, texts []string) ([][]float32, error) {
	ctx, cancel := context.WithTimeout(ctx, embedTimeout)
	defer cancel()
	out, err := v.embedder.Embed(ctx, texts)
	if err == nil {
		err = v.space.fits(out, len(texts))
	}
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	return out, nil
}

// Embed has the model that the index was given embed solutions of an index
// without a library, and tells progress how many of them are done. It does
// nothing without a model. Libraries' solutions are embedded by Follow.
func (x *Index) Embed(ctx context.Context, progress func(done, all int)) error {
	if x.o.vectors == nil || x.library != nil {
		return nil
	}
	h, err := x.acquire()
	if err != nil {
		return err
	}
	defer x.release(ctx, h)
	all, err := h.all()
	if err != nil {
		return err
	}
	for at := 0; at < len(all); {
		part, texts := []Solution{}, []string{}
		for ; at < len(all) && len(texts) < embedBatch; at++ {
			part, texts = append(part, all[at]), append(texts, embeddedTexts(&all[at])...)
		}
		vectors, err := x.o.vectors.embed(ctx, texts)
		if err != nil {
			return err
		}
		for i := range part {
			n := len(embeddedTexts(&part[i]))
			if err := x.o.vectors.space.put(&part[i], vectors[:n]); err != nil {
				return err
			}
			vectors = vectors[n:]
		}
		progress(at, len(all))
	}
	if s := x.o.vectors.status(); s.Large {
		return fmt.Errorf("embed %d solutions: more than %d wordings", len(all), MaxWordings)
	}
	x.o.vectors.space.measure()
	return nil
}
