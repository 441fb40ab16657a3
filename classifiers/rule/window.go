package rule

import (
	"math/bits"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A long turn is not matched as a whole but in windows: stretches around the
// blocks with a literal that a match must contain, as far as a match can reach,
// cut where \b cannot tell a cut from the text going on. What is found is the
// same.

// newBranch compiles an alternative of a pattern.
func newBranch(re *syntax.Regexp, required [][]int32) branch {
	b := branch{match: newExpression(re), required: required, extent: extentOf(re)}
	if !b.extent.bounded || !asksEnds(re) {
		return b
	}
	for i, ends := range [3][2]bool{{true, false}, {false, true}, {true, true}} {
		b.cut[i] = newExpression(without(re, ends[0], ends[1]))
	}
	return b
}

// on is the expression for a part of a text.
func (b *branch) on(whole string, from, to int) *expression {
	i := -1
	if from > 0 {
		i++
	}
	if to < len(whole) {
		i += 2
	}
	if i < 0 || b.cut[i] == nil {
		return b.match
	}
	return b.cut[i]
}

// places appends the branch's first n matches in a folded text to m.found, from
// left to right, when every match contains something of the given blocks.
func (b *branch) places(m *machine, text string, blocks uint64, n int) {
	if blocks == 0 {
		return
	}
	if !b.extent.bounded {
		b.match.findAll(m, text, 0, n)
		return
	}
	most := len(m.found) + n
	size := blockBytes(len(text))
	for blocks != 0 && len(m.found) < most {
		to := bits.TrailingZeros64(blocks) * size
		from := cutBefore(text, b.extent.before(text, to))
		for blocks != 0 && b.extent.before(text, bits.TrailingZeros64(blocks)*size) <= to {
			first := bits.TrailingZeros64(blocks)
			row := bits.TrailingZeros64(^(blocks >> first))
			blocks &^= blockMask(first, first+row-1)
			to = cutAfter(text, b.extent.after(text, min(len(text), (first+row)*size)))
		}
		b.on(text, from, to).findAll(m, text[from:to], from, most-len(m.found))
	}
}

// cutBefore is the last place at or before i where a text may be cut.
func cutBefore(text string, i int) int {
	for i > 0 && !mayCut(text, i) {
		i--
	}
	return i
}

// cutAfter is the first place at or after i where a text may be cut.
func cutAfter(text string, i int) int {
	for i < len(text) && !mayCut(text, i) {
		i++
	}
	return i
}

// mayCut reports whether \b and \B hold at i, and at its neighbours, as they
// would at an end of the text: no ASCII word character stands on either side.
func mayCut(text string, i int) bool {
	return (i == len(text) || utf8.RuneStart(text[i])) && !wordByte(text, i-1) && !wordByte(text, i)
}

func wordByte(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// extent is a bound of what a match takes up: so many characters, and any
// number of those that the expression repeats without a bound.
type extent struct {
	bounded bool
	most    int
	runs    []rune // pairs of first and last, ascending
}

// mostExtent is the number of characters from which on windows save nothing.
const mostExtent = 400

// before is where a match that reaches to i begins at the earliest.
func (x *extent) before(text string, i int) int {
	for left := x.most; i > 0; {
		r, n := utf8.DecodeLastRuneInString(text[:i])
		if !x.repeats(r) {
			if left--; left < 0 {
				break
			}
		}
		i -= n
	}
	return i
}

// after is where a match that begins before i, at the latest, ends.
func (x *extent) after(text string, i int) int {
	for left := x.most; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !x.repeats(r) {
			if left--; left < 0 {
				break
			}
		}
		i += n
	}
	return i
}

// repeats reports whether the expression repeats r without a bound.
func (x *extent) repeats(r rune) bool {
	for i := 0; i < len(x.runs) && x.runs[i] <= r; i += 2 {
		if r <= x.runs[i+1] {
			return true
		}
	}
	return false
}

// extentOf measures an expression. It has no bound when something longer than
// a character, or too many of them, are repeated without one, or when it asks
// where lines end.
func extentOf(re *syntax.Regexp) extent {
	x := extent{}
	x.most = x.measure(re)
	x.bounded = x.most >= 0 && x.most <= mostExtent && len(x.runs) <= 64
	return x
}

// measure is the most characters of a match besides runs; −1 is no bound.
func (x *extent) measure(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpNoMatch, syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpBeginText, syntax.OpEndText:
		return 0
	case syntax.OpCapture, syntax.OpQuest:
		return x.measure(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		return x.run(re.Sub[0])
	case syntax.OpRepeat:
		if re.Max < 0 {
			return x.run(re.Sub[0])
		}
		n := x.measure(re.Sub[0])
		if n < 0 {
			return -1
		}
		return n * re.Max
	case syntax.OpConcat, syntax.OpAlternate:
		return x.measureAll(re)
	}
	return -1
}

// run notes the characters of a repeat without a bound.
func (x *extent) run(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpCapture:
		return x.run(re.Sub[0])
	case syntax.OpAlternate, syntax.OpConcat:
		for _, s := range re.Sub {
			if x.run(s) < 0 {
				return -1
			}
		}
		return 0
	case syntax.OpQuest:
		return x.run(re.Sub[0])
	case syntax.OpCharClass:
		x.runs = append(x.runs, re.Rune...)
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 && !oneSmallForm([]rune{r}) {
				return -1
			}
			x.runs = append(x.runs, unicode.ToLower(r), unicode.ToLower(r))
		}
	default:
		return -1
	}
	sortPairs(x.runs)
	return 0
}

// sortPairs orders pairs of first and last by the first.
func sortPairs(pairs []rune) {
	list := slices.Collect(slices.Chunk(slices.Clone(pairs), 2))
	slices.SortFunc(list, func(a, b []rune) int { return int(a[0]) - int(b[0]) })
	for i, p := range list {
		copy(pairs[2*i:], p)
	}
}

// measureAll adds the parts of a sequence, or takes the longest alternative.
func (x *extent) measureAll(re *syntax.Regexp) int {
	all := 0
	for _, s := range re.Sub {
		n := x.measure(s)
		if n < 0 {
			return -1
		}
		if re.Op == syntax.OpConcat {
			all += n
		} else {
			all = max(all, n)
		}
	}
	return all
}

// asksEnds reports whether an expression asks where the text begins or ends.
func asksEnds(re *syntax.Regexp) bool {
	return re.Op == syntax.OpBeginText || re.Op == syntax.OpEndText || slices.ContainsFunc(re.Sub, asksEnds)
}

// without is the expression for a part of a text that lacks its beginning or its end.
func without(re *syntax.Regexp, begin, end bool) *syntax.Regexp {
	if begin && re.Op == syntax.OpBeginText || end && re.Op == syntax.OpEndText {
		return &syntax.Regexp{Op: syntax.OpNoMatch}
	}
	out := *re
	out.Sub = make([]*syntax.Regexp, len(re.Sub))
	for i, s := range re.Sub {
		out.Sub[i] = without(s, begin, end)
	}
	return &out
}
