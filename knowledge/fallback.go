package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"assay/pipeline"
)

const (
	// fallbackTerms of a question are searched, the rarest ones.
	fallbackTerms = 12
	// fallbackBudget is how many solutions may have the terms that are searched,
	// all told; at least two terms are, whatever they cost.
	fallbackBudget = 5_000
	// pairedTerms are the terms, the rarest ones, of which solutions that have two
	// come before those that have one. Of 100 of 60,000 made solutions, asked for by
	// their titles, all are among the candidates so; without pairs 88 were, and 49
	// before PostgreSQL had its statistics, in the same time.
	pairedTerms = 5
	// fallbackRows is how many solutions that have one of the terms are compared.
	fallbackRows = 2_000
	// rareLimit is up to which number rare terms are counted.
	rareLimit = 1_000
	// fallbackTimeout bounds each statement of a search.
	fallbackTimeout = "5s"
)

// fallback searches the library with nothing but PostgreSQL. Its candidates are
// ranked as the index ranks its own, so that a score means the same; what is
// misspelled it does not find. It is safe to share.
type fallback struct {
	library   *Library
	o         Options
	analyzers analyzers
	weights   *weighing

	reading chan struct{} // holds one while statistics are read
	mu      sync.Mutex    // guards known, never for long
	known   statistics
}

func newFallback(l *Library, o Options) (*fallback, error) {
	a, err := newAnalyzers()
	if err != nil {
		return nil, err
	}
	w, err := shippedWeights()
	if err != nil {
		return nil, err
	}
	return &fallback{library: l, o: o, analyzers: a, weights: w, reading: make(chan struct{}, 1)}, nil
}

// suggest answers as generation.suggest does.
func (f *fallback) suggest(ctx context.Context, query Query) (out []pipeline.Suggestion, err error) {
	err = f.search(ctx, query, f.o.Threshold, func(g *generation, q *question, found []ranked) (err error) {
		out, err = g.show(q, found, query.Limit)
		return err
	})
	return out, err
}

// ranking ranks as generation.ranking does.
func (f *fallback) ranking(ctx context.Context, query Query, limit int) (out []Ranked, err error) {
	err = f.search(ctx, query, 0, func(_ *generation, _ *question, found []ranked) error {
		out = firstRanked(found, limit)
		return nil
	})
	return out, err
}

// search searches as generation.search does, with a generation that knows the
// frequencies of the terms that may be asked for and takes candidates from
// PostgreSQL, and hands over what it finds.
func (f *fallback) search(ctx context.Context, query Query, threshold float64, use func(*generation, *question, []ranked) error) error {
	s, err := f.statistics(ctx)
	if err != nil {
		return fmt.Errorf("search solutions in PostgreSQL: %w", err)
	}
	g := &generation{o: f.o, analyzers: f.analyzers, weights: f.weights, vocabulary: newVocabulary(), products: s.products}
	var q *question
	var found []ranked
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, f.library.pool, o, func(tx pgx.Tx) error {
		// Without the first setting a term that the statistics do not know may be
		// looked for in every row.
		_, err := tx.Exec(ctx, `SET LOCAL enable_seqscan = off; SET LOCAL statement_timeout = '`+fallbackTimeout+`'`)
		if err != nil {
			return err
		}
		counts, err := f.count(ctx, tx, f.termsOf(query), s, g.vocabulary)
		if err != nil {
			return err
		}
		g.retrieve = func(ctx context.Context, q *question) ([]*entry, error) {
			entries, err := f.candidates(ctx, tx, q, rarestKnown(q, counts), g.vocabulary)
			g.vocabulary.guessLength(entries)
			return entries, err
		}
		q, found, err = g.search(ctx, query, threshold)
		return err
	})
	if err != nil {
		return fmt.Errorf("search solutions in PostgreSQL: %w", err)
	}
	return use(g, q, found)
}

// guessLength takes the mean length of some entries for that of all.
func (v *vocabulary) guessLength(some []*entry) {
	if len(some) == 0 {
		return
	}
	v.length = 0
	for _, e := range some {
		v.length += e.length
	}
	v.length *= float64(v.entries) / float64(len(some))
}

// termsOf returns the terms that a question may be searched by, those of the
// earlier turns and of what synonyms make of either included.
func (f *fallback) termsOf(query Query) []string {
	texts := []string{query.Text}
	for _, said := range query.Context {
		texts = append(texts, said.Text)
	}
	synonyms := f.o.synonymsInForce()
	for _, text := range slices.Clone(texts) {
		texts = append(texts, synonyms.rewritings(clip(text, maxQuestionRunes))...)
	}
	var out []string
	for _, text := range texts {
		cut := f.analyzers.cut(canonical(clip(text, maxQuestionRunes)))
		out = append(append(out, cut.content()...), cut.pairs...)
	}
	out = slices.DeleteFunc(out, func(t string) bool { return t == "" || len(t) > maxTermBytes || strings.ContainsRune(t, 0) })
	slices.Sort(out)
	return slices.Compact(out)
}

