package speed

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	// lexiconSize is how many words a language has here.
	lexiconSize = 40_000
	// functionWords are the first words of a lexicon, which stand in every text.
	functionWords = 60
	// skew and flat are the parameters s and v of the words' Zipf distribution.
	skew, flat = 1.08, 3
)

// lexicon is the words of a language, the most frequent first.
type lexicon struct {
	words []string
	glue  string // stands between words
}

// draw returns how often words come by, from a source of randomness.
func (l *lexicon) draw(r *rand.Rand) *rand.Zipf {
	return rand.NewZipf(r, skew, flat, uint64(len(l.words)-1))
}

var latinWord = regexp.MustCompile(`[a-z]{2,}`)

// newEnglish takes the words of the texts and invents the rest of syllables.
func newEnglish(texts []string, r *rand.Rand) *lexicon {
	times := map[string]int{}
	for _, text := range texts {
		for _, w := range latinWord.FindAllString(strings.ToLower(text), -1) {
			times[w]++
		}
	}
	words := byFrequency(times)
	syllables := strings.Fields(`ba be bi bo ca ce co da de di do fa fe fi ga ge go ha he ho ka ke ki la le li lo ma me mi mo
na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi vo tion ment ver ter con pro sta tri gra ples ning`)
	return &lexicon{fill(words, func() string {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		return b.String()
	}), " "}
}

// newChinese takes the characters of the texts and their neighbours as words,
// and invents the rest of characters that are drawn as often as they occur.
func newChinese(texts []string, r *rand.Rand) *lexicon {
	times := map[string]int{}
	var all []rune
	for _, text := range texts {
		before := rune(0)
		for _, c := range text {
			if !unicode.Is(unicode.Han, c) {
				before = 0
				continue
			}
			all = append(all, c)
			times[string(c)]++
			if before != 0 {
				times[string([]rune{before, c})] += 2
			}
			before = c
		}
	}
	words := byFrequency(times)
	if len(all) == 0 {
		all = []rune("的")
	}
	return &lexicon{fill(words, func() string {
		word := make([]rune, 2+r.IntN(2)*r.IntN(3))
		for i := range word {
			if word[i] = all[r.IntN(len(all))]; r.IntN(10) == 0 {
				word[i] = '一' + rune(r.IntN(6_000))
			}
		}
		return string(word)
	}), ""}
}

func byFrequency(times map[string]int) []string {
	return slices.SortedFunc(maps.Keys(times), func(a, b string) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a, b))
	})
}

// fill adds invented words until there are enough.
func fill(words []string, invent func() string) []string {
	words = words[:min(len(words), lexiconSize)]
	seen := map[string]bool{}
	for _, w := range words {
		seen[w] = true
	}
	for len(words) < lexiconSize {
		if w := invent(); !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	return words
}
