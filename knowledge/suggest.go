package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

const (
	// DefaultLimit is how many solutions are suggested for a question.
	DefaultLimit = 3
	// maxLimit bounds what a caller may ask for.
	maxLimit = maxCandidates
	// maxQuestionRunes of a question are searched; the rest is cut off.
	maxQuestionRunes = 400
)

// Query is a question to the library. What it says of products, region and customer
// type is a filter: solutions for others are not suggested, those for all are.
type Query struct {
	Text         string
	Context      []Said   // earlier turns, the latest last
	Language     string   // BCP 47; "" is told by Text
	Products     []string // any of them; none is unknown: then those count that Text, or else Context, names
	About        string   // the product that is meant when none is named; no filter
	Region       string
	CustomerType string // individual or enterprise
	Stage        Stage  // only scripts for it; "" is only solutions proper
	Limit        int    // of suggestions; 0 is DefaultLimit, more than 50 is 50
}

// Said is what somebody said before a question.
type Said struct {
	Speaker transcript.Speaker
	Text    string
}

// suggest answers as Index.Suggest does.
func (g *generation) suggest(ctx context.Context, query Query, m *meaning) ([]pipeline.Suggestion, error) {
	q, found, err := g.searchMeaning(ctx, query, g.o.Threshold, m)
	if err != nil {
		return nil, err
	}
	return g.show(q, found, query.Limit)
}

// show makes suggestions of the best that was found.
func (g *generation) show(q *question, found []ranked, most int) ([]pipeline.Suggestion, error) {
	limit := min(cmp.Or(max(most, 0), DefaultLimit), maxLimit)
	out := make([]pipeline.Suggestion, 0, limit)
	for _, r := range found[:min(limit, len(found))] {
		s, err := r.entry.solution()
		if err != nil {
			return nil, err
		}
		out = append(out, pipeline.Suggestion{
			SolutionID: s.ID,
			Title:      cmp.Or(s.Title, s.ID),
			Score:      math.Round(r.score*1e4) / 1e4,
			Passage:    g.passage(q, s.Answer),
			Answer:     s.Answer,
			Tags:       s.Tags,
		})
	}
	return out, nil
}

func (g *generation) ranking(ctx context.Context, query Query, limit int, m *meaning) ([]Ranked, error) {
	_, found, err := g.searchMeaning(ctx, query, 0, m)
	if err != nil {
		return nil, err
	}
	return firstRanked(found, limit), nil
}

// firstRanked are the first of the solutions that were found, at most limit and at most 50.
func firstRanked(found []ranked, limit int) []Ranked {
	out := make([]Ranked, min(max(limit, 0), len(found), maxLimit))
	for i := range out {
		out[i] = Ranked{found[i].entry.id, found[i].score}
	}
	return out
}

