package knowledge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// openOptions show everything that is found.
func openOptions() Options { return Options{Now: atToday, Threshold: 1e-9} }

func closeGeneration(t testing.TB, g *generation) {
	t.Helper()
	if err := g.close(); err != nil {
		t.Error(err)
	}
}

func newTestGeneration(t testing.TB, folder string, solutions ...Solution) *generation {
	t.Helper()
	g, err := createGeneration(folder, openOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeGeneration(t, g) })
	if err := g.put(solutions, 1); err != nil {
		t.Fatal(err)
	}
	return g
}

// writeGeneration fills an index in a new folder and closes it.
func writeGeneration(t testing.TB, fill func(*generation) error) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "gen")
	g, err := createGeneration(folder, openOptions())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fill(g), g.close()); err != nil {
		t.Fatal(err)
	}
	return folder
}

func openTestGeneration(t testing.TB, folder string) *generation {
	t.Helper()
	g, err := openGeneration(folder, openOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeGeneration(t, g) })
	return g
}

func found(t testing.TB, g *generation, q Query) []string {
	t.Helper()
	q.Limit = cmpLimit
	all, err := g.suggest(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return idsOf(all)
}

const cmpLimit = 10

func TestAnIndexIsTheSameInMemoryAndOnDiskHoweverItWasBuilt(t *testing.T) {
	t.Parallel()
	solutions := demoSolutions(t)
	memory := newTestGeneration(t, "", solutions...)
	for name, fill := range map[string]func(*generation) error{
		"put":   func(g *generation) error { return g.put(solutions, 7) },
		"built": func(g *generation) error { return g.build(t.Context(), each(solutions), 7) },
		"put in parts": func(g *generation) error {
			for part := range slices.Chunk(solutions, 7) {
				if err := g.put(part, 7); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := openTestGeneration(t, writeGeneration(t, fill))
			if g.seq() != 7 || g.len() != len(solutions) || g.content() != memory.content() {
				t.Errorf("change number %d, %d solutions, content %x", g.seq(), g.len(), g.content())
			}
			if diff := cmp.Diff(memory.vocabulary.counts, g.vocabulary.counts); diff != "" {
				t.Errorf("numbers of solutions with each term: %s", diff)
			}
			for _, j := range judgedQuestions(t) {
				q := Query{Text: j.Text, Limit: cmpLimit}
				want, err := memory.suggest(t.Context(), q, nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := g.suggest(t.Context(), q, nil)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%q: %s", j.Text, diff)
				}
			}
		})
	}
}

func TestPutReplacesAndTakesAway(t *testing.T) {
	t.Parallel()
	a := Solution{ID: "a", Title: "How do I reset the router?", Answer: "Hold the button."}
	b := Solution{ID: "b", Title: "Where is my parcel?", Answer: "On its way."}
	for name, folder := range map[string]string{"in memory": "", "on disk": filepath.Join(t.TempDir(), "gen")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newTestGeneration(t, folder, a, b)
			both := g.content()
			changed := a
			changed.Title = "How do I clean the camera?"
			retired := b
			retired.Status = Retired
			if err := g.put([]Solution{changed, retired, {ID: "never there", Title: "x", Answer: "y", Status: Draft}}, 2); err != nil {
				t.Fatal(err)
			}
			for text, want := range map[string][]string{"reset the router": {}, "clean the camera": {"a"}, "where is the parcel": {}} {
				if got := found(t, g, Query{Text: text}); !cmp.Equal(got, want) {
					t.Errorf("%q: %v, want %v", text, got, want)
				}
			}
			if g.len() != 1 || g.seq() != 2 || g.df("router") != 0 || g.df("camera") != 1 {
				t.Errorf("%d solutions, change number %d, router %d, camera %d", g.len(), g.seq(), g.df("router"), g.df("camera"))
			}
			if err := g.put([]Solution{a, b}, 3); err != nil {
				t.Fatal(err)
			}
			if g.content() != both {
				t.Error("the way back to the same solutions gives another content")
			}
		})
	}
}

