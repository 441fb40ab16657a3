package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// contentTerms are what a folded text is about, each once: the stems of its words, its
// numbers, and the pairs of neighbouring Han characters, without the words and
// pairs that say nothing of their own.
func contentTerms(text string) map[string]bool {
	found := map[string]bool{}
	text = strings.ReplaceAll(text, "e-mail", "email")
	for _, run := range scriptRuns(text) {
		if run.han {
			addPairs(found, run.text)
			continue
		}
		for word := range strings.FieldsFuncSeq(run.text, notInWord) {
			if word = strings.Trim(word, "'’"); word != "" && !emptyWords[word] {
				found[Stem(word)] = true
			}
		}
	}
	return found
}

// scriptRun is a stretch of a text in Han characters, or without them.
type scriptRun struct {
	text string
	han  bool
}

func scriptRuns(text string) []scriptRun {
	var out []scriptRun
	from := 0
	for i, r := range text {
		han := unicode.Is(unicode.Han, r)
		if n := len(out); n == 0 || out[n-1].han != han {
			out, from = append(out, scriptRun{han: han}), i
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		out[len(out)-1].text = text[from : i+size]
	}
	return out
}

func notInWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
}

// addPairs adds the neighbouring characters, or the only one.
func addPairs(found map[string]bool, text string) {
	all := []rune(text)
	if len(all) == 1 && !strings.ContainsRune(emptyHan, all[0]) {
		found[text] = true
	}
	for i := 1; i < len(all); i++ {
		if strings.ContainsRune(emptyHan, all[i-1]) || strings.ContainsRune(emptyHan, all[i]) {
			continue
		}
		found[string(all[i-1:i+1])] = true
	}
}

// Stem returns the stem of an English word.
func Stem(word string) string {
	word = strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "’s")
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

// emptyHan are characters that bind others and say nothing of their own.
const emptyHan = `的了吗呢吧啊呀哦嘛哈嗯我你您他她它们是就都也还又这那个些么很与或及把被给让请在有会能可以要`

// emptyWords are the English words that do the same.
var emptyWords = setOf(`a an the and or but if so as of at by for from in into to with about this that these those it its
	is are was were be been being am i me my we us our you your he him his she her they them their there here do does did
	have has had having will would shall should can could may might must just please what which who when where why how
	also then than too very i'm i'll i've i'd you're you'll you've we're we'll we've they're they'll it's it'll that's
	there's let's don't doesn't didn't isn't aren't`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
