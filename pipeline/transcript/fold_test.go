package transcript

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestFoldFindsAndPointsBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, find, quote string }{
		{"plain ascii stays", "please wait", "wait", "wait"},
		{"capitals", "Please WAIT", "wait", "WAIT"},
		{"full width latin", "请打ＡＰＰ客服", "app", "ＡＰＰ"},
		{"full width punctuation", "你好！在吗？", "在吗?", "在吗？"},
		{"ligature expands", "the oﬃce", "office", "oﬃce"},
		{"decomposed accent", "cafe\u0301 bar", "café", "cafe\u0301"},
		{"zero width characters vanish", "不\u200b归\u200d我们管", "不归我们管", "不\u200b归\u200d我们管"},
		{"tabs and ideographic blanks", "好\u3000的\t吧", "好 的 吧", "好\u3000的\t吧"},
		{"after an expansion", "㈱の後ろ退款", "退款", "退款"},
		{"curly apostrophe", "I don\u2019t know", "don't", "don\u2019t"},
		{"mixed with emoji", "😀退款 OK", "退款 ok", "退款 OK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := Fold(c.text)
			i := strings.Index(f.Text, c.find)
			if i < 0 {
				t.Fatalf("%q not in folded %q", c.find, f.Text)
			}
			from, to := f.Span(i, i+len(c.find))
			if got := c.text[from:to]; got != c.quote {
				t.Errorf("quote %q, want %q", got, c.quote)
			}
		})
	}
}

// foldedWhole folds a text as a whole, slowly.
func foldedWhole(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r == '\u2019', r == '\u2018', r == '\u02bc':
			b.WriteByte('\'')
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// TestFoldInPiecesIsFoldOfTheWhole mixes characters of the short ways with those
// that join them.
func TestFoldInPiecesIsFoldOfTheWhole(t *testing.T) {
	t.Parallel()
	kinds := []rune("aZ 9~\t\n\u0000\u007f\u0085\u00a0好一鿿，。！？（）ＡｚＺ～《》【】、\u3000“”‘’—…\u200b\u0301\u0308\u3099\u309aカｶﾞﾟ각ᄀ한㈱ﬃ😀\ufe0f\u200déİßΣ①²\ufeff\u2028")
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		text := make([]rune, r.IntN(8))
		for i := range text {
			text[i] = kinds[r.IntN(len(kinds))]
		}
		if got, want := Fold(string(text)).Text, foldedWhole(string(text)); got != want {
			t.Fatalf("%q folds to %q, want %q", string(text), got, want)
		}
	}
}

func TestFolderFoldsAsFold(t *testing.T) {
	t.Parallel()
	var f Folder
	var folded []Folded
	for _, texts := range [][]string{
		{"您好，Please WAIT", "plain", "", "cafe\u0301 ﬃ", "ＡＰＰ 好"}, {"x"}, {"不\u200b归", "好"}, {},
	} {
		turns := make([]Turn, len(texts))
		for i, text := range texts {
			turns[i].Text = text
		}
		folded = f.Turns(turns, folded)
		if len(folded) != len(texts) {
			t.Fatalf("%d texts of %d", len(folded), len(texts))
		}
		for i, text := range texts {
			want := Fold(text)
			if folded[i].Text != want.Text {
				t.Errorf("%q folds to %q, want %q", text, folded[i].Text, want.Text)
			}
			for at := range want.Text {
				a, b := folded[i].Span(at, at+1)
				if x, y := want.Span(at, at+1); a != x || b != y {
					t.Errorf("%q at %d: [%d,%d), want [%d,%d)", text, at, a, b, x, y)
				}
			}
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "abc", "ＡＢ c", "e\u0301\u0323", "不\u200b归", "\xff\xfe", "ﬃ한글각"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if want := foldedWhole(s); utf8.ValidString(s) && folded.Text != want {
			t.Fatalf("%q folds to %q, want %q", s, folded.Text, want)
		}
		last := 0
		for i, r := range folded.Text {
			from, to := folded.Span(i, i+utf8.RuneLen(r))
			if from < 0 || to > len(s) || from >= to {
				t.Fatalf("rune at %d of %q maps to [%d,%d) of %d bytes", i, folded.Text, from, to, len(s))
			}
			if utf8.ValidString(s) && (!utf8.RuneStart(s[from]) || to < len(s) && !utf8.RuneStart(s[to])) {
				t.Fatalf("rune at %d of %q maps into a character: [%d,%d)", i, folded.Text, from, to)
			}
			if from < last {
				t.Fatalf("rune at %d of %q maps back to %d, after %d", i, folded.Text, from, last)
			}
			last = from
		}
		if again := Fold(folded.Text); utf8.ValidString(s) && again.Text != folded.Text && !strings.ContainsRune(s, 'İ') {
			t.Logf("not a fixed point: %q → %q → %q", s, folded.Text, again.Text)
		}
	})
}
