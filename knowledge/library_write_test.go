package knowledge

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

func plainSolution(id string) Solution { return Solution{ID: id, Title: "t " + id, Answer: "a"} }

func saved(t *testing.T, l *Library, s Solution, c Change) int {
	t.Helper()
	n, err := l.Save(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func entryOf(t *testing.T, l *Library, id string) Entry {
	t.Helper()
	e, err := l.Entry(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestImportLeavesAloneWhatPeopleEdited(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	file := []Solution{plainSolution("a"), plainSolution("b"), plainSolution("c")}
	imports(t, l, file...)
	for _, id := range []string{"a", "b"} {
		edited := entryOf(t, l, id).Solution
		edited.Answer = "by hand"
		saved(t, l, edited, Change{By: "mei", Revision: 1})
	}
	if _, err := l.Review(t.Context(), "c", time.Time{}, Change{By: "mei"}); err != nil {
		t.Fatal(err)
	}
	file[1].Answer = "by file"
	steps := []struct {
		name    string
		options ImportOptions
		want    Imported
		answers string
	}{
		{"a dry run changes nothing", ImportOptions{By: "lin", Overwrite: true, DryRun: true}, Imported{Changed: 2, Same: 1}, "by hand, by hand"},
		{"an unchanged file keeps the edit, a changed one conflicts", ImportOptions{By: "lin"},
			Imported{Same: 1, Kept: []string{"a"}, Conflicts: []string{"b"}}, "by hand, by hand"},
		{"asked to, it overwrites", ImportOptions{By: "lin", Overwrite: true}, Imported{Changed: 2, Same: 1}, "a, by file"},
		{"after that nobody edited it", ImportOptions{By: "lin"}, Imported{Same: 3}, "a, by file"},
	}
	for _, s := range steps {
		got, err := l.Import(t.Context(), file, s.options)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if diff := cmp.Diff(s.want, got); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
		if answers := entryOf(t, l, "a").Answer + ", " + entryOf(t, l, "b").Answer; answers != s.answers {
			t.Errorf("%s: the answers are %q", s.name, answers)
		}
	}
	if e := entryOf(t, l, "c"); e.ReviewedAt.IsZero() || e.Edited {
		t.Errorf("an import of the same file took back the review: %+v", e)
	}
}

func TestAFileThatSaysWhatPeopleWroteMayChangeItAgain(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	s := plainSolution("a")
	saved(t, l, s, Change{By: "mei"})
	if diff := cmp.Diff(counts{Same: 1}, imports(t, l, s)); diff != "" {
		t.Error(diff)
	}
	s.Answer = "by file"
	if diff := cmp.Diff(counts{Changed: 1}, imports(t, l, s)); diff != "" {
		t.Error(diff)
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	s := plainSolution("a")
	if n := saved(t, l, s, Change{By: "mei", Reason: "asked often"}); n != 1 {
		t.Errorf("a new solution has revision %d", n)
	}
	if n := saved(t, l, s, Change{By: "mei", Revision: 1}); n != 1 {
		t.Errorf("saving what is there already made revision %d", n)
	}
	if _, err := l.Save(t.Context(), s, Change{By: "mei"}); !errors.Is(err, ErrExists) {
		t.Errorf("a second one of the same id: %v", err)
	}
	s.Answer = "by lin"
	if n := saved(t, l, s, Change{By: "lin", Revision: 1}); n != 2 {
		t.Errorf("a changed solution has revision %d", n)
	}
	s.Answer = "by mei"
	_, err := l.Save(t.Context(), s, Change{By: "mei", Revision: 1})
	clash, ok := errors.AsType[*ClashError](err)
	if !ok || clash.Current.Answer != "by lin" || clash.Current.By != "lin" || clash.Current.Revision != 2 {
		t.Errorf("a change of an older revision: %v", err)
	}
	if _, err := l.Save(t.Context(), plainSolution("none"), Change{By: "mei", Revision: 1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a change of nothing: %v", err)
	}
	if _, err := l.Save(t.Context(), plainSolution("b"), Change{By: " "}); !errors.Is(err, errNobody) {
		t.Errorf("a change by nobody: %v", err)
	}
}

func TestSaveNamesEveryBadField(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	_, err := l.Save(t.Context(), Solution{
		ID: " a", Title: "two\nlines", Questions: []string{"fine", " "}, CustomerType: "vip", Language: "中文", Stage: "end",
		ValidFrom: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		ReviewBy: time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC), Status: "new", Note: "a\x00b", Owner: "\xff",
	}, Change{By: "mei"})
	problems, _ := errors.AsType[transcript.Problems](err)
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	want := []string{"id", "title", "questions[1]", "answer", "note", "owner", "customer_type", "language", "stage", "valid_to", "review_by", "status"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("%v: %s", err, diff)
	}
}

func TestStatusAndReview(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	n, err := l.SaveDraft(t.Context(), plainSolution("a"), Change{By: "mei"})
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if _, err := l.SetStatus(t.Context(), "a", Published, Change{By: "lin", Revision: 2}); err == nil {
		t.Error("a status was set on a revision that is not there")
	}
	if _, err := l.SetStatus(t.Context(), "a", "gone", Change{By: "lin"}); err == nil {
		t.Error("an unknown status was set")
	}
	if n, err = l.SetStatus(t.Context(), "a", Published, Change{By: "lin", Reason: "checked", Revision: 1}); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	changed := entryOf(t, l, "a").ChangedAt
	next := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	if n, err = l.Review(t.Context(), "a", next, Change{By: "lin"}); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	e := entryOf(t, l, "a")
	if e.Status != Published || e.ReviewedAt.IsZero() || !e.ReviewBy.Equal(next) || !e.ChangedAt.Equal(changed) || !e.Edited {
		t.Errorf("after the review: %+v", e)
	}
	list, err := l.History(t.Context(), "a", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Number int
		By     string
		Reason string
		Made   Cause
		Status Status
	}
	var got []line
	for _, r := range list {
		got = append(got, line{r.Number, r.By, r.Reason, r.Made, r.Solution.Status})
	}
	want := []line{{3, "lin", "", MadeByReview, Published}, {2, "lin", "checked", MadeByStatus, Published}, {1, "mei", "", MadeByDraft, Draft}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	first := full()
	first.Status = Published
	imports(t, l, first)
	second := first
	second.Answer, second.Questions = "五天。", nil
	saved(t, l, second, Change{By: "mei", Revision: 1})
	if _, err := l.SetStatus(t.Context(), first.ID, Retired, Change{By: "mei"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Restore(t.Context(), first.ID, 9, Change{By: "lin"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("restoring a revision that is not there: %v", err)
	}
	n, err := l.Restore(t.Context(), first.ID, 1, Change{By: "lin", Reason: "五天不对", Revision: 3})
	if n != 4 || err != nil {
		t.Fatal(n, err)
	}
	want := first.normal()
	want.Status = Retired // whether agents may see it is a decision of its own
	if diff := cmp.Diff(want, entryOf(t, l, first.ID).Solution); diff != "" {
		t.Error(diff)
	}
	r, err := l.Revision(t.Context(), first.ID, 2)
	if err != nil || r.Solution.Answer != "五天。" {
		t.Errorf("what came between is %+v, %v", r, err)
	}
}

func TestOpinionsReachIndexesAndMakeNoRevision(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	imports(t, l, plainSolution("a"))
	_, seq := since(t, l, 0)
	set := func(id string, o Opinions) error {
		return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return l.SetOpinions(t.Context(), tx, id, o) })
	}
	want := Opinions{Helpful: 3, Partly: 1, Wrong: 2, Outdated: 4}
	if err := set("a", want); err != nil {
		t.Fatal(err)
	}
	if err := set("b", want); !errors.Is(err, ErrNotFound) {
		t.Errorf("opinions of nothing: %v", err)
	}
	if err := set("a", Opinions{Helpful: -1}); err == nil {
		t.Error("a number of persons below zero was taken")
	}
	found, _, err := l.Since(t.Context(), seq)
	if err != nil || len(found) != 1 || found[0].Opinions != want {
		t.Errorf("since %d there is %+v, %v", seq, found, err)
	}
	if e := entryOf(t, l, "a"); e.Revision != 1 || e.Edited {
		t.Errorf("opinions changed the solution: %+v", e)
	}
}

func TestWritersNotify(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	if _, err := conn.Exec(t.Context(), `LISTEN assay_solutions`); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func() error{
		func() error {
			_, err := l.Import(t.Context(), []Solution{plainSolution("a")}, ImportOptions{By: "lin"})
			return err
		},
		func() error { _, err := l.Save(t.Context(), plainSolution("b"), Change{By: "lin"}); return err },
		func() error { _, err := l.SetStatus(t.Context(), "b", Retired, Change{By: "lin"}); return err },
		func() error {
			_, err := l.Bulk(t.Context(), Filter{IDs: []string{"a"}}, Edits{Owner: new("x")}, Change{By: "lin"}, false)
			return err
		},
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Conn().WaitForNotification(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnlyDraftsMayHaveNoAnswer(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	ctx, by := t.Context(), Change{By: "mei"}
	bare := Solution{ID: "bare", Title: "Gift cards"}
	for _, status := range []Status{Published, ""} {
		s := bare
		s.Status = status
		if _, err := l.Save(ctx, s, by); !hasProblem(err, "answer") {
			t.Errorf("saved as %q: %v", status, err)
		}
	}
	if _, err := l.SaveDraft(ctx, bare, by); err != nil {
		t.Fatal(err)
	}
	if _, err := l.SetStatus(ctx, "bare", Published, by); !hasProblem(err, "answer") {
		t.Errorf("published without an answer: %v", err)
	}
	done, err := l.Bulk(ctx, Filter{IDs: []string{"bare"}}, Edits{Status: new(Published)}, by, false)
	if err != nil || len(done.Problems) != 1 || !hasProblem(done.Problems[0].Err, "answer") {
		t.Errorf("published with others: %+v, %v", done, err)
	}
	full := bare
	full.Status, full.Answer = Published, "Yes."
	if _, err := l.Save(ctx, full, Change{By: "mei", Revision: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Restore(ctx, "bare", 1, by); !hasProblem(err, "answer") {
		t.Errorf("the published one is as it was without an answer: %v", err)
	}
	if _, err := l.SetStatus(ctx, "bare", Draft, by); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Restore(ctx, "bare", 1, by); err != nil {
		t.Errorf("a draft is as it was: %v", err)
	}
	if _, err := l.SetStatus(ctx, "bare", Retired, by); err != nil {
		t.Errorf("a draft is given up: %v", err)
	}
}

// hasProblem reports whether an error is a problem with a field.
func hasProblem(err error, field string) bool {
	found, ok := errors.AsType[transcript.Problems](err)
	return ok && slices.ContainsFunc(found, func(p transcript.Problem) bool { return p.Field == field })
}
