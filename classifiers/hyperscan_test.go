//go:build hyperscan && cgo

package classifiers_test

import (
	"testing"

	"assay/classifiers/internal/hyperscan"
	"assay/pipeline"
)

// newHyper finds the patterns with Hyperscan.
func newHyper(tb testing.TB, w *workload, finders []finder) contender {
	tb.Helper()
	find := hyperFinder(tb, finders)
	return func(sessions []int) {
		for _, i := range sessions {
			find(w.joined[i])
		}
	}
}

// hyperFinder returns the finders that match in a text, as a set of bits.
func hyperFinder(tb testing.TB, finders []finder) func(text []byte) []uint64 {
	tb.Helper()
	var patterns []string
	for _, f := range finders {
		patterns = append(patterns, f.hyper)
	}
	db, err := hyperscan.Compile(patterns)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(db.Close)
	seen := make([]uint64, len(finders)/64+1)
	return func(text []byte) []uint64 {
		clear(seen)
		if err := db.Scan(text, seen); err != nil {
			tb.Fatal(err)
		}
		return seen
	}
}

func TestHyperscanFindsTheSame(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 1000)
	finders := w.finders(true, true)
	m, find, found := pairs(t, finders).Matcher(), hyperFinder(t, finders), 0
	for i, in := range w.inputs {
		seen := find(w.joined[i])
		for k, a := range m.Outcomes(t.Context(), in) {
			want := seen[k/64]>>(k%64)&1 == 1
			if (a.Outcome == pipeline.Met) != want {
				t.Errorf("session %d, %+v: %s", i, finders[k], a.Outcome)
			}
			if want {
				found++
			}
		}
	}
	t.Logf("%d pairs of %d sessions and %d patterns", found, len(w.inputs), len(finders))
}
