package transcript

import (
	"sort"
	"strings"
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
	f := Folded{size: len(s)}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		n := segment(s[i:])
		before := b.Len()
		foldSegment(&b, s[i:i+n])
		f.note(before, b.String()[before:], s[i:i+n], i)
		i += n
	}
	f.Text = b.String()
	return f
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

// segment returns the length of the first piece of s that normalises on its own.
func segment(s string) int {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1
	}
	if r, n := utf8.DecodeRuneInString(s); isHan(r) && (len(s) == n || startsAlone(s[n:])) {
		return n
	}
	return norm.NFKC.NextBoundaryInString(s, true)
}

// isHan and startsAlone are the short way for most Chinese text: a unified
// ideograph before another one, or before ASCII, is a segment of its own.
func isHan(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }

func startsAlone(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r < utf8.RuneSelf || isHan(r)
}

func foldSegment(b *strings.Builder, seg string) {
	if len(seg) == 1 && seg[0] < utf8.RuneSelf {
		foldRune(b, rune(seg[0]))
		return
	}
	if r, n := utf8.DecodeRuneInString(seg); n == len(seg) && isHan(r) {
		b.WriteString(seg)
		return
	}
	for _, r := range norm.NFKC.String(seg) {
		foldRune(b, r)
	}
}

func foldRune(b *strings.Builder, r rune) { keepRune(b, unicode.ToLower(r)) }

// FoldKeepingCase is the text that Fold gives but with capitals as they are.
func FoldKeepingCase(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		keepRune(&b, r)
	}
	return b.String()
}

func keepRune(b *strings.Builder, r rune) {
	switch {
	case unicode.IsSpace(r):
		b.WriteByte(' ')
	case r == '\u2019', r == '\u2018', r == '\u02bc': // as phones write don’t
		b.WriteByte('\'')
	case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
	default:
		b.WriteRune(r)
	}
}

// note records that the folded text out at offset at came from the segment seg
// at offset from. Runs of single characters that keep their length share one cut.
func (f *Folded) note(at int, out, seg string, from int) {
	if out == "" {
		return
	}
	_, n := utf8.DecodeRuneInString(seg)
	_, m := utf8.DecodeRuneInString(out)
	linear := n == len(seg) && m == len(out) && n == m
	if linear && len(f.cuts) > 0 {
		if c := f.cuts[len(f.cuts)-1]; c.linear && int(c.from-c.at) == from-at {
			return
		}
	}
	f.cuts = append(f.cuts, cut{int32(at), int32(from), int32(from + len(seg)), linear})
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
