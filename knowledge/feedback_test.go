package knowledge

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"assay/pipeline/store/storetest"
)

// stocked is a library of three solutions.
func stocked(t *testing.T) *Library {
	t.Helper()
	l := NewLibrary(storetest.New(t))
	var list []Solution
	for _, id := range []string{"S-1", "S-2", "S-3"} {
		list = append(list, Solution{ID: id, Title: "How to return " + id, Answer: "Send it back.", Owner: "li"})
	}
	add(t, l, list...)
	return l
}

func add(t *testing.T, l *Library, list ...Solution) {
	t.Helper()
	if _, err := l.Import(t.Context(), list, ImportOptions{By: "li"}); err != nil {
		t.Fatal(err)
	}
}

// rewrite gives S-1 another revision.
func rewrite(t *testing.T, l *Library) {
	t.Helper()
	add(t, l, Solution{ID: "S-1", Title: "How to return S-1", Answer: "Send it back at once.", Owner: "li"})
}

func give(t *testing.T, l *Library, list ...Opinion) {
	t.Helper()
	for _, o := range list {
		if err := l.Give(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// counts are helpful, partly, wrong and outdated of a solution.
func opinions(t *testing.T, l *Library, id string) (counts [4]int, seq int64) {
	t.Helper()
	err := l.pool.QueryRow(t.Context(), `SELECT helpful, partly, wrong, outdated, seq FROM solutions WHERE id = $1`, id).
		Scan(&counts[0], &counts[1], &counts[2], &counts[3], &seq)
	if err != nil {
		t.Fatal(err)
	}
	return counts, seq
}

func count(t *testing.T, l *Library) int {
	t.Helper()
	n, err := l.CountFeedback(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// minutesLater moves what was counted to the past.
func minutesLater(t *testing.T, l *Library) {
	t.Helper()
	execute(t, l, `UPDATE feedback_counts SET counted_at = counted_at - interval '2 minutes'`)
}

func execute(t *testing.T, l *Library, statement string) {
	t.Helper()
	if _, err := l.pool.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestFeedbackCountsPersonsOnce(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	give(t, l,
		Opinion{SolutionID: "S-1", Person: "an", Grade: Helpful}, Opinion{SolutionID: "S-1", Person: "an", Grade: Helpful},
		Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong, Note: "not any more"}, Opinion{SolutionID: "S-1", Person: "bo", Grade: Helpful},
		Opinion{SolutionID: "S-1", Person: "cy", Grade: Partly}, Opinion{SolutionID: "S-2", Person: "an", Grade: Outdated},
	)
	if n := count(t, l); n != 2 {
		t.Errorf("%d solutions changed", n)
	}
	if got, _ := opinions(t, l, "S-1"); got != [4]int{1, 1, 1, 0} {
		t.Errorf("S-1 has %v", got)
	}
	if got, _ := opinions(t, l, "S-2"); got != [4]int{0, 0, 0, 1} {
		t.Errorf("S-2 has %v", got)
	}
}

func TestFeedbackMovesTheIndexOnceAMinute(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	_, before := opinions(t, l, "S-1")
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Helpful})
	count(t, l)
	_, first := opinions(t, l, "S-1")
	if first <= before {
		t.Error("the index is not told of the first feedback")
	}
	for i := range 5 {
		give(t, l, Opinion{SolutionID: "S-1", Person: fmt.Sprint(i), Grade: Helpful})
		if n := count(t, l); n != 0 {
			t.Fatal("the counts moved twice within a minute")
		}
	}
	minutesLater(t, l)
	count(t, l)
	got, second := opinions(t, l, "S-1")
	if got != [4]int{6, 0, 0, 0} || second <= first {
		t.Errorf("a minute later there are %v at %d, after %d", got, second, first)
	}
	minutesLater(t, l)
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Helpful})
	count(t, l)
	if _, third := opinions(t, l, "S-1"); third != second {
		t.Error("the same feedback again moves the index")
	}
}

func TestFeedbackHoldsUntilTheSolutionSaysSomethingElse(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong}, Opinion{SolutionID: "S-1", Person: "bo", Grade: Helpful})
	count(t, l)
	if _, err := l.Review(t.Context(), "S-1", time.Time{}, Change{By: "li"}); err != nil {
		t.Fatal(err)
	}
	minutesLater(t, l)
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Partly}, Opinion{SolutionID: "S-1", Revision: 1, Person: "cy", Grade: Helpful})
	count(t, l)
	if got, _ := opinions(t, l, "S-1"); got != [4]int{2, 1, 0, 0} {
		t.Errorf("after a review there are %v", got)
	}
	cards, err := l.Cards(t.Context(), []string{"S-1"}, "bo")
	if err != nil || cards["S-1"].Grade != Helpful {
		t.Errorf("after a review bo's grade is %q, %v", cards["S-1"].Grade, err)
	}
	rewrite(t, l)
	if got, _ := opinions(t, l, "S-1"); got != [4]int{} {
		t.Errorf("once it says something else there are %v", got)
	}
	minutesLater(t, l)
	give(t, l, Opinion{SolutionID: "S-1", Person: "dan", Grade: Outdated}, Opinion{SolutionID: "S-1", Revision: 2, Person: "eve", Grade: Helpful})
	count(t, l)
	if got, _ := opinions(t, l, "S-1"); got != [4]int{0, 0, 0, 1} {
		t.Errorf("what was said of earlier words counts: %v", got)
	}
}

