package knowledge

import (
	"cmp"
	"slices"
)

// sketched is a document with its sketch and the score that this gives it.
type sketched struct {
	hit
	sketch *sketch
	known  *entry // from the cache, or nil
	whole  []byte
}

// best returns the entries of the hits that are valid and pass the filters: of
// those that are best by the rare terms, those that are best by all terms.
func (s *search) best(q *question, found ranking) ([]*entry, error) {
	found.order()
	now := s.g.o.Now()
	places := newPlaces(s.reader)
	weigh := s.g.vocabulary.sketchScore(q)
	var read []sketched
	for n := 0; len(found) > 0 && n < max(maxRead, s.g.limits.sketches) && len(read) < s.g.limits.sketches; n++ {
		one, err := s.g.sketched(places, found.pop())
		if err != nil {
			return nil, err
		}
		if one.sketch.validAt(now) && q.filters.pass(one.sketch) {
			one.score = weigh(one.sketch)
			read = append(read, one)
		}
	}
	slices.SortFunc(read, func(a, b sketched) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.sketch.id, b.sketch.id))
	})
	out := make([]*entry, 0, s.g.limits.candidates)
	for _, one := range read[:min(len(read), s.g.limits.candidates)] {
		out = append(out, s.g.entry(places, one))
	}
	return out, nil
}

// sketchScore returns what the texts of a sketch say of the question: BM25 over
// all its terms and its pairs of neighbours.
func (v *vocabulary) sketchScore(q *question) func(*sketch) float64 {
	terms, pairs := weighted(q.terms), weighted(q.pairs)
	mean := v.meanLength()
	times := make([]float64, len(terms.ids)+len(pairs.ids))
	return func(k *sketch) float64 {
		clear(times)
		length := 0.0
		for ids, weight := range k.texts() {
			length += weight * float64(len(ids))
			for i, id := range ids {
				if at, ok := slices.BinarySearch(terms.ids, id); ok {
					times[at] += weight
				}
				if i == 0 {
					continue
				}
				if at, ok := slices.BinarySearch(pairs.ids, newPair(ids[i-1], id)); ok {
					times[len(terms.ids)+at] += weight
				}
			}
		}
		sum := 0.0
		for i, n := range times {
			if n == 0 {
				continue
			}
			if i < len(terms.ids) {
				sum += terms.weights[i] * saturated(n, length, mean)
			} else {
				sum += pairs.weights[i-len(terms.ids)] * saturated(n, length, mean)
			}
		}
		return sum
	}
}

// lookup is terms or pairs in order, with their weights.
type lookup[T int32 | pair] struct {
	ids     []T
	weights []float64
}

func weighted[T int32 | pair](all []weighed[T]) lookup[T] {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b weighed[T]) int { return cmp.Compare(a.id, b.id) })
	var out lookup[T]
	for _, w := range all {
		if n := len(out.ids); n > 0 && out.ids[n-1] == w.id {
			out.weights[n-1] += w.weight
			continue
		}
		out.ids, out.weights = append(out.ids, w.id), append(out.weights, w.weight)
	}
	return out
}
