package knowledge

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

func TestBulk(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l,
		Solution{ID: "a", Title: "A", Answer: "a", Owner: "mei", Tags: []string{"x", "old"}},
		Solution{ID: "b", Title: "B", Answer: "b", Owner: "mei", Tags: []string{"new"}, Product: "P"},
		Solution{ID: "c", Title: "C", Answer: "c", Owner: "li", Tags: []string{"old"}},
	)
	edits := Edits{AddTags: []string{"new"}, RemoveTags: []string{"old"}, Product: new("P")}
	want := BulkResult{Matched: 2, Changed: 1, Shown: []BulkChange{{"a", "A", []FieldDiff{
		{"tags", []Piece{{Kept, "x\n"}, {Removed, "old"}, {Added, "new"}}},
		{"product", []Piece{{Added, "P"}}},
	}}}}
	for _, dry := range []bool{true, false} {
		got, err := l.Bulk(t.Context(), Filter{Owner: new("mei")}, edits, Change{By: "lin", Reason: "tidy"}, dry)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("dry %v: %s", dry, diff)
		}
		if e := entryOf(t, l, "a"); dry != (e.Revision == 1) {
			t.Errorf("after a bulk edit, dry %v, there is %+v", dry, e)
		}
	}
	e := entryOf(t, l, "a")
	if diff := cmp.Diff([]string{"x", "new"}, e.Tags); diff != "" || e.Product != "P" || e.Made != MadeByBulk || e.By != "lin" {
		t.Error(e, diff)
	}
	for _, id := range []string{"b", "c"} {
		if e := entryOf(t, l, id); e.Revision != 1 {
			t.Errorf("%q, which nothing changes or nobody named, has revision %d", id, e.Revision)
		}
	}
}

func TestBulkIsAllOrNothing(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, Solution{ID: "a", Title: "A", Answer: "a"}, Solution{ID: "b", Title: "B", Answer: "b", ValidFrom: day("2026-06-01")})
	ends := Edits{ValidTo: new(day("2026-05-01"))}
	got, err := l.Bulk(t.Context(), Filter{IDs: []string{"a", "b"}}, ends, Change{By: "lin"}, false)
	if err != nil || len(got.Problems) != 1 || got.Problems[0].ID != "b" {
		t.Fatalf("%+v, %v", got, err)
	}
	if e := entryOf(t, l, "a"); e.Revision != 1 {
		t.Errorf("one of two was changed: %+v", e)
	}
	for _, dry := range []bool{true, false} {
		got, err := l.Bulk(t.Context(), Filter{IDs: []string{"a", "typo"}}, Edits{Owner: new("x")}, Change{By: "lin"}, dry)
		if err != nil || len(got.Problems) != 1 || got.Problems[0].ID != "typo" || !errors.Is(got.Problems[0].Err, ErrNotFound) {
			t.Errorf("an id that there is not, dry %v: %+v, %v", dry, got, err)
		}
	}
	if e := entryOf(t, l, "a"); e.Revision != 1 {
		t.Errorf("changed though another id is unknown: %+v", e)
	}
}

func TestBulkRefuses(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	ids := Filter{IDs: []string{"a"}}
	if _, err := l.Bulk(t.Context(), ids, Edits{}, Change{By: "lin"}, false); !errors.Is(err, ErrNoEdits) {
		t.Errorf("no edits: %v", err)
	}
	if _, err := l.Bulk(t.Context(), Filter{Limit: 3}, Edits{Owner: new("x")}, Change{By: "lin"}, false); !errors.Is(err, ErrNoFilter) {
		t.Errorf("no filter: %v", err)
	}
	_, err := l.Bulk(t.Context(), ids, Edits{Status: new(Status("x")), AddTags: []string{""}, CustomerType: new("vip")}, Change{By: "lin"}, true)
	if p, _ := errors.AsType[transcript.Problems](err); len(p) != 3 {
		t.Errorf("three bad values: %v", err)
	}
}

func TestParseTags(t *testing.T) {
	t.Parallel()
	want := []string{"退款", "to keep", "c"}
	if diff := cmp.Diff(want, ParseTags(" 退款，to keep,, 退款、c；")); diff != "" {
		t.Error(diff)
	}
}
