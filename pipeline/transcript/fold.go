package transcript

import (
	"sort"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Folded is a text in the form that matching uses, with the way back to the
// original: NFKC (full-width to half-width, compatibility forms), lower case,
// every white space to a blank, curly apostrophes straight, invisible
// characters removed. A span of the folded text maps to the smallest span of
// the original that produced it.
type Folded struct {
	Text string
	// cuts map folded offsets to original ones, ascending; nil when they are equal.
	cuts []cut
	size int // bytes of the original
}

// cut says where folded bytes from at on came from: byte by byte from the
// original offset from on when linear, else all of them from [from, to).
type cut struct {
	at, from, to int32
	linear       bool
}

// Fold folds s. Invalid UTF-8 is kept as U+FFFD, one per byte.
func Fold(s string) Folded {
	if isPlain(s) {
		return Folded{Text: s, size: len(s)}
	}
	f := folding{text: make([]byte, 0, len(s))}
	f.fold(s)
	return Folded{Text: string(f.text), cuts: f.cuts, size: len(s)}
}

// Folder folds the turns of one session after the other with the same memory.
type Folder struct {
	folding folding
	ends    [][2]int // by turn: ends of its text and of its cuts; -1 for a plain one
}

// Turns folds the texts of turns into the given slice, which is made longer where
// it is too short. The result is good until the next call.
func (f *Folder) Turns(turns []Turn, into []Folded) []Folded {
	f.folding.text, f.folding.cuts, f.ends = f.folding.text[:0], f.folding.cuts[:0], f.ends[:0]
	for i := range turns {
		end := [2]int{-1, -1}
		if !isPlain(turns[i].Text) {
			f.folding.from = len(f.folding.text)
			f.folding.first = len(f.folding.cuts)
			f.folding.fold(turns[i].Text)
			end = [2]int{len(f.folding.text), len(f.folding.cuts)}
		}
		f.ends = append(f.ends, end)
	}
	all, text, cuts := string(f.folding.text), 0, 0
	into = into[:0]
	for i, end := range f.ends {
		s := turns[i].Text
		if end[0] < 0 {
			into = append(into, Folded{Text: s, size: len(s)})
			continue
		}
		into = append(into, Folded{Text: all[text:end[0]], cuts: f.folding.cuts[cuts:end[1]:end[1]], size: len(s)})
		text, cuts = end[0], end[1]
	}
	return into
}

// isPlain reports whether folding leaves s as it is: printable ASCII without capitals.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// folding appends folded texts to one another.
type folding struct {
	text  []byte
	cuts  []cut
	from  int // where the text that is folded now begins
	first int // where its cuts begin
}

func (f *folding) fold(s string) {
	for i := 0; i < len(s); {
		i = f.easy(s, i)
		if i == len(s) {
			return
		}
		n := norm.NFKC.NextBoundaryInString(s[i:], true)
		before := len(f.text)
		f.segment(s[i : i+n])
		if len(f.text) > before {
			_, size := utf8.DecodeRuneInString(s[i:])
			_, folded := utf8.DecodeRune(f.text[before:])
			f.note(before, i, n, size == n && folded == len(f.text)-before && size == folded)
		}
		i += n
	}
}

// easy folds from offset i on as long as characters are of the kinds that make
// up nearly all text in Chinese and English, and returns where it stopped: at the
// end, or at a character that only its surroundings decide.
func (f *folding) easy(s string, i int) int {
	for {
		if i = f.run(s, i); i == len(s) {
			return i
		}
		j := f.easyOne(s, i)
		if j == i {
			return i
		}
		if i = j; i == len(s) {
			return i
		}
	}
}

// easyOne folds the character at offset i, unless only its surroundings decide.
func (f *folding) easyOne(s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	to := easyRune(r)
	if to == hard {
		return i
	}
	if i+n < len(s) {
		if next, _ := utf8.DecodeRuneInString(s[i+n:]); easyRune(next) == hard {
			return i // what follows may belong to it
		}
	}
	if to != skipped {
		before := len(f.text)
		f.text = utf8.AppendRune(f.text, to)
		f.note(before, i, n, len(f.text)-before == n)
	}
	return i + n
}

// run folds the characters from offset i on that keep their length, ASCII and
// ideographs, all at once, but for the last one before another kind: what follows
// may belong to that.
func (f *folding) run(s string, i int) int {
	from, to := i, i
	for i < len(s) {
		n := kept(s, i)
		if n == 0 {
			break
		}
		to = i
		i += n
	}
	if i == len(s) {
		to = i
	}
	if to == from {
		return to
	}
	before := len(f.text)
	f.text = append(f.text, s[from:to]...)
	for k, c := range f.text[before:] {
		if c < utf8.RuneSelf {
			f.text[before+k] = byte(foldedASCII[c])
		}
	}
	f.note(before, from, to-from, true)
	return to
}

// kept is the length of the character at i if folding keeps that: one of ASCII,
// or an ideograph from U+4E00 to U+9FFF. It is 0 for others.
func kept(s string, i int) int {
	c := s[i]
	switch {
	case c < utf8.RuneSelf && foldedASCII[c] != skipped:
		return 1
	case c < 0xe4 || c > 0xe9 || i+2 >= len(s) || s[i+1]&0xc0 != 0x80 || s[i+2]&0xc0 != 0x80 || c == 0xe4 && s[i+1] < 0xb8:
		return 0
	}
	return 3
}

// What easyRune says of characters that have no folded form, and of those that
// it knows nothing of.
const (
	skipped = -1
	hard    = -2
)

// easyRune is the folded form of a character that does not join with another one
// of its kind beside it: ASCII, ideographs and the usual wide punctuation.
func easyRune(r rune) rune {
	switch {
	case r >= 0x4e00 && r <= 0x9fff:
		return r
	case r < utf8.RuneSelf:
		return foldedASCII[r]
	case r >= 0xff01 && r <= 0xff5e: // full width
		return foldedASCII[r-0xfee0]
	case r == 0x3001, r == 0x3002, r >= 0x3008 && r <= 0x3011, r == 0x201c, r == 0x201d, r == 0x2014:
		return r
	case r == 0x2018, r == 0x2019:
		return '\''
	}
	return hard
}

// foldedASCII folds ASCII: lower case, blanks for white space, no controls.
var foldedASCII = func() (table [utf8.RuneSelf]rune) {
	for r := range rune(utf8.RuneSelf) {
		switch {
		case unicode.IsSpace(r):
			table[r] = ' '
		case unicode.IsControl(r):
			table[r] = skipped
		default:
			table[r] = unicode.ToLower(r)
		}
	}
	return table
}()

// FoldKeepingCase is the text that Fold gives but with capitals as they are.
func FoldKeepingCase(s string) string {
	var b []byte
	for _, r := range norm.NFKC.String(s) {
		b = keepRune(b, r)
	}
	return string(b)
}

// segment folds a piece that normalises on its own.
func (f *folding) segment(seg string) {
	for _, r := range norm.NFKC.String(seg) {
		f.text = keepRune(f.text, unicode.ToLower(r))
	}
}

func keepRune(b []byte, r rune) []byte {
	switch {
	case unicode.IsSpace(r):
		return append(b, ' ')
	case r == '\u2019', r == '\u2018', r == '\u02bc': // as phones write don’t
		return append(b, '\'')
	case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
		return b
	}
	return utf8.AppendRune(b, r)
}

// note records that what was folded from offset before on came from n bytes at
// from. Runs of single characters that keep their length share one cut.
func (f *folding) note(before, from, n int, linear bool) {
	at := before - f.from
	if k := len(f.cuts) - 1; linear && k >= f.first {
		if c := &f.cuts[k]; c.linear && int(c.from-c.at) == from-at {
			return
		}
	}
	f.cuts = append(f.cuts, cut{int32(at), int32(from), int32(from + n), linear})
}

// Span maps the folded range [start, end) to the original text. Ranges on rune
// boundaries map to rune boundaries; an empty range maps to an empty one.
func (f Folded) Span(start, end int) (int, int) {
	if f.cuts == nil {
		return start, end
	}
	from, _ := f.origin(start)
	if end <= start {
		return from, from
	}
	_, to := f.origin(end - 1)
	return from, to
}

// origin returns the original range that produced the folded byte at off.
func (f Folded) origin(off int) (from, to int) {
	i := sort.Search(len(f.cuts), func(i int) bool { return int(f.cuts[i].at) > off })
	if off >= len(f.Text) || i == 0 {
		return f.size, f.size
	}
	c := f.cuts[i-1]
	if c.linear {
		from = int(c.from) + off - int(c.at)
		return from, from + 1
	}
	return int(c.from), int(c.to)
}
