package rule

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// pattern looks for a regular expression (RE2 syntax, case does not matter):
//
//	regex: {pattern: "…", exclude: "…"}
//
// It is matched turn by turn. A turn in which exclude matches anywhere does not
// hit: this stands in for look-around, which RE2 has not. Of one turn the first
// hundred places of each alternative count. With within: range it is matched
// across turns (see across.go).
type pattern struct {
	branches []branch
	exclude  *pattern // nil: none
}

// branch is one of a pattern's alternatives: most of them are ruled out by
// their literals, and need not be matched.
type branch struct {
	match    *expression
	required [][]int32 // literals: one of each list is in every text that matches, in this order
	digits   int       // without them: so many digits stand together in every text that matches
	extent   extent    // how much of a text a match may take up
	// cut matches parts of a text that lack its beginning, its end or both, in
	// that order; nil where match does so as well.
	cut [3]*expression
}

// turnPlaces bounds the places of one branch in one turn: looking for the next
// one may take the length of the turn each time.
const turnPlaces = 100

func readRegex(b *builder, c *condition, m *scorecard.Map) test {
	if n := m.Key("within"); n != nil && n.OneOf("turn", "range") == "range" {
		return readAcross(m)
	}
	c.turnwise, c.local = true, true
	p := &pattern{}
	if n := m.Must("pattern"); n != nil {
		if tree := compile(n); tree != nil {
			p.branches = b.branches(tree)
		}
	}
	if n := m.Key("exclude"); n != nil {
		if tree := compile(n); tree != nil {
			p.exclude = &pattern{branches: b.branches(tree)}
		}
	}
	return p
}

// branches parts a pattern that compiles at its outermost alternatives. Those
// without literals stay together: they are matched against every turn anyway.
func (b *builder) branches(tree *syntax.Regexp) []branch {
	var out []branch
	var rest []*syntax.Regexp
	digits := math.MaxInt
	for _, alternative := range alternatives(tree) {
		if required := b.required(alternative); required != nil {
			out = append(out, newBranch(alternative, required))
			continue
		}
		rest = append(rest, alternative)
		digits = min(digits, digitRun(alternative))
	}
	if rest != nil {
		out = append(out, branch{match: newExpression(&syntax.Regexp{Op: syntax.OpAlternate, Sub: rest}), digits: digits})
		b.digits(digits)
	}
	return out
}

// alternatives are the outermost alternatives of a pattern, itself if it has none.
func alternatives(re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpCapture:
		return alternatives(re.Sub[0])
	case syntax.OpAlternate:
		return re.Sub
	}
	return []*syntax.Regexp{re}
}

func (p *pattern) judge(e *Evaluation, turns []int) outcome {
	from := len(e.spans)
	for _, t := range p.candidates(e, turns) {
		if e.stopped() {
			break
		}
		text, n := e.in.Folded[t].Text, turnPlaces
		if len(e.spans)-from >= mostPlaces {
			n = 1
		}
		places := p.find(e, &e.machine, t, text, n)
		if len(places) == 0 || p.exclude != nil && len(p.exclude.find(e, &e.excluded, t, text, 1)) > 0 {
			continue
		}
		for _, at := range places[:min(n, len(places))] {
			e.spans = append(e.spans, e.span(t, at[0], at[1]))
		}
	}
	return hitIf(e.spans[from:len(e.spans):len(e.spans)])
}

// candidates are the turns in which a match is not ruled out by what each branch
// needs. They are good until other candidates are asked for.
func (p *pattern) candidates(e *Evaluation, turns []int) []int {
	if len(turns) == 0 {
		return nil
	}
	x, found := e.scanned(), e.candidates[:0]
	for i := range p.branches {
		b := &p.branches[i]
		switch {
		case b.required != nil:
			found = b.turns(x, found, turns)
		case b.digits == 0:
			return turns
		case x.longest >= b.digits:
			for _, t := range turns {
				if x.digits[t] >= b.digits {
					found = append(found, t)
				}
			}
		}
	}
	if !slices.IsSorted(found) {
		slices.Sort(found)
	}
	found = slices.Compact(found)
	e.candidates = found
	return found
}

