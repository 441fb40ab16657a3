package knowledge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store/storetest"
)

// journal keeps what was logged.
type journal struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Write(b)
}

func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.out.String(), text)
}

func openDisk(t *testing.T, l *Library, folder string) (*Index, *journal) {
	t.Helper()
	var j journal
	x, err := Open(t.Context(), l, Options{Folder: folder, Now: atToday, Log: slog.New(slog.NewTextHandler(&j, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if x.Status(); !x.closed {
			closeIndex(t, x)
		}
	})
	return x, &j
}

// demoLibrary is a library of the demo's solutions.
func demoLibrary(t *testing.T) *Library {
	t.Helper()
	l := NewLibrary(storetest.New(t))
	imports(t, l, demoSolutions(t)...)
	return l
}

// answersLike fails when the index does not answer as one in memory does.
func answersLike(t *testing.T, x *Index, solutions []Solution) {
	t.Helper()
	memory := newTestIndex(t, Options{}, solutions...)
	for _, j := range judgedQuestions(t)[:60] {
		q := Query{Text: j.Text}
		if diff := cmp.Diff(suggestedIDs(t, memory, q), suggestedIDs(t, x, q)); diff != "" {
			t.Errorf("%q: %s", j.Text, diff)
			return
		}
	}
}

// follow follows until the test ends or stop is called.
func follow(t *testing.T, x *Index) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() {
		if err := x.Follow(ctx, 20*time.Millisecond); !errors.Is(err, context.Canceled) {
			t.Errorf("follow ended with %v", err)
		}
	})
	stop = func() { cancel(); following.Wait() }
	t.Cleanup(stop)
	return stop
}

// await returns when the condition holds, or fails after a minute.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !holds() {
		if ctx.Err() != nil {
			t.Fatalf("a minute went by without %s", what)
		}
		runtime.Gosched()
	}
}

func TestAnIndexOnDiskIsOpenedAgain(t *testing.T) {
	t.Parallel()
	l, folder := demoLibrary(t), t.TempDir()
	first, log := openDisk(t, l, folder)
	if n := log.count("index built"); n != 1 || first.Status().State != Ready {
		t.Fatalf("built %d times, state %s", n, first.Status().State)
	}
	where := first.Status().Folder
	closeIndex(t, first)
	changed := demoSolutions(t)
	changed[0].Answer, changed[1].Status = "Something else.", Retired
	imports(t, l, append(changed, Solution{ID: "new", Title: "Where is my parcel?", Answer: "On its way."})...)
	second, log := openDisk(t, l, folder)
	if s := second.Status(); log.count("index built") > 0 || s.Folder != where || s.State != Ready || s.Solutions != len(changed) {
		t.Errorf("after opening again: %+v", s)
	}
	if got := suggestedIDs(t, second, Query{Text: "where is my parcel?", Limit: 1}); !cmp.Equal(got, []string{"new"}) {
		t.Errorf("what came meanwhile is not found: %v", got)
	}
	answersLike(t, second, append(changed, Solution{ID: "new", Title: "Where is my parcel?", Answer: "On its way."}))
}

// segments returns the segment files below a folder.
func segments(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == segmentSuffix {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("there are no segments in %s", folder)
	}
	return out
}

// flip inverts the bits of some bytes in a part of the file, which begins and
// ends at shares of its length.
func flip(t *testing.T, path string, from, to float64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, uint64(from*100)))
	first, last := int(from*float64(len(b))), int(to*float64(len(b)))
	for range max(1, (last-first)/50) {
		b[first+r.IntN(max(last-first, 1))] ^= 0xff
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func flipAll(from, to float64) func(*testing.T, string) {
	return func(t *testing.T, folder string) {
		for _, path := range segments(t, folder) {
			flip(t, path, from, to)
		}
	}
}

// damages are what may happen to the folder of an index.
var damages = map[string]func(t *testing.T, folder string){
	"bytes at the beginning of segments": flipAll(0, 0.1),
	"bytes in the middle of segments":    flipAll(0.4, 0.6),
	"bytes late in segments":             flipAll(0.8, 0.95),
	"the ends of segments":               flipAll(0.99, 1),
	"bytes everywhere in segments":       flipAll(0, 1),
	"a few bytes of the root": func(t *testing.T, folder string) {
		flip(t, filepath.Join(folder, "store", "root.bolt"), 0, 1)
	},
	"segments without an end": func(t *testing.T, folder string) {
		for _, path := range segments(t, folder) {
			if err := os.Truncate(path, 1000); err != nil {
				t.Fatal(err)
			}
		}
	},
	"segments that are gone": func(t *testing.T, folder string) {
		for _, path := range segments(t, folder) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	},
	"no mapping": func(t *testing.T, folder string) {
		if err := os.Remove(filepath.Join(folder, "index_meta.json")); err != nil {
			t.Fatal(err)
		}
	},
	"no folder": func(t *testing.T, folder string) {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	},
	"a marker that says nothing": func(t *testing.T, folder string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(folder), markerName), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	},
	"an older layout": func(t *testing.T, folder string) {
		b, err := bleve.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(b.SetInternal([]byte(stateKey), []byte(`{"layout":"0"}`)), b.Close()); err != nil {
			t.Fatal(err)
		}
	},
}

