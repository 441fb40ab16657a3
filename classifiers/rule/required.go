package rule

import (
	"cmp"
	"math/bits"
	"regexp/syntax"
	"slices"
	"strings"
)

// Bounds of what is worth looking for before a regular expression is run:
// short literals are everywhere, and long lists cost more than they save.
const (
	leastRequired = 2 // bytes
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
	if len(s) < leastRequired || strings.TrimSpace(s) == "" || !oneSmallForm(runes) {
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
	for _, list := range b.required {
		if !e.occurs(list) {
			return 0
		}
	}
	least := ^uint64(0)
	for _, list := range b.required {
		here := blocksOf(e.presences(turn), list)
		if here == 0 {
			return 0
		}
		if bits.OnesCount64(here) < bits.OnesCount64(least) {
			least = here
		}
	}
	return least
}

// blocksOf joins the blocks of a list's literals. Both lists ascend.
func blocksOf(present []presence, list []int32) uint64 {
	blocks := uint64(0)
	for _, id := range list {
		i, ok := slices.BinarySearchFunc(present, id, func(p presence, id int32) int { return cmp.Compare(p.id, id) })
		if ok {
			blocks |= present[i].blocks
		}
		present = present[i:]
	}
	return blocks
}
