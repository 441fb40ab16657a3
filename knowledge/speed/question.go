package speed

import (
	"math/rand/v2"
	"strings"

	"assay/knowledge"
)

// Question is a question with the solution that answers it.
type Question struct {
	Query knowledge.Query
	Right string // id of the solution it was made from
}

// greetings begin some questions.
var greetings = []string{"你好，", "请问", "hi, ", "hello, could you tell me "}

// Question makes a question to one of the first n solutions, which is valid: its
// words in another order, some left out, some function words changed; a quarter
// have one wrong word, a quarter a misspelled one. One in five says its product,
// if it has one.
func (m *Maker) Question(i, n int) Question {
	r := rand.New(rand.NewPCG(m.seed^0x5ca1ab1e, uint64(i)))
	at := r.IntN(n)
	s := m.Solution(at)
	for !s.ValidTo.IsZero() {
		at = (at + 1) % n
		s = m.Solution(at)
	}
	a, about := m.author(at)
	core := a.core(about)
	a.r, a.often = r, a.l.draw(r)
	q := Question{Right: s.ID, Query: knowledge.Query{Limit: 10}}
	q.Query.Text = a.question(core)
	if s.Product != "" && r.IntN(5) == 0 {
		q.Query.Products = []string{s.Product}
	}
	return q
}

func (a *author) question(core []int) string {
	words := append([]int(nil), core...)
	kind := a.r.IntN(4)
	switch kind {
	case 0:
		words[a.r.IntN(len(words))] = content(a.l, a.often)
	case 1:
		at := a.r.IntN(len(words))
		words = append(words[:at], words[at+1:]...)
	}
	text := a.sentence(words, 4)
	if kind == 2 {
		text = a.misspell(text)
	}
	if a.r.IntN(4) == 0 {
		text = greetings[a.r.IntN(2)+map[bool]int{true: 0, false: 2}[a.l.glue == ""]] + text
	}
	return text
}

// misspell changes places of two neighbours in a word, or takes another character.
func (a *author) misspell(text string) string {
	if a.l.glue == "" {
		letters := []rune(text)
		letters[a.r.IntN(len(letters))] = '一' + rune(a.r.IntN(3_000))
		return string(letters)
	}
	words := strings.Fields(text)
	for range 5 {
		at := a.r.IntN(len(words))
		if w := []byte(words[at]); len(w) >= 6 {
			w[2], w[3] = w[3], w[2]
			words[at] = string(w)
			break
		}
	}
	return strings.Join(words, " ")
}
