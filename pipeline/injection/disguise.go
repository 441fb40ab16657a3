package injection

import (
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

// spelling is a run of letters that stand apart, cut into words of the lexicon.
type spelling struct {
	text string // words, each with a blank behind it
	at   []int  // where each byte of text begins in the folded text; blanks where they were put
}

// spelled reads letters that are spelled one by one from i on (i g n o r e) and
// returns where they end, or i when they are too few.
func (s *scan) spelled(i int) int {
	var letters []byte
	var at []int
	end := i
	for k := i; k < len(s.text); {
		if !isLetter(s.text[k]) || k+1 < len(s.text) && (isWord(s.text[k+1]) || s.text[k+1] == '\'') {
			break
		}
		letters, at = append(letters, s.text[k]), append(at, k)
		end = k + 1
		k = afterGap(s.text, end)
	}
	if len(letters) < fewest {
		return i
	}
	sp := segment(letters, at)
	for k := 0; k < len(sp.text); {
		n := strings.IndexByte(sp.text[k:], ' ')
		for _, p := range language.words[sp.text[k:k+n]] {
			if rest := sp.text[k:]; strings.HasPrefix(rest, p.text) && rest[len(p.text)] == ' ' {
				s.hit(p.class, sp.at[k], sp.at[k+len(p.text)-1]+1, p.words)
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
		if i < len(text) && strings.IndexByte(" -._*/|~,", text[i]) >= 0 {
			i++
		}
	}
	return i
}

// segment cuts letters into the longest words of the lexicon, and what is none
// into single letters.
func segment(letters []byte, at []int) spelling {
	var b strings.Builder
	var from []int
	for i := 0; i < len(letters); {
		n := longestAt(letters[i:])
		b.Write(letters[i : i+n])
		from = append(from, at[i:i+n]...)
		b.WriteByte(' ')
		from = append(from, at[i+n-1])
		i += n
	}
	return spelling{b.String(), from}
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
