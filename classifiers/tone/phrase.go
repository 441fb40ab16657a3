package tone

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// A phrase is compiled into steps, each with its ways on. Only its beginning
// is in the trie; the rest is followed where the beginning was found.
type step struct {
	lit  string
	gap  bool
	last bool
	next []*step
}

// gap is how far the parts of a phrase may stand apart, in bytes: about
// twelve Chinese characters or half a dozen English words.
const gap = 36

// compile reads literals, groups "(a|b|)", which may be empty and stand inside
// one another, and gaps "..".
func compile(phrase string) ([]*step, error) {
	p := parser{src: strings.TrimSpace(phrase)}
	seq := p.sequence()
	if p.pos < len(p.src) || p.open != 0 {
		return nil, fmt.Errorf("phrase %q: parentheses or bars do not fit at byte %d", phrase, p.pos)
	}
	start := link(seq, []*step{{last: true}})
	if err := checkBlanks(start); err != nil {
		return nil, fmt.Errorf("phrase %q: %w", phrase, err)
	}
	return start, nil
}

// item is a piece of a phrase before it is linked: a literal, a gap, or a group.
type item struct {
	lit   string
	gap   bool
	group [][]item
}

type parser struct {
	src  string
	pos  int
	open int // groups that are not closed
}

// sequence reads up to the end of the group or of the phrase.
func (p *parser) sequence() []item {
	var seq []item
	for p.pos < len(p.src) {
		rest := p.src[p.pos:]
		n := strings.IndexAny(rest, "(|)")
		if n < 0 {
			n = len(rest)
		}
		seq = append(seq, literals(rest[:n])...)
		if p.pos += n; p.pos == len(p.src) || p.src[p.pos] != '(' {
			break
		}
		seq = append(seq, p.group())
	}
	return seq
}

func (p *parser) group() item {
	p.open++
	var it item
	for p.pos < len(p.src) && p.src[p.pos] != ')' {
		p.pos++ // "(" or "|"
		it.group = append(it.group, p.sequence())
	}
	if p.pos < len(p.src) {
		p.pos++
		p.open--
	}
	return it
}

// literals cuts a literal at its gaps. Blanks beside a gap belong to the gap.
func literals(s string) []item {
	var out []item
	pieces := strings.Split(s, "..")
	for i, piece := range pieces {
		if i > 0 {
			out = append(out, item{gap: true})
			piece = strings.TrimLeft(piece, " ")
		}
		if i < len(pieces)-1 {
			piece = strings.TrimRight(piece, " ")
		}
		if piece != "" {
			out = append(out, item{lit: levelInner(piece)})
		}
	}
	return out
}

// level writes a phrase as view writes texts.
func level(s string) string { return look(transcript.Fold(strings.TrimSpace(s)).Text).text }

// levelInner is level for a piece of a phrase, whose outer blanks count.
func levelInner(s string) string {
	out := level(s)
	if s[0] == ' ' {
		out = " " + out
	}
	if out != " " && s[len(s)-1] == ' ' {
		out += " "
	}
	return out
}

// link makes the steps of seq, which lead to then.
func link(seq []item, then []*step) []*step {
	for i := len(seq) - 1; i >= 0; i-- {
		it := seq[i]
		if it.group == nil {
			then = []*step{{lit: it.lit, gap: it.gap, next: then}}
			continue
		}
		var ways []*step
		for _, way := range it.group {
			ways = append(ways, link(way, then)...)
		}
		then = ways
	}
	return then
}

// checkBlanks refuses phrases that begin with a gap or a blank, are empty, or may end in
// a blank, because a blank before an empty form was not put inside the group.
func checkBlanks(start []*step) error {
	for _, s := range start {
		if s.gap || s.last || strings.HasPrefix(s.lit, " ") {
			return errors.New("begins with a gap or a blank, or may be empty")
		}
	}
	return checkEnds(start, map[*step]bool{})
}

func checkEnds(steps []*step, seen map[*step]bool) error {
	for _, s := range steps {
		if seen[s] {
			continue
		}
		seen[s] = true
		if strings.HasSuffix(s.lit, " ") && slices.ContainsFunc(s.next, func(n *step) bool { return n.last }) {
			return errors.New("may end in a blank: put the blank inside the group that may be empty")
		}
		if err := checkEnds(s.next, seen); err != nil {
			return err
		}
	}
	return nil
}

// headBytes is how long the beginning of a phrase in the trie is at least: two
// Chinese characters, or a short word and a half.
const headBytes = 5

// head is the beginning of a phrase and its ways on.
type head struct {
	text string
	next []*step
}

// heads writes out the beginnings of a phrase.
func heads(start []*step, before string) []head {
	var out []head
	for _, s := range start {
		text := join(before, s.lit)
		done := len(text) >= headBytes || slices.ContainsFunc(s.next, func(n *step) bool { return n.gap || n.last })
		if done {
			out = append(out, head{text, s.next})
		} else {
			out = append(out, heads(s.next, text)...)
		}
	}
	return out
}

// join puts two pieces together with one blank where both have one.
func join(a, b string) string {
	if strings.HasSuffix(a, " ") {
		b = strings.TrimPrefix(b, " ")
	}
	return a + b
}

// match is how far a phrase reached; end is 0 when it does not fit.
type match struct {
	end    int
	gapEnd int // where the part after the last gap begins; 0 without a gap
}

// follow finds the longest of the ways through s from m.end on.
func follow(ways []*step, s string, m match) match {
	best := match{}
	for _, w := range ways {
		var got match
		switch {
		case w.last:
			if atEdge(s, m.end) {
				got = m
			}
		case w.gap:
			got = followGap(w.next, s, m)
		default:
			lit := w.lit
			if s[m.end-1] == ' ' {
				lit = strings.TrimPrefix(lit, " ")
			}
			if strings.HasPrefix(s[m.end:], lit) {
				got = follow(w.next, s, match{m.end + len(lit), m.gapEnd})
			}
		}
		if got.end > best.end {
			best = got
		}
	}
	return best
}

// followGap tries the ways at the places that the gap reaches, nearest first.
func followGap(ways []*step, s string, m match) match {
	if !atEdge(s, m.end) {
		return match{}
	}
	for at := m.end; at <= min(len(s)-1, m.end+gap); at++ {
		if utf8.RuneStart(s[at]) && atEdge(s, at) {
			if got := follow(ways, s, match{at, at}); got.end > 0 {
				return got
			}
		}
	}
	return match{}
}

// atEdge reports whether i does not cut an ASCII word of s.
func atEdge(s string, i int) bool {
	return i == 0 || i == len(s) || !isWord(s[i]) || !isWord(s[i-1])
}

// indexWord is strings.Index for whole words.
func indexWord(s, sub string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], sub)
		if i < 0 {
			return -1
		}
		i += from
		if atEdge(s, i+len(sub)) && atEdge(s, i) {
			return i
		}
		from = i + 1
	}
}
