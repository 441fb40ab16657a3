package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// part is a sentence of a text, or a clause of one, as it is compared.
type part struct {
	start, end int // bytes of the original text
	clause     bool
	leaf       bool // has no clauses of its own
	text       string
	sentence   string // that a clause is of, folded; of a sentence its own
	content    map[string]bool
	terms      map[string]bool // the same without figures and without what turns a meaning round
	chars      map[string]bool // the same in single Han characters
	quantities []quantity
	bare       []float64 // figures that count nothing that is said
	asks       bool      // is a question
	depends    bool      // says when something else holds
	aim        aim       // of a clause of the solution
}

// fold is transcript.Fold, with one apostrophe.
func fold(text string) string { return strings.ReplaceAll(transcript.Fold(text).Text, "’", "'") }

// parts returns the sentences of a text and their clauses.
func parts(text string) []part {
	var out []part
	for _, s := range cut(text, 0, len(text), endsSentence) {
		clauses := cut(text, s[0], s[1], endsClause)
		sentence := newPart(text, s[0], s[1])
		sentence.leaf, sentence.sentence = len(clauses) < 2, sentence.text
		out = append(out, sentence)
		if len(clauses) < 2 {
			continue
		}
		for _, c := range clauses {
			p := newPart(text, c[0], c[1])
			p.clause, p.leaf, p.sentence = true, true, sentence.text
			p.asks, p.depends = sentence.asks || p.asks, sentence.depends || p.depends
			out = append(out, p)
		}
	}
	return out
}

// cut returns the pieces of text[from:to] that end where ends says, blank ones left out.
func cut(text string, from, to int, ends func(r rune, rest string) bool) [][2]int {
	var out [][2]int
	add := func(start, end int) {
		piece := text[start:end]
		start += len(piece) - len(strings.TrimLeftFunc(piece, unicode.IsSpace))
		end -= len(piece) - len(strings.TrimRightFunc(piece, unicode.IsSpace))
		if start < end {
			out = append(out, [2]int{start, end})
		}
	}
	start := from
	for i := from; i < to; {
		r, n := utf8.DecodeRuneInString(text[i:to])
		i += n
		if ends(r, text[i:to]) {
			add(start, i)
			start = i
		}
	}
	add(start, max(start, to))
	return out
}

// endsSentence reports whether r ends a sentence before rest.
func endsSentence(r rune, rest string) bool {
	switch r {
	case '。', '；', '！', '？', '\n', ';', '!', '?':
		return true
	case '.':
		next, _ := utf8.DecodeRuneInString(rest)
		return rest == "" || unicode.IsSpace(next)
	}
	return false
}

// openers begin a clause that holds only in another case.
var openers = []string{"unless ", "otherwise ", "except ", "but ", "if ", "however "}

func endsClause(r rune, rest string) bool {
	switch r {
	case '，':
		return true
	case ',':
		next, _ := utf8.DecodeRuneInString(rest)
		return !unicode.IsDigit(next)
	case ' ':
		rest = strings.ToLower(rest[:min(len(rest), 12)])
		for _, o := range openers {
			if strings.HasPrefix(rest, o) {
				return true
			}
		}
	}
	return false
}

func newPart(text string, start, end int) part {
	p := part{start: start, end: end, text: fold(text[start:end])}
	p.asks = asks(p.text)
	p.depends = hasAny(" "+p.text, "如果", "要是", "的话", "除非", " if ", " unless ", " except ", " otherwise ", " whether ", "否则", "不然", "是否")
	var plain string
	p.quantities, p.bare, plain = quantities(p.text)
	p.content, p.chars = contentTerms(p.text), map[string]bool{}
	p.terms = p.content
	if bare := withoutSigns(plain); len(p.quantities) > 0 || bare != spaced(plain) {
		plain, p.terms = bare, contentTerms(bare)
	}
	for _, r := range plain {
		if unicode.Is(unicode.Han, r) && !strings.ContainsRune(emptyHan, r) {
			p.chars[string(r)] = true
		}
	}
	return p
}

// asks reports whether a folded sentence is a question.
func asks(text string) bool {
	return endsAny(strings.TrimRight(text, "。，, "), "?", "没有", "了没", "不") || hasAny(text, "吗", "呢", "是不是", "能不能", "有没有")
}

func endsAny(text string, ends ...string) bool {
	for _, e := range ends {
		if strings.HasSuffix(text, e) {
			return true
		}
	}
	return false
}

func hasAny(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// like returns how alike two parts are by Dice's coefficient of their terms, and
// how much of the first is in the second, by terms or else by single characters.
func like(said, right *part) (dice, covered float64, both int) {
	for t := range said.terms {
		if right.terms[t] {
			both++
		}
	}
	chars := 0
	for c := range said.chars {
		if right.chars[c] {
			chars++
		}
	}
	dice = ratio(2*both, len(said.terms)+len(right.terms))
	covered = ratio(both, len(said.terms))
	if chars >= leastChars && len(said.chars) > 0 {
		dice = max(dice, ratio(2*chars, len(said.chars)+len(right.chars)))
		covered = max(covered, ratio(chars, len(said.chars)))
		both = max(both, chars-1)
	}
	return dice, covered, both
}

// leastChars is how many single characters two parts must share for these to count.
const leastChars = 3

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
