package knowledge

import (
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"

	"assay/pipeline/transcript"
)

// Matched is a half-open byte range of a text.
type Matched struct{ Start, End int }

// Matched returns the places where a text says words of the question, for eyes to
// find: words by their stems, Chinese characters where at least two stand as in the
// question. Words that say nothing are not looked for. The ranges are in order, and
// none touches another.
func (x *Index) Matched(question, text string) []Matched {
	question = clip(question, maxQuestionRunes)
	said := map[string]bool{}
	for _, form := range []string{transcript.Fold(question).Text, canonical(question)} {
		asked := x.analyzers.single.Analyze([]byte(form))
		for i, t := range asked {
			if !isHanToken(t) {
				said[string(t.Term)] = true
			} else if i > 0 && isHanToken(asked[i-1]) && asked[i-1].End == t.Start {
				said[string(asked[i-1].Term)+string(t.Term)] = true
			}
		}
	}
	folded := transcript.Fold(text)
	var out []Matched
	add := func(t *analysis.Token) {
		start, end := folded.Span(t.Start, t.End)
		if n := len(out); n > 0 && start <= out[n-1].End {
			out[n-1].End = max(end, out[n-1].End)
			return
		}
		out = append(out, Matched{start, end})
	}
	tokens := x.analyzers.single.Analyze([]byte(folded.Text))
	for i, t := range tokens {
		switch {
		case !isHanToken(t):
			if said[string(t.Term)] {
				add(t)
			}
		case i > 0 && isHanToken(tokens[i-1]) && tokens[i-1].End == t.Start && saidPair(said, tokens[i-1], t):
			add(tokens[i-1])
			add(t)
		}
	}
	return out
}

// saidPair reports whether two characters that follow each other do so in the
// question, and say something.
func saidPair(said map[string]bool, a, b *analysis.Token) bool {
	pair := string(a.Term) + string(b.Term)
	return said[pair] && !isWeak(pair)
}

func isHanToken(t *analysis.Token) bool {
	r, size := utf8.DecodeRune(t.Term)
	return size == len(t.Term) && isHan(r)
}
