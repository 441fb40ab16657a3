package rule

import (
	"fmt"
	"slices"
	"unicode"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// repeat hits at each turn in range in which the speaker says nearly the same as
// was said before; the turns that it is like are hits as well:
//
//	repeat: {of: agent, from: self, at_least: 80, min_length: 6, times: 2, within: 10, except: [one moment]}
//	repeat: {of: agent, from: other, part: 'order number is (\w+)'}
//
// From says whose turns are compared: the speaker's own (self, the default), the
// customer's for the agent and the agent's for the customer (other), or
// everybody's (any). Within is how many of those turns back it looks; 0, the
// default, is all, up to lookBack of them. Times (default 1) is how many of them
// must be alike: 2 hits when something is said for the third time. A turn that
// contains a phrase of except does not count as a repeat.
//
// At_least, in percent, default 80, is how alike they must be: Dice's coefficient
// of the two texts' pairs of neighbouring letters and digits. Turns with fewer than min_length
// (default 6) of them are left out: short phrases repeat by nature.
//
// With part only what the regular expression matches in the turn is looked for,
// and at_least is about the share of its pairs that the earlier turn has; min_length,
// default 2, is about the part. The part is what is shown.
//
// Who asks again for what the customer has already given does not repeat his
// words. That is a question after an entity:
//
//	given: {speaker: customer, entity: {type: phone}}
//	asked_again: {speaker: agent, after: {condition: given, hit: first}, pattern: {any: ['(提供|报)*电话', 'your phone number']}}
type repeat struct {
	of         transcript.Speaker
	from       string
	similarity float64 // from 0 to 1
	least      int
	times      int
	within     int // 0 is all
	except     []int32
	part       *pattern // nil: the whole turn
}

// How many turns before are compared, and of how many letters together besides
// the last one, so that long sessions stay cheap.
const (
	lookBack        = 100
	lookBackLetters = 20_000
)

func readRepeat(b *builder, c *condition, m *scorecard.Map) test {
	c.speakerOf(m)
	c.local = true
	r := &repeat{of: c.speaker, from: "self", similarity: 0.8, least: 6, times: 1}
	if n := m.Key("from"); n != nil {
		r.from = n.OneOf("self", "other", "any")
	}
	if n := m.Key("part"); n != nil {
		r.least = 2
		r.part = &pattern{}
		if tree := compile(n); tree != nil {
			r.part.branches = b.branches(tree)
		}
	}
	if n := m.Key("at_least"); n != nil {
		r.similarity = n.Number(10, 100) / 100
	}
	if n := m.Key("min_length"); n != nil {
		r.least = n.Int(2, 1000)
	}
	if n := m.Key("times"); n != nil {
		r.times = n.Int(1, lookBack)
	}
	if n := m.Key("within"); n != nil {
		r.within = n.Int(0, lookBack)
	}
	if n := m.Key("except"); n != nil {
		r.except = b.words(n)
	}
	return r
}

func (r *repeat) judge(e *Evaluation, turns []int) outcome {
	shown := map[int]transcript.Span{} // by turn
	var hits []int
	r.eachRepeat(e, turns, func(s said, like []likeness) {
		alike := slices.DeleteFunc(like, func(l likeness) bool { return l.similarity < r.similarity })
		if len(alike) < r.times {
			return
		}
		for _, l := range alike {
			if _, ok := shown[l.turn]; !ok {
				shown[l.turn] = e.wholeTurn(l.turn)
			}
		}
		if at, ok := shown[s.turn]; !ok || at != e.wholeTurn(s.turn) {
			shown[s.turn] = s.span
		}
		if len(hits) == 0 || hits[len(hits)-1] != s.turn {
			hits = append(hits, s.turn)
		}
	})
	spans := make([]transcript.Span, 0, len(shown))
	for _, span := range shown {
		spans = append(spans, span)
	}
	o := hitIf(tidy(spans))
	o.turns = hits
	return o
}

// likeness is how like something said now is to a turn before.
type likeness struct {
	turn       int
	similarity float64
}

// eachRepeat calls found for everything said in the turns, with the turns before
// it that come near to being alike, the latest first.
func (r *repeat) eachRepeat(e *Evaluation, turns []int, found func(s said, like []likeness)) {
	var before []said
	for _, t := range e.messages("") {
		if e.stopped() {
			return
		}
		by := e.in.Session.Turns[t].Speaker
		if _, in := slices.BinarySearch(turns, t); in && by == r.of && !e.says(t, r.except) {
			for _, s := range r.saidIn(e, t) {
				found(s, r.like(before, s))
			}
		}
		if !r.listensTo(by) {
			continue
		}
		before = append(before, listen(t, e.in.Folded[t].Text))
		if len(before) > 2*lookBack {
			before = slices.Clone(before[len(before)-lookBack:])
		}
	}
}

// listensTo reports whether turns of a speaker are compared.
func (r *repeat) listensTo(by transcript.Speaker) bool {
	switch r.from {
	case "self":
		return by == r.of
	case "other":
		return by != r.of && (by == transcript.Agent || by == transcript.Customer)
	}
	return true
}

// saidIn is what a turn says that may be a repeat: all of it, or its parts.
func (r *repeat) saidIn(e *Evaluation, turn int) []said {
	text := e.in.Folded[turn].Text
	if r.part == nil {
		s := listen(turn, text)
		if s.span = e.wholeTurn(turn); s.letters < r.least {
			return nil
		}
		return []said{s}
	}
	var out []said
	places := r.part.places(e, turn, text)
	for _, at := range places[:min(len(places), mostParts)] {
		s := listen(turn, text[at[0]:at[1]])
		if s.span = e.span(turn, at[0], at[1]); s.letters >= r.least {
			out = append(out, s)
		}
	}
	return out
}

// mostParts is how many parts of one turn are looked for.
const mostParts = 10

// leastNear is how alike two texts must be to be told as a near miss.
const leastNear = 0.3

// like lists the turns before, in reach, that s comes near to repeating.
func (r *repeat) like(before []said, s said) []likeness {
	reach := lookBack
	if r.within > 0 {
		reach = r.within
	}
	least := min(r.similarity, leastNear)
	var out []likeness
	letters := 0
	for i := len(before) - 1; i >= max(0, len(before)-reach); i-- {
		b := before[i]
		if letters += b.letters; letters > lookBackLetters && i < len(before)-1 {
			break
		}
		if r.part == nil && (b.letters < r.least || 2*float64(min(len(b.pairs), len(s.pairs))) < least*float64(len(b.pairs)+len(s.pairs))) {
			continue
		}
		if like := r.similar(b, s); like >= least {
			out = append(out, likeness{b.turn, like})
		}
	}
	return out
}

// similar is Dice's coefficient, or the share of a part that the turn before has.
func (r *repeat) similar(before, s said) float64 {
	n := float64(common(before, s))
	if r.part != nil {
		return n / float64(len(s.pairs))
	}
	return 2 * n / float64(len(before.pairs)+len(s.pairs))
}

// nearest is the turn that was most like one before it, or alike too seldom.
func (r *repeat) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, best, most := Near{Turn: -1}, 0.0, 0
	r.eachRepeat(e, turns, func(s said, like []likeness) {
		times := 0
		for _, l := range like {
			if l.similarity >= r.similarity {
				times++
			} else if l.similarity > best && most == 0 {
				best = l.similarity
				near = Near{Turn: s.turn, Text: fmt.Sprintf("similarity %.0f < %.0f with turn #%d", 100*l.similarity, 100*r.similarity, l.turn+1)}
			}
		}
		if times > most {
			most = times
			near = Near{Turn: s.turn, Text: fmt.Sprintf("repeated %d times < %d", times, r.times)}
		}
	})
	return near, near.Turn >= 0
}

// said is a text as its pairs of neighbouring letters and digits, ascending.
type said struct {
	turn    int
	span    transcript.Span // of what is compared
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

// common counts the pairs that two texts share.
func common(a, b said) int {
	n := 0
	p, q := a.pairs, b.pairs
	if len(p) < len(q) {
		p, q = q, p
	}
	if len(q) < len(p)/16 {
		return commonFew(p, q)
	}
	for len(p) > 0 && len(q) > 0 {
		switch {
		case p[0] < q[0]:
			p = p[1:]
		case p[0] > q[0]:
			q = q[1:]
		default:
			n++
			p, q = p[1:], q[1:]
		}
	}
	return n
}

// commonFew counts what two lists share, the second much shorter than the first.
func commonFew(p, q []uint64) int {
	n := 0
	for _, pair := range q {
		i, ok := slices.BinarySearch(p, pair)
		if p = p[i:]; ok {
			n, p = n+1, p[1:]
		}
	}
	return n
}
