package knowledge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFiltersLetPassWhatIsForAll(t *testing.T) {
	t.Parallel()
	with := func(id string, change func(*Solution)) Solution {
		s := Solution{ID: id, Title: "How do I reset the device?", Answer: "Hold the button."}
		change(&s)
		return s
	}
	solutions := []Solution{
		with("all", func(*Solution) {}),
		with("x1", func(s *Solution) { s.Product = "Router X1" }),
		with("y2", func(s *Solution) { s.Product = "Camera Y2" }),
		with("north", func(s *Solution) { s.Region = "North" }),
		with("south", func(s *Solution) { s.Region = "South" }),
		with("firm", func(s *Solution) { s.CustomerType = "enterprise" }),
		with("script", func(s *Solution) { s.Stage = Guide }),
		with("x1 north", func(s *Solution) { s.Product, s.Region = "Router X1", "North" }),
	}
	var others []Solution
	for i := range 40 {
		others = append(others, Solution{
			ID: fmt.Sprint("other ", i), Title: "Where is my parcel?", Answer: "On its way.", Product: "Parcel", Region: "West",
			CustomerType: "individual", Stage: Feedback,
		})
	}
	tests := []struct {
		name  string
		query Query
		want  []string
	}{
		{"none", Query{}, []string{"all", "firm", "north", "south", "x1", "x1 north", "y2"}},
		{"a product", Query{Products: []string{"router x1 "}}, []string{"all", "firm", "north", "south", "x1", "x1 north"}},
		{"several products", Query{Products: []string{"Camera Y2", "Router X1"}}, []string{"all", "firm", "north", "south", "x1", "x1 north", "y2"}},
		{"a product that nothing is for", Query{Products: []string{"Z"}}, []string{"all", "firm", "north", "south"}},
		{"a region", Query{Region: "north"}, []string{"all", "firm", "north", "x1", "x1 north", "y2"}},
		{"a customer type", Query{CustomerType: "individual"}, []string{"all", "north", "south", "x1", "x1 north", "y2"}},
		{"a stage", Query{Stage: Guide}, []string{"script"}},
		{"a stage without scripts", Query{Stage: ConfirmNeed}, []string{}},
		{"product and region", Query{Products: []string{"Camera Y2"}, Region: "South"}, []string{"all", "firm", "south", "y2"}},
	}
	for name, g := range map[string]*generation{
		"most pass": newTestGeneration(t, "", solutions...),
		"few pass":  newTestGeneration(t, "", slices.Concat(solutions, others)...),
	} {
		for _, tt := range tests {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				q := tt.query
				q.Text = "reset the device"
				got := found(t, g, q)
				slices.Sort(got)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// crowd are solutions that all have the same words.
func crowd(n int, change func(int, *Solution)) []Solution {
	out := make([]Solution, n)
	for i := range out {
		out[i] = Solution{ID: fmt.Sprintf("crowd %04d", i), Title: "reset the router", Answer: "Hold the button."}
		change(i, &out[i])
	}
	return out
}

func TestBehindASmallFilterNothingIsCut(t *testing.T) {
	t.Parallel()
	all := crowd(3_000, func(i int, s *Solution) { s.Product = fmt.Sprint("product ", i%1_000) })
	g := newTestGeneration(t, "", all...)
	g.limits = limits{candidates: 50, sketches: 50, postings: 1, ofTerm: 20}
	want := []string{"crowd 0777", "crowd 1777", "crowd 2777"}
	if got := found(t, g, Query{Text: "reset the router", Products: []string{"product 777"}}); !cmp.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestTheRarestTermsAreVisited(t *testing.T) {
	t.Parallel()
	all := crowd(300, func(int, *Solution) {})
	all = append(all, Solution{ID: "rare", Title: "reset the humidifier", Answer: "Hold the button."}, Solution{ID: "zh", Title: "加湿器怎么重置", Answer: "按住按钮。"})
	g := newTestGeneration(t, "", all...)
	g.limits.postings = 2
	for text, want := range map[string]string{"reset the humidifier": "rare", "加湿器重置": "zh"} {
		if got := found(t, g, Query{Text: text}); len(got) == 0 || got[0] != want {
			t.Errorf("%q: found %v, want %s first", text, got, want)
		}
	}
}

// A solution that has all frequent words of a question comes before those that
// have the rare one only: what the budget cuts still counts.
func TestFrequentTermsCountOnceCandidatesAreFound(t *testing.T) {
	t.Parallel()
	all := crowd(300, func(int, *Solution) {})
	for i := range 20 {
		all = append(all, Solution{ID: fmt.Sprint("rare ", i), Title: "clean the humidifier", Answer: "With water."})
	}
	all = append(all, Solution{ID: "right", Title: "reset the humidifier router", Answer: "With water and the button."})
	g := newTestGeneration(t, "", all...)
	g.limits = limits{candidates: 1, sketches: 100, postings: 30, ofTerm: 30}
	if got := found(t, g, Query{Text: "reset the humidifier router"}); !cmp.Equal(got, []string{"right"}) {
		t.Errorf("found %v", got)
	}
}

func TestExpiredSolutionsDoNotCrowdOutValidOnes(t *testing.T) {
	t.Parallel()
	all := crowd(1_500, func(i int, s *Solution) {
		if s.ValidTo = today.Add(-time.Hour); i == 1_400 {
			s.ValidTo = today.Add(time.Hour)
		}
	})
	g := newTestGeneration(t, "", all...)
	if got := found(t, g, Query{Text: "reset the router"}); !cmp.Equal(got, []string{"crowd 1400"}) {
		t.Errorf("found %v", got)
	}
}

func TestASearchWaitsForItsTurnNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	g := newTestGeneration(t, "", crowd(1, func(int, *Solution) {})...)
	for range cap(g.searching) {
		g.searching <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.suggest(ctx, Query{Text: "reset the router"}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// waited tells when somebody waits for its end.
type waited struct {
	context.Context
	once sync.Once
	told chan struct{}
}

func (w *waited) Done() <-chan struct{} {
	w.once.Do(func() { close(w.told) })
	return w.Context.Done()
}

func TestASearchThatWaitsForItsTurnKeepsNobodyFromWriting(t *testing.T) {
	t.Parallel()
	g := newTestGeneration(t, "", crowd(1, func(int, *Solution) {})...)
	for range cap(g.searching) {
		g.searching <- struct{}{}
	}
	ctx := &waited{Context: t.Context(), told: make(chan struct{})}
	done := make(chan error, 1)
	go func() { _, err := g.suggest(ctx, Query{Text: "reset the router"}, nil); done <- err }()
	<-ctx.told
	if !g.mu.TryLock() {
		t.Error("the index is locked while a search waits for its turn")
	} else {
		g.mu.Unlock()
	}
	<-g.searching
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTheCacheForgetsWhatWasUsedLongestAgo(t *testing.T) {
	t.Parallel()
	e := newEntry(sampleSketch(t), nil)
	c := newCache(3 * e.size())
	for n := range uint64(3) {
		c.add(place{1, n}, e)
	}
	c.get(place{1, 0})
	c.add(place{1, 3}, e)
	for n, want := range map[uint64]bool{0: true, 1: false, 2: true, 3: true} {
		if got := c.get(place{1, n}) != nil; got != want {
			t.Errorf("place %d: kept %v, want %v", n, got, want)
		}
	}
	if c.bytes > c.most {
		t.Errorf("%d bytes, more than %d", c.bytes, c.most)
	}
}
