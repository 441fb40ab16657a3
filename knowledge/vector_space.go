package knowledge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

const (
	// maxNear is how many solutions nearest to a question join those that words find.
	maxNear = 50
	// A probability is told from a cosine by how near wordings of one solution are
	// to each other and to the nearest of another solution: by at most maxPairs of
	// them, and not by fewer than leastPairs.
	maxPairs   = 200
	leastPairs = 20
	// mostOdds bounds the log odds by a cosine alone: a probability of 0.82.
	mostOdds = 1.5
)

// space is the vectors of a library in memory. It is safe to share.
type space struct {
	most int // vectors

	mu        sync.RWMutex
	all       []*embedded
	at        map[string]int // by solution
	wordings  int
	dimension int  // of all vectors; 0 as long as there are none
	content   Hash // of all solutions in it, in any order
	large     bool // more vectors than most: none is kept
	scale     scale
}

// embedded is a solution with its vectors one after the other.
type embedded struct {
	sketch  sketch // without its texts' terms
	asked   int    // the first vectors, which are of wordings
	vectors []float32
}

// scale tells probabilities from cosines. The zero value tells none.
type scale struct{ factor, middle float64 }

// odds are the log odds that a solution at that cosine answers the question.
func (s scale) odds(cosine float64) float64 {
	return min(max(s.factor*(cosine-s.middle), -mostOdds), mostOdds)
}

// probability is 0 where nothing tells.
func (s scale) probability(cosine float64) float64 {
	if s.factor <= 0 {
		return 0
	}
	return 1 / (1 + math.Exp(-s.odds(cosine)))
}

func newSpace(most int) *space { return &space{most: most, at: map[string]int{}} }

func (s *space) empty() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.all) == 0 && !s.large
}

// version identifies what is in the space.
func (s *space) version() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return fmt.Sprintf("%x %d %t %g", s.content, s.wordings, s.large, s.scale)
}

// fits returns an error when these are not so many vectors of the space's dimension.
func (s *space) fits(all [][]float32, n int) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(all) != n {
		return fmt.Errorf("%d vectors for %d texts", len(all), n)
	}
	want := s.dimension
	for _, v := range all {
		want = cmp.Or(want, len(v))
		if len(v) != want || want == 0 {
			return fmt.Errorf("a vector has %d numbers, those of the library have %d", len(v), want)
		}
	}
	return nil
}

// put takes in the vectors of a solution instead of those that it had, or forgets
// it where there are none. All must fit.
func (s *space) put(sol *Solution, all [][]float32) error {
	e := &embedded{asked: min(wordingsOf(sol), len(all))}
	var err error
	if e.sketch, err = newSketch(sol, cuts{}); err != nil {
		return err
	}
	for _, v := range all {
		e.vectors = append(e.vectors, v...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(sol.ID)
	if len(all) == 0 {
		return nil
	}
	s.dimension = len(all[0])
	s.wordings += len(all)
	if s.large || s.wordings > s.most {
		s.large, s.all, s.at, s.content = true, nil, map[string]int{}, Hash{}
		return nil
	}
	s.content.toggle(e.sketch.hash)
	s.at[sol.ID] = len(s.all)
	s.all = append(s.all, e)
	return nil
}

// drop forgets a solution.
func (s *space) drop(id string) {
	i, ok := s.at[id]
	if !ok {
		return
	}
	old := s.all[i]
	s.content.toggle(old.sketch.hash)
	s.wordings -= len(old.vectors) / s.dimension
	last := len(s.all) - 1
	s.all[i] = s.all[last]
	s.at[s.all[i].sketch.id] = i
	s.all[last] = nil
	s.all = s.all[:last]
	delete(s.at, id)
}

// nearSolution is a solution with its cosine to a question: that of its nearest text.
type nearSolution struct {
	embedded *embedded
	cosine   float64
}

func nearer(a, b nearSolution) int {
	return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.embedded.sketch.id, b.embedded.sketch.id))
}

