package knowledge

import "strings"

// asides are phrases of people who tell of nothing, beside fillers: those who
// reached the wrong place, ways to begin a question, and what praise is made of. In
// the form of flatten.
var asides = strings.NewReplacer(blanked([]string{
	"  wrong number  ", "打错了  ", " you know what ", " what do you mean ", " have a great day ", " have a nice day ", " have a good day ", " take care ",
	" you have been very helpful ", " you are very welcome ", " you are welcome ", " great service ", " excellent service ",
	"请问", "问一下", "问下", "一下", "祝您", "祝你", "生活愉快", "辛苦您", "不客气", "没关系", "没事", "满意", "态度真好", "服务真好",
})...)

// leastThanks is what a text that thanks and asks for nothing must say besides, by
// content: two words, or four Chinese characters.
const leastThanks = 3

// leastGeneric is how many words that people say of everything tell something
// together: to cancel an order, and not to cancel.
const leastGeneric = 2

// tells reports whether a text says anything that a solution could be about:
// greetings, thanks, praise, numbers and words that people say of everything do not.
func (a analyzers) tells(text string) bool {
	flat, marked := flatten(text)
	rest := fillerReplacer.Replace(asides.Replace(flat))
	asks := marked || containsAny(rest, askingPhrases) || containsAny(rest, problemPhrases)
	if !asks && containsAny(flat, closings) {
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
