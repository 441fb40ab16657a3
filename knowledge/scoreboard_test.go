package knowledge

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTheRankingIsThatOfASortedList(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	sums := map[uint64]float64{}
	var board scoreboard
	board.reset(1_000)
	board.add(900, 1)
	board.add(7, 1)
	board.reset(500)
	for range 3_000 {
		doc, score := uint64(r.IntN(500)), float64(1+r.IntN(8))
		sums[doc] += score
		board.add(doc, score)
	}
	var want ranking
	for doc, score := range sums {
		want = append(want, hit{doc, score})
	}
	slices.SortFunc(want, func(a, b hit) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	got := board.hits()
	got.order()
	for i, h := range want {
		if one := got.pop(); one != h {
			t.Fatalf("place %d: %v, want %v", i, one, h)
		}
	}
	if len(got) > 0 {
		t.Errorf("%d hits too many", len(got))
	}
}
