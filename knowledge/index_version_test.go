package knowledge

import (
	"errors"
	"testing"

	"assay/pipeline/store/storetest"
)

func TestTextVersionChangesWithEditsOnly(t *testing.T) {
	t.Parallel()
	cards := Solution{ID: "a", Title: "Do you sell gift cards?", Answer: "Yes."}
	version := func(o Options, list ...Solution) (string, string) {
		t.Helper()
		x, err := NewIndex(list, o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := x.Close(); err != nil {
				t.Error(err)
			}
		}()
		if !x.Steady() {
			t.Error("an index of a fixed list is not steady")
		}
		return x.TextVersion(), x.Version()
	}
	text, all := version(Options{}, cards)
	liked := cards
	liked.Opinions = Opinions{Helpful: 3}
	if got, version := version(Options{}, liked); got != text || version == all {
		t.Errorf("opinions: %q after %q, all %q after %q", got, text, version, all)
	}
	reworded := cards
	reworded.Answer = "No."
	if got, _ := version(Options{}, reworded); got == text {
		t.Error("another answer does not change it")
	}
	if got, _ := version(Options{}, cards, Solution{ID: "b", Title: "Hours", Answer: "Nine to five."}); got == text {
		t.Error("another solution does not change it")
	}
	if got, _ := version(Options{Threshold: 0.7}, cards); got == text {
		t.Error("the threshold does not change it")
	}
}

func TestIndexIsSteadyWhenItAnswersItself(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	if _, err := l.Import(t.Context(), synthetic(3), ImportOptions{By: "mei"}); err != nil {
		t.Fatal(err)
	}
	x, err := Open(t.Context(), l, Options{Postpone: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	if x.Steady() || x.TextVersion() != "" {
		t.Error("steady while PostgreSQL's search answers")
	}
	if _, err := x.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !x.Steady() || x.TextVersion() == "" {
		t.Errorf("not steady when it is built: %+v", x.Status())
	}
	x.setBuilding(true)
	if x.Steady() {
		t.Error("steady while it is built anew")
	}
	x.setBuilding(false)
	x.o.vectors = newVectors(&meaner{version: "m"}, x.o.Log)
	if x.Steady() {
		t.Error("steady before its solutions are embedded")
	}
	x.o.vectors.fills = fillState{seq: x.Status().Seq}
	if !x.Steady() {
		t.Error("not steady when its solutions are embedded")
	}
	x.o.vectors.fills.problem = errors.New("no credit")
	if x.Steady() {
		t.Error("steady while the model fails")
	}
}
