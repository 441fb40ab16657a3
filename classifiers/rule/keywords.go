package rule

import (
	"fmt"
	"slices"
	"strings"

	"assay/pipeline/scorecard"
)

// keywords looks for words and phrases:
//
//	keywords: {any: […], at_least: N, total: N, exclude: […], unless_negated: true, within: turn}
//	keywords: {all: […]}
//	keywords: {none: […]}
//	keywords: {any: […], synonyms: true, case_sensitive: true}
//
// Any hits when at_least (default 1) different ones of the list occur, all when
// every one does, none when none does in at least one turn in range. Total
// (default 1) is how many places there must be together; a place within a
// longer one counts with it. Within says where: together in the range (the
// default), or in a single turn.
//
// A word of an alphabetic script must stand as a word: hi does not occur in
// this. Chinese occurs anywhere. Blanks match any run of blanks. A place that
// overlaps an excluded phrase does not count, nor, with unless_negated, one
// that is negated (see negation.go).
//
// With synonyms, the scorecard's synonyms of a word are looked for as well and
// count as that word. With case_sensitive, capitals must stand as in the list;
// excluded phrases are not that particular.
type keywords struct {
	words         wording
	exclude       []int32
	different     int // least number of different words; 0 is none
	total         int
	singly        bool // in a single turn, not across the range
	unlessNegated bool
}

func readKeywords(b *builder, c *condition, m *scorecard.Map) test {
	k := &keywords{total: 1}
	c.turnwise = true
	modes := 0
	for _, mode := range []string{"any", "all", "none"} {
		n := m.Key(mode)
		if n == nil {
			continue
		}
		modes++
		k.words = b.wording(n, m)
		switch mode {
		case "any":
			k.different = 1
		case "all":
			k.different = k.words.asks
		}
		c.nowhere = mode == "none"
	}
	if modes != 1 {
		m.Node.Problem([]string{"any", "all", "none"}, "exactly one of them lists the words, found %d", modes)
	}
	k.readLimits(b, m)
	c.local = k.different > 0 && (k.singly || k.different == 1 && k.total == 1)
	return k
}

func (k *keywords) readLimits(b *builder, m *scorecard.Map) {
	if n := m.Key("at_least"); n != nil {
		if m.Key("any") == nil {
			n.Problem([]string{"any"}, "at_least goes only with any")
		}
		k.different = n.Int(1, max(1, k.words.asks))
	}
	if n := m.Key("total"); n != nil {
		if m.Key("none") != nil {
			n.Problem([]string{"any", "all"}, "total does not go with none")
		}
		k.total = n.Int(1, 10_000)
	}
	if n := m.Key("exclude"); n != nil {
		k.exclude = b.words(n)
	}
	if n := m.Key("unless_negated"); n != nil {
		k.unlessNegated = n.Bool()
	}
	if n := m.Key("within"); n != nil {
		k.singly = n.OneOf("turn", "range") == "turn"
	}
}

func (k *keywords) judge(e *Evaluation, turns []int) outcome {
	if k.different == 0 {
		return when(len(turns) > 0 && len(k.find(e, turns)) == 0)
	}
	found := k.find(e, turns)
	if !k.singly && !k.enough(e, found) {
		return notHit()
	}
	from := len(e.spans)
	if len(found) == 1 {
		e.spans = append(e.spans, e.spanOf(&found[0]))
		return hit(e.spans[from:len(e.spans):len(e.spans)]...)
	}
	for len(found) > 0 && !e.stopped() {
		n := firstFrom(found, int(found[0].turn)+1)
		here := found[:n]
		found = found[n:]
		if k.singly && !k.enough(e, here) {
			continue
		}
		if len(e.spans)-from >= mostPlaces {
			here = here[:1]
		}
		for i := range here {
			e.spans = append(e.spans, e.spanOf(&here[i]))
		}
	}
	return hitIf(e.spans[from:len(e.spans):len(e.spans)])
}

// enough reports whether the places, by their place, are of enough different
// words, and enough of them not within another one.
func (k *keywords) enough(e *Evaluation, found []match) bool {
	if len(found) < max(k.different, k.total) {
		return false
	}
	return (k.different <= 1 || k.differing(e, found)) && (k.total <= 1 || apart(found) >= k.total)
}

// differing reports whether enough different words are there.
func (k *keywords) differing(e *Evaluation, found []match) bool {
	e.seen = slices.Grow(e.seen[:0], k.words.asks)[:k.words.asks]
	clear(e.seen)
	n := 0
	for _, m := range found {
		i, _ := slices.BinarySearch(k.words.ids, m.id)
		if slot := k.words.slot(i); !e.seen[slot] {
			e.seen[slot] = true
			if n++; n == k.different {
				return true
			}
		}
	}
	return false
}

// apart counts the places that do not lie within another one.
func apart(found []match) int {
	n, turn, end := 0, int32(-1), int32(0)
	for _, m := range found {
		if m.turn > turn || m.end > end {
			n, turn, end = n+1, m.turn, m.end
		}
	}
	return n
}

// find returns the places in the given turns that count, by their place. The
// result is good until find is called again.
func (k *keywords) find(e *Evaluation, turns []int) []match {
	if e.places == nil {
		e.words = k.search(e, turns, e.words[:0])
		return e.words
	}
	all, ok := e.places[k]
	if !ok {
		all = k.search(e, e.messages(""), nil)
		e.places[k] = all
	}
	e.words = within(e.words[:0], all, turns)
	return e.words
}

