package rule

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// A phrase of the kind pattern is text with wildcards:
//
//	neighbo*         any letters where the word goes on; *tion, un*ed
//	credit * card    one word, or one Chinese character, in the place of *
//	退*款            up to four characters between Chinese ones
//	(a|b c)          one of several phrases, also within others
//	[num]            a number: 3, 1,234.5, 3.5万, 一百二十, one hundred and twenty
//	\*               the character itself
//
// It is read in the folded form of texts. Its ends are ends of words, as those
// of keywords are. Blanks match any run of blanks, and none beside Chinese.
//
// A phrase becomes a regular expression, so that the literals in it rule turns
// out before anything is matched.

// phrasePart is a part of a phrase.
type phrasePart struct {
	kind partKind
	text string
	alts [][]phrasePart // of partAny
	at   int            // where it begins in the folded phrase
}

type partKind byte

const (
	partText   partKind = iota
	partBlank           // between words
	partStar            // *
	partNumber          // [num]
	partAny             // (a|b)
)

// Bounds of a phrase: characters, and how deep alternatives are nested.
const (
	phraseRunes = 300
	phraseDepth = 5
)

// Regular expressions over folded text. Letters are those of alphabetic scripts.
const (
	letters   = `0-9a-z\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{1fff}\x{2c00}-\x{2dff}`
	anyWord   = `(?:[` + letters + `']+|\p{Han})`
	inBetween = `[` + letters + `\p{Han}]{0,4}`

	numberWord = `(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|` +
		`twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion)`
	anyNumber = `(?:(?:[0-9][0-9,.]*[0-9]|[0-9])[百千万亿]?|[〇零一二三四五六七八九十百千万亿两点半]{1,20}|\b` + numberWord + `(?:(?: |-| and | point )` + numberWord + `){0,6}\b)`
)

// phrase reads a phrase into a regular expression over folded text; nil, with a
// problem that names the place, when it cannot be used.
func phrase(n *scorecard.Node) *syntax.Regexp {
	text := n.NonEmpty()
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if c := utf8.RuneCountInString(text); c > phraseRunes {
		n.Problem(nil, "the phrase has %d characters, more than %d", c, phraseRunes)
		return nil
	}
	tree, err := parsePhrase(text)
	if err != nil {
		n.Problem([]string{"words", "* for any letters", "(a|b)", "[num]", `\ before a character that stands for itself`}, "%s", err)
	}
	return tree
}

func parsePhrase(text string) (*syntax.Regexp, error) {
	p := &phraseParser{folded: transcript.Fold(text), text: text}
	parts, err := p.sequence(0)
	if err == nil && p.at < len(p.folded.Text) {
		err = p.mistake(p.at, `")" without "("`)
	}
	if err == nil && !solid(parts) {
		err = p.mistake(0, "nothing but wildcards and blanks would match everywhere")
	}
	if err != nil {
		return nil, err
	}
	w := phraseWriter{parser: p}
	w.sequence(parts, 0, 0)
	if w.err != nil {
		return nil, w.err
	}
	tree, err := syntax.Parse(w.b.String(), syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the phrase is too large: %w", err)
	}
	return tree, nil
}

// solid reports whether every text that matches has something that the phrase names.
func solid(parts []phrasePart) bool {
	for _, p := range parts {
		switch p.kind {
		case partText, partNumber:
			return true
		case partAny:
			all := true
			for _, alt := range p.alts {
				all = all && solid(alt)
			}
			if all {
				return true
			}
		}
	}
	return false
}

type phraseParser struct {
	text   string
	folded transcript.Folded
	at     int
}

// mistake is an error with its place in the phrase as it is written, in characters from 1.
func (p *phraseParser) mistake(at int, format string, args ...any) error {
	from, _ := p.folded.Span(at, at+1)
	return fmt.Errorf("character %d of %q: %s", utf8.RuneCountInString(p.text[:from])+1, p.text, fmt.Sprintf(format, args...))
}

