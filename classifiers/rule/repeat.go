package rule

import (
	"fmt"
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
// (default 6) of them are left out: short phrases repeat by nature. A turn is
// compared with the turns before it, nearest first, up to lookBack of them.
type repeat struct {
	of         transcript.Speaker
	similarity float64
	least      int
}

// How many of the speaker's turns before are compared, and of how many letters
// together besides the last one, so that long sessions stay cheap.
const (
	lookBack        = 100
	lookBackLetters = 20_000
)

func readRepeat(_ *builder, c *condition, m *scorecard.Map) test {
	c.speakerOf(m)
	c.local = true
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
	repeated := make([]bool, len(e.in.Session.Turns)) // the turns to show
	var hits []int
	var before []said
	for _, t := range e.messages(r.of) {
		s := listen(t, e.in.Folded[t].Text)
		if s.letters < r.least {
			continue
		}
		if _, in := slices.BinarySearch(turns, t); in && r.repeats(before, s, repeated) {
			repeated[t] = true
			hits = append(hits, t)
		}
		before = append(before, s)
		if len(before) > 2*lookBack {
			before = slices.Clone(before[len(before)-lookBack:])
		}
		if e.stopped() {
			break
		}
	}
	var spans []transcript.Span
	for t, is := range repeated {
		if is {
			spans = append(spans, e.wholeTurn(t))
		}
	}
	o := hitIf(spans)
	o.turns = hits
	return o
}

// repeats reports whether s is like one of the turns before it, and marks all that are.
func (r *repeat) repeats(before []said, s said, repeated []bool) bool {
	found, letters := false, 0
	for i := len(before) - 1; i >= max(0, len(before)-lookBack); i-- {
		b := before[i]
		if letters += b.letters; letters > lookBackLetters && i < len(before)-1 {
			break
		}
		most := 2 * float64(min(len(b.pairs), len(s.pairs))) / float64(len(b.pairs)+len(s.pairs))
		if most >= r.similarity && alike(b, s) >= r.similarity {
			found, repeated[b.turn] = true, true
		}
	}
	return found
}

// said is a turn's text as its pairs of neighbouring letters and digits, ascending.
type said struct {
	turn    int
	letters int
	pairs   []uint64
}

func listen(turn int, text string) said {
	s := said{turn: turn}
	var last rune
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if s.letters++; s.letters > 1 {
			s.pairs = append(s.pairs, uint64(last)<<32|uint64(r))
		}
		last = r
	}
	slices.Sort(s.pairs)
	return s
}

// alike is Dice's coefficient: twice the pairs in common over all pairs.
func alike(a, b said) float64 {
	common, all := 0, len(a.pairs)+len(b.pairs)
	p, q := a.pairs, b.pairs
	for len(p) > 0 && len(q) > 0 {
		switch {
		case p[0] < q[0]:
			p = p[1:]
		case p[0] > q[0]:
			q = q[1:]
		default:
			common++
			p, q = p[1:], q[1:]
		}
	}
	return 2 * float64(common) / float64(all)
}

// nearest is the turn that was most like one before it.
func (r *repeat) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, best := Near{Turn: -1}, 0.0
	var before []said
	for _, t := range e.messages(r.of) {
		s := listen(t, e.in.Folded[t].Text)
		if s.letters < r.least {
			continue
		}
		if inTurns(turns, t) {
			for _, b := range before[max(0, len(before)-lookBack):] {
				if d := alike(b, s); d > best {
					best, near = d, Near{t, fmt.Sprintf("similarity %.2f < %.2f", d, r.similarity)}
				}
			}
		}
		before = append(before, s)
	}
	return near, near.Turn >= 0
}