func TestFeedbackIsAboutWhatWasShown(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	ask, err := l.SaveAsk(t.Context(), Ask{
		Person: "an", Made: AskTyped, Query: Query{Text: "return it"}, IndexVersion: "v", Shown: []Shown{{SolutionID: "S-1", Revision: 1, Score: 0.9}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, l)
	give(t, l,
		Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong, Ask: ask}, Opinion{SolutionID: "S-1", Person: "bo", Grade: Outdated, Ask: ask},
		Opinion{SolutionID: "S-1", Person: "cy", Grade: Helpful}, Opinion{SolutionID: "S-2", Person: "an", Grade: Partly, Ask: ask},
	)
	for from, what := range map[string]string{
		"person = 'an' AND solution_id = 'S-1' AND revision = 1": "of what was shown",
		"person = 'bo' AND revision = 2":                         "of another's question",
		"person = 'cy' AND revision = 2":                         "without a question",
		"person = 'an' AND solution_id = 'S-2' AND revision = 1": "of what the question did not show",
	} {
		if rows(t, l, "feedback WHERE "+from) != 1 {
			t.Errorf("feedback %s is about another revision", what)
		}
	}
}

func TestReviewsAnswerComplaints(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong})
	if _, err := l.Review(t.Context(), "S-1", time.Time{}, Change{By: "li"}); err != nil {
		t.Fatal(err)
	}
	if list, err := l.Complaints(t.Context(), ComplaintFilter{}, 10); err != nil || len(list) != 0 {
		t.Errorf("after a review there are %v, %v", list, err)
	}
}

// TestComplaintsStandUntilTheyAreAnswered: what changes no word of the answer does
// not hide what people say against it.
func TestComplaintsStandUntilTheyAreAnswered(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	give(t, l,
		Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong, Note: "the address moved"}, Opinion{SolutionID: "S-1", Person: "bo", Grade: Outdated},
		Opinion{SolutionID: "S-2", Person: "an", Grade: Helpful},
	)
	says := func(when, want string) {
		t.Helper()
		got := ""
		list, err := l.Complaints(t.Context(), ComplaintFilter{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			got += c.Person + " " + string(c.Grade) + ";"
		}
		if got != want {
			t.Errorf("%s there are %q", when, got)
		}
		n, _, err := l.Matches(t.Context(), Filter{Disputed: true})
		if err != nil || (n == 1) != (want != "") {
			t.Errorf("%s %d solutions are disputed, %v", when, n, err)
		}
	}
	retag := func(tag string) {
		t.Helper()
		if _, err := l.Bulk(t.Context(), Filter{IDs: []string{"S-1"}}, Edits{AddTags: []string{tag}}, Change{By: "li"}, false); err != nil {
			t.Fatal(err)
		}
	}
	retag("shoes")
	says("after another tag", "bo outdated;an wrong;")
	give(t, l, Opinion{SolutionID: "S-1", Person: "bo", Grade: Helpful})
	says("once bo thinks otherwise", "an wrong;")
	if _, err := l.Review(t.Context(), "S-1", time.Time{}, Change{By: "li"}); err != nil {
		t.Fatal(err)
	}
	says("after a review", "")
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong})
	retag("boots")
	says("of a review", "an wrong;")
	if err := l.TakeBack(t.Context(), "an", "S-1"); err != nil {
		t.Fatal(err)
	}
	says("taken back", "")
	give(t, l, Opinion{SolutionID: "S-3", Person: "an", Grade: Wrong})
	says("of another", "an wrong;")
	add(t, l, Solution{ID: "S-3", Title: "How to return S-3", Answer: "Keep it.", Owner: "li"})
	says("once the answer is another", "")
}

