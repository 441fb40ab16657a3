package rule

import (
	"fmt"
	"slices"
	"strings"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
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
		return k.judgeNone(e, turns)
	}
	if !e.occurs(k.words.ids) {
		return notHit()
	}
	var places []transcript.Span
	so := tally{seen: make([]bool, k.words.asks)}
	for _, t := range turns {
		found := k.find(e, t)
		if k.singly && so.places > 0 {
			so = tally{seen: make([]bool, k.words.asks)}
		}
		so.add(k, found)
		if !k.singly || k.enough(so) {
			if len(places) >= mostPlaces {
				found = found[:min(1, len(found))]
			}
			places = append(places, k.spans(e, t, found)...)
		}
		if e.stopped() {
			break
		}
	}
	if k.singly || k.enough(so) {
		return hitIf(places)
	}
	return notHit()
}

func (k *keywords) judgeNone(e *Evaluation, turns []int) outcome {
	for _, t := range turns {
		if len(k.find(e, t)) > 0 || e.stopped() {
			return notHit()
		}
	}
	return when(len(turns) > 0)
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

func (k *keywords) enough(so tally) bool { return so.different >= k.different && so.places >= k.total }

func (k *keywords) spans(e *Evaluation, turn int, found []match) []transcript.Span {
	spans := make([]transcript.Span, len(found))
	for i, m := range found {
		spans[i] = e.span(turn, int(m.start), int(m.end))
	}
	return spans
}

// apart counts the places that do not lie within another one.
func apart(found []match) int {
	n, end := 0, int32(0)
	for _, m := range found {
		if m.end > end {
			n, end = n+1, m.end
		}
	}
	return n
}

// find returns the places in a turn that count, by their start, longer ones first.
func (k *keywords) find(e *Evaluation, turn int) []match {
	if found, ok := e.places[placeKey{k, turn}]; ok {
		return found
	}
	found := k.search(e, turn)
	if e.places != nil {
		e.places[placeKey{k, turn}] = found
	}
	return found
}

// placeKey is what the places of words are kept by while one condition is
// judged in many windows.
type placeKey struct {
	words *keywords
	turn  int
}

func (k *keywords) search(e *Evaluation, turn int) []match {
	var found, excluded []match
	for _, m := range e.matches(turn) {
		if among(k.exclude, m.id) {
			excluded = append(excluded, m)
		} else if i, ok := slices.BinarySearch(k.words.ids, m.id); ok && k.words.asWritten(e, i, turn, m) {
			found = append(found, m)
		}
	}
	text, next := e.in.Folded[turn].Text, 0
	longest := int32(0)
	for _, o := range excluded {
		longest = max(longest, o.end-o.start)
	}
	return slices.DeleteFunc(found, func(m match) bool {
		for next < len(excluded) && excluded[next].start <= m.start-longest {
			next++ // too far before this place and all that follow
		}
		return overlaps(m, excluded[next:]) || k.unlessNegated && negated(text[:m.start])
	})
}

// overlaps reports whether one of the others, by their start, has a part of m.
func overlaps(m match, others []match) bool {
	for _, o := range others {
		if o.start >= m.end {
			return false
		}
		if m.start < o.end {
			return true
		}
	}
	return false
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
		found := k.find(e, t)
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
