package knowledge

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	// otherCode is the most that a solution reaches which names product codes or fault
	// codes and none of a question's: it helps with something else.
	otherCode = 0.3
	// ownCode is the least that a solution reaches whose title, questions or tags have
	// all that a question names, when that is nothing but codes.
	ownCode = 0.6
	// mostWithCode is how many solutions have a code that still tells one from another.
	mostWithCode = 5
	// maxCodePart is the length of a code's letters, and of its digits.
	maxCodePart = 6
)

// measure is a quantity, a clock time or a number of order, which names nothing.
var measure = regexp.MustCompile(`^\d+(g|gb|mb|tb|k|kb|kg|m|cm|mm|km|l|ml|w|v|x|p|h|hrs?|mins?|am|pm|st|nd|rd|th|s)$`)

// isCode reports whether a word names a product, a part or a fault, such as e405.
func isCode(term string) bool {
	return !measure.MatchString(term) && strings.ContainsFunc(term, unicode.IsDigit) && strings.ContainsFunc(term, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
}

// joinCodes makes one word of letters and the digits behind them where the
// library knows that word: people write XR 300 for XR300.
func (v *vocabulary) joinCodes(words []word) []word {
	out := words[:0]
	for i := 0; i < len(words); i++ {
		w := words[i]
		if i+1 < len(words) && isCodePart(w.term, unicode.IsLetter) && isCodePart(words[i+1].term, unicode.IsDigit) {
			if joined := w.term + words[i+1].term; v.df(termID(joined)) > 0 {
				w = word{term: joined}
				i++
			}
		}
		out = append(out, w)
	}
	return out
}

func isCodePart(term string, is func(rune) bool) bool {
	return len(term) <= maxCodePart && strings.IndexFunc(term, func(r rune) bool { return r >= unicode.MaxASCII || !is(r) }) < 0
}

// findCodes notes the codes of a question that the library knows.
func (v *vocabulary) findCodes(q *question, words []string) {
	for _, w := range words {
		if id := termID(w); isCode(w) && v.df(id) > 0 {
			q.codes = append(q.codes, id)
		}
	}
	q.onlyCodes = len(q.codes) > 0 && len(q.codes) == len(words)
}

// byCode corrects a score by the codes that question and solution have.
func (v *vocabulary) byCode(q *question, e *entry, score float64) float64 {
	if len(q.codes) == 0 {
		return score
	}
	all, any := true, false
	for _, code := range q.codes {
		has := e.has(code)
		any = any || has
		all = all && has && v.df(code) <= mostWithCode
	}
	switch {
	case !any && v.namesCode(e):
		return min(score, otherCode)
	case all && q.onlyCodes:
		return max(score, ownCode)
	}
	return score
}

// namesCode reports whether title, questions or tags of a solution name any code.
func (v *vocabulary) namesCode(e *entry) bool {
	for _, text := range e.texts.each {
		for at := range text.len() {
			if _, is := v.codes[text.at(at)]; is && !text.answer {
				return true
			}
		}
	}
	return false
}

// has reports whether a solution has a term, in any of its texts.
func (e *entry) has(term int32) bool {
	for _, text := range e.texts.each {
		for at := range text.len() {
			if text.at(at) == term {
				return true
			}
		}
	}
	return false
}
