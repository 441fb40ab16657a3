package rule

import (
	"cmp"
	"math"
	"math/bits"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is worth looking for before a regular expression is run:
// short literals are everywhere, and long lists cost more than they save.
const (
	leastRequired = 2 // bytes, or one of rareSigns
	rareSigns     = "@#$%&*+=<>|~^"
	mostRequired  = 400
)

// required returns lists of literals: a text that re matches contains one of
// each list. There is none when nothing is worth looking for.
func (b *builder) required(re *syntax.Regexp) [][]int32 {
	if re == nil {
		return nil
	}
	var lists [][]int32
	for _, texts := range required(re) {
		var ids []int32
		for _, s := range texts {
			id, ok := b.literal(s)
			if !ok || b.size > maxLiterals {
				return nil
			}
			ids = append(ids, id)
		}
		slices.Sort(ids)
		lists = append(lists, ids)
	}
	return lists
}

func required(re *syntax.Regexp) [][]string {
	switch re.Op {
	case syntax.OpLiteral:
		return oneList(literalText(re.Rune))
	case syntax.OpCharClass:
		return oneList(classTexts(re))
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var lists [][]string
		for _, s := range re.Sub {
			lists = append(lists, required(s)...)
		}
		return lists
	case syntax.OpAlternate:
		return oneList(requiredByAny(re.Sub))
	}
	return nil
}

func oneList(list []string) [][]string {
	if list == nil {
		return nil
	}
	return [][]string{list}
}

// requiredByAny joins the best lists of all alternatives; nil when one has none.
func requiredByAny(alternatives []*syntax.Regexp) []string {
	var all []string
	for _, s := range alternatives {
		var best []string
		for _, list := range required(s) {
			if shortest(list) > shortest(best) {
				best = list
			}
		}
		if all = append(all, best...); best == nil || len(all) > mostRequired {
			return nil
		}
	}
	return all
}

// literalText is the folded literal; nil when it is short, or has letters with
// more than one folded form.
func literalText(runes []rune) []string {
	s := strings.ToLower(string(runes))
	if len(s) < leastRequired && !strings.Contains(rareSigns, s) || s == "" || strings.TrimSpace(s) == "" || !oneSmallForm(runes) {
		return nil
	}
	return []string{s}
}

func classTexts(re *syntax.Regexp) []string {
	var all []string
	for _, r := range members(re, mostRequired) {
		one := literalText([]rune{r})
		if one == nil {
			return nil
		}
		all = append(all, one...)
	}
	return all
}

func shortest(list []string) int {
	if len(list) == 0 {
		return 0
	}
	n := len(list[0])
	for _, s := range list {
		n = min(n, len(s))
	}
	return n
}

// mayMatch returns the blocks of a turn in which a literal is that every match of
// the branch contains: one of the list that is there least. 0 is no match.
func (e *Evaluation) mayMatch(turn int, b *branch) uint64 {
	if b.required == nil && turn < len(e.scanned().digits) && e.index.digits[turn] < b.digits {
		return 0
	}
	least := ^uint64(0)
	for _, list := range b.required {
		here := e.blocksOf(turn, list)
		if here == 0 {
			return 0
		}
		if bits.OnesCount64(here) < bits.OnesCount64(least) {
			least = here
		}
	}
	if !e.inOrder(turn, b) {
		return 0
	}
	return least
}

// mostChains bounds how many places inOrder looks at.
const mostChains = 50

// inOrder reports whether literals of all lists follow each other in a turn, as
// near together as in a match. Where there are many it does not look.
func (e *Evaluation) inOrder(turn int, b *branch) bool {
	if len(b.required) < 2 {
		return true
	}
	reach := math.MaxInt
	if b.extent.bounded && b.extent.runs == nil {
		reach = b.extent.most * utf8.UTFMax // bytes
	}
	for _, id := range b.required[0] {
		first := inTurn(e.placesOf(id), turn)
		if len(first) > mostChains {
			return true
		}
		for i := range first {
			end := first[i].end
			for _, list := range b.required[1:] {
				if end = e.nextEnd(turn, list, end); int(end-first[i].start) > reach || end < 0 {
					end = -1
					break
				}
			}
			if end >= 0 {
				return true
			}
		}
	}
	return false
}

// nextEnd is where the first literal of a list ends that begins at start or
// later; −1: there is none.
func (e *Evaluation) nextEnd(turn int, list []int32, start int32) int32 {
	end := int32(-1)
	for _, id := range list {
		here := inTurn(e.placesOf(id), turn)
		i, _ := slices.BinarySearchFunc(here, start, func(m match, start int32) int { return cmp.Compare(m.start, start) })
		if i < len(here) && (end < 0 || here[i].end < end) {
			end = here[i].end
		}
	}
	return end
}

// digitRun is how many digits stand together at least in a text that matches.
func digitRun(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return digitRun(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min == 0 {
			return 0
		}
		if isDigit(re.Sub[0]) {
			return re.Min
		}
		return digitRun(re.Sub[0])
	case syntax.OpAlternate:
		least := math.MaxInt
		for _, s := range re.Sub {
			least = min(least, digitRun(s))
		}
		return least
	case syntax.OpConcat:
		return digitsInRow(re.Sub)
	}
	if isDigit(re) {
		return 1
	}
	return 0
}

// digitsInRow joins the digits of neighbours.
func digitsInRow(parts []*syntax.Regexp) int {
	most, run := 0, 0
	for _, s := range parts {
		n := digitRun(s)
		switch {
		case isDigit(s):
			run++
		case s.Op == syntax.OpRepeat && isDigit(s.Sub[0]) || s.Op == syntax.OpPlus && isDigit(s.Sub[0]):
			run += n
		case s.Op == syntax.OpWordBoundary || s.Op == syntax.OpNoWordBoundary:
		default:
			run = 0
		}
		most = max(most, run, n)
	}
	return most
}

// isDigit reports whether an expression is one digit of ASCII.
func isDigit(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) == 1 && '0' <= re.Rune[0] && re.Rune[0] <= '9'
	case syntax.OpCharClass:
		return len(re.Rune) > 0 && re.Rune[0] >= '0' && re.Rune[len(re.Rune)-1] <= '9'
	}
	return false
}
