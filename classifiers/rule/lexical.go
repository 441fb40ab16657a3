package rule

import (
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/answer"
)

// How alike two texts are by their letters alone, from 0 to 100, for short
// phrases of both languages:
//
// A text is a row of tokens: Chinese characters, and words of alphabetic scripts
// without their endings (refunds, refunded: refund). Its grams are the
// characters and the pairs of neighbours for Chinese, the words and their threes
// of letters for others, so that inflections and typing errors cost little.
// Words that are in every text (the, your, 的, 您) weigh less. The measure is
// Dice's coefficient of the weighted grams of a sample and of the stretch of the
// turn that is most like it, 0.7, 1 or 1.5 times as long in tokens: a long turn
// that contains the sample has 100, and order of words hardly matters.
//
// Five wordings of an intent of Banking77 (77 intents of an online bank, many of
// them close) find, of other wordings, at 70 points 34 % of the intent's own and
// 0.68 % of another's; at 60 52 % and 1.7 %; at 80 16 % and 0.16 %. See
// TestSimilarityOnBanking77.

// gram is a feature of a token: a character, a word, a part of a word, or a pair
// of a character with the one before it.
type gram struct {
	id     uint64
	weight float64
	pair   bool // counts only together with the token before
}

// lexToken is a character or word, with its grams.
type lexToken struct {
	start, end int // bytes of the folded text
	grams      []gram
}

const (
	charWeight   = 0.7  // of a Chinese character
	pairWeight   = 0.7  // of two neighbours
	wordWeight   = 1.0  // of a word
	partWeight   = 0.35 // of three letters of a word
	commonWeight = 0.15 // times the others, for words that are in every text
)

const commonChars = "的了吗呢吧啊呀嘛您你我请就也都是么那这个要想能可给一下"

var commonWords = wordSet(`a an the to of in on for from is am are was were be been i im ive my me you your we our us it its this that
	want like need and or do does did can could would will please just have has had with at so if there any some`)

// gramSeed makes ids of words that differ from one run of the program to the
// next; they are only ever compared with each other.
var gramSeed = maphash.MakeSeed()

// lexTokens takes a folded text apart.
func lexTokens(text string) []lexToken {
	var out []lexToken
	var last rune // the Chinese character right before, 0 if there is none
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			i, last = i+size, 0
		case alphabetic(r):
			end := wordEnd(text, i)
			out = append(out, lexToken{i, end, wordGrams(text[i:end])})
			i, last = end, 0
		default:
			out = append(out, lexToken{i, i + size, charGrams(last, r)})
			i, last = i+size, r
		}
	}
	return out
}

// wordEnd is where the word at i ends; an apostrophe does not end it.
func wordEnd(text string, i int) int {
	n := strings.IndexFunc(text[i:], func(r rune) bool { return !alphabetic(r) && r != '\'' })
	if n < 0 {
		return len(text)
	}
	return i + n
}

func charGrams(last, r rune) []gram {
	weigh := func(r rune) float64 {
		if strings.ContainsRune(commonChars, r) {
			return commonWeight
		}
		return 1
	}
	grams := []gram{{id: uint64(r), weight: charWeight * weigh(r)}}
	if last != 0 {
		grams = append(grams, gram{id: uint64(last)<<32 | uint64(r), weight: pairWeight * (weigh(last) + weigh(r)) / 2, pair: true})
	}
	return grams
}

// mostWord bounds a word's bytes: the end of a longer one tells nothing.
const mostWord = 40

func wordGrams(word string) []gram {
	word = strings.ReplaceAll(word, "'", "")
	weight, tag := 1.0, uint64(partTag)
	if commonWords[word] {
		weight, tag = commonWeight, commonPartTag
	}
	if len(word) > mostWord {
		word = strings.ToValidUTF8(word[:mostWord], "")
	}
	root := answer.Stem(word)
	parts := max(0, len(root)-1) // of a beginning, the root and an end
	grams := make([]gram, 0, parts+1)
	grams = append(grams, gram{id: maphash.String(gramSeed, root) | wordTag, weight: wordWeight * weight})
	if parts == 0 {
		grams[0].weight += partWeight * weight
	}
	last, here := uint64('^'), uint64(root[0])
	for i := 1; i <= parts; i++ {
		next := uint64('$')
		if i < len(root) {
			next = uint64(root[i])
		}
		grams = append(grams, gram{id: last<<16 | here<<8 | next | tag, weight: partWeight * weight})
		last, here = here, next
	}
	return grams
}

