package transcript

import (
	"strings"
	"testing"
	"unicode/utf8"
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

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "abc", "ＡＢ c", "e\u0301\u0323", "不\u200b归", "\xff\xfe", "ﬃ한글각"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
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