// turns appends those of the given turns with a literal of the list that is in
// the session least.
func (b *branch) turns(x *index, found, turns []int) []int {
	var least []int32
	fewest := int32(math.MaxInt32)
	for _, list := range b.required {
		n := int32(0)
		for _, id := range list {
			n += x.of[id].n
		}
		if n < fewest {
			least, fewest = list, n
		}
	}
	if fewest == 0 {
		return found
	}
	for _, id := range least {
		g := x.of[id]
		places := x.places[g.from:][:g.n]
		places = places[firstFrom(places, turns[0]):]
		rest := turns
		for len(places) > 0 && int(places[0].turn) <= turns[len(turns)-1] {
			t := int(places[0].turn)
			i, in := slices.BinarySearch(rest, t)
			if rest = rest[i:]; in {
				found = append(found, t)
			}
			places = places[firstFrom(places, t+1):]
		}
	}
	return found
}

// places are the matches in a turn, from left to right; of those that overlap
// the leftmost, and of several that begin there the longest. They are good until
// other places are asked for.
func (p *pattern) places(e *Evaluation, turn int, text string) []place {
	return p.find(e, &e.machine, turn, text, turnPlaces)
}

// find looks for at most so many matches of each branch.
func (p *pattern) find(e *Evaluation, m *machine, turn int, text string, most int) []place {
	m.found = m.found[:0]
	matched := 0
	for i := range p.branches {
		b, n := &p.branches[i], len(m.found)
		if b.places(m, text, e.mayMatch(turn, b), most); len(m.found) > n {
			matched++
		}
	}
	if matched < 2 {
		return m.found
	}
	slices.SortFunc(m.found, func(a, b place) int { return cmp.Or(a[0]-b[0], b[1]-a[1]) })
	end := 0
	return slices.DeleteFunc(m.found, func(at place) bool {
		if at[0] < end {
			return true
		}
		end = at[1]
		return false
	})
}

// maxPattern bounds a pattern's bytes.
const maxPattern = 4096

// compile reads a pattern's syntax tree; nil, with a problem, when it cannot be
// used.
func compile(n *scorecard.Node) *syntax.Regexp { return compileWith(n, "") }

// compileWith is compile for texts in which some characters stand that folding
// replaces.
func compileWith(n *scorecard.Node, standing string) *syntax.Regexp {
	s := n.NonEmpty()
	if s == "" {
		return nil
	}
	if len(s) > maxPattern {
		n.Problem(nil, "the pattern has %d bytes, more than %d", len(s), maxPattern)
		return nil
	}
	tree, err := syntax.Parse(s, syntax.Perl|syntax.FoldCase)
	if err != nil {
		n.Problem(nil, "%s", syntaxProblem(err))
		return nil
	}
	if leastLength(tree) == 0 {
		n.Problem(nil, "the pattern matches the empty text, so it would match everywhere")
	}
	for _, r := range slices.Compact(slices.Sorted(slices.Values(neverMatch(tree)))) {
		if strings.ContainsRune(standing, r) {
			continue
		}
		n.Problem(nil, "texts are matched folded, where %q never stands: write `%s`", r, regexp.QuoteMeta(fold(r)))
	}
	smallen(tree)
	return tree
}

// smallen writes a pattern's literals in small letters where folded texts have
// no others, instead of having every letter compared in all its cases: regexp
// looks for such literals many times faster.
func smallen(re *syntax.Regexp) {
	if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase != 0 && oneSmallForm(re.Rune) {
		for i, r := range re.Rune {
			re.Rune[i] = unicode.ToLower(r)
		}
		re.Flags &^= syntax.FoldCase
	}
	for _, s := range re.Sub {
		smallen(s)
	}
}