// nearest returns the solutions nearest to a question among those that are valid
// and pass the filters, nearest first.
func (s *space) nearest(q []float32, f filters, now time.Time) []nearSolution {
	return s.scan(q, func(k *sketch) bool { return k.validAt(now) && f.pass(k) })
}

func (s *space) scan(q []float32, wanted func(*sketch) bool) []nearSolution {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(q) != s.dimension {
		return nil
	}
	var best []nearSolution
	for _, e := range s.all {
		if !wanted(&e.sketch) {
			continue
		}
		n := nearSolution{e, float64(e.cosine(q))}
		if len(best) == maxNear && nearer(n, best[maxNear-1]) > 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(best, n, nearer)
		if len(best) == maxNear {
			best = best[:maxNear-1]
		}
		best = slices.Insert(best, i, n)
	}
	return best
}

// cosine is that of the text that is nearest.
func (e *embedded) cosine(q []float32) float32 {
	best := float32(-1)
	for at := 0; at < len(e.vectors); at += len(q) {
		best = max(best, cosine(q, e.vectors[at:at+len(q)]))
	}
	return best
}

// cosine of two vectors of length 1 and one dimension. Four sums at a time keep
// the processor busy.
func cosine(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 8 && len(b) >= 8 {
		x, y := (*[8]float32)(a), (*[8]float32)(b)
		s0 += x[0]*y[0] + x[4]*y[4]
		s1 += x[1]*y[1] + x[5]*y[5]
		s2 += x[2]*y[2] + x[6]*y[6]
		s3 += x[3]*y[3] + x[7]*y[7]
		a, b = a[8:], b[8:]
	}
	for i, x := range a {
		s0 += x * b[i]
	}
	return s0 + s1 + s2 + s3
}

// measure sets the scale by what the library itself tells: wordings are taken out
// one at a time, and asked. Those near the rest of their own solution are right
// answers; the nearest of all others in the language is what is found for a
// question that the library does not answer. Both are taken to have a normal
// distribution, of one variance.
func (s *space) measure() {
	s.mu.RLock()
	var samples []nearSolution // with the cosine to the own solution
	dimension := s.dimension
	own := slices.Clone(s.all)
	s.mu.RUnlock()
	own = slices.DeleteFunc(own, func(e *embedded) bool { return e.asked < 2 })
	slices.SortFunc(own, func(a, b *embedded) int { return cmp.Compare(a.sketch.id, b.sketch.id) })
	var right, wrong []float64
	step := max(1, (len(own)+maxPairs-1)/maxPairs)
	for i := 0; i < len(own); i += step {
		e := own[i]
		q, rest := e.vectors[:dimension], &embedded{vectors: e.vectors[dimension:]}
		samples = s.scan(q, func(k *sketch) bool { return k.id != e.sketch.id && k.language == e.sketch.language })
		if len(samples) > 0 {
			right, wrong = append(right, float64(rest.cosine(q))), append(wrong, samples[0].cosine)
		}
	}
	found := newScale(right, wrong)
	s.mu.Lock()
	s.scale = found
	s.mu.Unlock()
}

// newScale tells right cosines from wrong ones; it tells nothing by too few, or
// where the right ones are not the greater.
func newScale(right, wrong []float64) scale {
	if len(right) < leastPairs {
		return scale{}
	}
	a, va := moments(right)
	b, vb := moments(wrong)
	if a <= b {
		return scale{}
	}
	const floor = 1e-4 // of the variance: no cosine is that certain
	round := func(x float64) float64 { return math.Round(x*1e6) / 1e6 }
	return scale{factor: round((a - b) / max((va+vb)/2, floor)), middle: round((a + b) / 2)}
}

// moments are mean and variance.
func moments(all []float64) (mean, variance float64) {
	n := float64(len(all))
	for _, x := range all {
		mean += x / n
	}
	for _, x := range all {
		variance += (x - mean) * (x - mean) / n
	}
	return mean, variance
}