// Searches never fail, and in the end the answers are what they were.
func TestADamagedIndexIsBuiltAnew(t *testing.T) {
	t.Parallel()
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, folder := demoLibrary(t), t.TempDir()
			first, _ := openDisk(t, l, folder)
			where := first.Status().Folder
			closeIndex(t, first)
			damage(t, where)
			x, log := openDisk(t, l, folder)
			for _, j := range judgedQuestions(t)[:20] {
				suggestedIDs(t, x, Query{Text: j.Text})
			}
			var v verifier
			for range looks {
				if err := x.verifyOnce(t.Context(), &v); err != nil {
					t.Fatal(err)
				}
			}
			if x.wanted {
				if _, err := x.Rebuild(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if s, n := x.Status(), log.count("index built"); s.State != Ready || n != 1 {
				t.Errorf("in the end, built %d times: %+v", n, s)
			}
			answersLike(t, x, demoSolutions(t))
		})
	}
}

// The same under searches: nobody sees an error, and it is logged once.
func TestDamageOfAnOpenIndexIsNoticed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bytes in the middle of segments", "bytes everywhere in segments", "the ends of segments", "segments without an end"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, log := openDisk(t, demoLibrary(t), t.TempDir())
			var v verifier
			for range looks {
				if err := x.verifyOnce(t.Context(), &v); err != nil {
					t.Fatal(err)
				}
			}
			stop := searchAlways(t, x)
			where := x.Status().Folder
			damages[name](t, where)
			for x.Status().State == Ready {
				if err := x.verifyOnce(t.Context(), &v); err != nil {
					t.Fatal(err)
				}
			}
			// A search may have found it first, and be about to take the marker away.
			await(t, "no process to open the damaged index any more", func() bool { return !hasMarker(filepath.Dir(where)) })
			follow(t, x)
			await(t, "a new index", func() bool { return x.Status().State == Ready })
			stop()
			if n := log.count("the index is broken"); n != 1 {
				t.Errorf("logged %d times that it is broken", n)
			}
			answersLike(t, x, demoSolutions(t))
		})
	}
}

// searchAlways searches until stop is called; no search may fail.
func searchAlways(t *testing.T, x *Index) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var searching sync.WaitGroup
	questions := judgedQuestions(t)
	for w := range 2 {
		searching.Go(func() {
			for i := w; ctx.Err() == nil; i++ {
				if _, err := x.Suggest(t.Context(), Query{Text: questions[i%len(questions)].Text}); err != nil {
					t.Errorf("a search failed: %v", err)
					return
				}
			}
		})
	}
	return func() { cancel(); searching.Wait() }
}

func TestSearchesGoOnWhileGenerationsAreSwapped(t *testing.T) {
	t.Parallel()
	x, _ := openDisk(t, demoLibrary(t), t.TempDir())
	stop := searchAlways(t, x)
	for i := range 5 {
		before := x.Status().Folder
		if _, err := x.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if x.Status().Folder == before {
			t.Errorf("rebuild %d changed nothing", i)
		}
		if i == 2 {
			x.broke(t.Context(), x.current, errBroken)
		}
	}
	stop()
	closeIndex(t, x)
	if got := names(t, x.firstSlot(t)); len(got) != 3 {
		t.Errorf("what is left: %v", got)
	}
	if _, err := x.Suggest(t.Context(), Query{Text: "refund"}); !errors.Is(err, ErrClosed) {
		t.Errorf("a search of a closed index: %v", err)
	}
}

// firstSlot is the first slot of the index's database.
func (x *Index) firstSlot(t *testing.T) string {
	t.Helper()
	return filepath.Join(x.o.Folder, x.database, slotPrefix+"0")
}

