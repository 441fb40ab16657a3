package knowledge

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
)

// sameGaps is the likeness from which on two gaps are one.
const sameGaps = 0.65

// Merge is a gap that turned out to be a part of another.
type Merge struct{ From, Into int64 }

// Merges joins the gaps that have grown as alike as sameGaps, the smaller one
// of two always into the larger, where they may be joined, and hands each pair when
// it is one: Terms tells of the larger what it is then. A gap is merged at most once.
func (c *Clusterer) Merges(may func(from, into int64) bool) iter.Seq[Merge] {
	return func(yield func(Merge) bool) {
		ids := slices.SortedFunc(maps.Keys(c.gaps), func(a, b int64) int {
			return cmp.Or(cmp.Compare(c.gaps[a].questions, c.gaps[b].questions), cmp.Compare(b, a))
		})
		for _, id := range ids {
			into := c.larger(c.gaps[id], may)
			if into == nil {
				continue
			}
			c.join(c.gaps[id], into)
			if !yield(Merge{id, into.id}) {
				return
			}
		}
	}
}

// larger returns the gap that is most like a smaller one, nil when none is enough so.
func (c *Clusterer) larger(g *cluster, may func(from, into int64) bool) *cluster {
	told := slices.SortedFunc(slices.Values(g.terms), func(a, b termCount) int {
		return cmp.Or(cmp.Compare(c.weigh(b.term)*g.share(b), c.weigh(a.term)*g.share(a)), strings.Compare(a.term.text, b.term.text))
	})
	var terms []*gapTerm
	for _, t := range told[:min(len(told), gapTold)] {
		terms = append(terms, t.term)
	}
	var best *cluster
	most := sameGaps
	for _, o := range c.candidates(terms, 0) {
		if o == g || o.questions < g.questions || o.questions == g.questions && o.id > g.id || !may(g.id, o.id) {
			continue
		}
		if like := c.alike(g, o); best == nil && like >= most || like > most || like == most && o.id < best.id {
			best, most = o, like
		}
	}
	return best
}

// alike is the cosine of the means of two gaps' questions.
func (c *Clusterer) alike(a, b *cluster) float64 {
	both, as, bs := 0.0, 0.0, 0.0
	shares := make(map[*gapTerm]float64, len(a.terms))
	for _, t := range a.terms {
		w := c.weigh(t.term) * a.share(t)
		as += w * w
		shares[t.term] = a.share(t)
	}
	for _, t := range b.terms {
		w := c.weigh(t.term)
		bs += w * w * b.share(t) * b.share(t)
		both += w * w * b.share(t) * shares[t.term]
	}
	if both == 0 {
		return 0
	}
	return both / math.Sqrt(as*bs)
}

// join moves the questions of one gap into another.
func (c *Clusterer) join(from, into *cluster) {
	c.Remove(from.id)
	at := make(map[*gapTerm]int, len(into.terms))
	for i, t := range into.terms {
		at[t.term] = i
	}
	for _, t := range from.terms {
		if i, ok := at[t.term]; ok {
			into.terms[i].n += t.n
			t.term.questions += t.n
			continue
		}
		t.term.count(into, t.n)
	}
	into.questions += from.questions
	c.questions += from.questions
	if len(into.terms) > gapTerms {
		into.prune()
	}
}

// uncount takes questions from a gap that were counted twice; its terms stay.
func (c *Clusterer) uncount(id int64, twice int) {
	c.gaps[id].questions -= twice
	c.questions -= twice
}
