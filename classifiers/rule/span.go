package rule

import (
	"cmp"
	"slices"

	"assay/pipeline/transcript"
)

// tidy sorts spans, in place, in the order of the transcript and drops those
// that lie within another one.
func tidy(spans []transcript.Span) []transcript.Span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(a, b transcript.Span) int {
		return cmp.Or(cmp.Compare(a.Turn, b.Turn), cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].Turn == s.Turn && s.End <= out[n-1].End {
			continue
		}
		out = append(out, s)
	}
	return out
}

// turnsOf returns the turns of sorted spans, each once.
func turnsOf(spans []transcript.Span) []int {
	var turns []int
	for _, s := range spans {
		if n := len(turns); n == 0 || turns[n-1] != s.Turn {
			turns = append(turns, s.Turn)
		}
	}
	return turns
}
