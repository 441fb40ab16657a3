package knowledge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store/storetest"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// listed is the ids of a list in pages of two.
func listedIDs(t *testing.T, l *Library, f Filter) string {
	t.Helper()
	f.Limit = 2
	var ids []string
	for {
		page, err := l.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			ids = append(ids, e.ID)
		}
		if f.After = page.Next; f.After == "" {
			return strings.Join(ids, " ")
		}
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l,
		Solution{ID: "a", Title: "退款多久到账？", Questions: []string{"钱什么时候退回来"}, Answer: "三个工作日。", Tags: []string{"退款", "x"}, Owner: "mei", Language: "zh-CN"},
		Solution{ID: "b", Title: "How long does a refund take?", Answer: "Three working days.", Product: "Phone X-200", Language: "en", CustomerType: "enterprise"},
		Solution{ID: "c", Title: "Return of a TV", Answer: "Call us. “Anytime”。", Status: Draft, Owner: "mei", Region: "华东", ValidTo: day("2026-03-01")},
		Solution{ID: "d", Title: "Old", Answer: "old", Status: Retired, Owner: "li", ValidFrom: day("2027-01-01")},
		Solution{ID: "e", Title: "Begrüßung", Answer: "Hello!", Stage: Guide, Language: "zh"},
	)
	tests := []struct {
		name string
		f    Filter
		want string
	}{
		{"everything", Filter{}, "a b c d e"},
		{"a Chinese phrase", Filter{Text: "退款多久"}, "a"},
		{"a phrase that is not there although its characters are", Filter{Text: "款退"}, ""},
		{"Chinese in a wording", Filter{Text: "什么时候"}, "a"},
		{"words in any order, the last not finished", Filter{Text: "take refu"}, "b"},
		{"a product code by a part", Filter{Text: "x-2"}, "b"},
		{"words in the answer, between quotation marks", Filter{Text: "anytime"}, "c"},
		{"full width and case", Filter{Text: "ＲＥＦＵＮＤ？"}, "b"},
		{"letters beyond ASCII", Filter{Text: "begrüß"}, "e"},
		{"what means something to a query", Filter{Text: `' & | ! :* \ <->`}, ""},
		{"quotes within", Filter{Text: `'refund' | (`}, "b"},
		{"an id, or the beginning of any word", Filter{Text: "d"}, "b d"},
		{"status", Filter{Status: Draft}, "c"},
		{"owner", Filter{Owner: new("mei")}, "a c"},
		{"owner nobody", Filter{Owner: new("")}, "b e"},
		{"product", Filter{Product: new("Phone X-200")}, "b"},
		{"region", Filter{Region: new("华东")}, "c"},
		{"customer type", Filter{CustomerType: new("enterprise")}, "b"},
		{"language with any region", Filter{Language: "zh"}, "a e"},
		{"language as it stands", Filter{Language: "zh-CN"}, "a"},
		{"tag", Filter{Tag: "退款"}, "a"},
		{"stage", Filter{Stage: new(Guide)}, "e"},
		{"solutions proper", Filter{Stage: new(Stage(""))}, "a b c d"},
		{"valid", Filter{Validity: Valid}, "a b e"},
		{"expired", Filter{Validity: Expired}, "c"},
		{"upcoming", Filter{Validity: Upcoming}, "d"},
		{"ids", Filter{IDs: []string{"b", "none", "d"}}, "b d"},
		{"no ids", Filter{IDs: []string{}}, ""},
		{"several at once", Filter{Owner: new("mei"), Status: Published, Text: "到账"}, "a"},
	}
	for _, test := range tests {
		test.f.Now = day("2026-06-01")
		for _, order := range Orders { // all were written at once: the id decides
			test.f.Order = order
			if got := listedIDs(t, l, test.f); got != test.want {
				t.Errorf("%s, by %s: %q, want %q", test.name, order, got, test.want)
			}
		}
		n, exact, err := l.Matches(t.Context(), test.f)
		if want := len(strings.Fields(test.want)); n != want || !exact || err != nil {
			t.Errorf("%s: %d match, exactly: %v, %v; want %d", test.name, n, exact, err, want)
		}
	}
}