func TestSolutionsComeBackWhole(t *testing.T) {
	t.Parallel()
	want := Solution{
		ID: "s", Title: "t", Questions: []string{"q"}, Answer: "a", ShortReply: "r", Note: "n", Tags: []string{"x"}, Product: "P",
		ValidFrom: today, Owner: "o", ReviewBy: today, Opinions: Opinions{Helpful: 3}, Status: Published,
	}
	g := newTestGeneration(t, "", want)
	got, err := g.solution(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := g.solution(t.Context(), "other"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a solution that is not there: %v", err)
	}
}

// putsFolder tells the test below that it is the process to be killed.
const putsFolder = "ASSAY_TEST_PUTS_FOLDER"

// puts are the solutions of change n: one that says so, and one that is new.
func puts(n int64) []Solution {
	return []Solution{{ID: "a", Title: fmt.Sprint("version ", n), Answer: "a"}, {ID: fmt.Sprint("n", n), Title: "t", Answer: "a"}}
}

func TestChangeNumberAndSolutionsAreWrittenTogether(t *testing.T) {
	t.Parallel()
	if folder := os.Getenv(putsFolder); folder != "" {
		g := newTestGeneration(t, folder)
		for n := int64(1); ; n++ {
			if err := g.put(puts(n), n); err != nil {
				t.Fatal(err)
			}
			fmt.Println(n)
		}
	}
	for _, until := range []int64{1, 4, 15} {
		g := openTestGeneration(t, killedAfter(t, until))
		s, err := g.solution(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		n := g.seq()
		if n < until || s.Title != fmt.Sprint("version ", n) || g.len() != int(n)+1 {
			t.Errorf("killed after change %d: number %d, %q, %d solutions", until, n, s.Title, g.len())
		}
		whole := newTestGeneration(t, "")
		for i := range n {
			if err := whole.put(puts(i+1), i+1); err != nil {
				t.Fatal(err)
			}
		}
		if g.content() != whole.content() || !cmp.Equal(g.vocabulary.counts, whole.vocabulary.counts, cmpopts.EquateEmpty(), existing) {
			t.Errorf("killed after change %d: the content of change %d is another", until, n)
		}
	}
}

// existing leaves out terms that no solution has any more.
var existing = cmpopts.IgnoreMapEntries(func(_, n int32) bool { return n == 0 })

// killedAfter returns the folder of a process that was killed while it went on
// putting solutions, after the change.
func killedAfter(t *testing.T, change int64) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "gen")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChangeNumberAndSolutionsAreWrittenTogether$")
	child.Env = append(os.Environ(), putsFolder+"="+folder)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != fmt.Sprint(change) {
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
	return folder
}

func TestABatchThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	g := newTestGeneration(t, "", Solution{ID: "a", Title: "t", Answer: "a"})
	before := g.content()
	if err := g.put([]Solution{{ID: "b", Title: "t", Answer: "a", ValidTo: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)}}, 9); err == nil {
		t.Fatal("a time that cannot be written was taken")
	}
	if g.seq() != 1 || g.content() != before || g.len() != 1 {
		t.Errorf("change number %d, %d solutions", g.seq(), g.len())
	}
}

func TestOpeningTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	one := Solution{ID: "a", Title: "t", Answer: "a"}
	damage := func(harm func(folder string) error) string {
		folder := writeGeneration(t, func(g *generation) error { return g.build(t.Context(), each([]Solution{one}), 1) })
		if err := harm(folder); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	for name, tt := range map[string]struct {
		folder string
		want   error
	}{
		"no folder":    {filepath.Join(t.TempDir(), "none"), errBroken},
		"empty folder": {t.TempDir(), errBroken},
		"another layout": {writeGeneration(t, func(g *generation) error {
			return g.save(g.bleve.NewBatch(), state{Layout: "0"})
		}), errVersion},
		"no state": {writeGeneration(t, func(g *generation) error {
			b := g.bleve.NewBatch()
			b.DeleteInternal([]byte(stateKey))
			return g.bleve.Batch(b)
		}), errVersion},
		"a shortened segment": {damage(func(folder string) error {
			return os.Truncate(filepath.Join(folder, "store", "000000000002.zap"), 100)
		}), errBroken},
		"no segment": {damage(func(folder string) error {
			return os.Remove(filepath.Join(folder, "store", "000000000002.zap"))
		}), errBroken},
		"no list of segments": {damage(func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "store", "root.bolt"), []byte("nothing"), 0o600)
		}), errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, err := openGeneration(tt.folder, openOptions())
			if err == nil {
				closeGeneration(t, g)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestABuildThatEndsEarlyLeavesAnEmptyIndex(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		solutions func(context.CancelFunc) iter.Seq2[Solution, error]
		want      error
	}{
		"its source fails": {func(context.CancelFunc) iter.Seq2[Solution, error] {
			return func(yield func(Solution, error) bool) {
				_ = yield(Solution{ID: "a"}, nil) && yield(Solution{}, refused)
			}
		}, refused},
		"it is told to stop": {func(cancel context.CancelFunc) iter.Seq2[Solution, error] {
			return func(yield func(Solution, error) bool) {
				for i := range 3 * builderBatch {
					if i == builderBatch+1 {
						cancel()
					}
					if !yield(Solution{ID: fmt.Sprint(i), Title: "t", Answer: "a"}, nil) {
						return
					}
				}
			}
		}, context.Canceled},
		"an id comes twice": {func(context.CancelFunc) iter.Seq2[Solution, error] {
			return each([]Solution{{ID: "a", Title: "t", Answer: "a"}, {ID: "a", Title: "u", Answer: "b"}})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			g := newTestGeneration(t, filepath.Join(t.TempDir(), "gen"))
			err := g.build(ctx, tt.solutions(cancel), 5)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if g.len() != 0 {
				t.Errorf("%d solutions", g.len())
			}
			if err := g.put([]Solution{{ID: "a", Title: "reset the router", Answer: "a"}}, 1); err != nil {
				t.Fatal(err)
			}
			if got := found(t, g, Query{Text: "reset the router"}); !cmp.Equal(got, []string{"a"}) {
				t.Errorf("found %v afterwards", got)
			}
		})
	}
}

func TestBuildingNothingGivesAnEmptyIndex(t *testing.T) {
	t.Parallel()
	g := openTestGeneration(t, writeGeneration(t, func(g *generation) error { return g.build(t.Context(), each(nil), 3) }))
	if g.seq() != 3 || g.len() != 0 {
		t.Errorf("change number %d, %d solutions", g.seq(), g.len())
	}
}

// df is how many solutions have the word or character, as singles returns it.
func (g *generation) df(term string) int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return int(g.vocabulary.df(termID(term)))
}