// searchInTurn searches when its turn comes. It waits for that before it locks:
// who writes would wait as well, and all other searches behind.
func (g *generation) searchInTurn(ctx context.Context, query Query, threshold float64) (*question, []ranked, error) {
	select {
	case g.searching <- struct{}{}:
		defer func() { <-g.searching }()
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("search solutions: %w", ctx.Err())
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.search(ctx, query, threshold)
}

// searchAs returns the question and the solutions that reach the threshold, best
// first; neither when the text has only words that say nothing. A solution counts
// with the best that it reaches for the question's own words or those that the
// company's synonyms put in their place.
func (g *generation) searchAs(ctx context.Context, query Query, threshold float64) (*question, []ranked, error) {
	q, found, err := g.searchWords(ctx, query, threshold)
	if err != nil {
		return nil, nil, err
	}
	for _, text := range g.o.synonymsInForce().rewritings(clip(query.Text, maxQuestionRunes)) {
		other := query
		other.Text = text
		p, more, err := g.searchWords(ctx, other, threshold)
		if err != nil {
			return nil, nil, err
		}
		if q == nil {
			q = p
		}
		found = bestOf(found, more)
	}
	if q == nil {
		return nil, nil, nil
	}
	return q, g.sameLanguage(found, q.language), nil
}

func (g *generation) searchWords(ctx context.Context, query Query, threshold float64) (*question, []ranked, error) {
	q := g.newQuestion(query)
	if q == nil {
		return nil, nil, nil
	}
	entries, err := g.retrieve(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	return q, g.rankPieces(q, query, entries, threshold), nil
}

// bestOf joins two rankings; what is in both keeps its better score.
func bestOf(a, b []ranked) []ranked {
	at := map[string]int{}
	for i, r := range a {
		at[r.entry.id] = i
	}
	for _, r := range b {
		if i, ok := at[r.entry.id]; ok {
			a[i].score = max(a[i].score, r.score)
			continue
		}
		a = append(a, r)
	}
	slices.SortFunc(a, better)
	return a
}

// ranked is a candidate with its score.
type ranked struct {
	entry *entry
	score float64
}

// rank returns the valid candidates that reach the threshold, best first, and
// whether their wordings taught the order.
func (g *generation) rank(q *question, entries []*entry, threshold float64) (out []ranked, taught bool) {
	scores := g.weights.scores(g.vocabulary.compareAll(q, entries))
	out = make([]ranked, len(entries))
	for i, e := range entries {
		// Sums of the same numbers differ in their last digits with the order in
		// which solutions came; rounding makes them equal again.
		out[i] = ranked{e, math.Round(g.vocabulary.byCode(q, e, scores[i])*1e9) / 1e9}
	}
	slices.SortFunc(out, better)
	taught = g.vocabulary.judged(q, out)
	n := slices.IndexFunc(out, func(r ranked) bool { return r.score < threshold })
	if n < 0 {
		n = len(out)
	}
	return out[:n], taught
}

// rankPieces ranks the candidates by the whole question and, when that finds no
// likely answer, by each of its pieces, and keeps what each candidate reaches at
// best. A piece lacks what the rest names, and so counts only for what it most
// likely asks.
func (g *generation) rankPieces(q *question, query Query, entries []*entry, threshold float64) []ranked {
	best, taught := g.rank(q, entries, threshold)
	if taught || len(best) > 0 && best[0].score >= leastPieceScore {
		return best
	}
	at := map[*entry]int{}
	for i, r := range best {
		at[r.entry] = i
	}
	for _, text := range pieces(clip(query.Text, maxQuestionRunes)) {
		p := g.newQuestion(Query{Text: text, Language: q.language, Products: query.Products})
		if p == nil {
			continue
		}
		found, _ := g.rank(p, entries, threshold)
		for _, r := range found {
			if r.score < leastPieceScore {
				break
			}
			if i, ok := at[r.entry]; ok {
				best[i].score = max(best[i].score, r.score)
				continue
			}
			at[r.entry] = len(best)
			best = append(best, r)
		}
	}
	slices.SortFunc(best, better)
	return best
}

func better(a, b ranked) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.entry.id, b.entry.id))
}

// sameLanguage drops solutions in other languages when a likely one is in the question's.
func (g *generation) sameLanguage(found []ranked, language string) []ranked {
	other := func(r ranked) bool { return r.entry.language != "" && r.entry.language != language }
	if language == "" || !slices.ContainsFunc(found, func(r ranked) bool { return r.entry.language == language && r.score >= g.o.Threshold }) {
		return found
	}
	return slices.DeleteFunc(found, other)
}

// question is a query as the ranking sees it.
type question struct {
	searched []boosted
	// own and ownPairs are of the question itself, terms and pairs also of its context.
	own, terms      []weighed[int32]
	ownPairs, pairs []weighed[pair]
	// The sums of their weights, terms outside the vocabulary included.
	ownWeight, weight         float64
	ownPairWeight, pairWeight float64
	unknown                   float64 // share of ownWeight outside the vocabulary
	grams                     []pair  // all words and their pairs, as in variants
	halves                    int     // content of the question itself, by halfWords
	codes                     []int32 // of products and faults that the library knows
	onlyCodes                 bool    // there is nothing else in it
	language, product         string
	plain                     uint64  // a hash of the text's letters and digits
	filters                   filters // whom the solution is for
}

