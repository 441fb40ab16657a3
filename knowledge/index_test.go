package knowledge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/store/storetest"
)

// today is when the tests take place: some solutions of the demo have expired.
var today = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func atToday() time.Time { return today }

func closeIndex(t testing.TB, x *Index) {
	t.Helper()
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}

func newTestIndex(t testing.TB, o Options, solutions ...Solution) *Index {
	t.Helper()
	if o.Now == nil {
		o.Now = atToday
	}
	x, err := NewIndex(solutions, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	return x
}

func demoSolutions(t testing.TB) []Solution {
	t.Helper()
	return readSolutions(t, "../testdata/demo/solutions.jsonl")
}

func readSolutions(t testing.TB, path string) []Solution {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []Solution
	for r := range Read(f, path, ReadOptions{}) {
		if r.Reject != nil {
			t.Fatal(r.Reject)
		}
		out = append(out, *r.Solution)
	}
	return out
}

func suggestedIDs(t testing.TB, x *Index, q Query) []string {
	t.Helper()
	found, err := x.Suggest(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return idsOf(found)
}

func idsOf(found []pipeline.Suggestion) []string {
	ids := []string{}
	for _, s := range found {
		ids = append(ids, s.SolutionID)
	}
	return ids
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	tests := []struct {
		name  string
		query Query
		want  []string
	}{
		{"Chinese", Query{Text: "退货的退款怎么还没到", Limit: 1}, []string{"SOL-RET-ZH-006"}},
		{"English", Query{Text: "How long does a refund take?", Limit: 1}, []string{"SOL-RET-EN-006"}},
		{"both in one question", Query{Text: "我的 eSIM 怎么换", Limit: 1}, []string{"SOL-TEL-ZH-016"}},
		{"a product code", Query{Text: "QH-C65 支持多少瓦快充"}, []string{"SOL-RET-ZH-017"}},
		{"full width and capitals", Query{Text: "ＬＯＳ灯红了"}, []string{"SOL-TEL-ZH-005"}},
		{"other forms of the words", Query{Text: "is the brake on the strollers feeling loose"}, []string{"SOL-RET-EN-016"}},
		{"short forms", Query{Text: "my coupon isn't working"}, []string{"SOL-RET-EN-009"}},
		{"words of one meaning", Query{Text: "退钱要几天才能到银行卡", Limit: 1}, []string{"SOL-RET-ZH-006"}},
		{"a short question by what was said before",
			Query{Text: "那什么时候到账", Context: []Said{{Text: "您好，退货的退款仓库验收以后就发起"}}, Limit: 1}, []string{"SOL-RET-ZH-006"}},
		{"not in the library", Query{Text: "明天北京天气怎么样"}, []string{}},
		{"not in the library, English", Query{Text: "what is the capital of France"}, []string{}},
		{"expired", Query{Text: "2025 年春节期间发货吗"}, []string{}},
		{"expired, English", Query{Text: "holiday shipping dates 2025"}, []string{}},
		{"nothing", Query{}, []string{}},
		{"only words that say nothing", Query{Text: "what is it? 请问是什么呢"}, []string{}},
		{"only an order number", Query{Text: "XD20261027118"}, []string{}},
		{"not UTF-8", Query{Text: "\xff\xfe"}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, suggestedIDs(t, x, tt.query)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidityDecides(t *testing.T) {
	t.Parallel()
	from, to := today.Add(-time.Hour), today.Add(time.Hour)
	solution := Solution{ID: "s", Title: "How do I reset the router?", Answer: "Hold the button.", ValidFrom: from, ValidTo: to}
	for _, tt := range []struct {
		name string
		now  time.Time
		want []string
	}{
		{"not yet", from.Add(-1), []string{}},
		{"from its first moment", from, []string{"s"}},
		{"until before its last", to.Add(-1), []string{"s"}},
		{"no more", to, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := newTestIndex(t, Options{Now: func() time.Time { return tt.now }}, solution)
			if diff := cmp.Diff(tt.want, suggestedIDs(t, x, Query{Text: "reset the router"})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNothingBelowTheThreshold(t *testing.T) {
	t.Parallel()
	query := Query{Text: "我想查一下运费和优惠券", Limit: 50}
	for _, threshold := range []float64{0.05, 0.2, 0.5, 0.9, 1} {
		x := newTestIndex(t, Options{Threshold: threshold}, demoSolutions(t)...)
		found, err := x.Suggest(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range found {
			if s.Score < threshold || s.Score > 1 || i > 0 && s.Score > found[i-1].Score {
				t.Errorf("threshold %v: suggestion %d has the score %v", threshold, i, s.Score)
			}
		}
	}
	if _, err := NewIndex(nil, Options{Threshold: 2}); err == nil {
		t.Error("a threshold of 2 was taken")
	}
}

func TestLanguageOfTheQuestionFirst(t *testing.T) {
	t.Parallel()
	en := Solution{ID: "en", Title: "Activate eSIM QR-7", Answer: "Scan the code."}
	zh := Solution{ID: "zh", Title: "激活 eSIM QR-7", Answer: "扫码即可。"}
	both := newTestIndex(t, Options{}, en, zh)
	if got := suggestedIDs(t, both, Query{Text: "eSIM QR-7 激活", Language: "zh-CN"}); !cmp.Equal(got, []string{"zh"}) {
		t.Errorf("with a Chinese solution there are %v", got)
	}
	only := newTestIndex(t, Options{Threshold: 0.01}, en)
	if got := suggestedIDs(t, only, Query{Text: "eSIM QR-7 怎么激活"}); !cmp.Equal(got, []string{"en"}) {
		t.Errorf("without a Chinese solution there are %v", got)
	}
}

func TestProductIsAFilter(t *testing.T) {
	t.Parallel()
	a := Solution{ID: "a", Title: "Reset the device", Answer: "Hold the button.", Product: "Router X1"}
	b := Solution{ID: "b", Title: "Reset the device", Answer: "Pull the plug.", Product: "Camera Y2"}
	x := newTestIndex(t, Options{Threshold: 0.01}, a, b)
	for product, want := range map[string][]string{"router x1": {"a"}, "Camera Y2": {"b"}, "other": {}} {
		if got := suggestedIDs(t, x, Query{Text: "how to reset the device", Products: []string{product}}); !cmp.Equal(got, want) {
			t.Errorf("for %q there are %v", product, got)
		}
	}
}

func TestSuggestHonoursItsContext(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{}, demoSolutions(t)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Suggest(ctx, Query{Text: "退款什么时候到账"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error after cancelling: %v", err)
	}
}

func TestRefreshTakesOverChanges(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	old := Solution{ID: "s", Title: "How do I reset the router?", Answer: "Hold the button."}
	imports(t, l, old)
	x, err := Open(t.Context(), l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	version := x.Version()
	changed := old
	changed.Title = "How do I clean the camera?"
	imports(t, l, changed, Solution{ID: "n", Title: "Where is my parcel?", Answer: "On its way."})
	if n, err := x.Refresh(t.Context()); n != 2 || err != nil {
		t.Fatalf("refreshed %d solutions, error %v", n, err)
	}
	for text, want := range map[string][]string{
		"reset the router": {}, "clean the camera": {"s"}, "where is the parcel": {"n"},
	} {
		if got := suggestedIDs(t, x, Query{Text: text}); !cmp.Equal(got, want) {
			t.Errorf("%q: %v", text, got)
		}
	}
	if x.Version() == version {
		t.Error("the version is the same although solutions changed")
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Follow(ctx, time.Millisecond); !errors.Is(err, context.Canceled) {
		t.Errorf("follow ended with %v", err)
	}
}

func TestFollowTakesOverChanges(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	x, err := Open(t.Context(), l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var following sync.WaitGroup
	following.Go(func() {
		if err := x.Follow(ctx, time.Millisecond); !errors.Is(err, context.Canceled) {
			t.Errorf("follow ended with %v", err)
		}
	})
	imports(t, l, Solution{ID: "n", Title: "Where is my parcel?", Answer: "On its way."})
	for x.Len() == 0 && ctx.Err() == nil {
		runtime.Gosched()
	}
	cancel()
	following.Wait()
}

func TestVersion(t *testing.T) {
	t.Parallel()
	a, b := Solution{ID: "a", Title: "t", Answer: "1"}, Solution{ID: "b", Title: "t", Answer: "1"}
	ab, ba := newTestIndex(t, Options{}, a, b), newTestIndex(t, Options{}, b, a)
	if ab.Version() != ba.Version() {
		t.Error("the order of the solutions changes the version")
	}
	other := newTestIndex(t, Options{Threshold: 0.7}, a, b)
	fewer := newTestIndex(t, Options{}, a)
	if ab.Version() == other.Version() || ab.Version() == fewer.Version() {
		t.Error("another threshold or library has the same version")
	}
	if err := fewer.current.put([]Solution{b}, 0); err != nil {
		t.Fatal(err)
	}
	if ab.Version() != fewer.Version() {
		t.Error("the way to the same library changes the version")
	}
}

// An index in memory is not merged: after many changes it is built anew, under
// the eyes of those who search it.
func TestSearchesGoOnWhileTheIndexIsRebuilt(t *testing.T) {
	t.Parallel()
	keep := Solution{ID: "keep", Title: "How do I reset the router?", Answer: "Hold the button."}
	x := newTestIndex(t, Options{}, append(demoSolutions(t), keep)...)
	done := make(chan struct{})
	var searching sync.WaitGroup
	for range 2 {
		searching.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if found, err := x.Suggest(t.Context(), Query{Text: "reset the router"}); err != nil || len(found) == 0 {
					t.Errorf("found %v, error %v", found, err)
					return
				}
			}
		})
	}
	for i := range maxSegments + 10 {
		if err := x.current.put([]Solution{{ID: "new", Title: fmt.Sprint("Title ", i), Answer: "Answer."}}, 0); err != nil {
			t.Error(err)
		}
	}
	close(done)
	searching.Wait()
	if x.current.segments >= maxSegments {
		t.Errorf("the index has %d segments", x.current.segments)
	}
}

// Without a folder a library may be too large from the beginning, after it has
// grown, or when somebody asks for a rebuild.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	all := synthetic(30)
	imports(t, l, all[:10]...)
	x, err := Open(t.Context(), l, Options{Now: atToday})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	x.inMemory = 20
	imports(t, l, all...)
	if _, err := x.Refresh(t.Context()); !errors.Is(err, errTooMany) {
		t.Errorf("grown: error %v", err)
	}
	if s := x.Status(); s.State != Fallback || s.Problem == "" {
		t.Errorf("grown: %+v", s)
	}
	if got := suggestedIDs(t, x, Query{Text: all[29].Title, Limit: 1}); !cmp.Equal(got, []string{all[29].ID}) {
		t.Errorf("PostgreSQL suggests %v", got)
	}
	x.want(nil)
	if !x.startBuild() {
		t.Fatal("no build begins when one is asked for")
	}
	if _, err := x.Rebuild(t.Context()); !errors.Is(err, errTooMany) {
		t.Errorf("rebuilt: error %v", err)
	}
	if x.startBuild() {
		t.Error("what is too large is built again and again")
	}
	if s := x.Status(); s.State != Fallback || s.Problem == "" {
		t.Errorf("rebuilt: %+v", s)
	}
}

// Asking how an index fares waits for nobody who writes to it for longer than it must.
func TestSearchesBeginWhileSomebodyAsksHowTheIndexFares(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{Now: atToday}, demoSolutions(t)...)
	h := x.current
	h.mu.Lock() // as one who writes does
	var asking sync.WaitGroup
	asking.Go(func() { x.Status() })
	asking.Go(func() { x.Version() })
	for range 100 {
		got, err := x.acquire()
		if err != nil {
			t.Fatal(err)
		}
		x.release(t.Context(), got)
		runtime.Gosched()
	}
	h.mu.Unlock()
	asking.Wait()
}
