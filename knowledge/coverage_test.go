package knowledge

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
)

func november(day int) time.Time { return time.Date(2026, 11, day, 9, 0, 0, 0, time.UTC) }

func TestCoverageCountsAnswerableQuestions(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, november(2), "退款多久到账", "三天", pipeline.Pass, "SOL-1")
	s.asked(t, november(2), "Do you sell gift cards?", "yes", pipeline.Pass)
	s.asked(t, november(3), "退款多久到账呢", "三天", pipeline.Pass, "SOL-1")
	s.asked(t, november(3), "我的快递单号是多少来着", "稍等", pipeline.Pass)
	s.cluster(t)
	list, err := s.gaps.List(t.Context(), GapFilter{Language: "zh"})
	if err != nil || len(list) != 1 {
		t.Fatalf("gaps: %v, %v", list, err)
	}
	if err := s.gaps.SetStatus(t.Context(), list[0].ID, GapUnanswerable, "", "mei"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		by       CoverageBy
		from, to int
		want     []string
	}{
		{CoverageAll, 1, 30, []string{": 2 of 3"}},
		{CoverageDay, 1, 30, []string{"2026-11-02: 1 of 2", "2026-11-03: 1 of 1"}},
		{CoverageWeek, 1, 30, []string{"2026-11-02: 2 of 3"}},
		{CoverageProduct, 1, 30, []string{": 2 of 3"}},
		{CoverageDay, 3, 4, []string{"2026-11-03: 1 of 1"}},
		{CoverageAll, 4, 30, nil},
	}
	for _, tt := range tests {
		rows, err := s.gaps.Coverage(t.Context(), november(tt.from), november(tt.to), tt.by)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprintf("%s: %d of %d", r.Name, r.Suggested, r.Questions))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("by %s from %d to %d: %s", tt.by, tt.from, tt.to, diff)
		}
	}
}

func TestCheckTellsWhatAChangeMoved(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, time.Now(), "Do you sell gift cards?", "yes", pipeline.Pass)
	s.asked(t, time.Now(), "can pets travel in the hold", "yes", pipeline.Pass)
	index := func(solutions ...Solution) *Index {
		x, err := NewIndex(solutions, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := x.Close(); err != nil {
				t.Error(err)
			}
		})
		return x
	}
	check := func(x *Index) bool {
		done, err := s.gaps.CheckLibrary(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	cards := Solution{ID: "SOL-G", Title: "Do you sell gift cards?", Answer: "Yes, from 10 to 200."}
	before, after := index(Solution{ID: "SOL-X", Title: "opening hours", Answer: "nine to five"}), index(cards)
	for _, step := range []struct {
		index *Index
		want  bool
	}{{before, true}, {before, false}, {after, true}, {after, false}} {
		if got := check(step.index); got != step.want {
			t.Errorf("checked: %v, want %v", got, step.want)
		}
	}
	checks, err := s.gaps.Checks(t.Context(), 10)
	if err != nil || len(checks) != 2 {
		t.Fatalf("checks: %v, %v", checks, err)
	}
	if c := checks[0]; c.Questions != 2 || c.Before != 0 || c.After != 1 || c.ConfidenceBefore != nil || c.ConfidenceAfter == nil {
		t.Errorf("check after the change: %+v", c)
	}
	shifts, err := s.gaps.Shifts(t.Context(), checks[0].ID)
	if err != nil || len(shifts) != 1 || shifts[0].SolutionAfter != "SOL-G" || shifts[0].SolutionBefore != "" || shifts[0].Text != "Do you sell gift cards?" {
		t.Errorf("shifts: %+v, %v", shifts, err)
	}
}

// edited is a library whose versions a test says.
type edited struct {
	libraryMeanwhile
	version  string
	unsteady bool
}

func (e edited) TextVersion() string { return e.version }
func (e edited) Steady() bool        { return !e.unsteady }

func TestLibraryIsCheckedWhenItWasEditedAndIsSteady(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if done, err := s.gaps.CheckLibrary(t.Context(), edited{version: "1"}); done || err != nil {
		t.Errorf("before there are questions: checked %v, %v", done, err)
	}
	s.asked(t, time.Now(), "Do you sell gift cards?", "yes", pipeline.Pass)
	for _, step := range []struct {
		name    string
		library edited
		want    bool
	}{
		{"while it is built", edited{version: "1", unsteady: true}, false},
		{"first", edited{version: "1"}, true},
		{"as it was", edited{version: "1"}, false},
		{"edited, and being embedded", edited{version: "2", unsteady: true}, false},
		{"edited", edited{version: "2"}, true},
	} {
		if done, err := s.gaps.CheckLibrary(t.Context(), step.library); done != step.want || err != nil {
			t.Errorf("%s: checked %v, %v; want %v", step.name, done, err, step.want)
		}
	}
	s.exec(t, `INSERT INTO library_checks (library, questions, before, after) SELECT 'v', 0, 0, 0 FROM generate_series(1, 300)`)
	if done, err := s.gaps.CheckLibrary(t.Context(), edited{version: "3"}); !done || err != nil {
		t.Fatalf("checked: %v, %v", done, err)
	}
	var n int
	if err := s.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM library_checks`).Scan(&n); err != nil || n != maxChecks {
		t.Errorf("%d checks are kept, %v; want %d", n, err, maxChecks)
	}
}

func TestCheckLeavesOutWhatNoSolutionCanAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.asked(t, time.Now(), "Do you sell gift cards?", "yes", pipeline.Pass)
	s.asked(t, time.Now(), "我的快递单号是多少来着", "稍等", pipeline.Pass)
	s.cluster(t)
	list, err := s.gaps.List(t.Context(), GapFilter{Language: "zh"})
	if err != nil || len(list) != 1 {
		t.Fatalf("gaps: %v, %v", list, err)
	}
	if err := s.gaps.SetStatus(t.Context(), list[0].ID, GapUnanswerable, "", "mei"); err != nil {
		t.Fatal(err)
	}
	if done, err := s.gaps.CheckLibrary(t.Context(), libraryMeanwhile{}); !done || err != nil {
		t.Fatalf("checked: %v, %v", done, err)
	}
	checks, err := s.gaps.Checks(t.Context(), 1)
	if err != nil || len(checks) != 1 || checks[0].Questions != 1 || checks[0].After != 1 {
		t.Errorf("checks: %+v, %v; want one of one question", checks, err)
	}
}
