package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// phrases looks for phrases with wildcards (see phrase.go) and for what stands
// close to them:
//
//	pattern: {any: ["credit* card*", (退|换)货], exclude: [...], near: {any: [...], within: 5, side: before}, not_near: {any: [...]}}
//
// It hits at each place of one of the phrases in a turn that no place of an
// excluded one overlaps, that has one of near's phrases close to it, and none of
// not_near's. Close is at most within (default 5) words in between; a word is
// one of an alphabetic script or one Chinese character. "5 characters" counts
// letters and digits of any script. What overlaps is closest. Side says on which
// side it must stand: before, after, or either (the default).
//
// A hit with near reaches to the phrase that is close. Of one turn the first
// hundred places of each phrase count.
type phrases struct {
	any, exclude  *pattern
	near, notNear *vicinity // nil: none
}

// vicinity is what must, or must not, stand close to a phrase.
type vicinity struct {
	of         *pattern
	within     int
	characters bool // the distance counts letters and digits, not words
	side       scorecard.Side
}

// farthest bounds the distance of what is close.
const farthest = 1000

// eitherSide is the default of a vicinity's side.
const eitherSide scorecard.Side = "either"

func readPattern(b *builder, c *condition, m *scorecard.Map) test {
	c.turnwise, c.local = true, true
	p := &phrases{exclude: &pattern{}}
	if n := m.Must("any"); n != nil {
		p.any = b.phrases(n)
	}
	if n := m.Key("exclude"); n != nil {
		p.exclude = b.phrases(n)
	}
	if n := m.Key("near"); n != nil {
		p.near = b.vicinity(n)
	}
	if n := m.Key("not_near"); n != nil {
		p.notNear = b.vicinity(n)
	}
	return p
}

// phrases reads a list of phrases.
func (b *builder) phrases(n *scorecard.Node) *pattern {
	nodes := []*scorecard.Node{n}
	if n.IsList() {
		nodes = n.List()
	}
	if len(nodes) == 0 {
		n.Problem(nil, "the list is empty")
	}
	p := &pattern{}
	for _, e := range nodes {
		if tree := phrase(e); tree != nil {
			p.branches = append(p.branches, b.branches(tree)...)
		}
	}
	return p
}

func (b *builder) vicinity(n *scorecard.Node) *vicinity {
	v := &vicinity{within: 5, side: eitherSide}
	m := n.Map()
	if of := m.Must("any"); of != nil {
		v.of = b.phrases(of)
	}
	if d := m.Key("within"); d != nil {
		v.readWithin(d)
	}
	if d := m.Key("side"); d != nil {
		v.side = scorecard.Side(d.OneOf(string(eitherSide), string(scorecard.Before), string(scorecard.After)))
	}
	m.Done()
	return v
}

func (v *vicinity) readWithin(n *scorecard.Node) {
	count, unit, _ := strings.Cut(n.String(), " ")
	v.characters = unit == "characters"
	d, err := strconv.Atoi(count)
	if err != nil || d < 0 || d > farthest || unit != "" && unit != "words" && !v.characters {
		n.Problem([]string{fmt.Sprintf("0 to %d", farthest), `"5 words"`, `"5 characters"`}, "%q is no distance", n.String())
	}
	v.within = d
}

func (p *phrases) judge(e *Evaluation, turns []int) outcome {
	var hits []transcript.Span
	for _, t := range p.any.candidates(e, turns) {
		if e.stopped() {
			break
		}
		s := surroundings{e: e, turn: t, text: e.in.Folded[t].Text}
		var spans []transcript.Span
		for _, at := range s.places(p.any) {
			if from, to, miss := p.hits(&s, at); miss == nil {
				spans = append(spans, e.span(t, from, to))
			}
		}
		hits = addPlaces(hits, spans)
	}
	return hitIf(hits)
}

// miss says why a place of a phrase does not count.
type miss struct {
	text string // with the place itself as %q
	far  int    // how much is wanting
}

