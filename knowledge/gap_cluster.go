package knowledge

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

const (
	// sameGap is the likeness from which on a question belongs to a gap.
	sameGap = 0.40
	// gapTerms are kept of a gap, the most frequent ones.
	gapTerms = 48
	// gapTold are the terms of a gap by which gaps like it are looked up.
	gapTold = 12
	// gapGeneric and gapBinding are what a generic word, and a pair with a character
	// that only binds others, count beside another term.
	gapGeneric, gapBinding = 0.6, 0.25
	// gapPostings is how many gaps are looked at that share a term with a question,
	// those of its rarest terms first, and gapCandidates is how many of them are
	// compared with it, those that share most.
	gapPostings, gapCandidates = 8_000, 48
)

// GapTerms is what a gap is recognised by: of how many of its questions each of
// its most frequent terms is part.
type GapTerms struct {
	Questions int            `json:"questions"` // all of the gap
	Terms     map[string]int `json:"terms"`
}

// Clusterer finds the gap that a question belongs to. Questions are taken one at
// a time and stay where they were put, so that gaps keep their names and sizes
// over time. It is not safe for concurrent use.
type Clusterer struct {
	analyzers analyzers
	gaps      map[int64]*cluster
	terms     map[string]*gapTerm
	questions int
	look      int64      // counts searches
	found     []*cluster // of the last one, kept for its memory
}

// cluster is a gap as the clusterer has it.
type cluster struct {
	id        int64
	questions int
	terms     []termCount
	look      int64   // the search that saw it last
	shared    float64 // of the terms of that search
}

// termCount is of how many questions of a gap a term is part.
type termCount struct {
	term *gapTerm
	n    int
}

// gapTerm is a term of any gap or question.
type gapTerm struct {
	text      string
	factor    float64 // what it counts beside another term as rare
	questions int     // with it
	holders   []*cluster
	look      int64 // the search that it is part of
	weight    float64
	weighedAt [2]int // the questions, all and its own, when it was weighed
}

// NewClusterer returns a clusterer without gaps.
func NewClusterer() (*Clusterer, error) {
	a, err := newAnalyzers()
	if err != nil {
		return nil, err
	}
	return &Clusterer{analyzers: a, gaps: map[int64]*cluster{}, terms: map[string]*gapTerm{}}, nil
}

// Put tells the clusterer of a gap, as when it begins or another process made one.
func (c *Clusterer) Put(id int64, g GapTerms) {
	c.Remove(id)
	of := &cluster{id: id, questions: g.Questions}
	c.gaps[id] = of
	c.questions += g.Questions
	for _, text := range slices.Sorted(maps.Keys(g.Terms)) {
		c.term(text).count(of, g.Terms[text])
	}
}

// Remove forgets a gap.
func (c *Clusterer) Remove(id int64) {
	g := c.gaps[id]
	if g == nil {
		return
	}
	delete(c.gaps, id)
	c.questions -= g.questions
	for _, t := range g.terms {
		t.term.questions -= t.n
		t.term.drop(g)
	}
}

// Terms returns what a gap is recognised by now, nil when there is none of that id.
func (c *Clusterer) Terms(id int64) *GapTerms {
	g := c.gaps[id]
	if g == nil {
		return nil
	}
	out := &GapTerms{Questions: g.questions, Terms: make(map[string]int, len(g.terms))}
	for _, t := range g.terms {
		out.Terms[t.term.text] = t.n
	}
	return out
}

// read returns the terms of a question: words and pairs of characters, without
// those of greetings and the like, which are of any question.
func (c *Clusterer) read(text string) []*gapTerm {
	flat, _ := spoken(text)
	told := c.analyzers.telling(substantial(flat))
	terms := make([]*gapTerm, len(told))
	for i, t := range told {
		terms[i] = c.term(t)
	}
	return terms
}

// Nearest returns the gap that a question belongs to, and how alike they are;
// 0 when it belongs to none.
func (c *Clusterer) Nearest(text string) (id int64, likeness float64) { return c.nearest(c.read(text)) }

func (c *Clusterer) nearest(terms []*gapTerm) (id int64, likeness float64) {
	for _, candidate := range c.candidates(terms, sameGap) {
		like := c.likeness(terms, candidate)
		if like > likeness || like == likeness && candidate.id < id {
			id, likeness = candidate.id, like
		}
	}
	if likeness < sameGap {
		return 0, likeness
	}
	return id, likeness
}

