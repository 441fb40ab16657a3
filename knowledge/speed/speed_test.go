package speed

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"assay/knowledge"
)

// words are enough to begin with; the maker invents the rest.
var words = []string{
	"How long does a refund take? It is sent to the card that paid within three days.",
	"退款多久到账？退款会在三天内退回原来付款的卡。", "Where is my parcel? It is on its way.", "快递卡在路上怎么办？请等一天再查。",
}

func TestTheSameSeedMakesTheSameLibrary(t *testing.T) {
	t.Parallel()
	a, b, other := NewMaker(words, 1), NewMaker(words, 1), NewMaker(words, 2)
	for i := range 50 {
		if diff := cmp.Diff(a.Solution(i), b.Solution(i)); diff != "" {
			t.Errorf("solution %d: %s", i, diff)
		}
		if diff := cmp.Diff(a.Question(i, 50), b.Question(i, 50)); diff != "" {
			t.Errorf("question %d: %s", i, diff)
		}
	}
	if cmp.Equal(a.Solution(0), other.Solution(0)) {
		t.Error("another seed makes the same solution")
	}
}

func TestHalfOfTheLibraryIsChinese(t *testing.T) {
	t.Parallel()
	m := NewMaker(words, 1)
	chinese, ids := 0, map[string]bool{}
	for s, err := range m.Solutions(t.Context(), 1_000) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(s.Answer, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			chinese++
		}
		ids[s.ID] = true
	}
	if chinese < 400 || chinese > 600 || len(ids) != 1_000 {
		t.Errorf("%d of 1,000 solutions are Chinese, with %d different ids", chinese, len(ids))
	}
}

func TestQuestionsHaveAnAnswerThatIsFound(t *testing.T) {
	t.Parallel()
	const n = 1_000
	m := NewMaker(words, 1)
	b := newBench(t, m, n)
	right := 0
	for i := range 100 {
		q := m.Question(i, n)
		got, err := b.Suggest(t.Context(), q.Query)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if s.SolutionID == q.Right {
				right++
			}
		}
	}
	if right < 80 {
		t.Errorf("%d of 100 right solutions are among the first ten", right)
	}
}

func newBench(t testing.TB, m *Maker, n int) *knowledge.Bench {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "index")
	if err := knowledge.BuildBench(t.Context(), folder, m.Solutions(t.Context(), n)); err != nil {
		t.Fatal(err)
	}
	b, err := knowledge.OpenBench(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func BenchmarkSearch(b *testing.B) {
	const n = 20_000
	m := NewMaker(words, 1)
	x := newBench(b, m, n)
	ways := map[string]func(knowledge.Query) error{
		"ours":  func(q knowledge.Query) error { _, err := x.Suggest(b.Context(), q); return err },
		"match": func(q knowledge.Query) error { _, err := x.Match(b.Context(), q); return err },
	}
	for name, way := range ways {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := way(m.Question(i, n).Query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	const n = 4_000
	m := NewMaker(words, 1)
	for b.Loop() {
		folder := filepath.Join(b.TempDir(), "index")
		if err := knowledge.BuildBench(b.Context(), folder, m.Solutions(b.Context(), n)); err != nil {
			b.Fatal(err)
		}
	}
}
