package injection

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// class is what several phrases mean to the rules.
type class uint8

// step is a class of a rule with how many words may stand before it, since the
// step before.
type step struct {
	class class
	gap   int32
}

// softener is a class that makes a rule one level lower when it stands up to so
// many words before the rule's beginning (or within it), or after its end.
type softener struct {
	class         class
	before, after int32
}

// rule is a sequence of classes.
type rule struct {
	kind       Kind
	level      Level
	steps      []step
	soft       []softener
	agentsOnly bool // lower in what systems say of themselves: 记录结束
}

// phrase is a phrase of the lexicon, folded.
type phrase struct {
	text  string
	class class
	words int32 // how many words it takes
	open  bool  // ends with a letter: no letter may follow
	han   bool  // all of Chinese characters
}

// signs are the phrases that begin with one sign: by their second byte, those of
// one byte in all.
type signs [256][]phrase

// use is a step of a rule that a class fits.
type use struct{ rule, step int }

// table is the lexicon and the rules, ready for scanning.
type table struct {
	words map[string][]phrase   // by first word
	runes map[rune][]phrase     // by first character, of those that begin with no word
	signs [utf8.RuneSelf]*signs // of these by an ASCII sign, again by what follows it
	han   [0xa000 - 0x4e00]bool // the characters U+4E00 to U+9FFF that begin one
	uses  [classes][]use
	base  []int // by rule: where its heads begin
	steps int   // of all rules
	kinds []int // by rule: its kind's place in Kinds
	// begins tells by two letters which lengths the words have that begin so.
	begins map[[2]byte]uint32
}

// language is built once and never changes.
var language = compile()

// longestWord is the longest word of the lexicon that is recognised in disguise.
const longestWord = 24

func compile() *table {
	t := &table{words: map[string][]phrase{}, runes: map[rune][]phrase{}, begins: map[[2]byte]uint32{}}
	for _, e := range slices.Concat(toTheJudge, outOfPlace) {
		for p := range strings.SplitSeq(e.phrases, "|") {
			t.add(strings.ReplaceAll(p, "¦", "|"), e.class)
		}
	}
	for r, list := range t.runes {
		if r < utf8.RuneSelf {
			t.signs[r] = bySecond(list)
		}
	}
	for i := range rules {
		t.base = append(t.base, t.steps)
		t.kinds = append(t.kinds, slices.Index(Kinds, rules[i].kind))
		t.steps += len(rules[i].steps)
		for k := len(rules[i].steps) - 1; k >= 0; k-- {
			c := rules[i].steps[k].class
			t.uses[c] = append(t.uses[c], use{i, k})
		}
	}
	return t
}

// bySecond keeps the order of phrases that have the second byte in common.
func bySecond(list []phrase) *signs {
	var s signs
	for b := range s {
		for _, p := range list {
			if len(p.text) == 1 || p.text[1] == byte(b) {
				s[b] = append(s[b], p)
			}
		}
	}
	return &s
}

func (t *table) add(text string, c class) {
	t.addOne(text, c)
	if other := traditional.Replace(text); other != text {
		t.addOne(other, c)
	}
}

func (t *table) addOne(text string, c class) {
	p := phrase{text: text, class: c, words: wordsOf(text), open: isWord(text[len(text)-1])}
	p.han = !strings.ContainsFunc(text, func(r rune) bool { return !unicode.Is(unicode.Han, r) })
	if end, _ := wordEnd(text, 0); end > 0 {
		first := text[:end]
		t.words[first] = append(t.words[first], p)
		if len(first) > 2 && len(first) <= longestWord {
			t.begins[[2]byte{first[0], first[1]}] |= 1 << len(first)
		}
		return
	}
	r, _ := utf8.DecodeRuneInString(text)
	t.runes[r] = append(t.runes[r], p)
	if i := r - 0x4e00; i >= 0 && int(i) < len(t.han) {
		t.han[i] = true
	}
}

// wordsOf counts a phrase as the scan does.
func wordsOf(text string) (n int32) {
	for i := 0; i < len(text); {
		if end, _ := wordEnd(text, i); end > i {
			n++
			i = end
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsLetter(r) {
			n++
		}
		i += size
	}
	return n
}

// traditional writes simplified characters of the lexicon as the traditional ones.
var traditional = strings.NewReplacer(strings.Split(simplifiedTraditional, " ")...)

// reach is how far behind a rule's end the farthest softener stands.
var reach = func() (most int32) {
	for i := range rules {
		for _, f := range rules[i].soft {
			most = max(most, f.after)
		}
	}
	return most
}()

// steps of one class after the other with the same gap between them.
func near(gap int32, list ...class) []step {
	out := make([]step, len(list))
	for i, c := range list {
		out[i] = step{c, gap}
	}
	return out
}

// next appends a step.
func next(steps []step, gap int32, c class) []step { return append(slices.Clone(steps), step{c, gap}) }
