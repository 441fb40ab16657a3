package injection

import (
	"strings"
	"unicode"
)

// Neutralize returns a text without what a reader cannot see and a model can:
// control characters, characters of no width, marks of the direction of writing,
// tags, and runs of variation selectors. Line breaks, tabs and every other white
// space become blanks; a byte that is no UTF-8 becomes U+FFFD. Nothing visible
// changes, so a quote of it and the original agree once both are folded
// (transcript.Fold). Offsets do not carry over.
func Neutralize(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	selected := false // the character before was a variation selector
	for _, r := range text {
		selector := r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef
		switch {
		case r < 0x7f && r >= ' ':
			b.WriteByte(byte(r))
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), noWidth(r) && !selector, selector && selected:
		case r >= 0xe0000 && r <= 0xe007f:
		default:
			b.WriteRune(r)
		}
		selected = selector
	}
	return b.String()
}
