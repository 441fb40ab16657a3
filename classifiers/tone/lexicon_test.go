package tone

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLexiconErrorsNameTheirLine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"unknown section", "\n[grumpy 0.5]\nhm", `lexicon x.txt:2: section "grumpy" is no label and no kind of phrase`},
		{"open section", "[angry 0.5", `lexicon x.txt:1: section "[angry 0.5" has no closing bracket`},
		{"empty section", "[ ]", `lexicon x.txt:1: section has no name`},
		{"no weight", "[angry]", `lexicon x.txt:1: section "label": unexpected []`},
		{"weight of a kind without", "[neutral 1]", `lexicon x.txt:1: section "neutral": unexpected ["1"]`},
		{"weight that is no number", "[angry much]", `lexicon x.txt:1: section "label": weight "much" is no number`},
		{"weight too large", "[angry 1.5]", `lexicon x.txt:1: section "label": weight "1.5" is not in (0, 1]`},
		{"phrase before any section", "hm", `lexicon x.txt:1: phrase without a section`},
		{"open group", "[angry 0.5]\nso (very| mad", `lexicon x.txt:2: phrase "so (very| mad": parentheses or bars do not fit at byte 13`},
		{"group closed twice", "[angry 0.5]\nso mad)", `lexicon x.txt:2: phrase "so mad)": parentheses or bars do not fit at byte 6`},
		{"bar outside a group", "[angry 0.5]\nmad|sad", `lexicon x.txt:2: phrase "mad|sad": parentheses or bars do not fit at byte 3`},
		{"empty phrase", "[angry 0.5]\n(a|)", `lexicon x.txt:2: phrase "(a|)": begins with a gap or a blank, or may be empty`},
		{"gap at the beginning", "[angry 0.5]\n..mad", `lexicon x.txt:2: phrase "..mad": begins with a gap or a blank, or may be empty`},
		{"blank at the beginning", "[angry 0.5]\n(so|) mad", `lexicon x.txt:2: phrase "(so|) mad": begins with a gap or a blank, or may be empty`},
		{"blank outside the group", "[angry 0.5]\nmad (now|)", `lexicon x.txt:2: phrase "mad (now|)": may end in a blank: put the blank inside the group that may be empty`},
		{"all problems at once", "[nope]\n[angry 0]", "lexicon x.txt:1: section \"nope\" is no label and no kind of phrase\nlexicon x.txt:2: section \"label\": weight \"0\" is not in (0, 1]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := newLexicon().read("x.txt", tc.src)
			if err == nil || err.Error() != tc.want {
				t.Errorf("read(%q):\n got %v\nwant %s", tc.src, err, tc.want)
			}
		})
	}
}

func TestPhrasesAreFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ phrase, text, want string }{
		{"mad", "so mad!", "mad"},
		{"mad", "madness", ""},
		{"mad", "nomad", ""},
		{"生气", "很生气的", "生气"},
		{"ok吗", "ok吗", "ok吗"},
		{"so( very|) mad", "so mad", "so mad"},
		{"so( very|) mad", "so very mad", "so very mad"},
		{"so (very |)mad", "so mad", "so mad"},
		{"(a (b|c)|d) e", "a c e", "a c e"},
		{"(a (b|c)|d) e", "d e", "d e"},
		{"give .. up", "give it all up now", "give it all up"},
		{"give .. up", "give it, and up", ""},
		{"give .. up", "give updates", ""},
		{"give .. up", "give " + strings.Repeat("x ", 30) + "up", ""},
		{"don't", "I do n't", "do n't"},
		{"don't", "i don’t", "don’t"},
		{"生氣", "生气", "生气"},
		{"so mad", "soooo   mad", "soooo   mad"},
		{"mad ~ not | never", "i am not mad", ""},
		{"mad ~ not | never", "knot mad", "mad"},
		{"ma\n\td", "mad", "mad"},
	} {
		t.Run(tc.phrase+" in "+tc.text, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, findOne(t, "[angry 0.5]\n"+tc.phrase, tc.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := findOne(t, "[angry 0.5 alone]\nmad", "well, mad! yes"); got != "mad" {
		t.Errorf("alone in its clause: found %q", got)
	}
	if got := findOne(t, "[angry 0.5 alone]\nmad", "mad men"); got != "" {
		t.Errorf("not alone in its clause: found %q", got)
	}
}

// findOne returns the text of the first hit.
func findOne(t *testing.T, src, text string) string {
	t.Helper()
	lex := newLexicon()
	if err := lex.read("x.txt", src); err != nil {
		t.Fatal(err)
	}
	in := talk("chat", "c "+text)
	r := (&Classifier{lex: lex}).read(newSession(in), 0)
	if len(r.hits) == 0 {
		return ""
	}
	start, end := r.original(r.hits[0].start, r.hits[0].end)
	return text[start:end]
}

func TestLongerPhrasesHideShorterOnes(t *testing.T) {
	t.Parallel()
	src := "[angry 0.5]\n坏\n[neutral]\n坏账"
	if got := findOne(t, src, "坏账"); got != "坏账" {
		t.Errorf("found %q", got)
	}
	if got := findOne(t, src, "真坏"); got != "坏" {
		t.Errorf("found %q", got)
	}
}

func TestClauses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"a, b. c", []string{"a,", " b.", " c"}},
		{"版本 8.2 好用。真的？！", []string{"版本 8.2 好用。", "真的?!"}},
		{"你好 在吗", []string{"你好 ", "在吗"}},
		{"wait... what", []string{"wait...", " what"}},
		{"！！", []string{"!!"}},
	} {
		v := look(level(tc.text))
		var got []string
		for _, c := range v.clauses {
			got = append(got, v.text[c.start:c.end])
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q: %s", tc.text, diff)
		}
	}
}
