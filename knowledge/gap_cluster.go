package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	// sameGap is the likeness from which on a question belongs to a gap.
	sameGap = 0.45
	// sameGaps is the likeness from which on two gaps are one.
	sameGaps = 0.65
	// gapTerms are kept of a gap, the most frequent ones.
	gapTerms = 48
	// gapGeneric and gapBinding are what a generic word, and a pair with a character
	// that only binds others, count beside another term.
	gapGeneric, gapBinding = 0.6, 0.25
	// gapLookUps are the rarest terms of a question by which gaps are looked up.
	gapLookUps = 6
	// gapCandidates bounds how many gaps a question is compared with.
	gapCandidates = 200
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
	gaps      map[int64]*GapTerms
	terms     map[string]*gapTerm
	questions int
}

// gapTerm is a term of any gap.
type gapTerm struct {
	factor    float64 // what it counts beside another term as rare
	questions int     // with it
	holders   []int64 // gaps that have it, in the order of their coming
}

// NewClusterer returns a clusterer without gaps.
func NewClusterer() (*Clusterer, error) {
	a, err := newAnalyzers()
	if err != nil {
		return nil, err
	}
	return &Clusterer{
		analyzers: a, gaps: map[int64]*GapTerms{}, terms: map[string]*gapTerm{},
	}, nil
}

// Put tells the clusterer of a gap, as when it begins or another process made one.
func (c *Clusterer) Put(id int64, g GapTerms) {
	c.Remove(id)
	c.gaps[id] = &g
	c.questions += g.Questions
	for term, n := range g.Terms {
		of := c.term(term)
		of.questions += n
		of.holders = append(of.holders, id)
	}
}

// Remove forgets a gap.
func (c *Clusterer) Remove(id int64) {
	g := c.gaps[id]
	if g == nil {
		return
	}
	delete(c.gaps, id)
	c.questions -= g.Questions
	for term, n := range g.Terms {
		of := c.terms[term]
		of.questions -= n
		of.drop(id)
	}
}

// Terms returns what a gap is recognised by now, nil when there is none of that id.
func (c *Clusterer) Terms(id int64) *GapTerms { return c.gaps[id] }

// termsOf returns the terms of a question: words and pairs of characters.
func (c *Clusterer) termsOf(text string) []string {
	return c.analyzers.telling(text)
}

