package knowledge

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store/storetest"
)

func synonyms(t *testing.T, text string) *Synonyms {
	t.Helper()
	s, err := ReadSynonyms(strings.NewReader(text), "synonyms.txt")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSynonymsPutOtherWordsIntoQuestions(t *testing.T) {
	t.Parallel()
	const rules = "\ufeff# of the company\n宽带 = 光纤\nGold => Premium Account # a product\nAB-1 = widget = Wonder Box\n"
	for _, c := range []struct {
		name, question string
		want           []string
	}{
		{"none of them", "怎么办理", nil},
		{"both directions", "光纤断了", []string{"宽带断了"}},
		{"in any case and width", "ｇｏｌｄ limits", []string{"premium account limits"}},
		{"one direction", "premium account limits", nil},
		{"not inside a word", "golden limits", nil},
		{"several others", "my widget, please", []string{"my ab-1, please", "my wonder box, please"}},
		{"several phrases", "gold widget", []string{"premium account ab-1", "premium account widget", "gold ab-1", "gold wonder box"}},
		{"in mixed text", "我的ab-1坏了", []string{"我的widget坏了", "我的wonder box坏了"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, synonyms(t, rules).rewritings(c.question)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadSynonymsAreNamedByLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"alone", "宽带 = 光纤\nwidget\n", `synonyms.txt:2: "widget" stands alone; allowed: a = b, or a => b`},
		{"a side is missing", "widget =>\n", `synonyms.txt:1: a phrase is missing; allowed: a = b, or a => b`},
		{"twice", "widget = widget\n", `synonyms.txt:1: "widget" stands there twice`},
		{"too common in English", "how much = price\n", `synonyms.txt:1: "how much" is said of anything, and would make every question mean this; allowed: a phrase that names something`},
		{"too common in Chinese", "怎么 => 办理\n", `synonyms.txt:1: "怎么" is said of anything, and would make every question mean this; allowed: a phrase that names something`},
		{"a circle", "gold => silver\nsilver => bronze\nbronze => gold\n", `synonyms.txt:3: "gold" leads back to "bronze"; allowed: a = b for both directions`},
		{"too long", strings.Repeat("长", 41) + " = 短语\n", `synonyms.txt:1: "` + strings.Repeat("长", 41) + `" has 41 characters; allowed: at most 40`},
		{"all of them", "widget\nx =>\n", "synonyms.txt:1: \"widget\" stands alone; allowed: a = b, or a => b\nsynonyms.txt:2: a phrase is missing; allowed: a = b, or a => b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadSynonyms(strings.NewReader(c.text), "synonyms.txt")
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v; want %s", err, c.want)
			}
		})
	}
}

func TestSynonymsFindWhatIsNamedOtherwise(t *testing.T) {
	t.Parallel()
	solutions := []Solution{
		{ID: "box", Title: "How do I reset the Wonder Box?", Answer: "Hold the button for ten seconds."},
		{ID: "lamp", Title: "How do I reset the lamp?", Answer: "Switch it off and on."},
		{ID: "esim", Title: "电子卡怎么激活", Answer: "扫描二维码。"},
	}
	without := newTestIndex(t, Options{}, solutions...)
	with := newTestIndex(t, Options{Synonyms: synonyms(t, "AB-1 = Wonder Box\neSIM => 电子卡\n")}, solutions...)
	for question, want := range map[string]string{"reset the AB-1": "box", "eSIM怎么激活": "esim"} {
		got, err := with.Rank(t.Context(), Query{Text: question}, 1)
		if err != nil {
			t.Fatal(err)
		}
		before, err := without.Rank(t.Context(), Query{Text: question}, 10)
		if err != nil {
			t.Fatal(err)
		}
		score := 0.0
		for _, r := range before {
			if r.ID == want {
				score = r.Score
			}
		}
		if len(got) == 0 || got[0].ID != want || got[0].Score < DefaultThreshold || got[0].Score <= score {
			t.Errorf("%q: %+v, without synonyms %v; want %s with a higher score", question, got, score, want)
		}
	}
	if with.Version() == without.Version() {
		t.Error("synonyms do not change the version")
	}
}

func TestSynonymsOfTheLibraryReachItsIndex(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	box := Solution{ID: "box", Title: "Reset the Wonder Box", Answer: "Hold the button."}
	if _, err := l.Import(t.Context(), []Solution{box}, ImportOptions{By: "li"}); err != nil {
		t.Fatal(err)
	}
	x, err := Open(t.Context(), l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	question := Query{Text: "reset the AB-1"}
	if got := suggestedIDs(t, x, question); len(got) > 0 {
		t.Fatalf("without synonyms there are %v", got)
	}
	want := []Synonym{{Phrases: []string{"AB-1"}, To: []string{"Wonder Box"}}, {Phrases: []string{"宽带", "光纤"}, To: []string{}}}
	if err := l.SetSynonyms(t.Context(), synonyms(t, "AB-1 => Wonder Box\n宽带 = 光纤\n")); err != nil {
		t.Fatal(err)
	}
	stored, err := l.Synonyms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, stored.Rules()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := suggestedIDs(t, x, question); !cmp.Equal(got, []string{"box"}) {
		t.Errorf("with synonyms there are %v", got)
	}
	var out bytes.Buffer
	if err := WriteSynonyms(&out, stored.Rules()); err != nil {
		t.Fatal(err)
	}
	if want := "AB-1 => Wonder Box\n宽带 = 光纤\n"; out.String() != want {
		t.Errorf("written as %q; want %q", out.String(), want)
	}
}

// Synonyms hold from the first question on, before anything is refreshed.
func TestSynonymsHoldAsSoonAsAnIndexIsOpen(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, Solution{ID: "box", Title: "Reset the Wonder Box", Answer: "Hold the button."})
	if err := l.SetSynonyms(t.Context(), synonyms(t, "AB-1 => Wonder Box\n")); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"built in memory":    {},
		"built in a folder":  {Folder: t.TempDir()},
		"not built as yet":   {Postpone: true},
		"rebuilt afterwards": {Postpone: true, Wait: true},
	} {
		x, err := Open(t.Context(), l, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeIndex(t, x) })
		if o.Wait {
			other := synonyms(t, "AB-1 => Wonder Box\ncube => Wonder Box\n")
			if err := l.SetSynonyms(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := x.o.synonymsInForce().Rules(); len(got) != 2 {
				t.Errorf("%s: %d rules are in force; want 2", name, len(got))
			}
		}
		if got := suggestedIDs(t, x, Query{Text: "reset the AB-1"}); !cmp.Equal(got, []string{"box"}) {
			t.Errorf("%s: suggested %v", name, got)
		}
	}
}

// What did not change is not read again at every look.
func TestSynonymsAreReadAgainWhenTheyChanged(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, Solution{ID: "box", Title: "Reset the Wonder Box", Answer: "Hold the button."})
	x, err := Open(t.Context(), l, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	refresh := func() *Synonyms {
		if _, err := x.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		return x.o.synonymsInForce()
	}
	var before *Synonyms
	for i, text := range []string{"AB-1 => Wonder Box", "AB-1 => Wonder Box\ncube => Wonder Box", "", "AB-1 => Wonder Box"} {
		set := synonyms(t, text)
		if err := l.SetSynonyms(t.Context(), set); err != nil {
			t.Fatal(err)
		}
		now := refresh()
		if now == before || len(now.Rules()) != len(set.Rules()) {
			t.Errorf("set %d: %d rules are in force, the same as before: %t", i, len(now.Rules()), now == before)
		}
		if refresh() != now {
			t.Errorf("set %d was read twice", i)
		}
		before = now
	}
}
