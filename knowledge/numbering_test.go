package knowledge

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestANumberingKnowsItsKeysAndNoOthers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	numbers, want := newNumbering(4), map[uint64]int{}
	for range 5_000 {
		key := uint64(r.IntN(3_000)) << (32 * r.IntN(2))
		before, known := want[key]
		if !known {
			before = len(want)
			want[key] = before
		}
		if got, isNew := numbers.put(key); got != before || isNew == known {
			t.Fatalf("key %d has number %d, new %v; want %d", key, got, isNew, before)
		}
	}
	for key := range uint64(4_000) {
		n, known := want[key]
		if !known {
			n = -1
		}
		if got := numbers.find(key); got != n {
			t.Errorf("key %d: number %d, want %d", key, got, n)
		}
	}
}

func TestTheLikenessOfWordingsIsTheProductOfTheirVectors(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	all := make([]wording, 20)
	for i := range all {
		for range 1 + r.IntN(12) {
			all[i].grams = append(all[i].grams, pair(r.IntN(40)))
		}
		all[i].grams = set(all[i].grams)
	}
	v := newVocabulary()
	v.entries = 100
	k := v.normalise(all, all[0].grams, slices.Repeat([]float64{1}, len(all[0].grams)))
	vectors := make([]map[int32]float64, len(all))
	start := 0
	for i, end := range k.ends {
		vectors[i] = map[int32]float64{}
		for at := start; at < end; at++ {
			vectors[i][k.of[at]] = k.x[at]
		}
		start = end
	}
	got := k.likeness()
	for i, a := range vectors {
		for j, b := range vectors {
			want := 0.0
			for gram, x := range a {
				want += x * b[gram]
			}
			if math.Abs(got[i*len(all)+j]-want) > 1e-9 {
				t.Errorf("wordings %d and %d: %v, want %v", i, j, got[i*len(all)+j], want)
			}
		}
	}
}

func TestTheWordingsThatVoteAreTheFirstOfASortedList(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	var all, got []wording
	for i := range 5 * maxVoters {
		w := wording{entry: i, like: float64(r.IntN(50))}
		all, got = append(all, w), nearer(got, w)
	}
	slices.SortStableFunc(all, func(a, b wording) int { return int(b.like - a.like) })
	if !slices.EqualFunc(got, all[:maxVoters], func(a, b wording) bool { return a.entry == b.entry }) {
		t.Errorf("got %v", got)
	}
}