// search appends to found.
func (k *keywords) search(e *Evaluation, turns []int, found []match) []match {
	found = e.gather(found, k.words.ids, turns)
	if k.words.written != nil {
		found = slices.DeleteFunc(found, func(m match) bool {
			i, _ := slices.BinarySearch(k.words.ids, m.id)
			return !k.words.asWritten(e, i, int(m.turn), m)
		})
	}
	if len(found) == 0 || len(k.exclude) == 0 && !k.unlessNegated {
		return found
	}
	excluded, longest := e.others[:0], int32(0)
	if len(k.exclude) > 0 {
		excluded = e.gather(excluded, k.exclude, turns)
		for _, o := range excluded {
			longest = max(longest, o.end-o.start)
		}
	}
	e.others = excluded
	return slices.DeleteFunc(found, func(m match) bool {
		for len(excluded) > 0 && (excluded[0].turn < m.turn || excluded[0].turn == m.turn && excluded[0].start <= m.start-longest) {
			excluded = excluded[1:] // too far before this place and all that follow
		}
		return overlaps(m, excluded) || k.unlessNegated && negated(e.in.Folded[m.turn].Text[:m.start])
	})
}

// gather appends the places of words in the given turns, by their place.
func (e *Evaluation) gather(found []match, words []int32, turns []int) []match {
	x := e.scanned()
	from, lists := len(found), 0
	for _, id := range words {
		g := x.of[id]
		if g.n == 0 {
			continue
		}
		n := len(found)
		if cap(found)-n < int(g.n) {
			found = slices.Grow(found, int(g.n))
		}
		if found = within(found, x.places[g.from:][:g.n], turns); len(found) > n {
			lists++
		}
	}
	if lists > 1 {
		slices.SortFunc(found[from:], byPlace)
	}
	return found
}

// within appends to found the places of words that lie in one of the turns. Both
// lists ascend.
func within(found, places []match, turns []int) []match {
	whole := len(turns) > 0 && turns[len(turns)-1]-turns[0] == len(turns)-1
	for len(places) > 0 && len(turns) > 0 {
		turn := int(places[0].turn)
		in := turns[0] <= turn && turn <= turns[len(turns)-1]
		if in && !whole {
			var i int
			i, in = slices.BinarySearch(turns, turn)
			turns = turns[i:]
		}
		switch {
		case in:
			if places[0].word {
				found = append(found, places[0])
			}
			places = places[1:]
		case len(turns) > 0 && turn < turns[0]:
			places = places[firstFrom(places, turns[0]):]
		default:
			return found
		}
	}
	return found
}

// overlaps reports whether one of the others, by their place, has a part of m.
func overlaps(m match, others []match) bool {
	for _, o := range others {
		if o.turn > m.turn || o.start >= m.end {
			return false
		}
		if o.turn == m.turn && m.start < o.end {
			return true
		}
	}
	return false
}

// tally is what was found so far.
type tally struct {
	seen      []bool // by word
	different int
	places    int // those within longer ones count with them
}

func (s *tally) add(k *keywords, found []match) {
	for _, m := range found {
		i, _ := slices.BinarySearch(k.words.ids, m.id)
		if slot := k.words.slot(i); !s.seen[slot] {
			s.seen[slot] = true
			s.different++
		}
	}
	s.places += apart(found)
}

// nearest is what was found of several words or places, what stood where it does
// not count or, for none, what was found at all.
func (k *keywords) nearest(e *Evaluation, turns []int) (Near, bool) {
	near := Near{Turn: -1}
	var best, so tally
	for i, t := range turns {
		if i == 0 || k.singly {
			so = tally{seen: make([]bool, k.words.asks)}
		}
		found := k.find(e, turns[i:i+1])
		if so.add(k, found); len(found) == 0 {
			continue
		}
		if k.different == 0 {
			return Near{t, e.quoted(t, int(found[0].start), int(found[0].end)) + " occurs"}, true
		}
		if so.different > best.different || k.total > 1 && so.places > best.places {
			best = tally{slices.Clone(so.seen), so.different, so.places}
			near.Turn = t
		}
	}
	switch {
	case near.Turn < 0:
		return k.passedOver(e, turns)
	case best.different < k.different:
		near.Text = fmt.Sprintf("%d of %d different words, missing %s", best.different, k.different, k.missing(e, best.seen))
	default:
		near.Text = fmt.Sprintf("%d of %d places", best.places, k.total)
	}
	return near, true
}

// missing lists the words that were not found, some of them when they are many.
func (k *keywords) missing(e *Evaluation, seen []bool) string {
	const most = 5
	texts := make([]string, k.words.asks) // with synonyms
	for i, id := range k.words.ids {
		slot := k.words.slot(i)
		texts[slot] = strings.TrimPrefix(texts[slot]+"/"+e.set.literals.literals[id], "/")
	}
	var out []string
	for slot, text := range texts {
		if !seen[slot] {
			out = append(out, "“"+text+"”")
		}
	}
	if len(out) > most {
		out = append(out[:most], "…")
	}
	return strings.Join(out, ", ")
}

// passedOver is the first place that did not count: it is a part of an excluded
// phrase, has other capitals, or is negated.
func (k *keywords) passedOver(e *Evaluation, turns []int) (Near, bool) {
	for _, t := range turns {
		for _, m := range e.matches(t) {
			i, ok := slices.BinarySearch(k.words.ids, m.id)
			if !ok || among(k.exclude, m.id) {
				continue
			}
			why := "is negated"
			if !k.words.asWritten(e, i, t, m) {
				why = "has other capitals"
			}
			for _, x := range e.matches(t) {
				if among(k.exclude, x.id) && overlaps(m, []match{x}) {
					why = "stands in the excluded " + e.quoted(t, int(x.start), int(x.end))
				}
			}
			return Near{t, e.quoted(t, int(m.start), int(m.end)) + " " + why}, true
		}
	}
	return Near{}, false
}
