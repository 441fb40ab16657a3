package speed

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"assay/knowledge"
)

const (
	// topics are what solutions are about; solutions of one topic share words,
	// and so do their questions.
	topics      = 5_000
	topicWords  = 12
	products    = 400
	regions     = 12
	expiredEach = 40 // of so many solutions one has expired
)

// Maker makes solutions and questions. The same seed makes the same ones. It is
// safe to share.
type Maker struct {
	seed                           uint64
	chinese, latin                 *lexicon
	topicsOfChinese, topicsOfLatin [][]int // words of every topic, by number
}

// NewMaker returns a maker whose languages have the words and characters of the
// texts as their most frequent ones.
func NewMaker(texts []string, seed uint64) *Maker {
	r := rand.New(rand.NewPCG(seed, 0))
	m := &Maker{seed: seed, chinese: newChinese(texts, r), latin: newEnglish(texts, r)}
	m.topicsOfChinese, m.topicsOfLatin = newTopics(m.chinese, r), newTopics(m.latin, r)
	return m
}

func newTopics(l *lexicon, r *rand.Rand) [][]int {
	often := l.draw(r)
	out := make([][]int, topics)
	for i := range out {
		for range topicWords {
			out[i] = append(out[i], content(l, often))
		}
	}
	return out
}

// content draws a word that says something.
func content(l *lexicon, often *rand.Zipf) int {
	return min(functionWords+int(often.Uint64()), len(l.words)-1)
}

// Solutions makes n solutions until ctx ends.
func (m *Maker) Solutions(ctx context.Context, n int) iter.Seq2[knowledge.Solution, error] {
	return func(yield func(knowledge.Solution, error) bool) {
		for i := range n {
			if err := ctx.Err(); err != nil {
				yield(knowledge.Solution{}, err)
				return
			}
			if !yield(m.Solution(i), nil) {
				return
			}
		}
	}
}

// author writes the texts of one solution.
type author struct {
	r            *rand.Rand
	l            *lexicon
	often        *rand.Zipf
	foreign      *lexicon // another language from which words are mixed in, or nil
	foreignOften *rand.Zipf
}

func (m *Maker) author(i int) (*author, [][]int) {
	r := rand.New(rand.NewPCG(m.seed, uint64(i)+1))
	a, about := &author{r: r, l: m.latin}, m.topicsOfLatin
	if r.IntN(2) == 0 {
		a.l, about = m.chinese, m.topicsOfChinese
		if r.IntN(5) == 0 {
			a.foreign, a.foreignOften = m.latin, m.latin.draw(r)
		}
	}
	a.often = a.l.draw(r)
	return a, about
}

// Solution makes the solution of that number. Half of the solutions are in
// Chinese, and one of ten mixes English into it.
func (m *Maker) Solution(i int) knowledge.Solution {
	a, about := m.author(i)
	core := a.core(about)
	s := knowledge.Solution{
		ID: fmt.Sprintf("S%07d", i), Title: a.sentence(core, 6),
		Answer: a.answer(core), Tags: []string{a.word(core[0])},
	}
	for range a.r.IntN(3) {
		s.Questions = append(s.Questions, a.sentence(a.some(core), 5))
	}
	if a.r.IntN(5) < 2 {
		s.Product = fmt.Sprintf("QX-%d", a.r.IntN(products))
	}
	if a.r.IntN(5) == 0 {
		s.Region = fmt.Sprintf("region %d", a.r.IntN(regions))
	}
	if a.r.IntN(expiredEach) == 0 {
		s.ValidTo = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return s
}

// core is what a solution is about: words of its topic and some of its own.
func (a *author) core(about [][]int) []int {
	topic := about[a.r.IntN(len(about))]
	var out []int
	for range 3 {
		out = append(out, topic[a.r.IntN(len(topic))])
	}
	for range 2 {
		out = append(out, content(a.l, a.often))
	}
	return out
}

func (a *author) word(i int) string { return a.l.words[i] }

// some drops one of the words, or puts another in its place.
func (a *author) some(core []int) []int {
	out := append([]int(nil), core...)
	at := a.r.IntN(len(out))
	if a.r.IntN(2) == 0 {
		return append(out[:at], out[at+1:]...)
	}
	out[at] = content(a.l, a.often)
	return out
}

// sentence writes the words in any order with others between them.
func (a *author) sentence(core []int, most int) string {
	words := append([]int(nil), core...)
	for range a.r.IntN(most) {
		words = append(words, a.r.IntN(functionWords))
	}
	a.r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return a.join(words)
}

func (a *author) join(words []int) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(a.l.glue)
		}
		if a.foreign != nil && a.r.IntN(8) == 0 {
			b.WriteString(" " + a.foreign.words[content(a.foreign, a.foreignOften)] + " ")
		}
		b.WriteString(a.word(w))
	}
	return b.String()
}

// answer writes some sentences.
func (a *author) answer(core []int) string {
	var b strings.Builder
	for range 3 + a.r.IntN(4) {
		words := []int{core[a.r.IntN(len(core))]}
		for range 7 + a.r.IntN(8) {
			words = append(words, int(a.often.Uint64()))
		}
		b.WriteString(a.join(words))
		b.WriteString(map[bool]string{true: "。", false: ". "}[a.l.glue == ""])
	}
	return strings.TrimSpace(b.String())
}