func TestListOrder(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	for i, id := range []string{"c", "a", "e", "b", "d"} {
		imports(t, l, Solution{ID: id, Title: id, Answer: id, ReviewedAt: day(fmt.Sprintf("2026-01-%02d", 9-i))})
	}
	for order, want := range map[Order]string{ByChange: "d b e a c", ByID: "a b c d e", ByReview: "d b e a c"} {
		if got := listedIDs(t, l, Filter{Order: order}); got != want {
			t.Errorf("by %s: %q, want %q", order, got, want)
		}
	}
	page, err := l.List(t.Context(), Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Filter{{After: page.Next, Order: ByID}, {After: "x"}, {After: "e30"}} {
		if _, err := l.List(t.Context(), f); !errors.Is(err, ErrCursor) {
			t.Errorf("with the cursor %q: %v", f.After, err)
		}
	}
	if _, err := l.List(t.Context(), Filter{Order: "size"}); err == nil {
		t.Error("an unknown order was taken")
	}
	var all []string
	for e, err := range l.Each(t.Context(), Filter{Order: ByChange, Limit: 1, After: "x"}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.ID)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, all); diff != "" {
		t.Error(diff)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	now := time.Now()
	imports(t, l,
		Solution{ID: "fresh", Title: "t", Answer: "a", Owner: "mei"},
		Solution{ID: "due today", Title: "t", Answer: "a", Owner: "mei", ReviewBy: dayOf(now)},
		Solution{ID: "overdue", Title: "t", Answer: "a", Owner: "mei", ReviewBy: dayOf(now.AddDate(0, 0, -1))},
		Solution{ID: "overdue draft", Title: "t", Answer: "a", Owner: "mei", ReviewBy: dayOf(now.AddDate(0, 0, -1)), Status: Draft},
		Solution{ID: "long ago", Title: "t", Answer: "a", ReviewedAt: now.Add(-DefaultStaleAfter - time.Hour)},
		Solution{ID: "a while ago", Title: "t", Answer: "a", ReviewedAt: now.Add(-DefaultStaleAfter + time.Hour)},
	)
	tests := []struct {
		name string
		f    Filter
		want []string
	}{
		{"now", Filter{Now: now}, []string{"long ago", "overdue"}},
		{"of an owner", Filter{Now: now, Owner: new("mei")}, []string{"overdue"}},
		{"sooner", Filter{Now: now, StaleAfter: 80 * 24 * time.Hour}, []string{"a while ago", "long ago", "overdue"}},
		{"tomorrow", Filter{Now: now.AddDate(0, 0, 1)}, []string{"a while ago", "due today", "long ago", "overdue"}},
	}
	for _, test := range tests {
		test.f.Stale, test.f.Order = true, ByID
		page, err := l.List(t.Context(), test.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Entries {
			got = append(got, e.ID)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		for e, err := range l.Each(t.Context(), Filter{Owner: test.f.Owner}) {
			if want := strings.Contains(strings.Join(test.want, "|"), e.ID) && e.Status == Published; err != nil || e.StaleAt(test.f.Now, test.f.StaleAfter) != want {
				t.Errorf("%s: of %q StaleAt is not %v", test.name, e.ID, want)
			}
		}
	}
	got, err := l.StaleCounts(t.Context(), now.AddDate(0, 0, 1), 0)
	if diff := cmp.Diff([]OwnerCount{{"", 2}, {"mei", 2}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// Tags, owners and states vouch for nothing; words that were written anew do.
func TestWhatVouchesForASolution(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	long := time.Now().Add(-200 * 24 * time.Hour)
	imports(t, l, Solution{ID: "s", Title: "t", Answer: "a", Questions: []string{"q"}, ReviewedAt: long})
	for _, c := range []struct {
		name  string
		edit  func(*Solution)
		fresh bool
	}{
		{"an owner", func(s *Solution) { s.Owner = "mei" }, false},
		{"a tag", func(s *Solution) { s.Tags = []string{"x"} }, false},
		{"another question", func(s *Solution) { s.Questions = append(s.Questions, "r") }, true},
		{"an owner after that", func(s *Solution) { s.Owner = "an" }, true},
	} {
		e, err := l.Entry(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		s := e.Solution
		c.edit(&s)
		if _, err := l.Save(t.Context(), s, Change{By: "lin", Revision: e.Revision}); err != nil {
			t.Fatal(err)
		}
		if e, err = l.Entry(t.Context(), "s"); err != nil || e.StaleAt(time.Now(), 0) == c.fresh {
			t.Errorf("%s: stale is %v (%v)", c.name, !c.fresh, err)
		}
	}
}
