package knowledge

import (
	"github.com/blevesearch/bleve/v2/analysis"

	"assay/pipeline/transcript"
)

// Matched is a half-open byte range of a text.
type Matched struct{ Start, End int }

// Marker finds words of questions in texts, for eyes. It is safe to share.
type Marker struct{ analyzers analyzers }

// NewMarker returns a marker.
func NewMarker() (*Marker, error) {
	a, err := newAnalyzers()
	return &Marker{a}, err
}

// Matched returns the places where a text says words of the question, words by
// their stems, Chinese characters where at least two stand as in the question. Words that say nothing are not looked for. The ranges are in order, and
// none touches another.
func (m *Marker) Matched(question, text string) []Matched {
	question = clip(question, maxQuestionRunes)
	said := map[string]bool{}
	for _, form := range []string{transcript.Fold(question).Text, canonical(question)} {
		cut := m.analyzers.cut(form)
		for _, term := range append(cut.content(), cut.pairs...) {
			said[term] = true
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
	tokens := m.analyzers.terms.Analyze([]byte(folded.Text))
	for i, t := range tokens {
		switch {
		case t.Type != analysis.Ideographic:
			if said[string(t.Term)] {
				add(t)
			}
		case i > 0 && tokens[i-1].Type == analysis.Ideographic && tokens[i-1].End == t.Start:
			if pair := string(tokens[i-1].Term) + string(t.Term); said[pair] && !isWeak(pair) {
				add(tokens[i-1])
				add(t)
			}
		}
	}
	return out
}
