package rule

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// How far back a negation is looked for: Chinese characters and English words.
const (
	negationRunes = 4
	negationWords = 3
)

// negationBytes is how much of a text a negation is looked for in: the reach
// above with room for long words and for those that are left out.
const negationBytes = 120

// negated reports whether what follows the folded text before is negated by a
// word close to it in the same clause. Two negations cancel each other.
func negated(before string) bool {
	if from := len(before) - negationBytes; from > 0 {
		for !utf8.RuneStart(before[from]) {
			from++
		}
		before = before[from:]
	}
	if i := strings.LastIndexAny(before, ",.;!?:。、…—"); i >= 0 {
		_, n := utf8.DecodeRuneInString(before[i:])
		before = before[i+n:]
	}
	return (negationsZH(before)+negationsEN(before))%2 == 1
}

// Characters that negate, and common words with them that do not.
const negationChars = "不没别未"

var notNegations = strings.NewReplacer(
	"不好意思", "", "不管", "", "不论", "", "不但", "", "不仅", "", "不只", "", "不光", "", "不过", "",
	"不断", "", "不停", "", "差不多", "", "未来", "",
	"特别", "", "分别", "", "个别", "", "区别", "", "级别", "", "类别", "", "性别", "", "识别", "", "告别", "", "别人", "",
)

func negationsZH(before string) int {
	n := 0
	for _, r := range lastRunes(before, negationRunes) {
		if strings.ContainsRune(negationChars, r) {
			n++
		}
	}
	return n
}

// lastRunes returns the last n characters that are no blanks, without words
// that only look like negations.
func lastRunes(before string, n int) string {
	before = strings.ReplaceAll(before, " ", "")
	before = notNegations.Replace(before)
	i := len(before)
	for range n {
		_, size := utf8.DecodeLastRuneInString(before[:i])
		i -= size
	}
	return before[i:]
}

// negationsInEnglish are the words that negate besides those that end in n't,
// also as they are typed in haste.
var negationsInEnglish = []string{
	"not", "never", "no", "cannot", "without", "dont", "doesnt", "didnt", "cant", "wont", "isnt", "arent", "wasnt",
}

func negationsEN(before string) int {
	words := strings.Fields(before)
	n := 0
	for _, w := range words[max(0, len(words)-negationWords):] {
		if slices.Contains(negationsInEnglish, w) || strings.HasSuffix(w, "n't") || strings.HasSuffix(w, "n’t") {
			n++
		}
	}
	return n
}
