package rule

import (
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// across looks for a regular expression in the turns in range taken together, a
// line each:
//
//	regex: {pattern: 'card number\?\n\d{16}', within: range}
//
// A point stands for no end of a line, and so not for the end of a turn: \n, \s
// and (?s:.) do. A match over several turns is a place in each of them. When
// exclude matches anywhere in the range nothing hits.
type across struct{ match, exclude *regexp.Regexp }

func readAcross(m *scorecard.Map) test {
	a := &across{}
	if n := m.Must("pattern"); n != nil {
		a.match = compileAcross(n)
	}
	if n := m.Key("exclude"); n != nil {
		a.exclude = compileAcross(n)
	}
	return a
}

// compileAcross is compile for package regexp and texts of several lines.
func compileAcross(n *scorecard.Node) *regexp.Regexp {
	tree := compileWith(n, "\n")
	if tree == nil {
		return nil
	}
	return regexp.MustCompile(tree.String())
}

func (a *across) judge(e *Evaluation, turns []int) outcome {
	var b strings.Builder
	starts := make([]int, len(turns))
	for i, t := range turns {
		if i > 0 {
			b.WriteByte('\n')
		}
		starts[i] = b.Len()
		b.WriteString(e.in.Folded[t].Text)
	}
	text := b.String()
	if a.exclude != nil && a.exclude.MatchString(text) {
		return notHit()
	}
	var hits []transcript.Span
	for _, at := range a.match.FindAllStringIndex(text, mostPlaces) {
		hits = e.addParts(hits, turns, starts, at)
	}
	return hitIf(hits)
}

// addParts adds the part of a match that each turn has.
func (e *Evaluation) addParts(hits []transcript.Span, turns, starts []int, at []int) []transcript.Span {
	i, here := slices.BinarySearch(starts, at[0])
	if !here {
		i--
	}
	for ; i < len(turns) && starts[i] < at[1]; i++ {
		from, to := max(at[0]-starts[i], 0), min(at[1]-starts[i], len(e.in.Folded[turns[i]].Text))
		if from < to {
			hits = append(hits, e.span(turns[i], from, to))
		}
	}
	return hits
}
