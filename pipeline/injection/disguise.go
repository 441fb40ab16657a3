package injection

import (
	"bytes"
	"strings"
)

// fewest is how many letters spelled one by one are read as words. Fewer are
// initials and codes.
const fewest = 6

// lookAlikes are digits and letters of other scripts that stand for Latin ones.
var lookAlikes = strings.NewReplacer(
	"0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b",
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ѕ", "s", "ј", "j", "ԁ", "d", "һ", "h", "ո", "n", "м", "m", "т", "t", "к", "k", "в", "b", "н", "h", "г", "r",
	"α", "a", "ε", "e", "ι", "i", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "ν", "v", "κ", "k",
	"ı", "i", "ɡ", "g", "ɑ", "a", "é", "e", "í", "i", "ó", "o", "á", "a", "ö", "o", "ü", "u", "ä", "a", "ñ", "n", "è", "e", "ò", "o",
)

// plainWord is a word with its look-alikes replaced.
func plainWord(w string) string { return lookAlikes.Replace(w) }

func hasDigit(w string) bool { return strings.ContainsAny(w, "0134578") }

// isNumber reports whether a word has no letter: digits alone disguise nothing.
func isNumber(w string) bool {
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return true
}

// spelling is a run of letters that stand apart, cut into words of the lexicon.
type spelling struct {
	letters []byte
	from    []int32 // where each letter stands in the folded text
	text    []byte  // words, each with a blank behind it
	at      []int32 // where each byte of text begins in the folded text; blanks where they were put
}

// spelled reads letters that are spelled one by one from i on (i g n o r e) and
// returns where they end, or i when they are too few.
func (s *scan) spelled(i int) int {
	sp := &s.letters
	sp.letters, sp.from = sp.letters[:0], sp.from[:0]
	end := i
	for k := i; k < len(s.text); {
		if !isLetter(s.text[k]) || k+1 < len(s.text) && (isWord(s.text[k+1]) || s.text[k+1] == '\'') {
			break
		}
		sp.letters, sp.from = append(sp.letters, s.text[k]), append(sp.from, int32(k))
		end = k + 1
		k = afterGap(s.text, end)
	}
	if len(sp.letters) < fewest {
		return i
	}
	sp.segment()
	for k := 0; k < len(sp.text); {
		n := bytes.IndexByte(sp.text[k:], ' ')
		for _, p := range language.words[string(sp.text[k:k+n])] {
			if rest := sp.text[k:]; len(rest) > len(p.text) && string(rest[:len(p.text)]) == p.text && rest[len(p.text)] == ' ' {
				s.hit(p.class, int(sp.at[k]), int(sp.at[k+len(p.text)-1])+1, p.words)
			}
		}
		s.pos++
		k += n + 1
	}
	return end
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

// afterGap skips at most three blanks and signs.
func afterGap(text string, i int) int {
	for range 3 {
		if i < len(text) && isGap(text[i]) {
			i++
		}
	}
	return i
}

func isGap(c byte) bool {
	switch c {
	case ' ', '-', '.', '_', '*', '/', '|', '~', ',':
		return true
	}
	return false
}

// segment cuts letters into the longest words of the lexicon, and what is none
// into single letters.
func (sp *spelling) segment() {
	sp.text, sp.at = sp.text[:0], sp.at[:0]
	for i := 0; i < len(sp.letters); {
		n := longestAt(sp.letters[i:])
		sp.text = append(append(sp.text, sp.letters[i:i+n]...), ' ')
		sp.at = append(append(sp.at, sp.from[i:i+n]...), sp.from[i+n-1])
		i += n
	}
}

func longestAt(letters []byte) int {
	if len(letters) < 3 {
		return 1
	}
	lengths := language.begins[[2]byte{letters[0], letters[1]}]
	for n := min(len(letters), longestWord); n > 2; n-- {
		if lengths&(1<<n) == 0 {
			continue
		}
		if _, ok := language.words[string(letters[:n])]; ok {
			return n
		}
	}
	return 1
}
