package rule

import (
	"slices"
	"unicode"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// repeat hits at each turn in range in which the speaker says nearly the same as
// in one of his turns before; both turns are hits:
//
//	repeat: {of: agent, similarity: 0.8, min_length: 6}
//
// Similarity, in (0, 1], default 0.8, is Dice's coefficient of the two texts'
// pairs of neighbouring letters and digits. Turns with fewer than min_length
// (default 6) of them are left out: short phrases repeat by nature.
type repeat struct {
	of         transcript.Speaker
	similarity float64
	least      int
}

// lookBack is how many of the speaker's turns before are compared, so that
// long sessions stay cheap.
const lookBack = 100

func readRepeat(_ *builder, c *condition, m *scorecard.Map) test {
	c.speakerOf(m)
	r := &repeat{of: c.speaker, similarity: 0.8, least: 6}
	if n := m.Key("similarity"); n != nil {
		r.similarity = n.Number(0.1, 1)
	}
	if n := m.Key("min_length"); n != nil {
		r.least = n.Int(2, 1000)
	}
	return r
}

func (r *repeat) judge(e *Evaluation, turns []int) outcome {
	var hits []transcript.Span
	var before []said
	for _, t := range e.messages(r.of) {
		s := listen(t, e.in.Folded[t].Text)
		if s.letters < r.least {
			continue
		}
		if _, in := slices.BinarySearch(turns, t); in {
			for _, b := range before[max(0, len(before)-lookBack):] {
				if alike(b, s) >= r.similarity {
					hits = append(hits, e.wholeTurn(b.turn), e.wholeTurn(t))
				}
			}
		}
		before = append(before, s)
	}
	return hitIf(hits)
}

// said is a turn's text as its pairs of neighbouring letters and digits.
type said struct {
	turn    int
	letters int
	pairs   map[[2]rune]int
}

func listen(turn int, text string) said {
	s := said{turn: turn, pairs: map[[2]rune]int{}}
	var last rune
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if s.letters++; s.letters > 1 {
			s.pairs[[2]rune{last, r}]++
		}
		last = r
	}
	return s
}

// alike is Dice's coefficient: twice the pairs in common over all pairs.
func alike(a, b said) float64 {
	common := 0
	for p, n := range a.pairs {
		common += min(n, b.pairs[p])
	}
	return 2 * float64(common) / float64(a.letters+b.letters-2)
}
