package knowledge

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/pipeline/store/storetest"
)

func full() Solution {
	return Solution{
		ID: "s-1", Title: "退款 \"多久\" 到账", Questions: []string{"钱呢, {啊}", `a "b" \ c`}, Answer: "三天。\nThree days.",
		ShortReply: "三天到账。", Note: "勿外传", Tags: []string{"退款", "bank"}, Product: "退款", Region: "华东",
		CustomerType: "enterprise", Language: "zh-CN", Stage: ExplainSolution, Status: Draft,
		ReviewedAt: time.Date(2026, 2, 1, 9, 0, 0, 123456789, time.UTC),
		ValidFrom:  time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.FixedZone("", 8*3600)),
		ValidTo:    time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		Owner:      "after-sales", ReviewBy: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
	}
}

type counts struct{ Added, Changed, Same int }

func imports(t *testing.T, l *Library, solutions ...Solution) counts {
	t.Helper()
	done, err := l.Import(t.Context(), solutions, ImportOptions{By: "lin"})
	if err != nil {
		t.Fatal(err)
	}
	return counts{done.Added, done.Changed, done.Same}
}

func TestImport(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	plain := Solution{ID: "s-2", Title: "t", Answer: "a"}
	changed := full()
	changed.Answer = "四天。"
	steps := []struct {
		name  string
		given []Solution
		want  counts
	}{
		{"nothing", nil, counts{}},
		{"new solutions are added", []Solution{full(), plain}, counts{Added: 2}},
		{"the same again changes nothing", []Solution{full(), plain}, counts{Same: 2}},
		{"another content replaces", []Solution{changed, plain}, counts{Changed: 1, Same: 1}},
		{"of one id the last counts", []Solution{plain, full()}, counts{Changed: 1, Same: 1}},
		{"twice in one import is once", []Solution{changed, full()}, counts{Same: 1}},
	}
	for _, s := range steps {
		if diff := cmp.Diff(s.want, imports(t, l, s.given...)); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
	}
}

func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	_, err := l.Import(t.Context(), []Solution{full(), {ID: "", Title: "t", Answer: "a"}}, ImportOptions{By: "lin"})
	if err == nil {
		t.Fatal("a solution without an id was imported")
	}
	if n, err := l.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("after a failed import there are %d solutions, error %v", n, err)
	}
}

func TestSolutionComesBackAsItWas(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, full())
	got, err := l.Solution(t.Context(), "s-1")
	if err != nil {
		t.Fatal(err)
	}
	given := full()
	if diff := cmp.Diff(given.normal(), got); diff != "" {
		t.Error(diff)
	}
	before, _ := given.Hash()
	if after, err := got.Hash(); after != before || err != nil {
		t.Errorf("the hash changed on the way through the database: %x, %x, %v", before, after, err)
	}
	if _, err := l.Solution(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("error of an unknown solution: %v", err)
	}
}

func since(t *testing.T, l *Library, seq int64) ([]string, int64) {
	t.Helper()
	found, next, err := l.Since(t.Context(), seq)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, s := range found {
		ids = append(ids, s.ID)
	}
	return ids, next
}

func TestSince(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	a, b := Solution{ID: "a", Title: "t", Answer: "1"}, Solution{ID: "b", Title: "t", Answer: "1"}
	imports(t, l, a, b)
	ids, seq := since(t, l, 0)
	if diff := cmp.Diff([]string{"a", "b"}, ids); diff != "" {
		t.Error(diff)
	}
	if ids, again := since(t, l, seq); len(ids) > 0 || again != seq {
		t.Errorf("nothing changed, but since %d there are %v and %d", seq, ids, again)
	}
	a.Answer = "2"
	imports(t, l, a, b)
	if ids, _ := since(t, l, seq); !cmp.Equal([]string{"a"}, ids) {
		t.Errorf("a changed, but since %d there are %v", seq, ids)
	}
}

// A reader that has seen a number must have seen all below it, although
// transactions commit in another order than they begin.
func TestChangesAppearInTheirOrder(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	slow, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := newRows([]Solution{{ID: "slow", Title: "t", Answer: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Exec(t.Context(), `SELECT pg_advisory_xact_lock($1)`, int64(importLock)); err != nil {
		t.Fatal(err)
	}
	if err := importRows(t.Context(), slow, rows, Change{By: "lin", made: MadeByImport}, false, &Imported{}); err != nil {
		t.Fatal(err)
	}
	fast := make(chan error, 1)
	go func() {
		_, err := l.Import(context.WithoutCancel(t.Context()), []Solution{{ID: "fast", Title: "t", Answer: "a"}}, ImportOptions{By: "lin"})
		fast <- err
	}()
	waitForLock(t, slow, "advisory")
	if ids, _ := since(t, l, 0); len(ids) > 0 {
		t.Errorf("before any commit there are %v", ids)
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-fast; err != nil {
		t.Fatal(err)
	}
	if ids, _ := since(t, l, 0); !cmp.Equal([]string{"slow", "fast"}, ids) {
		t.Errorf("the changes are in the order %v", ids)
	}
}

// waitForLock returns when another transaction waits for a lock of that kind.
func waitForLock(t *testing.T, tx pgx.Tx, kind string) {
	t.Helper()
	for {
		var waiting int
		err := tx.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE locktype = $1 AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, kind).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			return
		}
	}
}

func TestImportOfManySolutions(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	var many []Solution
	for i := range sinceLimit + writeBatch/2 {
		many = append(many, Solution{ID: fmt.Sprint("s", i), Title: fmt.Sprint("How do I use feature ", i, "?"), Answer: "Press it."})
	}
	if diff := cmp.Diff(counts{Added: len(many)}, imports(t, l, many...)); diff != "" {
		t.Error(diff)
	}
	x, err := Open(t.Context(), l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	if x.Len() != len(many) {
		t.Errorf("the index has %d of %d solutions", x.Len(), len(many))
	}
}