// Tags tell the ids of words and of their parts from those of characters and
// their pairs, which are less. A gram weighs the same wherever it is.
const (
	wordTag       = 1 << 63
	partTag       = 1 << 62
	commonPartTag = 1 << 61
)

// sample is a phrase that turns are compared with.
type sample struct {
	text   string
	tokens int
	weight float64            // of all grams
	grams  map[uint64]gramBag // by id
}

// gramBag is how often a gram is in a sample, and its number there.
type gramBag struct {
	number int
	count  float64
}

func newSample(text string) *sample {
	s := &sample{text: text, grams: map[uint64]gramBag{}}
	tokens := lexTokens(folded(text))
	s.tokens = len(tokens)
	for _, t := range tokens {
		for _, g := range t.grams {
			bag, ok := s.grams[g.id]
			if !ok {
				bag.number = len(s.grams)
			}
			bag.count++
			s.grams[g.id] = bag
			s.weight += g.weight
		}
	}
	return s
}

// stretch is the part of a text that is most like a sample.
type stretch struct {
	score      float64 // 0–100
	start, end int     // bytes of the folded text
}

// best is the stretch of a text that is most like the sample; nothing when even
// all grams that they share would not make it as like as least.
func (s *sample) best(tokens []lexToken, least float64) stretch {
	if s.most(tokens) < least {
		return stretch{}
	}
	var best stretch
	done := 0
	for _, factor := range []float64{0.7, 1, 1.5} {
		size := max(1, int(math.Round(factor*float64(s.tokens))))
		if size = min(size, len(tokens)); size == done {
			continue
		}
		done = size
		if x := s.slide(tokens, size); x.score > best.score {
			best = x
		}
	}
	return best
}

// most bounds the score that any stretch of a text can have.
func (s *sample) most(tokens []lexToken) float64 {
	seen := make([]float64, len(s.grams))
	shared := 0.0
	for i := range tokens {
		for _, g := range tokens[i].grams {
			if bag, ok := s.grams[g.id]; ok && seen[bag.number] < bag.count {
				seen[bag.number]++
				shared += g.weight
			}
		}
	}
	return 200 * shared / (s.weight + shared)
}

// slide moves a window of some tokens over a text.
func (s *sample) slide(tokens []lexToken, size int) stretch {
	w := sliding{sample: s, seen: make([]float64, len(s.grams))}
	best, at := 0.0, -1
	for i := range tokens {
		w.add(&tokens[i], w.size > 0)
		if w.size++; w.size > size {
			w.drop(&tokens[i-size], &tokens[i-size+1])
			w.size--
		}
		if w.size == size {
			if score := 200 * w.shared / (s.weight + w.weight); score > best {
				best, at = score, i-size+1
			}
		}
	}
	if at < 0 {
		return stretch{}
	}
	from, to := s.trim(tokens[at : at+size])
	return stretch{min(best, 100), from, to}
}

// sliding holds what a stretch of tokens shares with a sample.
type sliding struct {
	sample         *sample
	seen           []float64 // by gram of the sample
	size           int       // tokens
	shared, weight float64
}

func (w *sliding) add(t *lexToken, after bool) {
	for _, g := range t.grams {
		if g.pair && !after {
			continue
		}
		w.weight += g.weight
		if bag, ok := w.sample.grams[g.id]; ok {
			if w.seen[bag.number]++; w.seen[bag.number] <= bag.count {
				w.shared += g.weight
			}
		}
	}
}

// drop takes the first token out, and the pair that the next one makes with it.
func (w *sliding) drop(first, next *lexToken) {
	for _, g := range first.grams {
		if !g.pair {
			w.take(g)
		}
	}
	for _, g := range next.grams {
		if g.pair {
			w.take(g)
		}
	}
}

func (w *sliding) take(g gram) {
	w.weight -= g.weight
	if bag, ok := w.sample.grams[g.id]; ok {
		if w.seen[bag.number]--; w.seen[bag.number] < bag.count {
			w.shared -= g.weight
		}
	}
}

// trim is from the first to the last token that has something of the sample's.
func (s *sample) trim(tokens []lexToken) (from, to int) {
	has := func(t lexToken) bool {
		return slices.ContainsFunc(t.grams, func(g gram) bool { _, ok := s.grams[g.id]; return ok })
	}
	for len(tokens) > 1 && !has(tokens[0]) {
		tokens = tokens[1:]
	}
	for len(tokens) > 1 && !has(tokens[len(tokens)-1]) {
		tokens = tokens[:len(tokens)-1]
	}
	return tokens[0].start, tokens[len(tokens)-1].end
}

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
