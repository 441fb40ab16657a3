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
	whole  []byte // in the search's scratch, as are the texts of an unknown one
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
		one, err := s.g.sketched(places, found.pop(), s.scratch)
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
	terms, termWeights := numberWeighed(q.terms)
	pairs, pairWeights := numberWeighed(q.pairs)
	mean := v.meanLength()
	ofTerm, ofPair := make([]float64, len(termWeights)), make([]float64, len(pairWeights))
	return func(k *sketch) float64 {
		clear(ofTerm)
		clear(ofPair)
		length := 0.0
		for _, text := range k.texts.each {
			length += text.weight * float64(text.len())
			before := -1 // number of the term before
			for i := range text.len() {
				n := terms.find(termKey(text.at(i)))
				if n < 0 {
					before = n
					continue
				}
				ofTerm[n] += text.weight
				if before >= 0 {
					if p := pairs.find(uint64(newPair(text.at(i-1), text.at(i)))); p >= 0 {
						ofPair[p] += text.weight
					}
				}
				before = n
			}
		}
		return toldBy(ofTerm, termWeights, length, mean) + toldBy(ofPair, pairWeights, length, mean)
	}
}

// toldBy adds up what terms or pairs tell that occur so often in a text of that length.
func toldBy(times, weights []float64, length, mean float64) float64 {
	sum := 0.0
	for i, n := range times {
		if n > 0 {
			sum += weights[i] * saturated(n, length, mean)
		}
	}
	return sum
}

// numberWeighed returns the terms or pairs by number, and their weights, which are
// added up for what is there more than once.
func numberWeighed[T int32 | pair](all []weighed[T]) (*numbering, []float64) {
	out := newNumbering(len(all))
	var weights []float64
	for _, w := range all {
		n, isNew := out.put(keyOf(w.id))
		if isNew {
			weights = append(weights, 0)
		}
		weights[n] += w.weight
	}
	return out, weights
}