func TestAnIndexOfAnotherStateOfTheDatabaseIsNotUsed(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"an earlier one was restored": `
			ALTER TABLE solution_revisions DROP CONSTRAINT solution_revisions_solution_id_fkey;
			DELETE FROM solutions WHERE seq = (SELECT max(seq) FROM solutions)`,
		"it went on from an earlier one": `UPDATE solutions SET answer = 'Another.' WHERE seq = (SELECT max(seq) FROM solutions)`,
		"a solution is missing": `
			ALTER TABLE solution_revisions DROP CONSTRAINT solution_revisions_solution_id_fkey;
			DELETE FROM solutions WHERE seq = (SELECT min(seq) FROM solutions)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, folder := demoLibrary(t), t.TempDir()
			first, _ := openDisk(t, l, folder)
			closeIndex(t, first)
			if _, err := l.pool.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
			x, log := openDisk(t, l, folder)
			s, err := l.stand(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := x.Status(); got.State != Ready || log.count("index built") != 1 || got.Solutions != s.published || got.Seq != s.seq {
				t.Errorf("%+v; the library: %+v", got, s)
			}
		})
	}
}

func TestDatabasesDoNotShareAnIndex(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a, _ := openDisk(t, demoLibrary(t), folder)
	b, _ := openDisk(t, NewLibrary(storetest.New(t)), folder) // a copy of the same template
	if a.database == b.database || b.Len() != 0 || a.Len() == 0 {
		t.Errorf("identities %q and %q, %d and %d solutions", a.database, b.database, a.Len(), b.Len())
	}
	again, err := a.library.identity(t.Context())
	if again != a.database || err != nil {
		t.Errorf("the identity changes: %q, %q, %v", a.database, again, err)
	}
}

func TestAFolderThatCannotBeUsedLeavesTheIndexInMemory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	x, log := openDisk(t, demoLibrary(t), file)
	if s := x.Status(); s.State != Ready || s.Folder != "" {
		t.Errorf("%+v", s)
	}
	if log.count("level=WARN msg=\"solutions are indexed in memory") != 1 {
		t.Error("there is no warning")
	}
	answersLike(t, x, demoSolutions(t))
}

func TestADeletedFolderComesBack(t *testing.T) {
	t.Parallel()
	l, folder := demoLibrary(t), t.TempDir()
	x, log := openDisk(t, l, folder)
	follow(t, x)
	stop := searchAlways(t, x)
	before := tablesOf(t, l)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	await(t, "a new index", func() bool { return x.Status().State == Ready && exists(x.Status().Folder) })
	stop()
	if diff := cmp.Diff(before, tablesOf(t, l)); diff != "" {
		t.Errorf("PostgreSQL changed: %s", diff)
	}
	if n := log.count("the folder of the index is gone"); n != 1 {
		t.Errorf("logged %d times that the folder is gone", n)
	}
	imports(t, l, Solution{ID: "new", Title: "Where is my parcel?", Answer: "On its way."})
	await(t, "the new solution", func() bool {
		return cmp.Equal(suggestedIDs(t, x, Query{Text: "where is my parcel?", Limit: 1}), []string{"new"})
	})
}

// tablesOf returns a hash of each table of the library.
func tablesOf(t *testing.T, l *Library) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range []string{"solutions", "solution_terms", "solution_revisions"} {
		var sum string
		err := l.pool.QueryRow(t.Context(), fmt.Sprintf(`SELECT coalesce(md5(string_agg(r::text, E'\n' ORDER BY r::text)), '') FROM %s AS r`, table)).Scan(&sum)
		if err != nil {
			t.Fatal(err)
		}
		out[table] = sum
	}
	return out
}

// bleve compares no sums: a wrong byte in its postings only makes answers wrong.
func TestOneWrongByteIsFound(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "gen")
	g, err := createGeneration(folder, Options{Now: atToday})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.put(demoSolutions(t), 1), g.close(), verifyFolder(t.Context(), folder)); err != nil {
		t.Fatal(err)
	}
	path := segments(t, folder)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		at := i * (len(whole) - 1) / 39
		b := bytes.Clone(whole)
		b[at] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := verifyFolder(t.Context(), folder); !errors.Is(err, errBroken) {
			t.Errorf("byte %d of %d is wrong: %v", at, len(whole), err)
		}
	}
}