// Nearest returns the gap that a question belongs to, and how alike they are;
// 0 when it belongs to none.
func (c *Clusterer) Nearest(text string) (id int64, likeness float64) {
	terms := c.termsOf(text)
	for _, candidate := range c.candidates(terms) {
		like := c.likeness(terms, c.gaps[candidate])
		if like > likeness || like == likeness && candidate < id {
			id, likeness = candidate, like
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

// typical is how like the mean of a gap's questions a text is.
func (c *Clusterer) typical(id int64, text string) float64 {
	return c.likeness(c.termsOf(text), c.gaps[id])
}

// Add counts a question to a gap, which is made where there is none of that id.
func (c *Clusterer) Add(id int64, text string) {
	g := c.gaps[id]
	if g == nil {
		g = &GapTerms{Terms: map[string]int{}}
		c.gaps[id] = g
	}
	g.Questions++
	c.questions++
	for _, t := range c.termsOf(text) {
		of := c.term(t)
		if g.Terms[t] == 0 {
			of.holders = append(of.holders, id)
		}
		g.Terms[t]++
		of.questions++
	}
	if len(g.Terms) > 2*gapTerms {
		c.prune(id, g)
	}
}

// prune keeps the most frequent terms.
func (c *Clusterer) prune(id int64, g *GapTerms) {
	var all []string
	for t := range g.Terms {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(g.Terms[b], g.Terms[a]), strings.Compare(a, b))
	})
	for _, t := range all[gapTerms:] {
		delete(g.Terms, t)
		c.terms[t].drop(id)
	}
}

func (c *Clusterer) term(text string) *gapTerm {
	t := c.terms[text]
	if t == nil {
		t = &gapTerm{factor: 1}
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

func (t *gapTerm) drop(id int64) {
	t.holders = slices.DeleteFunc(t.holders, func(h int64) bool { return h == id })
}

// weight is how much a term tells: rare ones much, those that people say of
// anything, and pairs that only bind words, little.
func (c *Clusterer) weight(text string) float64 {
	t := c.term(text)
	return t.factor * math.Log1p(float64(c.questions+1)/float64(t.questions+1))
}

// candidates are gaps that share one of the question's rarest terms.
func (c *Clusterer) candidates(terms []string) []int64 {
	var known []*gapTerm
	for _, text := range terms {
		if t := c.terms[text]; t != nil && len(t.holders) > 0 {
			known = append(known, t)
		}
	}
	slices.SortStableFunc(known, func(a, b *gapTerm) int { return cmp.Compare(len(a.holders), len(b.holders)) })
	seen := map[int64]bool{}
	var out []int64
	for i, t := range known {
		if i >= gapLookUps || len(out) >= gapCandidates {
			break
		}
		for _, id := range t.holders {
			if !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}

// likeness is the cosine of the question and the mean of the gap's questions.
func (c *Clusterer) likeness(terms []string, g *GapTerms) float64 {
	both, own, its := 0.0, 0.0, 0.0
	for _, t := range terms {
		w := c.weight(t)
		own += w * w
		both += w * w * g.share(t)
	}
	if both == 0 {
		return 0
	}
	for t := range g.Terms {
		w := c.weight(t) * g.share(t)
		its += w * w
	}
	return both / math.Sqrt(own*its)
}

// share is the share of the gap's questions that have a term.
func (g *GapTerms) share(term string) float64 { return float64(g.Terms[term]) / float64(g.Questions) }

// Merge is a gap that turned out to be a part of another.
type Merge struct{ From, Into int64 }

// Merges returns the gaps that have grown as alike as sameGaps, the smaller one
// of two always into the larger, and merges them where they may be. A gap is
// merged at most once.
func (c *Clusterer) Merges(may func(from, into int64) bool) []Merge {
	var ids []int64
	for id := range c.gaps {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int64) int {
		return cmp.Or(cmp.Compare(c.gaps[a].Questions, c.gaps[b].Questions), cmp.Compare(b, a))
	})
	var out []Merge
	for _, id := range ids {
		if into := c.larger(id, may); into != 0 {
			out = append(out, Merge{id, into})
			c.join(id, into)
		}
	}
	return out
}

// larger returns the gap that is most like a smaller one, 0 when none is enough so.
func (c *Clusterer) larger(id int64, may func(from, into int64) bool) int64 {
	g := c.gaps[id]
	var terms []string
	for t := range g.Terms {
		terms = append(terms, t)
	}
	slices.SortFunc(terms, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.weight(b)*g.share(b), c.weight(a)*g.share(a)), strings.Compare(a, b))
	})
	best, most := int64(0), sameGaps
	for _, other := range c.candidates(terms[:min(len(terms), 2*gapLookUps)]) {
		o := c.gaps[other]
		if other == id || o.Questions < g.Questions || o.Questions == g.Questions && other > id || !may(id, other) {
			continue
		}
		if like := c.alike(g, o); like > most || like == most && other < best {
			best, most = other, like
		}
	}
	return best
}

// alike is the cosine of the means of two gaps' questions.
func (c *Clusterer) alike(a, b *GapTerms) float64 {
	both, as, bs := 0.0, 0.0, 0.0
	for t := range a.Terms {
		w := c.weight(t)
		both += w * w * a.share(t) * b.share(t)
		as += w * w * a.share(t) * a.share(t)
	}
	for t := range b.Terms {
		w := c.weight(t) * b.share(t)
		bs += w * w
	}
	if both == 0 {
		return 0
	}
	return both / math.Sqrt(as*bs)
}

// join moves the questions of one gap into another.
func (c *Clusterer) join(from, into int64) {
	a, b := c.gaps[from], c.gaps[into]
	sum := GapTerms{Questions: a.Questions + b.Questions, Terms: map[string]int{}}
	for _, g := range []*GapTerms{a, b} {
		for t, n := range g.Terms {
			sum.Terms[t] += n
		}
	}
	c.Remove(from)
	c.Put(into, sum)
	if g := c.gaps[into]; len(g.Terms) > gapTerms {
		c.prune(into, g)
	}
}
