package knowledge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/transcript"
)

// guide is a library of places of which the same is asked.
func guide() []Solution {
	var out []Solution
	for i, p := range []string{
		"THE CAMBRIDGE BELFRY", "Acorn Guest House", "Alexander Bed and Breakfast", "Cambridge Lodge", "The Lucky Star",
		"Rosa's Bed and Breakfast", "City Stop", "Hill Guest House", "云栖湖畔酒店", "青禾净化器 X1", "青禾加湿器",
	} {
		room, breakfast := "Are the rooms clean?", "Is there breakfast?"
		if strings.ContainsFunc(p, isHan) {
			room, breakfast = "房间干净吗", "有早餐吗"
		}
		out = append(out,
			Solution{ID: fmt.Sprintf("room-%d", i), Title: room, Answer: "Very. 很干净。", Product: p},
			Solution{ID: fmt.Sprintf("breakfast-%d", i), Title: breakfast, Answer: "From seven. 七点开始。 Every stop of the bus is near, a stop in the city, a stop.", Product: p})
	}
	return append(out, Solution{ID: "invoice", Title: "How do I get an invoice?", Answer: "In the app.", Tags: []string{"bill"}})
}

func TestProductsAreFoundInTexts(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{Now: atToday}, guide()...)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Is the Cambridge Belfry quiet?", []string{"the cambridge belfry"}},
		{"how about belfry", []string{"the cambridge belfry"}},
		{"and the acorn, is it nice", []string{"acorn guest house"}},
		{"the acorn guesthouse", []string{"acorn guest house"}},
		{"alexander b&b please", []string{"alexander bed and breakfast"}},
		{"Rosa's or the Acorn?", []string{"rosa's bed and breakfast", "acorn guest house"}},
		{"the belfri in cambridge", []string{"the cambridge belfry"}},
		{"a 4 star place in cambridge", nil},
		{"which stop is it", nil},
		{"any guest house will do", nil},
		{"云栖湖畔酒店怎么样", []string{"云栖湖畔酒店"}},
		{"湖畔酒店有早餐吗", []string{"云栖湖畔酒店"}},
		{"我的净化器坏了", []string{"青禾净化器 x1"}},
		{"ACORN", []string{"acorn guest house"}},
		{"", nil},
		{"\xff\x00", nil},
	} {
		if diff := cmp.Diff(c.want, x.current.generation.namedIn(c.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestProductsAreCarriedOver(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{Threshold: 0.01, Now: atToday}, guide()...)
	said := func(lines ...string) []Said {
		var out []Said
		for _, l := range lines {
			who, text, _ := strings.Cut(l, ": ")
			out = append(out, Said{transcript.Speaker(who), text})
		}
		return out
	}
	for _, c := range []struct {
		name  string
		query Query
		want  string
	}{
		{"the last one named first", Query{Text: "Are their rooms clean?", Context: said("customer: Is the Acorn cheap?", "agent: Rather the Belfry.")}, "room-0"},
		{"unless the question names one", Query{Text: "Are the Acorn's rooms clean?", Context: said("agent: Rather the Belfry.")}, "room-1"},
		{"in Chinese", Query{Text: "房间干净吗？", Context: said("customer: 想订云栖湖畔", "agent: 好的")}, "room-8"},
		{"the session's, when none is named", Query{Text: "Are the rooms clean?", About: "Cambridge Lodge"}, "room-3"},
		{"a filter is stronger", Query{Text: "Are the rooms clean at the Acorn?", Products: []string{"Cambridge Lodge"}}, "room-3"},
		{"what is for all products stays", Query{Text: "How do I get an invoice?", Context: said("customer: I stayed at the Acorn")}, "invoice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := suggestedIDs(t, x, c.query); len(got) == 0 || got[0] != c.want {
				t.Errorf("suggested %v; want %s first", got, c.want)
			}
		})
	}
}

// What is named keeps away a likely solution for something else; what a session is
// filed under does not, but for a little.
func TestASessionsProductIsAHint(t *testing.T) {
	t.Parallel()
	solutions := append(guide(), Solution{ID: "deposit", Title: "When is the deposit paid back?", Answer: "In a week.", Product: "Payments"})
	x := newTestIndex(t, Options{Now: atToday}, solutions...)
	score := func(q Query) float64 {
		ranked, err := x.Rank(t.Context(), q, 1)
		if err != nil || len(ranked) == 0 || ranked[0].ID != "deposit" {
			t.Fatal(ranked, err)
		}
		return ranked[0].Score
	}
	const text = "when will the deposit for the rooms be paid back"
	plain := score(Query{Text: text})
	filed := score(Query{Text: text, About: "Cambridge Lodge"})
	named := score(Query{Text: text, Context: []Said{{transcript.Customer, "I stayed at the Cambridge Lodge"}}})
	if !(plain > filed && filed > named) {
		t.Errorf("scores: %.2f without a product, %.2f when filed under another, %.2f when another is named", plain, filed, named)
	}
}

func TestProductsWithoutSolutionsAreNamedNoMore(t *testing.T) {
	t.Parallel()
	x := newTestIndex(t, Options{Now: atToday}, guide()...)
	gone := guide()[2:4]
	for i := range gone {
		gone[i].Status = Retired
	}
	if err := x.current.generation.put(gone, 1); err != nil {
		t.Fatal(err)
	}
	if got := x.current.generation.namedIn("the acorn"); got != nil {
		t.Errorf("found %v", got)
	}
}

// BenchmarkProductNames looks for products in a text among 50,000.
func BenchmarkProductNames(b *testing.B) {
	p := newProductNames()
	kinds := []string{"guest house", "hotel", "bed and breakfast", "restaurant"}
	for i := range 50_000 {
		p.add(fmt.Sprintf("name%d place%d %s", i, i%5000, kinds[i%len(kinds)]), 20, strings.Fields)
	}
	text := strings.Fields("i was looking for a guest house near name77 place77 and then the hotel of name40123 but is there breakfast in the bed")
	for b.Loop() {
		if len(p.find(text, func(string) int { return 20 })) == 0 {
			b.Fatal("found none")
		}
	}
}
