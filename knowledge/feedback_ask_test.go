package knowledge

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func saveAsk(t *testing.T, l *Library, a Ask) AskID {
	t.Helper()
	if a.Made == "" {
		a.Made = AskTyped
	}
	a.IndexVersion = "v1"
	id, err := l.SaveAsk(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func use(t *testing.T, l *Library, u Use) {
	t.Helper()
	if err := l.SaveUse(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// rows counts the rows that a query selects.
func rows(t *testing.T, l *Library, from string) int {
	t.Helper()
	var n int
	if err := l.pool.QueryRow(t.Context(), `SELECT count(*) FROM `+from).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatIsOneQuestion(t *testing.T) {
	t.Parallel()
	first := Ask{Person: "an", Query: Query{Text: "how do I"}, Shown: []Shown{{"S-1", 1, 0.6}}}
	longer := Ask{Person: "an", Query: Query{Text: "how do I return it"}, Shown: []Shown{{"S-2", 1, 0.9}, {"S-1", 1, 0.7}}}
	refining := func(a Ask, id AskID) Ask { a.Refines = id; return a }
	for name, c := range map[string]struct {
		then func(t *testing.T, l *Library, id AskID) Ask // what is asked next
		want int                                          // questions
	}{
		"the rest of it takes its place": {func(_ *testing.T, _ *Library, id AskID) Ask { return refining(longer, id) }, 1},
		"another one":                    {func(*testing.T, *Library, AskID) Ask { return longer }, 2},
		"the same again":                 {func(*testing.T, *Library, AskID) Ask { return first }, 1},
		"the same of another person":     {func(*testing.T, *Library, AskID) Ask { a := first; a.Person = "bo"; return a }, 2},
		"the same for a product": {func(*testing.T, *Library, AskID) Ask {
			a := first
			a.Query.Products = []string{"Fan"}
			return a
		}, 2},
		"the same an hour later": {func(t *testing.T, l *Library, _ AskID) Ask {
			execute(t, l, `UPDATE asks SET at = at - interval '1 hour'`)
			return first
		}, 2},
		"the rest of another person's": {func(_ *testing.T, _ *Library, id AskID) Ask {
			a := refining(longer, id)
			a.Person = "bo"
			return a
		}, 2},
		"the rest of what was copied from": {func(t *testing.T, l *Library, id AskID) Ask {
			use(t, l, Use{Ask: id, SolutionID: "S-1", Person: "an", Action: UseCopied, Part: PartPassage})
			return refining(longer, id)
		}, 2},
		"the rest of what has feedback": {func(t *testing.T, l *Library, id AskID) Ask {
			give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Helpful, Ask: id})
			return refining(longer, id)
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := stocked(t)
			next := c.then(t, l, saveAsk(t, l, first))
			id := saveAsk(t, l, next)
			if n := rows(t, l, "asks"); n != c.want {
				t.Errorf("%d questions, want %d", n, c.want)
			}
			var text string
			var shown []string
			err := l.pool.QueryRow(t.Context(), `
				SELECT text, ARRAY(SELECT solution_id FROM suggestion_uses WHERE ask_id = a.id AND action = 'shown' ORDER BY rank)
				FROM asks AS a
				WHERE id = $1`, id).Scan(&text, &shown)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, s := range next.Shown {
				want = append(want, s.SolutionID)
			}
			if diff := cmp.Diff(want, shown); diff != "" || text != next.Query.Text {
				t.Errorf("question %q: %s", text, diff)
			}
		})
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	ask := saveAsk(t, l, Ask{Person: "an", Query: Query{Text: "return"}, Shown: []Shown{{"S-1", 1, 0.6}}})
	rewrite(t, l)
	copied := Use{Ask: ask, SolutionID: "S-1", Person: "an", Action: UseCopied, Part: PartShortReply}
	use(t, l, copied)
	use(t, l, copied)
	if n := rows(t, l, "suggestion_uses WHERE action = 'copied' AND revision = 1"); n != 1 {
		t.Errorf("copied %d times from the revision that was shown", n)
	}
	use(t, l, Use{SolutionID: "S-1", Person: "an", Action: UseCopied, Part: PartAnswer})
	if n := rows(t, l, "suggestion_uses WHERE ask_id IS NULL AND revision = 2"); n != 1 {
		t.Errorf("copied %d times without a question", n)
	}
	for name, u := range map[string]Use{
		"another person's question":    {Ask: ask, SolutionID: "S-1", Person: "bo", Action: UseOpened},
		"a question that there is not": {Ask: ask + 9, SolutionID: "S-1", Person: "an", Action: UseOpened},
		"a solution that there is not": {Ask: ask, SolutionID: "S-9", Person: "an", Action: UseOpened},
		"nobody's question, by nobody": {Ask: ask, SolutionID: "S-1", Action: UseOpened},
	} {
		if err := l.SaveUse(t.Context(), u); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecentAsks(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	for i, text := range []string{"one", "two", "three", "one"} {
		saveAsk(t, l, Ask{Person: "an", Query: Query{Text: text}, Shown: []Shown{{"S-1", 1, 0.6}}[:i%2]})
		execute(t, l, `UPDATE asks SET at = at - interval '1 hour'`)
	}
	saveAsk(t, l, Ask{Person: "bo", Query: Query{Text: "four"}})
	saveAsk(t, l, Ask{Query: Query{Text: "five"}})
	for person, want := range map[string][]Recent{
		"an": {{Text: "one", Answered: true}, {Text: "three"}}, "bo": {{Text: "four"}}, "": {},
	} {
		got, err := l.RecentAsks(t.Context(), person, 2)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Recent{}, "At"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q: %s", person, diff)
		}
	}
}

func TestForgetAsks(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	old := saveAsk(t, l, Ask{Person: "an", Query: Query{Text: "old"}, Shown: []Shown{{"S-1", 1, 0.6}}})
	give(t, l, Opinion{SolutionID: "S-1", Person: "an", Grade: Wrong, Ask: old})
	use(t, l, Use{SolutionID: "S-1", Person: "an", Action: UseCopied, Part: PartAnswer})
	execute(t, l, `UPDATE asks SET at = at - interval '31 days'`)
	execute(t, l, `UPDATE suggestion_uses SET at = at - interval '31 days'`)
	saveAsk(t, l, Ask{Person: "an", Query: Query{Text: "new"}, Shown: []Shown{{"S-1", 1, 0.6}}})
	if more, err := l.ForgetAsks(t.Context(), 30); more || err != nil {
		t.Fatal(more, err)
	}
	for from, want := range map[string]int{"asks": 1, "suggestion_uses": 1, "feedback": 1} {
		if n := rows(t, l, from); n != want {
			t.Errorf("%s has %d rows, want %d", from, n, want)
		}
	}
}