// oneSmallForm reports whether folding leaves one form of every letter: ASCII,
// and letters without cases.
func oneSmallForm(runes []rune) bool {
	return !slices.ContainsFunc(runes, func(r rune) bool { return r > unicode.MaxASCII && unicode.SimpleFold(r) != r })
}

func syntaxProblem(err error) string {
	se, ok := errors.AsType[*syntax.Error](err)
	switch {
	case !ok:
		return err.Error()
	case se.Code == syntax.ErrMissingParen && len(se.Expr) > 3 && (se.Expr[:3] == "(?<" || se.Expr[:3] == "(?!"),
		se.Code == syntax.ErrInvalidPerlOp, se.Code == syntax.ErrInvalidNamedCapture && len(se.Expr) > 3 && se.Expr[:3] == "(?<":
		return "no look-ahead or look-behind (" + se.Expr + ") in RE2: put what must not be there into exclude"
	case se.Code == syntax.ErrInvalidEscape && len(se.Expr) == 2 && '1' <= se.Expr[1] && se.Expr[1] <= '9':
		return "no back-reference (" + se.Expr + ") in RE2: write the alternatives out"
	}
	return se.Code.String() + ": " + se.Expr
}

// leastLength is a lower bound of the runes a match has; 0 when it may be empty.
func leastLength(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return leastLength(re.Sub[0])
	case syntax.OpRepeat:
		return min(re.Min, 1) * leastLength(re.Sub[0])
	case syntax.OpConcat:
		sum := 0
		for _, s := range re.Sub {
			sum += leastLength(s)
		}
		return sum
	case syntax.OpAlternate:
		least := leastLength(re.Sub[0])
		for _, s := range re.Sub[1:] {
			least = min(least, leastLength(s))
		}
		return least
	}
	return 0
}

// smallClass is the size up to which a character class is taken for a list of
// characters that somebody wrote out.
const smallClass = 64

// neverMatch lists the characters of a pattern that folding replaces. In a
// class they do no harm as long as what replaces them is in it too.
func neverMatch(re *syntax.Regexp) []rune {
	var out []rune
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 {
				r = unicode.ToLower(r)
			}
			if fold(r) != string(r) {
				out = append(out, r)
			}
		}
	case syntax.OpCharClass:
		runes := members(re, smallClass)
		for _, r := range runes {
			if f := fold(r); f != string(r) && !anyIn(f+fold(unicode.ToLower(r)), runes) {
				out = append(out, unicode.ToLower(r))
			}
		}
	}
	for _, s := range re.Sub {
		out = append(out, neverMatch(s)...)
	}
	return out
}

func fold(r rune) string { return transcript.Fold(string(r)).Text }

func anyIn(text string, runes []rune) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return slices.Contains(runes, r) })
}

// members lists a class's characters; nil when they are more than most.
func members(re *syntax.Regexp, most int) []rune {
	var out []rune
	for i := 0; i < len(re.Rune); i += 2 {
		if int(re.Rune[i+1]-re.Rune[i]) >= most-len(out) {
			return nil
		}
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			out = append(out, r)
		}
	}
	return out
}

// nearest is a turn that matched, and exclude as well.
func (p *pattern) nearest(e *Evaluation, turns []int) (Near, bool) {
	if p.exclude == nil {
		return Near{}, false
	}
	for _, t := range turns {
		text := e.in.Folded[t].Text
		places := p.places(e, t, text)
		if len(places) == 0 {
			continue
		}
		if not := p.exclude.find(e, &e.excluded, t, text, turnPlaces); len(not) > 0 {
			return Near{t, fmt.Sprintf("%s matched, but exclude matched %s", e.quoted(t, places[0][0], places[0][1]), e.quoted(t, not[0][0], not[0][1]))}, true
		}
	}
	return Near{}, false
}