// count returns how many solutions have each of the terms, frequent ones by the
// statistics, and tells the vocabulary.
func (f *fallback) count(ctx context.Context, tx pgx.Tx, terms []string, s statistics, v *vocabulary) (map[string]int, error) {
	counts := map[string]int{}
	var rare []string
	for _, t := range terms {
		if share, ok := s.frequent[t]; ok && share*float64(s.solutions) > rareLimit {
			counts[t] = int(math.Ceil(share * float64(s.solutions)))
			continue
		}
		rare = append(rare, t)
	}
	if err := countRare(ctx, tx, rare, counts); err != nil {
		return nil, err
	}
	v.entries = s.solutions
	for t, n := range counts {
		v.counts[termID(t)] = int32(n)
		v.entries = max(v.entries, n)
	}
	return counts, nil
}

// countRare counts the solutions that have each of the terms, up to rareLimit.
func countRare(ctx context.Context, tx pgx.Tx, terms []string, counts map[string]int) error {
	queries := make([]string, len(terms))
	for i, t := range terms {
		queries[i] = quoteTerm(t)
	}
	rows, err := tx.Query(ctx, `
		SELECT u.term, (
			SELECT count(*)
			FROM (SELECT FROM solution_terms AS t WHERE t.terms @@ u.query::tsquery LIMIT $3) AS found)
		FROM unnest($1::text[], $2::text[]) AS u (term, query)`, terms, queries, rareLimit)
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	var term string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&term, &n}, func() error {
		if n > 0 {
			counts[term] = n
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count terms: %w", err)
	}
	return nil
}

// quoteTerm writes a term as PostgreSQL's tsquery that looks for it.
func quoteTerm(t string) string {
	return `'` + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(t) + `'`
}

// rareTerm is a term to be searched in PostgreSQL.
type rareTerm struct {
	query  string
	weight float64
	n      int
}

// rarestKnown returns the terms that solutions have, rarest first, as far as the
// budget goes.
func rarestKnown(q *question, counts map[string]int) []rareTerm {
	var known []rareTerm
	total := 1
	for _, n := range counts {
		total = max(total, n)
	}
	for _, t := range q.searched {
		if n := counts[t.term]; n > 0 {
			known = append(known, rareTerm{quoteTerm(t.term), t.boost * math.Log(1+float64(total)/float64(n)), n})
		}
	}
	slices.SortStableFunc(known, func(a, b rareTerm) int { return a.n - b.n })
	left := fallbackBudget
	for i, t := range known {
		if left -= t.n; i == fallbackTerms || left < 0 && i >= minTerms {
			return known[:i]
		}
	}
	return known
}

// inTurn returns what PostgreSQL is to look for: the terms, and pairs of the
// rarest, which tell more than either term. Of two, that comes first which fewer
// of all solutions should have.
func inTurn(terms []rareTerm, all int) []string {
	turns := slices.Clone(terms)
	for i, a := range terms[:min(len(terms), pairedTerms)] {
		for _, b := range terms[:i] {
			turns = append(turns, rareTerm{query: a.query + " & " + b.query, n: a.n * b.n / max(all, 1)})
		}
	}
	slices.SortStableFunc(turns, func(a, b rareTerm) int { return a.n - b.n })
	queries := make([]string, len(turns))
	for i, t := range turns {
		queries[i] = t.query
	}
	return queries
}

// candidates returns the published solutions that share most of the terms, pass
// the question's filters and are valid now. The vocabulary learns their codes.
func (f *fallback) candidates(ctx context.Context, tx pgx.Tx, q *question, terms []rareTerm, v *vocabulary) ([]*entry, error) {
	if len(terms) == 0 {
		return nil, nil
	}
	shared := sharedTerms{turns: inTurn(terms, v.entries), now: f.o.Now()}
	for _, t := range terms {
		shared.queries, shared.weights = append(shared.queries, t.query), append(shared.weights, t.weight)
	}
	found, err := sharing(ctx, tx, q.filters, shared)
	if err != nil {
		return nil, err
	}
	out := make([]*entry, 0, len(found))
	for i := range found {
		e, err := f.entry(&found[i], v)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// entry makes of a solution what the index would have stored of it.
func (f *fallback) entry(s *Solution, v *vocabulary) (*entry, error) {
	t := newTally()
	k, err := newSketch(s, t.cut(f.analyzers, s))
	if err != nil {
		return nil, err
	}
	v.learnCodes(t.words.list())
	whole, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode solution %q: %w", s.ID, err)
	}
	return newEntry(k, whole), nil
}
