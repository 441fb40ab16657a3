package knowledge

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"
)

// rankConstant is that of reciprocal rank fusion: place r counts 1/(60+r), as in
// Cormack, Clarke and Büttcher (SIGIR 2009).
const rankConstant = 60

// searchMeaning searches by words and, where the question has a vector, by what it
// means: both orders are fused. When that leaves nothing, words alone decide. The
// lock is held only where the index is read, not while the database is.
func (g *generation) searchMeaning(ctx context.Context, query Query, threshold float64, m *meaning) (*question, []ranked, error) {
	if m == nil {
		return g.searchInTurn(ctx, query, threshold)
	}
	q, byWords, err := g.searchInTurn(ctx, query, 0)
	if err != nil || q == nil {
		return q, nil, err
	}
	byMeaning, err := g.near(ctx, q, byWords, m)
	if err != nil {
		return nil, nil, err
	}
	found := fuse(q, byWords, byMeaning, g.o.Threshold)
	found = slices.DeleteFunc(found, func(r ranked) bool { return r.score < threshold })
	if len(found) == 0 {
		return g.searchInTurn(ctx, query, threshold)
	}
	return q, g.sameLanguage(found, q.language), nil
}

// near returns the solutions nearest to the question with their probabilities by
// that alone, nearest first.
func (g *generation) near(ctx context.Context, q *question, byWords []ranked, m *meaning) ([]ranked, error) {
	s := m.vectors.space
	s.mu.RLock()
	large, scale := s.large, s.scale
	s.mu.RUnlock()
	if large {
		return m.compare(ctx, byWords), nil
	}
	found := s.nearest(m.q, q.filters, g.o.Now())
	known := map[string]*entry{}
	for _, r := range byWords {
		known[r.entry.id] = r.entry
	}
	return g.nearEntries(ctx, found, known, scale)
}

// nearEntries reads the solutions that are not known yet. Those that have changed
// since their vectors were made are left out.
func (g *generation) nearEntries(ctx context.Context, found []nearSolution, known map[string]*entry, s scale) (out []ranked, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	defer faults()()
	defer broken(&err)
	r, err := g.reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for _, n := range found {
		e := known[n.embedded.sketch.id]
		if e == nil {
			if e, err = stored(ctx, r, n.embedded.sketch.id); err != nil {
				return nil, err
			}
		}
		if e != nil && e.hash == n.embedded.sketch.hash {
			out = append(out, ranked{e, s.probability(n.cosine)})
		}
	}
	return out, nil
}

// compare orders what words found by vectors that are read for it. Without a
// measure the cosines tell no probability. What cannot be read in time changes
// nothing.
func (m *meaning) compare(ctx context.Context, byWords []ranked) []ranked {
	if m.vectors.library == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, max(time.Until(m.until), time.Millisecond))
	defer cancel()
	texts := make([][]textHash, len(byWords))
	var all []textHash
	for i, r := range byWords {
		s, err := r.entry.solution()
		if err != nil {
			return nil
		}
		texts[i] = hashesOf(embeddedTexts(&s))
		all = append(all, texts[i]...)
	}
	known, err := m.vectors.library.readVectors(ctx, m.vectors.embedder.Version(), all)
	if err != nil {
		m.vectors.log.DebugContext(ctx, "vectors were not read in time", "error", err)
		return nil
	}
	cosines := map[*entry]float64{}
	var out []ranked
	for i, r := range byWords {
		for _, h := range texts[i] {
			if v := known[h]; len(v) == len(m.q) {
				cosines[r.entry] = max(cosines[r.entry], float64(cosine(m.q, v)))
			}
		}
		if cosines[r.entry] > 0 {
			out = append(out, ranked{entry: r.entry})
		}
	}
	slices.SortStableFunc(out, func(a, b ranked) int { return cmp.Compare(cosines[b.entry], cosines[a.entry]) })
	return out
}

// fused is a solution at its places in both orders.
type fused struct {
	ranked
	places float64 // the sum of the reciprocals
	class  int     // 0: the question letter by letter; 1: reaches the threshold; 2: does not
}

// fuse joins two orders by reciprocal rank. What a solution is shown for is the
// greater of its probabilities by words and by meaning alone; one that only
// meaning finds has no other. The order holds among those that are the question
// letter by letter, then among those that reach the threshold, then among the
// others, so that no likely answer comes after an unlikely one. Where it goes
// against the probabilities, they become the mean of those concerned: in sum they
// promise no more than before.
func fuse(q *question, byWords, byMeaning []ranked, threshold float64) []ranked {
	at := map[string]int{}
	var all []fused
	for _, order := range [][]ranked{byWords, byMeaning} {
		for place, r := range order {
			i, ok := at[r.entry.id]
			if !ok {
				i = len(all)
				at[r.entry.id] = i
				all = append(all, fused{ranked: ranked{entry: r.entry}})
			}
			all[i].places += 1 / float64(rankConstant+place+1)
			all[i].score = max(all[i].score, r.score)
		}
	}
	for i := range all {
		switch f := &all[i]; {
		case f.score < threshold:
			f.class = 2
		case !slices.Contains(f.entry.wordings, q.plain):
			f.class = 1
		}
	}
	slices.SortFunc(all, func(a, b fused) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(b.places, a.places), better(a.ranked, b.ranked))
	})
	out := make([]ranked, len(all))
	for i, f := range all {
		out[i] = f.ranked
	}
	descend(out)
	return out
}

// descend makes the scores of an order descend by pooling neighbours that do not.
func descend(all []ranked) {
	type pool struct {
		sum float64
		n   int
	}
	var pools []pool
	for _, r := range all {
		p := pool{r.score, 1}
		for len(pools) > 0 {
			last := pools[len(pools)-1]
			if last.sum/float64(last.n) >= p.sum/float64(p.n) {
				break
			}
			p = pool{p.sum + last.sum, p.n + last.n}
			pools = pools[:len(pools)-1]
		}
		pools = append(pools, p)
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			all[i].score = math.Round(p.sum/float64(p.n)*1e9) / 1e9
			i++
		}
	}
}
