package knowledge

import (
	"slices"
	"unicode"
)

// leastTypo is the length, in letters, of the shortest word that is corrected:
// among shorter ones too many differ by one letter and mean something else.
const leastTypo = 5

// spelled is what misspelled words are looked up by: most people get the first
// letter right, and one mistake changes the length by at most one.
type spelled struct {
	first  rune
	length int
}

// addSpelling lets misspelled words be led to the term.
func (v *vocabulary) addSpelling(term string) {
	if letters := []rune(term); isSpelled(letters) {
		key := spelled{letters[0], len(letters)}
		v.spellings[key] = append(v.spellings[key], term)
	}
}

// isSpelled reports whether a word is long enough and all of Latin letters.
func isSpelled(letters []rune) bool {
	return len(letters) >= leastTypo-1 && !slices.ContainsFunc(letters, func(r rune) bool { return !unicode.Is(unicode.Latin, r) })
}

// corrected returns the term that a word was meant to be when no solution has
// the word and one mistake makes it of a term that is known: of several the most
// frequent one. Any other word is returned as it is.
func (v *vocabulary) corrected(word string) string {
	if v.df(termID(word)) > 0 {
		return word
	}
	letters := []rune(word)
	if !isSpelled(letters) {
		return word
	}
	best, most := word, int32(0)
	for length := max(len(letters)-1, leastTypo); length <= len(letters)+1; length++ {
		for _, term := range v.spellings[spelled{letters[0], length}] {
			if !isTypo(letters, []rune(term)) {
				continue
			}
			if n := v.df(termID(term)); n > most || n == most && n > 0 && term < best {
				best, most = term, n
			}
		}
	}
	return best
}

// isTypo reports whether one mistake makes a of b: a letter too many, too few or
// wrong, or two neighbours in the wrong order.
func isTypo(a, b []rune) bool {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	a, b = a[start:], b[start:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 2 && len(b) == 2 {
		return a[0] == b[1] && a[1] == b[0]
	}
	return len(a) <= 1 && len(b) <= 1
}
