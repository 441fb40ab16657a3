package injection

import (
	"unicode"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// strangers is how many letters of other scripts make a text foreign. Names of
// dishes and shops have a few.
const strangers = 6

// foreign finds letters of scripts that neither Chinese nor English has: one place
// from the first to the last.
func foreign(turn int, folded transcript.Folded) []Place {
	count, first, last := 0, 0, 0
	for i, r := range folded.Text {
		if r < 0x370 || r >= 0x4e00 && r <= 0x9fff || unicode.Is(unicode.Han, r) || !unicode.IsLetter(r) || unicode.Is(unicode.Latin, r) || unicode.Is(unicode.Bopomofo, r) {
			continue
		}
		if count == 0 {
			first = i
		}
		count++
		last = i + utf8.RuneLen(r)
	}
	if count < strangers {
		return nil
	}
	start, end := folded.Span(first, last)
	return []Place{{transcript.Span{Turn: turn, Start: start, End: end}, Foreign, Odd}}
}
