package knowledge

import (
	"regexp"
	"slices"
	"strings"
)

// asides are phrases that begin a question or end a session, beside fillers; in the
// form of flatten.
var asides = []string{
	" you know what ", " what do you mean ", " have a great day ", " have a nice day ", " have a good day ", " take care ",
	" you are very welcome ", " you are welcome ", "  right  ", "  morning  ", "  evening  ", "  afternoon  ", " hiya ", " oh ",
	" what happens now ", " what now ", " my number is ", "号码是", "请问", "问一下", "问下", "一下", "祝您", "祝你", "生活愉快", "不客气", "没关系", "没事",
}

// praises are phrases of people who praise, or reached the wrong place: without a
// question beside, nothing that they say is one.
var praises = []string{
	" you have been very helpful ", " great service ", " excellent service ", "满意", "态度真好", "服务真好", "  wrong number  ", "打错了  ",
}

var asideReplacer = strings.NewReplacer(blanked(slices.Concat(asides, praises))...)

// leastThanks is what a text that thanks and asks for nothing must say besides, by
// content: two words, or four Chinese characters.
const leastThanks = 3

// leastGeneric is how many words that people say of everything tell something
// together: to cancel an order, and not to cancel.
const leastGeneric = 2

// tag is what personal data was replaced by.
var tag = regexp.MustCompile(`<[\p{L}\p{N}_]{1,24}>`)

// spoken is a question in the form of flatten, without tags, and whether it has a
// question mark.
func spoken(text string) (flat string, marked bool) {
	return flatten(tag.ReplaceAllLiteralString(clip(text, maxQuestionRunes), " "))
}

// substantial is a flattened text without fillers, asides and praise.
func substantial(flat string) string {
	return fillerReplacer.Replace(asideReplacer.Replace(flat))
}

// tells reports whether a text says anything that a solution could be about:
// greetings, thanks, praise, numbers and words that people say of everything do not.
func (a analyzers) tells(text string) bool {
	flat, marked := spoken(text)
	rest := substantial(flat)
	asks := marked || containsAny(rest, askingPhrases) || containsAny(rest, problemPhrases)
	switch {
	case !asks && containsAny(flat, praises):
		return false
	case !asks && containsAny(flat, closings):
		return content(a.telling(rest)) >= leastThanks
	}
	generic := 0
	for _, word := range a.singles(canonical(rest)) {
		switch {
		case isWeak(word) || strings.Trim(word, "0123456789") == "":
		case !genericIDs[termID(word)]:
			return true
		default:
			generic++
		}
	}
	return generic >= leastGeneric
}