// newQuestion returns nil for a text that has only words that say nothing.
func (g *generation) newQuestion(query Query) *question {
	q := &question{language: baseLanguage(query.Language), product: firstProduct(query.Products), plain: textID(plain(query.Text)), filters: newFilters(query)}
	if q.language == "" {
		q.language = textLanguage(query.Text)
	}
	text := g.analyzers.cut(canonical(clip(query.Text, maxQuestionRunes)))
	for i, w := range text.words {
		if !w.stop {
			text.words[i].term = g.vocabulary.corrected(w.term)
		}
	}
	text.words = g.vocabulary.joinCodes(text.words)
	q.searched = text.searched()
	q.grams = newIDs(text.ids()).grams(nil)
	words := text.content()
	g.vocabulary.weigh(q, words)
	g.vocabulary.findCodes(q, words)
	if q.halves == 0 {
		return nil
	}
	g.addContext(q, words, query.Context)
	return q
}

func firstProduct(products []string) string {
	if len(products) == 0 {
		return ""
	}
	return fold(products[0])
}

// weigh fills in the question's own terms and pairs.
func (v *vocabulary) weigh(q *question, words []string) {
	seen := map[string]bool{}
	for i, w := range words {
		if !seen[w] {
			seen[w] = true
			v.addTerm(q, w)
		}
		if i > 0 && !seen[words[i-1]+" "+w] {
			seen[words[i-1]+" "+w] = true
			v.addPair(q, words[i-1], w)
		}
	}
	q.unknown = 1
	for _, t := range q.own {
		q.unknown -= share(t.weight, q.ownWeight)
	}
	q.terms, q.weight = slices.Clone(q.own), q.ownWeight
	q.pairs, q.pairWeight = q.ownPairs, q.ownPairWeight
}

func (v *vocabulary) addTerm(q *question, word string) {
	id, weight := v.lookUp(word)
	q.ownWeight += weight
	if weight > 0 {
		q.halves += halfWords(word)
	}
	if id != unknownTerm {
		q.own = append(q.own, weighed[int32]{id, weight})
	}
}

func (v *vocabulary) addPair(q *question, first, second string) {
	a, wa := v.lookUp(first)
	b, wb := v.lookUp(second)
	q.ownPairWeight += (wa + wb) / 2
	if a != unknownTerm && b != unknownTerm {
		q.ownPairs = append(q.ownPairs, weighed[pair]{newPair(a, b), (wa + wb) / 2})
	}
}

// lookUp returns a word's number, unknownTerm when no solution has it, and its weight in
// a question. Unknown words with digits weigh nothing: they are order numbers.
func (v *vocabulary) lookUp(word string) (int32, float64) {
	id := termID(word)
	switch {
	case v.df(id) > 0:
		return id, v.termWeight(id)
	case strings.ContainsFunc(word, unicode.IsDigit):
		return unknownTerm, 0
	case isWeak(word):
		return unknownTerm, weakFactor * unknownFactor * v.idf(0)
	case strings.ContainsFunc(word, isHan):
		return unknownTerm, unknownHanFactor * v.idf(0)
	}
	return unknownTerm, unknownFactor * v.idf(0)
}

// halfWords is what a word weighs as content, in halves: two for a word, one for
// a Chinese character, nothing for a weak one.
func halfWords(word string) int {
	switch {
	case isWeak(word):
		return 0
	case strings.ContainsFunc(word, isHan):
		return 1
	}
	return 2
}

func clip(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i]
		}
		runes--
	}
	return s
}
