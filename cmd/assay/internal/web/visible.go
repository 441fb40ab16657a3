package web

import (
	"fmt"
	"unicode"
)

// piece is a stretch of outside text: what can be shown as it is, or one
// character that cannot be seen or would reorder its neighbours, by its code.
type piece struct {
	Text string
	Code string // e.g. 202E; the character itself never reaches the page
}

// pieces takes a text apart so that nothing in it is hidden from the reader.
func pieces(text string) []piece {
	var out []piece
	start, before := 0, rune(0)
	for i, r := range text {
		if hides(r, before) {
			if start < i {
				out = append(out, piece{Text: text[start:i]})
			}
			out = append(out, piece{Code: fmt.Sprintf("%04X", r)})
			start = i + len(string(r))
		}
		before = r
	}
	if start < len(text) {
		out = append(out, piece{Text: text[start:]})
	}
	return out
}

const joiner = '\u200d'

// hides reports whether a character is unseen: controls but for line breaks and
// tabs, format characters (direction, zero width, tags), line separators and
// blank letters. A joiner inside an emoji is part of it.
func hides(r, before rune) bool {
	switch r {
	case '\n', '\r', '\t':
		return false
	case joiner:
		return !emojiPart(before)
	case '\u2028', '\u2029', '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf)
}

// emojiPart reports whether a joiner may follow: a symbol, its presentation or its skin tone.
func emojiPart(r rune) bool {
	return r == '\ufe0f' || unicode.In(r, unicode.So, unicode.Sk)
}
