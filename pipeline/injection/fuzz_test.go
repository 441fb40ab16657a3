package injection_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// FuzzFind holds that places stand in the text, on boundaries of characters, and in
// order.
func FuzzFind(f *testing.F) {
	for _, name := range []string{"attacks.tsv", "odd.tsv", "honest.tsv"} {
		src, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		for l := range strings.Lines(string(src)) {
			f.Add(unescape(l), l)
		}
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		s := &transcript.Session{Turns: []transcript.Turn{{Speaker: transcript.Agent, Text: first}, {Speaker: transcript.Agent, Text: second}}}
		last := transcript.Span{}
		for _, p := range find(s) {
			text := s.Turns[p.Turn].Text
			if p.Start < 0 || p.Start >= p.End || p.End > len(text) {
				t.Fatalf("%+v is not within %q", p, text)
			}
			if !utf8.RuneStart(text[p.Start]) && utf8.ValidString(text) || p.End < len(text) && !utf8.RuneStart(text[p.End]) && utf8.ValidString(text) {
				t.Fatalf("%+v cuts a character of %q", p, text)
			}
			if p.Turn < last.Turn || p.Turn == last.Turn && p.Start < last.Start {
				t.Fatalf("%+v comes after %+v", p, last)
			}
			last = p.Span
		}
	})
}
