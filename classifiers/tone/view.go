package tone

import (
	"strings"
	"unicode/utf8"
)

// view is a folded text in the form that the lexicons are written in:
// typographic apostrophes are plain, runs of blanks are one, contractions are
// whole ("do n't" is don't), letters drawn out are single ("soooo" is so), and
// traditional characters are simplified.
type view struct {
	text string
	at   []int32 // for each byte of text, and for its end, the offset into the folded text
	// clauses divide the text without a gap.
	clauses []clause
	quotes  [][2]int // text between quotation marks
}

// clause is a piece of a sentence in which words bear on one another.
type clause struct {
	start, end int
	sentence   int
	question   bool
}

// look makes the view of a folded text.
func look(folded string) view {
	b := viewer{src: folded, out: make([]byte, 0, len(folded)), at: make([]int32, 0, len(folded)+1)}
	for b.pos < len(folded) {
		b.step()
	}
	b.at = append(b.at, int32(len(folded)))
	v := view{text: string(b.out), at: b.at}
	v.clauses = clauses(v.text)
	v.quotes = quotes(v.text)
	return v
}

type viewer struct {
	src string
	pos int
	out []byte
	at  []int32
}

// step moves one rune, or one run of letters, from the source to the view.
func (b *viewer) step() {
	c := b.src[b.pos]
	switch {
	case c == ' ':
		b.blank()
	case 'a' <= c && c <= 'z':
		b.letter(c)
	case c < utf8.RuneSelf:
		b.put(string(rune(c)), 1)
	default:
		r, n := utf8.DecodeRuneInString(b.src[b.pos:])
		switch r {
		case '’', '‘', 'ʼ':
			b.put("'", n)
		default:
			b.put(simplified(r, b.src[b.pos:b.pos+n]), n)
		}
	}
}

// put writes s for the next n bytes of the source.
func (b *viewer) put(s string, n int) {
	for i := range len(s) {
		b.out = append(b.out, s[i])
		b.at = append(b.at, int32(b.pos+min(i, n-1)))
	}
	b.pos += n
}

// blank writes one blank for a run of them, and none before the second half of a contraction.
func (b *viewer) blank() {
	n := 1
	for b.pos+n < len(b.src) && b.src[b.pos+n] == ' ' {
		n++
	}
	rest := b.src[b.pos+n:]
	if len(b.out) == 0 || isContraction(rest) {
		b.pos += n
		return
	}
	b.put(" ", n)
}

func isContraction(s string) bool {
	if len(s) < 2 || s[0] != '\'' && !strings.HasPrefix(s, "n'") && !strings.HasPrefix(s, "’") && !strings.HasPrefix(s, "n’") {
		return false
	}
	s = strings.Replace(s[:min(len(s), 8)], "’", "'", 1)
	for _, end := range []string{"n't", "'m", "'re", "'s", "'ve", "'ll", "'d"} {
		if strings.HasPrefix(s, end) && (len(s) == len(end) || !isWord(s[len(end)])) {
			return true
		}
	}
	return false
}

// letter writes one letter for a run of three or more equal ones inside a word.
func (b *viewer) letter(c byte) {
	n := 1
	for b.pos+n < len(b.src) && b.src[b.pos+n] == c {
		n++
	}
	before := len(b.out) > 0 && isWord(b.out[len(b.out)-1])
	after := b.pos+n < len(b.src) && isWord(b.src[b.pos+n])
	if n >= 3 && (before || after) {
		b.put(string(rune(c)), n)
		return
	}
	for range n {
		b.put(string(rune(c)), 1)
	}
}

// isWord reports whether c belongs to a word of ASCII letters and digits.
func isWord(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// simplified returns the simplified form of r, whose UTF-8 is s.
func simplified(r rune, s string) string {
	if r < 0x3400 || r > 0x9fff {
		return s
	}
	if to, ok := traditional[r]; ok {
		return string(to)
	}
	return s
}

// clauses cuts s at punctuation, and at blanks between Chinese characters,
// which many people type instead of a comma.
func clauses(s string) []clause {
	var out []clause
	start, sentence := 0, 0
	for i := 0; i < len(s); {
		n, stop, ends := boundary(s, i)
		if !stop {
			i += n
			continue
		}
		question := false
		for i < len(s) && stop {
			question = question || s[i] == '?'
			i += n
			if ends {
				sentence++
			}
			if i < len(s) {
				n, stop, ends = boundary(s, i)
			}
		}
		out = append(out, clause{start, i, sentence, question})
		start = i
	}
	if start < len(s) || len(out) == 0 {
		out = append(out, clause{start, len(s), sentence, false})
	}
	for i := range out {
		out[i].question = out[i].question || asks(s[out[i].start:out[i].end])
	}
	return out
}

// asks reports whether a clause ends in a particle that makes it a question.
func asks(s string) bool {
	s = strings.TrimRight(s, " ,.!~，。！;:")
	return strings.HasSuffix(s, "吗") ||
		strings.HasSuffix(s, "么") && !strings.HasSuffix(s, "什么") && !strings.HasSuffix(s, "怎么")
}

// boundary tells the size of the rune at i, whether a clause stops there, and whether the sentence does.
func boundary(s string, i int) (size int, stop, sentence bool) {
	if c := s[i]; c < utf8.RuneSelf {
		switch c {
		case '!', '?', ';':
			return 1, true, true
		case ',', ':', '(', ')', '~':
			return 1, true, false
		case '.':
			end := i+1 == len(s) || !isWord(s[i+1])
			return 1, end, end
		case ' ':
			return 1, i > 0 && s[i-1] >= utf8.RuneSelf && i+1 < len(s) && s[i+1] >= utf8.RuneSelf, false
		}
		return 1, false, false
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	switch r {
	case '。', '…':
		return n, true, true
	case '、', '—', '–':
		return n, true, false
	}
	return n, false, false
}

// quotes finds the text between quotation marks. A mark without its partner is none.
func quotes(s string) [][2]int {
	var out [][2]int
	open, closer := -1, rune(0)
	for i, r := range s {
		switch {
		case open >= 0 && r == closer:
			out = append(out, [2]int{open, i})
			open = -1
		case open < 0:
			if c, ok := closing(r); ok {
				open, closer = i, c
			}
		}
	}
	return out
}

func closing(r rune) (rune, bool) {
	switch r {
	case '"':
		return '"', true
	case '“':
		return '”', true
	case '「':
		return '」', true
	case '『':
		return '』', true
	}
	return 0, false
}
