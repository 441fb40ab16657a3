package redact

import (
	"regexp"
	"strings"
)

// asIn are letters spelled with words.
var asIn = regexp.MustCompile(`^[a-z],? (?:as in|for|like) [a-z]{2,12}\b(?:[,. ]{1,3}(?:and |then )?[a-z],? (?:as in|for|like) [a-z]{2,12}\b)+`)

// onceAsIn is one such letter before others that stand alone: s as in sam z y m.
var onceAsIn = regexp.MustCompile(`^[a-z],? (?:as in|for|like) [a-z]{2,12}\b`)

// notSpelled are abbreviations that people write letter by letter.
var notSpelled = wordSet(`usa uk faq atm usb sim vip ceo wifi pdf sms gps ssn pin dob etc asap`)

// mostSpelled bounds what is spelled with words, in bytes.
const mostSpelled = 600

// spelled looks for a name that is spelled from a single letter on: J-O-H-N, S as
// in Sierra. It returns where that ends, 0 when there is none.
func (t *turn) spelled(at int) int {
	rest := t.text[at+1:]
	if strings.HasPrefix(rest, " as in ") || strings.HasPrefix(rest, ", as in ") || strings.HasPrefix(rest, " for ") || strings.HasPrefix(rest, " like ") {
		if m := asIn.FindStringIndex(t.text[at:min(len(t.text), at+mostSpelled)]); m != nil {
			t.add(at, at+m[1], Person, initials(t.text[at:at+m[1]]), 0.85, "letters spelled with words")
			return at + m[1]
		}
	}
	return t.spelledOut(at)
}

// initials are the single letters of a text.
func initials(text string) string {
	var b strings.Builder
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if len(w) == 1 {
			b.WriteString(w)
		}
	}
	return b.String()
}

// nameJustBefore reports whether a name that was found ends close before a place.
func (t *turn) nameJustBefore(at int) bool {
	last := len(t.found) - 1
	return last >= 0 && t.found[last].typ == Person && t.found[last].end <= at && at-t.found[last].end <= len(", so ")
}

func (t *turn) spelledOut(at int) int {
	word, end, hyphens := t.text[at:at+1], at+1, 0
	if m := onceAsIn.FindString(t.text[at:min(len(t.text), at+24)]); m != "" {
		end = at + len(m)
	}
	for end < len(t.text) {
		gap := 1
		if strings.HasPrefix(t.text[end:], ", ") {
			gap = 2
		} else if strings.IndexByte("- ,", t.text[end]) < 0 {
			break
		}
		next := end + gap
		if next >= len(t.text) || !isLetter(t.text[next]) || next+1 < len(t.text) && (isWord(t.text[next+1]) || t.text[next+1] == '\'') {
			break
		}
		if t.text[end] == '-' {
			hyphens++
		}
		word += t.text[next : next+1]
		if end = next + 1; len(word) > 30 {
			return end
		}
	}
	c := t.context(at)
	cued := t.named || c.any(topic(Person), topic(Email)) || strings.Contains(t.text[max(0, at-24):at], "spel") || t.nameJustBefore(at)
	if len(word) < 3 || notSpelled[word] || !cued && !(hyphens == len(word)-1 && firstNames[word]) || c.is(order) {
		return end
	}
	t.add(at, end, Person, word, 0.85, "letters spelled one by one")
	return end
}

// spelledFrom is how many words stand before letters that are spelled one by one.
func spelledFrom(words []string) int {
	for i := 1; i+1 < len(words); i++ {
		if len(words[i]) == 1 && len(words[i+1]) == 1 && isLetter(words[i][0]) && isLetter(words[i+1][0]) {
			return i
		}
	}
	return len(words)
}