func TestFeedbackThatIsRefused(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	for name, c := range map[string]struct {
		o    Opinion
		want error
	}{
		"nobody's":                        {Opinion{SolutionID: "S-1", Grade: Helpful}, ErrNameless},
		"of a solution that there is not": {Opinion{SolutionID: "S-9", Person: "an", Grade: Helpful}, ErrNotFound},
		"of a revision that there is not": {Opinion{SolutionID: "S-1", Revision: 7, Person: "an", Grade: Helpful}, ErrNotFound},
	} {
		if err := l.Give(t.Context(), c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestFeedbackIsTakenBack(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong}, Opinion{SolutionID: "S-1", Person: "bo", Grade: Wrong})
	for range 2 {
		if err := l.TakeBack(t.Context(), "an", "S-1"); err != nil {
			t.Fatal(err)
		}
	}
	count(t, l)
	if got, _ := opinions(t, l, "S-1"); got != [4]int{0, 0, 1, 0} {
		t.Errorf("got %v", got)
	}
}

func TestFeedbackWaitsForImports(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Helpful})
	tx, err := l.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock($1)`, int64(importLock)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, l); n != 0 {
		t.Error("counts moved while an import wrote")
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, l); n != 1 {
		t.Errorf("after the import %d solutions changed", n)
	}
}

func TestComplaintsReachTheOwner(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	ask, err := l.SaveAsk(t.Context(), Ask{Person: "an", Made: AskTyped, Query: Query{Text: "return it"}, IndexVersion: "v"})
	if err != nil {
		t.Fatal(err)
	}
	give(t, l,
		Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong, Note: "the address moved", Ask: ask},
		Opinion{SolutionID: "S-2", Person: "an", Grade: Partly}, Opinion{SolutionID: "S-3", Person: "an", Grade: Helpful, Note: "fine"},
		Opinion{SolutionID: "S-2", Person: "bo", Grade: Partly, Note: "what of shoes?", Ask: ask},
	)
	want := []Complaint{
		{SolutionID: "S-2", Title: "How to return S-2", Owner: "li", Revision: 1, Grade: Partly, Note: "what of shoes?", Person: "bo"},
		{SolutionID: "S-1", Title: "How to return S-1", Owner: "li", Revision: 1, Grade: Wrong, Note: "the address moved", Person: "an", Question: "return it"},
	}
	for name, c := range map[string]struct {
		f    ComplaintFilter
		want []Complaint
	}{
		"all, the latest first": {ComplaintFilter{}, want},
		"of an owner":           {ComplaintFilter{Owner: "li"}, want},
		"of another owner":      {ComplaintFilter{Owner: "wu"}, []Complaint{}},
		"of a solution":         {ComplaintFilter{SolutionID: "S-1"}, want[1:]},
	} {
		got, err := l.Complaints(t.Context(), c.f, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Complaint{}, "At"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	for _, id := range []string{"S-1", "S-2", "S-1"} {
		if err := l.Pin(t.Context(), "an", id); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Unpin(t.Context(), "bo", "S-1"); err != nil {
		t.Fatal(err)
	}
	for person, want := range map[string][]string{"an": {"S-2", "S-1"}, "bo": {}} {
		got, err := l.Pins(t.Context(), person)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", person, diff)
		}
	}
	execute(t, l, `UPDATE solutions SET valid_to = now() - interval '1 minute' WHERE id = 'S-2'`)
	execute(t, l, `UPDATE solutions SET valid_from = now() + interval '1 hour' WHERE id = 'S-1'`)
	if got, err := l.Pins(t.Context(), "an"); err != nil || len(got) > 0 {
		t.Errorf("what holds no more, or not yet, is at hand: %q, %v", got, err)
	}
	execute(t, l, `UPDATE solutions SET valid_to = NULL, valid_from = NULL`)
	if err := l.Pin(t.Context(), "an", "S-9"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a solution that there is not: %v", err)
	}
	add(t, l, Solution{ID: "D-1", Title: "x", Answer: "x", Status: Draft})
	if err := l.Pin(t.Context(), "an", "D-1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a draft: %v", err)
	}
	if err := l.Pin(t.Context(), "", "S-1"); !errors.Is(err, ErrNameless) {
		t.Errorf("nobody's pin: %v", err)
	}
	for i := range MaxPins - 2 {
		add(t, l, Solution{ID: fmt.Sprintf("P-%d", i), Title: "x", Answer: "x"})
	}
	execute(t, l, `INSERT INTO pins (person, solution_id) SELECT 'an', id FROM solutions WHERE id LIKE 'P-%'`)
	if err := l.Pin(t.Context(), "an", "S-3"); !errors.Is(err, ErrTooManyPins) {
		t.Errorf("one too many: %v", err)
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Partly})
	if err := l.Pin(t.Context(), "an", "S-2"); err != nil {
		t.Fatal(err)
	}
	cards, err := l.Cards(t.Context(), []string{"S-1", "S-2", "S-9"}, "an")
	if err != nil {
		t.Fatal(err)
	}
	if len(cards) != 2 || cards["S-1"].Grade != Partly || cards["S-1"].Pinned || cards["S-2"].Grade != "" || !cards["S-2"].Pinned {
		t.Errorf("an sees %+v", cards)
	}
	cards, err = l.Cards(t.Context(), []string{"S-1", "S-2"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if cards["S-1"].Grade != "" || cards["S-2"].Pinned {
		t.Errorf("nobody sees %+v", cards)
	}
}

func TestChoicesAndScripts(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	if c, err := l.Choices(t.Context()); err != nil || len(c.Products)+len(c.Regions) > 0 || c.Scripts {
		t.Errorf("a library without products has %+v, %v", c, err)
	}
	add(t, l, Solution{ID: "0", Title: "0", Answer: "x", Product: "Draft", Stage: Guide, Status: Draft})
	if c, err := l.Choices(t.Context()); err != nil || len(c.Products) > 0 || c.Scripts {
		t.Errorf("a library of drafts has %+v, %v", c, err)
	}
	add(t, l,
		Solution{ID: "A", Title: "a", Answer: "x", Product: "Kettle", Region: "上海", Stage: Guide, Language: "zh"},
		Solution{ID: "B", Title: "b", Answer: "x", Product: "Kettle", Stage: Guide},
		Solution{ID: "C", Title: "c", Answer: "x", Product: "Fan", Region: "EU", Stage: Guide, Status: Draft},
		Solution{ID: "D", Title: "d", Answer: "x", Product: "Fan", Region: "EU", Stage: Guide, Language: "en-GB"},
		Solution{ID: "E", Title: "e", Answer: "x", Product: "Fan", Stage: Guide, ValidTo: time.Now().Add(-time.Hour)},
	)
	add(t, l, Solution{ID: "F", Title: "f", Answer: "x", Product: "Secret", Region: "Mars", Stage: Guide, Status: Draft})
	c, err := l.Choices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Choices{Products: []string{"Fan", "Kettle"}, Regions: []string{"EU", "上海"}, Scripts: true}, c); diff != "" {
		t.Error(diff)
	}
	for name, q := range map[string]struct {
		q    Query
		want string
	}{
		"of a stage":       {Query{Stage: Guide}, "ABD"},
		"for a product":    {Query{Stage: Guide, Products: []string{"Kettle"}}, "AB"},
		"for a region":     {Query{Stage: Guide, Region: "EU"}, "BD"},
		"in a language":    {Query{Stage: Guide, Language: "en"}, "BD"},
		"of another stage": {Query{Stage: ConfirmNeed}, ""},
		"of no stage":      {Query{}, ""},
	} {
		cards, err := l.Scripts(t.Context(), q.q, "an", 10)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, card := range cards {
			got += card.ID
		}
		if got != q.want {
			t.Errorf("%s: %s, want %s", name, got, q.want)
		}
	}
}
