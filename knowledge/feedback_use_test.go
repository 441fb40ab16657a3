package knowledge

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUsesAreCounted(t *testing.T) {
	t.Parallel()
	l := stocked(t)
	ask, err := l.SaveAsk(t.Context(), Ask{
		Person: "an", Made: AskTyped, Query: Query{Text: "return it"}, IndexVersion: "v",
		Shown: []Shown{{SolutionID: "S-1", Revision: 1, Score: 0.9}, {SolutionID: "S-2", Revision: 1, Score: 0.8}},
	})
	if err != nil {
		t.Fatal(err)
	}
	use := func(u Use) {
		t.Helper()
		if err := l.SaveUse(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the same again changes nothing, with a question or without
		use(Use{Ask: ask, SolutionID: "S-1", Person: "an", Action: UseCopied, Part: PartAnswer})
		execute(t, l, `UPDATE suggestion_uses SET at = date_trunc('hour', at)`) // no hour ends in between
		use(Use{SolutionID: "S-1", Person: "an", Action: UseCopied, Part: PartAnswer})
		use(Use{SolutionID: "S-1", Action: UseOpened})
	}
	use(Use{SolutionID: "S-1", Person: "bo", Action: UseCopied, Part: PartAnswer})
	use(Use{SolutionID: "S-1", Person: "bo", Action: UseInserted, Part: PartShortReply})
	use(Use{SolutionID: "S-2", Person: "bo", Action: UseCopied, Part: PartAnswer})
	want := Uses{Shown: 1, Opened: 1, Copied: 3, Inserted: 1}
	uses := func() Uses {
		t.Helper()
		got, err := l.Uses(t.Context(), "S-1", time.Now().Add(-UsedWithin))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff(want, uses()); diff != "" {
		t.Error(diff)
	}
	execute(t, l, `UPDATE suggestion_uses SET at = at - interval '1 hour' WHERE ask_id IS NULL`)
	use(Use{SolutionID: "S-1", Person: "an", Action: UseCopied, Part: PartAnswer})
	want.Copied++
	if diff := cmp.Diff(want, uses()); diff != "" {
		t.Errorf("an hour later: %s", diff)
	}
	execute(t, l, `UPDATE suggestion_uses SET at = at - interval '91 days'`)
	if diff := cmp.Diff(Uses{}, uses()); diff != "" {
		t.Errorf("after 90 days: %s", diff)
	}
}