// sequence reads parts up to the end, or to what ends an alternative.
func (p *phraseParser) sequence(depth int) ([]phrasePart, error) {
	var parts []phrasePart
	for p.at < len(p.folded.Text) {
		if c := p.folded.Text[p.at]; c == ')' || c == '|' && depth > 0 {
			break
		}
		part, err := p.part(depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	for len(parts) > 0 && parts[0].kind == partBlank {
		parts = parts[1:]
	}
	for len(parts) > 0 && parts[len(parts)-1].kind == partBlank {
		parts = parts[:len(parts)-1]
	}
	return parts, nil
}

func (p *phraseParser) part(depth int) (phrasePart, error) {
	rest, part := p.folded.Text[p.at:], phrasePart{at: p.at}
	switch {
	case rest[0] == '*':
		part.kind = partStar
		p.at++
		if strings.HasPrefix(rest, "**") {
			return part, p.mistake(p.at, `one "*" is enough`)
		}
	case rest[0] == ' ':
		part.kind = partBlank
		p.at += len(rest) - len(strings.TrimLeft(rest, " "))
	case strings.HasPrefix(rest, "[num]"):
		part.kind = partNumber
		p.at += len("[num]")
	case rest[0] == '[' || rest[0] == ']':
		return part, p.mistake(p.at, `only [num] stands in brackets; write \[ for a bracket`)
	case rest[0] == '|':
		return part, p.mistake(p.at, `alternatives stand in parentheses: (a|b)`)
	case rest[0] == '(':
		return p.alternatives(depth)
	default:
		return part, p.literal(&part)
	}
	return part, nil
}

// literal reads text up to the next character that means something.
func (p *phraseParser) literal(part *phrasePart) error {
	for p.at < len(p.folded.Text) {
		rest := p.folded.Text[p.at:]
		if rest[0] == '\\' {
			if len(rest) == 1 {
				return p.mistake(p.at, `nothing follows \`)
			}
			rest = rest[1:]
			p.at++
		} else if strings.IndexByte("*[](|) ", rest[0]) >= 0 {
			return nil
		}
		_, n := utf8.DecodeRuneInString(rest)
		part.text += rest[:n]
		p.at += n
	}
	return nil
}

func (p *phraseParser) alternatives(depth int) (phrasePart, error) {
	part := phrasePart{kind: partAny, at: p.at}
	if depth == phraseDepth {
		return part, p.mistake(p.at, "parentheses are nested deeper than %d", phraseDepth)
	}
	for {
		p.at++ // ( or |
		from := p.at
		alt, err := p.sequence(depth + 1)
		switch {
		case err != nil:
			return part, err
		case p.at == len(p.folded.Text):
			return part, p.mistake(part.at, `")" is missing`)
		case len(alt) == 0:
			return part, p.mistake(from, "an alternative is empty")
		}
		part.alts = append(part.alts, alt)
		if p.folded.Text[p.at] == ')' {
			p.at++
			return part, nil
		}
	}
}

// phraseWriter writes parts as a regular expression.
type phraseWriter struct {
	parser *phraseParser
	b      strings.Builder
	err    error
}

// sequence writes parts that stand between two characters; 0 is an end of the phrase.
func (w *phraseWriter) sequence(parts []phrasePart, before, after rune) {
	for i, p := range parts {
		left, right := before, after
		if i > 0 {
			left = lastOf(parts[i-1])
		}
		if i < len(parts)-1 {
			right = firstOf(parts[i+1])
		}
		w.part(p, left, right)
	}
}

func (w *phraseWriter) part(p phrasePart, left, right rune) {
	switch p.kind {
	case partText:
		w.edge(left, firstOf(p))
		w.b.WriteString(regexp.QuoteMeta(p.text))
		w.edge(right, lastOf(p))
	case partBlank:
		w.b.WriteString(map[bool]string{true: " *", false: " +"}[partsWords(left) || partsWords(right)])
	case partNumber:
		w.b.WriteString(anyNumber)
	case partStar:
		w.star(p, left, right)
	case partAny:
		w.b.WriteString("(?:")
		for i, alt := range p.alts {
			if i > 0 {
				w.b.WriteByte('|')
			}
			w.sequence(alt, left, right)
		}
		w.b.WriteByte(')')
	}
}

// edge writes that a word ends where the phrase does. Letters beyond ASCII, and
// numbers, which may be Chinese, are checked where they are found.
func (w *phraseWriter) edge(outside, inside rune) {
	if outside == 0 && wordByte(string(inside), 0) {
		w.b.WriteString(`\b`)
	}
}

func (w *phraseWriter) star(p phrasePart, left, right rune) {
	alone := func(r rune) bool { return r == 0 || r == ' ' }
	switch {
	case alone(left) && alone(right):
		w.b.WriteString(anyWord)
	case alphabetic(left) || alphabetic(right):
		w.b.WriteString("[" + letters + "]*")
	case !alone(left) && !alone(right):
		w.b.WriteString(inBetween)
	default:
		w.err = w.parser.mistake(p.at, "* does nothing at the end of a Chinese phrase: leave it out")
	}
}

// partsWords reports whether a character stands apart from its neighbours
// without a blank, as a Chinese one does.
func partsWords(r rune) bool { return r >= 0x2e80 }

// firstOf and lastOf are the characters that a part begins and ends with, for
// what stands beside it: a blank, a digit for a number, * for a wildcard.
func firstOf(p phrasePart) rune {
	switch p.kind {
	case partText:
		r, _ := utf8.DecodeRuneInString(p.text)
		return r
	case partAny:
		return firstOf(p.alts[0][0])
	}
	return map[partKind]rune{partBlank: ' ', partNumber: '0', partStar: '*'}[p.kind]
}

func lastOf(p phrasePart) rune {
	switch p.kind {
	case partText:
		r, _ := utf8.DecodeLastRuneInString(p.text)
		return r
	case partAny:
		last := p.alts[0]
		return lastOf(last[len(last)-1])
	}
	return firstOf(p)
}