// hits returns what is shown of a place that counts, or why it does not.
func (p *phrases) hits(s *surroundings, at []int) (from, to int, no *miss) {
	for _, x := range s.places(p.exclude) {
		if x[0] < at[1] && at[0] < x[1] {
			return 0, 0, &miss{"%q is part of an excluded phrase", 0}
		}
	}
	from, to = at[0], at[1]
	if p.notNear != nil {
		if other, d := s.closest(p.notNear, at); other != nil && d <= p.notNear.within {
			return 0, 0, &miss{fmt.Sprintf("%%q is %d from %q, not more than %d", d, s.text[other[0]:other[1]], p.notNear.within), p.notNear.within + 1 - d}
		}
	}
	if p.near == nil {
		return from, to, nil
	}
	other, d := s.closest(p.near, at)
	switch {
	case other == nil:
		return 0, 0, &miss{"%q stands alone", farthest}
	case d > p.near.within:
		return 0, 0, &miss{fmt.Sprintf("%%q is %d from %q, more than %d", d, s.text[other[0]:other[1]], p.near.within), d - p.near.within}
	}
	return min(from, other[0]), max(to, other[1]), nil
}

// nearest is the place for which least was wanting.
func (p *phrases) nearest(e *Evaluation, turns []int) (Near, bool) {
	near, best := Near{Turn: -1}, 2*farthest
	for _, t := range turns {
		if e.stopped() {
			break
		}
		s := surroundings{e: e, turn: t, text: e.in.Folded[t].Text}
		for _, at := range s.places(p.any) {
			if _, _, no := p.hits(&s, at); no != nil && no.far < best {
				near, best = Near{Turn: t, Text: fmt.Sprintf(no.text, s.text[at[0]:at[1]])}, no.far
			}
		}
	}
	return near, near.Turn >= 0
}

// surroundings are the places of phrases in one turn, each looked for once.
type surroundings struct {
	e     *Evaluation
	turn  int
	text  string
	found map[*pattern][][]int
	units [2][]int // where words, and where letters and digits, begin; nil until asked for
}

// places are the places of a list of phrases that end where words do.
func (s *surroundings) places(p *pattern) [][]int {
	found, ok := s.found[p]
	if ok {
		return found
	}
	for _, at := range p.places(s.e, s.turn, s.text) {
		if !inWord(s.text, at[0]) && !inWord(s.text, at[1]) {
			found = append(found, []int{at[0], at[1]})
		}
	}
	if len(found) == 0 {
		return nil
	}
	if s.found == nil {
		s.found = map[*pattern][][]int{}
	}
	s.found[p] = found
	return found
}

// closest is the place of a vicinity's phrases on its side that is closest to
// another place, and how far off it is. A place is not close to itself.
func (s *surroundings) closest(v *vicinity, at []int) (place []int, distance int) {
	others := s.places(v.of)
	i, _ := slices.BinarySearchFunc(others, at[0], func(o []int, start int) int { return o[0] - start })
	best := -1
	for j := max(0, i-1); j <= min(i+1, len(others)-1); j++ {
		o := others[j]
		if slices.Equal(o, at) || v.side == scorecard.Before && o[0] > at[0] || v.side == scorecard.After && o[1] < at[1] {
			continue
		}
		if d := s.distance(v, at, o); best < 0 || d < best {
			place, best = o, d
		}
	}
	return place, best
}

// distance is how many words, or letters and digits, stand between two places.
func (s *surroundings) distance(v *vicinity, a, b []int) int {
	if a[0] > b[0] {
		a, b = b, a
	}
	if a[1] >= b[0] {
		return 0
	}
	which := 0
	if v.characters {
		which = 1
	}
	if s.units[which] == nil {
		s.units[which] = unitsOf(s.text, v.characters)
	}
	i, _ := slices.BinarySearch(s.units[which], a[1])
	j, _ := slices.BinarySearch(s.units[which], b[0])
	return j - i
}

// unitsOf lists where words begin, or every letter and digit.
func unitsOf(text string, characters bool) []int {
	starts := []int{}
	in := false // a word of an alphabetic script
	for i, r := range text {
		is := unicode.IsLetter(r) || unicode.IsDigit(r)
		if is && (characters || !in || !alphabetic(r)) {
			starts = append(starts, i)
		}
		in = is && alphabetic(r) || in && (r == '\'' || unicode.IsMark(r))
	}
	return starts
}
