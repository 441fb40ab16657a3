package rule

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"unicode/utf8"
)

// expression is a compiled regular expression. It finds what package regexp
// finds, but without allocating, unless the text is very long.
type expression struct {
	re    func() *regexp.Regexp // for very long texts; compiled when it is first asked for
	prog  *syntax.Prog
	first [4]uint64 // the bytes that a match may begin with
	wide  uint64    // the last six bits of characters of three bytes that it may begin with

	choice  []int // by instruction: its number among those that are choices
	choices int
}

// newExpression compiles a syntax tree that was parsed. It does not go through
// the tree's text: to write one down takes milliseconds for each class of many
// characters.
func newExpression(re *syntax.Regexp) *expression {
	x := &expression{re: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(re.String()) })}
	var err error
	if x.prog, err = syntax.Compile(re.Simplify()); err != nil {
		panic(err) // Compile never fails
	}
	x.begin(x.prog.Start, make([]bool, len(x.prog.Inst)))
	for i := range x.prog.Inst {
		x.choice = append(x.choice, x.choices)
		if op := x.prog.Inst[i].Op; op == syntax.InstAlt || op == syntax.InstAltMatch {
			x.choices++
		}
	}
	return x
}

// begin notes the bytes with which a match from an instruction on may begin.
func (x *expression) begin(pc int, seen []bool) {
	if seen[pc] {
		return
	}
	seen[pc] = true
	switch i := &x.prog.Inst[pc]; i.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		x.begin(int(i.Out), seen)
		x.begin(int(i.Arg), seen)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		x.begin(int(i.Out), seen)
	case syntax.InstRune1, syntax.InstRune, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		for b := range utf8.RuneSelf {
			if i.MatchRune(rune(b)) {
				x.first[b>>6] |= 1 << (b & 63)
			}
		}
		x.beginWide(i)
	case syntax.InstMatch: // the empty text
		x.first = [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
		x.wide = ^uint64(0)
	}
}

// beginWide notes the characters beyond ASCII that an instruction takes: one by
// one when they are few.
func (x *expression) beginWide(i *syntax.Inst) {
	few := i.Op == syntax.InstRune1 || i.Op == syntax.InstRune && syntax.Flags(i.Arg)&syntax.FoldCase == 0
	for k := 0; few && k+1 < len(i.Rune); k += 2 {
		few = i.Rune[k+1]-i.Rune[k] < 8
	}
	if !few || len(i.Rune) > 32 {
		x.first[2], x.first[3], x.wide = ^uint64(0), ^uint64(0), ^uint64(0)
		return
	}
	for k := 0; k < len(i.Rune); k += 2 {
		for r := i.Rune[k]; r <= i.Rune[min(k+1, len(i.Rune)-1)]; r++ {
			if s := string(r); r >= utf8.RuneSelf {
				x.first[s[0]>>6] |= 1 << (s[0] & 63)
				x.wide |= 1 << (s[len(s)-1] & 63)
			}
		}
	}
}

// mayBegin reports whether a match may begin with the character at i.
func (x *expression) mayBegin(text string, i int) bool {
	b := text[i]
	if x.first[b>>6]>>(b&63)&1 == 0 || !utf8.RuneStart(b) {
		return false
	}
	return b < 0xe0 || b >= 0xf0 || i+2 >= len(text) || x.wide>>(text[i+2]&63)&1 != 0
}

// machine is the memory of matching.
type machine struct {
	visited []uint32 // bits by choice and place
	stack   []thread
	found   []place
}

// thread is an instruction that is still to be tried at a place.
type thread struct{ pc, at int32 }

// place is a match from the first to the second offset.
type place [2]int

// mostVisited bounds the bits of machine.visited: longer texts are left to
// package regexp.
const mostVisited = 16 << 20

// findAll appends the matches in a text, of which there are at most n, to
// m.found, with shift added to their offsets.
func (x *expression) findAll(m *machine, text string, shift, n int) {
	if x.choices*(len(text)+1) > mostVisited {
		for _, at := range x.re().FindAllStringIndex(text, n) {
			m.found = append(m.found, place{shift + at[0], shift + at[1]})
		}
		return
	}
	m.forget(x.choices * (len(text) + 1))
	for from := 0; n > 0; n-- {
		start, end := x.find(m, text, from)
		if start < 0 {
			return
		}
		m.found = append(m.found, place{shift + start, shift + end})
		from = end
		for choice := range x.choices { // what was tried at end may not have failed but matched
			bit := choice*(len(text)+1) + end
			m.visited[bit>>5] &^= 1 << (bit & 31)
		}
	}
}

// forget makes room for bits that are all 0.
func (m *machine) forget(bits int) {
	m.visited = slices.Grow(m.visited[:0], bits/32+1)[:bits/32+1]
	clear(m.visited)
}

// find is the first match that begins at from or later; −1 is none. As all ways
// to match are tried in order of preference, and what failed once at a place
// fails there again, it takes at most a step for each instruction and place.
func (x *expression) find(m *machine, text string, from int) (start, end int) {
	for start = from; start < len(text); start++ {
		if !x.mayBegin(text, start) {
			continue
		}
		if end = x.try(m, text, start); end >= 0 {
			return start, end
		}
	}
	return -1, -1
}

// try is where the preferred match ends that begins at start; −1 is none.
func (x *expression) try(m *machine, text string, start int) int {
	m.stack = append(m.stack[:0], thread{int32(x.prog.Start), int32(start)})
	for len(m.stack) > 0 {
		t := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		if end := x.follow(m, text, int(t.pc), int(t.at)); end >= 0 {
			return end
		}
	}
	return -1
}

// follow goes on from an instruction, leaving second choices on the stack, until
// it matches or fails. Choices are what makes ways meet: only they are noted.
func (x *expression) follow(m *machine, text string, pc, at int) int {
	for {
		i := &x.prog.Inst[pc]
		switch i.Op {
		case syntax.InstMatch:
			return at
		case syntax.InstFail:
			return -1
		case syntax.InstAlt, syntax.InstAltMatch:
			bit := x.choice[pc]*(len(text)+1) + at
			if m.visited[bit>>5]>>(bit&31)&1 != 0 {
				return -1
			}
			m.visited[bit>>5] |= 1 << (bit & 31)
			m.stack = append(m.stack, thread{int32(i.Arg), int32(at)})
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(i.Arg)&^contextAt(text, at) != 0 {
				return -1
			}
		case syntax.InstCapture, syntax.InstNop:
		default:
			if at == len(text) {
				return -1
			}
			r, n := rune(text[at]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRuneInString(text[at:])
			}
			if !takes(i, r) {
				return -1
			}
			at += n
		}
		pc = int(i.Out)
	}
}

// takes reports whether an instruction matches a character.
func takes(i *syntax.Inst, r rune) bool {
	switch i.Op {
	case syntax.InstRune1:
		return r == i.Rune[0]
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return i.MatchRune(r)
}

// contextAt is which empty texts match at a place. What stands beside it matters
// only as far as it is a word's character of ASCII: one byte is enough.
func contextAt(text string, at int) syntax.EmptyOp {
	before, after := rune(-1), rune(-1)
	if at > 0 {
		before = rune(text[at-1])
	}
	if at < len(text) {
		after = rune(text[at])
	}
	return syntax.EmptyOpContext(before, after)
}