// telling returns the distinct words and pairs of characters of a text, without
// characters that mostly bind others.
func (a analyzers) telling(text string) []string {
	cut := a.cut(canonical(clip(text, maxQuestionRunes)))
	var out []string
	seen := map[string]bool{}
	for _, t := range append(cut.content(), cut.pairs...) {
		if !seen[t] && !isWeak(t) {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

// typical is how like the mean of a gap's questions some terms are.
func (c *Clusterer) typical(id int64, terms []*gapTerm) float64 {
	c.mark(terms)
	return c.likeness(terms, c.gaps[id])
}

// Add counts a question to a gap, which is made where there is none of that id.
func (c *Clusterer) Add(id int64, text string) { c.add(id, c.read(text)) }

func (c *Clusterer) add(id int64, terms []*gapTerm) {
	g := c.gaps[id]
	if g == nil {
		g = &cluster{id: id}
		c.gaps[id] = g
	}
	g.questions++
	c.questions++
	c.mark(terms)
	for i := range g.terms {
		if t := &g.terms[i]; t.term.look == c.look {
			t.n++
			t.term.questions++
			t.term.look = 0
		}
	}
	for _, t := range terms {
		if t.look == c.look {
			t.count(g, 1)
		}
	}
	if len(g.terms) > 2*gapTerms {
		g.prune()
	}
}

// count makes the term one of a gap that does not have it.
func (t *gapTerm) count(g *cluster, n int) {
	g.terms = append(g.terms, termCount{t, n})
	t.questions += n
	t.holders = append(t.holders, g)
}

// prune keeps the most frequent terms.
func (g *cluster) prune() {
	slices.SortFunc(g.terms, func(a, b termCount) int {
		return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.term.text, b.term.text))
	})
	for _, t := range g.terms[gapTerms:] {
		t.term.drop(g)
	}
	clear(g.terms[gapTerms:])
	g.terms = g.terms[:gapTerms]
}

func (c *Clusterer) term(text string) *gapTerm {
	t := c.terms[text]
	if t == nil {
		t = &gapTerm{text: text, factor: 1}
		switch {
		case genericIDs[termID(text)]:
			t.factor = gapGeneric
		case strings.ContainsAny(text, weakHan):
			t.factor = gapBinding
		}
		c.terms[text] = t
	}
	return t
}

func (t *gapTerm) drop(g *cluster) {
	if i := slices.Index(t.holders, g); i >= 0 {
		last := len(t.holders) - 1
		t.holders[i], t.holders[last] = t.holders[last], nil
		t.holders = t.holders[:last]
	}
}

// weigh returns how much a term tells: rare ones much, those that people say of
// anything, and pairs that only bind words, little. It is reckoned anew when the
// questions have become an eighth more, which moves it by little.
func (c *Clusterer) weigh(t *gapTerm) float64 {
	if at := t.weighedAt; t.weight == 0 || hasMoved(at[0], c.questions) || hasMoved(at[1], t.questions) {
		t.weight = t.factor * math.Log1p(float64(c.questions+1)/float64(t.questions+1))
		t.weighedAt = [2]int{c.questions, t.questions}
	}
	return t.weight
}

func hasMoved(from, to int) bool { return 8*to > 9*from || 8*from > 9*to }

// mark begins a search for terms.
func (c *Clusterer) mark(terms []*gapTerm) {
	c.look++
	for _, t := range terms {
		t.look = c.look
	}
}

// candidates are the gaps that share most of the terms, the rarest ones first.
// The likeness of two is at most the root of the share of the squared weights
// that both have, so what cannot come to the least likeness is left out, and so
// are the long lists of the frequent terms in which nothing new could come to it.
func (c *Clusterer) candidates(terms []*gapTerm, least float64) []*cluster {
	rarest := slices.Clone(terms)
	slices.SortStableFunc(rarest, func(a, b *gapTerm) int { return cmp.Compare(len(a.holders), len(b.holders)) })
	c.mark(terms)
	own := 0.0
	for _, t := range terms {
		own += c.weigh(t) * c.weigh(t)
	}
	need, rest, left := least*least*own, own, gapPostings
	found := c.found[:0]
	for _, t := range rarest {
		if rest < need || left == 0 {
			break
		}
		square := c.weigh(t) * c.weigh(t)
		rest -= square
		for _, g := range t.holders[:min(left, len(t.holders))] {
			if g.look != c.look {
				g.look, g.shared = c.look, 0
				found = append(found, g)
			}
			g.shared += square
		}
		left -= min(left, len(t.holders))
	}
	c.found = found
	var best []*cluster
	for _, g := range found {
		if g.shared+rest >= need {
			best = keepBest(best, g)
		}
	}
	return best
}

// keepBest puts a gap into its place among the best, of which gapCandidates are kept.
func keepBest(best []*cluster, g *cluster) []*cluster {
	byShared := func(a, b *cluster) int {
		return cmp.Or(cmp.Compare(b.shared, a.shared), cmp.Compare(a.id, b.id))
	}
	if len(best) == gapCandidates {
		if byShared(g, best[len(best)-1]) > 0 {
			return best
		}
		best = best[:len(best)-1]
	}
	at, _ := slices.BinarySearchFunc(best, g, byShared)
	return slices.Insert(best, at, g)
}

// likeness is the cosine of marked terms and the mean of the gap's questions.
func (c *Clusterer) likeness(terms []*gapTerm, g *cluster) float64 {
	both, own, its := 0.0, 0.0, 0.0
	for _, t := range terms {
		w := c.weigh(t)
		own += w * w
	}
	for _, t := range g.terms {
		w, share := c.weigh(t.term), g.share(t)
		its += w * w * share * share
		if t.term.look == c.look {
			both += w * w * share
		}
	}
	if both == 0 {
		return 0
	}
	return both / math.Sqrt(own*its)
}

// share is the share of the gap's questions that have a term.
func (g *cluster) share(t termCount) float64 { return float64(t.n) / float64(g.questions) }
