package knowledge

import (
	"cmp"
	"context"
	"slices"

	"assay/pipeline/transcript"
)

const (
	// contextFactor is what a term of the turn just before a question of no content
	// counts beside one of the question. It falls to 0 with the question's content
	// of shortQuestion words.
	contextFactor = 0.5
	shortQuestion = 6
	// turnDecay is what every turn in between leaves of it, and otherSpeaker is
	// what it is for turns of agents and bots.
	turnDecay    = 0.7
	otherSpeaker = 0.7
	// leastContext is the factor below which terms are left out.
	leastContext = 0.05
	// maxContextTerms are taken from the turns before a question, the latest first.
	maxContextTerms = 12
)

// otherProduct is what the score of a solution for another product than the one
// that is spoken of is multiplied by: only a very likely one is still suggested.
// In DSTC11's track 5 the product that was named last is the one that is asked
// about in 96 of 100 chats.
const otherProduct = 0.6

// otherThanAbout is the same where nobody names a product: what a session is filed
// under is often not what is asked in it. In the demo, where the library knows the
// session's product, the right solution is of another one 18 times of 72.
const otherThanAbout = 0.8

// search returns the question and the solutions that reach the threshold, best
// first; neither when there are only words that say nothing. A text that only
// urges asks what the customer said last.
func (g *generation) search(ctx context.Context, query Query, threshold float64) (*question, []ranked, error) {
	q, found, err := g.searchSpoken(ctx, query, threshold)
	for q == nil && err == nil {
		i := lastOfCustomer(query.Context)
		if i < 0 {
			break
		}
		query.Text, query.Context = query.Context[i].Text+" "+query.Text, query.Context[:i]
		q, found, err = g.searchSpoken(ctx, query, threshold)
	}
	return q, found, err
}

// lastOfCustomer returns the place of the customer's last turn, −1 without any.
func lastOfCustomer(turns []Said) int {
	for i, said := range slices.Backward(turns) {
		if said.Speaker == transcript.Customer {
			return i
		}
	}
	return -1
}

// searchSpoken searches for the text itself. Without a filter, solutions for the
// products that are spoken of, and for all products, come first; those for others
// follow.
func (g *generation) searchSpoken(ctx context.Context, query Query, threshold float64) (*question, []ranked, error) {
	names, others := g.spokenOf(query)
	if len(names) == 0 {
		return g.searchAs(ctx, query, threshold)
	}
	narrow := query
	narrow.Products = names
	q, found, err := g.searchAs(ctx, narrow, 0)
	if err != nil || q == nil {
		return q, nil, err
	}
	if len(found) == 0 || found[0].score < g.o.Threshold {
		_, wide, err := g.searchAs(ctx, query, 0)
		if err != nil {
			return nil, nil, err
		}
		found = widened(found, wide, others, g.o.Threshold)
	}
	return q, slices.DeleteFunc(found, func(r ranked) bool { return r.score < threshold }), nil
}

// widened adds to the solutions found those of a wider search, at a lower score:
// the likely ones by their score, the others behind all. When nothing was found,
// the customer has gone on to something else.
func widened(found, wide []ranked, others, threshold float64) []ranked {
	if len(found) == 0 {
		return wide
	}
	have := map[string]bool{}
	for _, r := range found {
		have[r.entry.id] = true
	}
	most := found[len(found)-1].score
	for _, r := range wide {
		if have[r.entry.id] {
			continue
		}
		if r.score *= others; r.score < threshold {
			r.score = min(r.score, most)
		}
		found = append(found, r)
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(b.score, a.score) })
	return found
}

// spokenOf returns the products that the question names, or else those that the
// last of the earlier turns that names any does, or else the one that the session
// is about, and what solutions for others count. With a filter there are none.
func (g *generation) spokenOf(query Query) (names []string, others float64) {
	if len(query.Products) > 0 || len(g.products.names) == 0 {
		return nil, 1
	}
	if names := g.namedIn(query.Text); len(names) > 0 {
		return names, otherProduct
	}
	for _, said := range slices.Backward(query.Context) {
		if names := g.namedIn(said.Text); len(names) > 0 {
			return names, otherProduct
		}
	}
	if about := fold(query.About); g.products.known(about) {
		return []string{about}, otherThanAbout
	}
	return nil, 1
}

// namedIn returns the products that a text names.
func (g *generation) namedIn(text string) []string {
	terms := g.analyzers.singles(canonical(clip(text, maxQuestionRunes)))
	for i, t := range terms {
		terms[i] = g.vocabulary.corrected(t)
	}
	return g.products.find(terms, func(term string) int { return int(g.vocabulary.df(termID(term))) })
}

// addContext adds terms of the earlier turns, at a weight that falls with every
// turn between, and with what the question says itself.
func (g *generation) addContext(q *question, words []string, turns []Said) {
	seen := map[string]bool{}
	for _, w := range words {
		seen[w] = true
	}
	left := maxContextTerms
	factor := contextFactor * (1 - float64(q.halves)/(2*shortQuestion))
	for _, turn := range slices.Backward(turns) {
		if factor < leastContext {
			return
		}
		weight := factor
		if turn.Speaker != transcript.Customer {
			weight *= otherSpeaker
		}
		left = g.addTurn(q, turn.Text, weight, seen, left)
		factor *= turnDecay
	}
}

// addTurn adds terms of an earlier turn that are not yet in the question, as many
// as are left, and returns how many are left then.
func (g *generation) addTurn(q *question, text string, factor float64, seen map[string]bool, left int) int {
	for _, w := range g.analyzers.singles(canonical(clip(text, maxQuestionRunes))) {
		id, weight := g.vocabulary.lookUp(w)
		if left == 0 || seen[w] || id == unknownTerm || isWeak(w) {
			continue
		}
		seen[w] = true
		left--
		q.searched = append(q.searched, boosted{wordsField, w, factor})
		q.terms = append(q.terms, weighed[int32]{id, factor * weight})
		q.weight += factor * weight
	}
	return left
}
